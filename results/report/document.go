package report

import (
	"strings"
	"unicode"

	"showdown"
)

// document is a report before it is laid out.
type document []block

// block is a part of a document: a title, heading, paragraph, table or list.
type block interface{ isBlock() }

// title is the first line, with the verdict.
type title struct {
	text    string
	verdict showdown.Verdict
}

// heading opens a section. Aside says how to read it.
type heading struct{ text, aside string }

// paragraph is running text. A faint one is of less weight.
type paragraph struct {
	text  string
	faint bool
}

// table has a row of heads and rows of cells. The first column is the label, the
// others are aligned to the right when numbers is true.
type table struct {
	head    []string
	rows    [][]string
	numbers bool
}

// list is entries with a mark each.
type list []entry

// entry is a marked sentence and what belongs to it. A verdict is drawn as a word; a
// mark without one as it is.
type entry struct {
	verdict showdown.Verdict
	mark    string
	text    string
	details []detail
}

// detail is a labelled text: "measured", "88.1 s".
type detail struct{ label, text string }

func (title) isBlock()     {}
func (heading) isBlock()   {}
func (paragraph) isBlock() {}
func (table) isBlock()     {}
func (list) isBlock()      {}

// clean is text on one line, without what could move a cursor or hide another text.
func clean(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co) || r == unicode.ReplacementChar
	}), " ")
}
