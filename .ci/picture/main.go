// Command picture draws what a terminal shows as an SVG: text with the few escape
// sequences that showdown uses comes in, the README's picture goes out.
//
//	script -qec 'showdown demo' /dev/null | go run -C .ci/picture . -from '^7/8' > docs/demo.svg
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strings"
)

const (
	charWidth, lineHeight = 8.43, 19
	margin, bar           = 18, 34
)

// style is how a stretch of text looks.
type style struct {
	bold, faint bool
	colour      string
}

// colours are those of the ANSI codes, with 4.5 to 1 or more on the background.
var colours = map[string]string{
	"31": "#FF8A65", "32": "#8FD694", "33": "#F0C04A", "34": "#7BC8F6", "35": "#E0A3C8", "36": "#8AD7D0", "90": "#A3ACBA",
}

var escape = regexp.MustCompile(`\x1b\[([0-9;]*)([A-Za-z])`)

func main() {
	from := flag.String("from", "", "regular expression of the first line")
	to := flag.String("to", "", "regular expression of the last line")
	title := flag.String("title", "showdown demo", "what the window's bar says")
	flag.Parse()
	lines, err := read(os.Stdin, *from, *to)
	if err == nil {
		err = draw(os.Stdout, lines, *title)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// read is the lines from the first that matches from to the first after it that
// matches to, as they stand after the terminal's own overwriting.
func read(r io.Reader, from, to string) ([]string, error) {
	first, err := regexp.Compile(from)
	if err != nil {
		return nil, err
	}
	last, err := regexp.Compile(to)
	if err != nil {
		return nil, err
	}
	var lines []string
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := strings.TrimSuffix(in.Text(), "\r")
		if i := strings.LastIndex(line, "\r\x1b[K"); i >= 0 {
			line = line[i+len("\r\x1b[K"):]
		}
		plain := escape.ReplaceAllString(line, "")
		if len(lines) == 0 && from != "" && !first.MatchString(plain) {
			continue
		}
		lines = append(lines, line)
		if to != "" && last.MatchString(plain) {
			break
		}
	}
	return lines, in.Err()
}

func draw(w io.Writer, lines []string, title string) error {
	columns := 0
	for _, l := range lines {
		columns = max(columns, len([]rune(escape.ReplaceAllString(l, ""))))
	}
	width, height := float64(columns)*charWidth+2*margin, bar+len(lines)*lineHeight+margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" width="%.0f" height="%d" role="img" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" rx=\"10\" fill=\"#111827\"/>\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<text x="%d" y="23" fill="#A3ACBA">$ %s</text>`+"\n", margin, html.EscapeString(title))
	fmt.Fprintf(&b, "<g fill=\"#E5E7EB\" xml:space=\"preserve\">\n")
	for i, l := range lines {
		fmt.Fprintf(&b, `<text x="%d" y="%d">`, margin, bar+(i+1)*lineHeight-5)
		spans(&b, l)
		b.WriteString("</text>\n")
	}
	b.WriteString("</g>\n</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// spans writes a line as stretches of one style each. Every stretch gets its own x,
// so that columns stand in line whatever the font.
func spans(b *strings.Builder, line string) {
	var now style
	column := 0
	put := func(text string) {
		if text == "" {
			return
		}
		attributes := ""
		if now.bold {
			attributes += ` font-weight="bold"`
		}
		if now.faint {
			attributes += ` fill="#A3ACBA"`
		}
		if now.colour != "" {
			attributes += ` fill="` + now.colour + `"`
		}
		n := len([]rune(text))
		fmt.Fprintf(b, `<tspan x="%.1f" textLength="%.1f"%s>%s</tspan>`, margin+float64(column)*charWidth, float64(n)*charWidth, attributes, html.EscapeString(strings.ReplaceAll(text, " ", "\u00a0")))
		column += n
	}
	at := 0
	for _, m := range escape.FindAllStringSubmatchIndex(line, -1) {
		put(line[at:m[0]])
		at = m[1]
		if line[m[4]:m[5]] != "m" {
			continue
		}
		for _, code := range strings.Split(line[m[2]:m[3]], ";") {
			switch code {
			case "", "0":
				now = style{}
			case "1", "01":
				now.bold = true
			case "2":
				now.faint = true
			default:
				if c, ok := colours[code]; ok {
					now.colour = c
				}
			}
		}
	}
	put(line[at:])
}
