package report

import (
	"fmt"
	"io"
	"strings"
)

// writeMarkdown lays a document out as Markdown.
func writeMarkdown(w io.Writer, d document) error { return markdownAt(w, d, 2) }

// markdownAt does so with headings of a level.
func markdownAt(w io.Writer, d document, level int) error {
	var b strings.Builder
	for i, block := range d {
		if i > 0 {
			b.WriteByte('\n')
		}
		switch block := block.(type) {
		case title:
			fmt.Fprintf(&b, "# %s: %s\n", escape(block.text), block.verdict)
		case heading:
			fmt.Fprintf(&b, "%s %s\n", strings.Repeat("#", level), escape(block.text))
			if block.aside != "" {
				fmt.Fprintf(&b, "\n%s\n", escape(block.aside))
			}
		case paragraph:
			fmt.Fprintf(&b, "%s\n", escape(block.text))
		case table:
			markdownTable(&b, block)
		case list:
			for _, e := range block {
				fmt.Fprintf(&b, "- **%s** %s\n", escape(e.word()), escape(e.text))
				for _, d := range e.details {
					text := escape(d.text)
					if isCode(e.details, d) {
						text = code(d.text)
					}
					fmt.Fprintf(&b, "  - %s: %s\n", escape(d.label), text)
				}
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownTable(b *strings.Builder, t table) {
	line := func(cells []string) {
		for _, c := range cells {
			fmt.Fprintf(b, "| %s ", escape(c))
		}
		b.WriteString("|\n")
	}
	line(t.head)
	for i := range t.head {
		if i > 0 && t.numbers {
			b.WriteString("| ---: ")
		} else {
			b.WriteString("| --- ")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.rows {
		line(row)
	}
}

// escape is text on one line in which nothing is markup.
func escape(text string) string {
	var b strings.Builder
	for i, r := range clean(text) {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~':
			b.WriteByte('\\')
		case '#', '+', '-':
			if i == 0 && len(text) > 1 {
				b.WriteByte('\\')
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code is text as code, whatever ticks it holds.
func code(text string) string {
	text = clean(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}
