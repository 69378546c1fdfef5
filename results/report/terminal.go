package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"showdown"
)

// width is the most columns of a line: what a projector shows without wrapping.
const width = 100

// terminal lays a document out for a terminal.
type terminal struct{ color bool }

// The colours, as SGR parameters.
const (
	bold   = "1"
	faint  = "2"
	red    = "31;1"
	green  = "32;1"
	yellow = "33;1"
)

// paint is text in a colour, after its width was settled.
func (t terminal) paint(style, text string) string {
	if !t.color || style == "" || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

func verdictStyle(v showdown.Verdict) string {
	switch v {
	case showdown.Held:
		return green
	case showdown.Deviated:
		return red
	case measured:
		return bold
	}
	return yellow
}

func (t terminal) write(w io.Writer, d document) error {
	var b strings.Builder
	for i, block := range d {
		switch block := block.(type) {
		case title:
			text := clip(clean(block.text), width-10)
			verdict := strings.ToUpper(string(block.verdict))
			gap := width - utf8.RuneCountInString(text) - utf8.RuneCountInString(verdict)
			fmt.Fprintf(&b, "%s%s%s\n", t.paint(bold, text), strings.Repeat(" ", max(gap, 1)), t.paint(verdictStyle(block.verdict), verdict))
		case heading:
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(t.paint(bold, block.text))
			if block.aside != "" {
				b.WriteString(t.paint(faint, "  "+clip(block.aside, width-utf8.RuneCountInString(block.text)-2)))
			}
			b.WriteByte('\n')
		case paragraph:
			style := ""
			if block.faint {
				style = faint
			}
			for _, line := range wrap(clean(block.text), width) {
				b.WriteString(t.paint(style, line) + "\n")
			}
		case table:
			t.table(&b, block)
		case list:
			t.list(&b, block)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// table writes the columns aligned. A table that is too wide loses columns to a
// second table under it, with the labels again.
func (t terminal) table(b *strings.Builder, tb table) {
	widths := make([]int, len(tb.head))
	for _, row := range append([][]string{tb.head}, tb.rows...) {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(label(c)))
		}
	}
	for i := range widths {
		limit := width - 4 - widths[0]
		if i == 0 {
			limit = width / 2
		}
		widths[i] = min(widths[i], max(limit, 1))
	}
	for from := 1; from < len(widths) || from == 1; {
		to, sum := from, 2+widths[0]
		for to < len(widths) && (to == from || sum+2+widths[to] <= width) {
			sum += 2 + widths[to]
			to++
		}
		if from > 1 {
			b.WriteByte('\n')
		}
		t.row(b, tb, tb.head, widths, from, to, faint)
		for _, row := range tb.rows {
			t.row(b, tb, row, widths, from, to, "")
		}
		from = max(to, from+1)
	}
}

func (t terminal) row(b *strings.Builder, tb table, row []string, widths []int, from, to int, style string) {
	line := "  " + pad(clip(label(row[0]), widths[0]), widths[0], false)
	for i := from; i < to && i < len(row); i++ {
		line += "  " + pad(clip(clean(row[i]), widths[i]), widths[i], tb.numbers)
	}
	line = strings.TrimRight(line, " ")
	if line != "" {
		b.WriteString(t.paint(style, line) + "\n")
	}
}

// label is text with the spaces at its beginning, which show that it belongs to the
// line above.
func label(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, " "))] + clean(text)
}

func (t terminal) list(b *strings.Builder, l list) {
	markWidth, labelWidth := 0, 0
	for _, e := range l {
		markWidth = max(markWidth, utf8.RuneCountInString(e.word()))
		for _, d := range e.details {
			labelWidth = max(labelWidth, utf8.RuneCountInString(d.label))
		}
	}
	indent := 2 + markWidth + 2
	for _, e := range l {
		style := bold
		if e.verdict != "" {
			style = verdictStyle(e.verdict)
		}
		for i, line := range wrap(clean(e.text), width-indent) {
			mark := strings.Repeat(" ", markWidth)
			if i == 0 {
				mark = t.paint(style, pad(e.word(), markWidth, false))
			}
			fmt.Fprintf(b, "  %s  %s\n", mark, line)
		}
		for _, d := range e.details {
			for i, line := range wrap(clean(d.text), width-indent-labelWidth-2) {
				label := d.label
				if i > 0 {
					label = ""
				}
				fmt.Fprintf(b, "%s%s  %s\n", strings.Repeat(" ", indent), t.paint(faint, pad(label, labelWidth, false)), line)
			}
		}
	}
}

// word is what stands at the beginning of an entry.
func (e entry) word() string {
	if e.verdict != "" {
		return string(e.verdict)
	}
	return clean(e.mark)
}

// pad is text in n columns.
func pad(text string, n int, right bool) string {
	space := strings.Repeat(" ", max(n-utf8.RuneCountInString(text), 0))
	if right {
		return space + text
	}
	return text + space
}

// clip is text cut to n columns, with a sign where something is missing.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	if n < 1 {
		return ""
	}
	return strings.TrimRight(string([]rune(text)[:n-1]), " ") + "…"
}

// wrap is text in lines of at most n columns, broken between words, and inside a
// word only where it is longer than a line.
func wrap(text string, n int) []string {
	n = max(n, 10)
	var lines []string
	line := []rune{}
	for _, word := range strings.Fields(text) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) > n {
			lines = append(lines, string(line))
			line = line[:0:0]
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		for len(line)+len(w) > n {
			k := n - len(line)
			lines = append(lines, string(append(line, w[:k]...)))
			line, w = line[:0:0], w[k:]
		}
		line = append(line, w...)
	}
	if len(line) > 0 || len(lines) == 0 {
		lines = append(lines, string(line))
	}
	return lines
}
