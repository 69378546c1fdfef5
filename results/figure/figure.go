package figure

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"showdown/results/draw"
)

// Figure is one message with its picture, the numbers that it was drawn from, and what a
// reader has to know to read it.
type Figure struct {
	// ID is "F1" to "F13", Slug its short name in file names: "availability".
	ID, Slug string
	// Title is the message, worked out from the numbers.
	Title string
	// Picture is nil where there is nothing to show.
	Picture *draw.Picture
	// Empty says in one sentence why there is nothing to show; else it is empty.
	Empty string
	Table Table
	// Caption says how to read the picture and what its letters are; Footer says where
	// the numbers are from.
	Caption, Footer string
}

// File is the figure's name in file names, without an extension: "F1-availability".
func (f *Figure) File() string { return f.ID + "-" + f.Slug }

// Table is the numbers of a figure. They are the same in every language: names in
// English, a point before the decimals.
type Table struct {
	Header []string
	Rows   [][]string
}

// add appends a row of texts and numbers; nil pointers are empty.
func (t *Table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = plain(c)
	}
	t.Rows = append(t.Rows, row)
}

// CSV writes the table.
func (t Table) CSV(w io.Writer) error {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	_ = c.Write(t.Header)
	_ = c.WriteAll(t.Rows) // flushes; a buffer takes everything
	_, err := w.Write(b.Bytes())
	return err
}

// Kind is a figure that can be made of any record.
type Kind struct {
	ID, Slug string
	// Shows is what the figure is for, in a few words of English.
	Shows string
	make  func(*maker) content
}

// Kinds lists the figures in the order of their numbers.
func Kinds() []Kind {
	return []Kind{
		{"F1", "availability", "when users got answers", availability},
		{"F2", "downtime", "what the time until all was well again went into", downtime},
		{"F3", "heatmap", "how long answers took over time", heatmap},
		{"F4", "percentiles", "how latencies are spread", percentiles},
		{"F5", "dots", "how long answers take, beside each other", dotPlot},
		{"F6", "load", "what was answered of what was offered", loadFigure},
		{"F7", "before-after", "what a fault did while it lasted and after it", blastRadius},
		{"F8", "cost", "what availability costs", costAgainstAvailability},
		{"F9", "scorecard", "the pillars of each stage", scorecard},
		{"F10", "capacity", "instances that were there and that were needed", capacityFigure},
		{"F11", "error-budget", "how much of the objective's room for failures is left", errorBudget},
		{"F12", "evolution", "what was built, stage by stage", evolution},
		{"F13", "timeline", "what was done, what was true, what was believed, what was felt", timeline},
	}
}

// KindNamed is the kind whose id or slug is name, in any case. The error lists what
// there is.
func KindNamed(name string) (Kind, error) {
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(k Kind) bool { return strings.EqualFold(k.ID, name) || strings.EqualFold(k.Slug, name) })
	if i >= 0 {
		return kinds[i], nil
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.ID + " " + k.Slug
	}
	return Kind{}, fmt.Errorf("no figure %q: there are %s", name, strings.Join(names, ", "))
}

// Build makes a figure of a set. The same set and page give the same figure.
func Build(k Kind, s *Set, p Page) *Figure {
	m := &maker{set: s, page: p, lang: p.Lang, size: p.Shape.sizes()}
	c := k.make(m)
	f := &Figure{ID: k.ID, Slug: k.Slug, Title: c.title, Table: c.table, Empty: c.empty, Footer: m.footer(c)}
	if c.empty != "" {
		f.Title = c.empty
		return f
	}
	f.Caption = strings.Join(c.captions(), " ")
	f.Picture = m.compose(k, c, f)
	return f
}

// content is what a kind of figure has to say, before it is laid out on a page.
type content struct {
	title string
	// empty is why there is nothing to show; what else is in the content is then ignored.
	empty string
	// key is what the letters of the faults stand for, note how to read the picture.
	key, note string
	table     Table
	// tracks are what the figure is about, for the footer.
	tracks []track
	// height is that of the body on a printed page; a slide has the height it has.
	height float64
	// draw draws the body in an area of the picture.
	draw func(c *canvas, area rect)
}

func (c content) captions() []string {
	var out []string
	for _, text := range []string{c.key, c.note} {
		if text != "" {
			out = append(out, text)
		}
	}
	return out
}

// nothing is the content of a figure that has nothing to show.
func nothing(sentence string) content { return content{empty: sentence} }
