package report

import (
	"strings"
	"unicode"
)

// titleRunes bounds the title of a page, which else could push everything else off the
// first screen.
const titleRunes = 160

// units are what stands after a number and belongs to it.
var units = [...]string{"s", "ms", "min", "h", "%", "points"}

// unbroken is a text of a record as one line of a page: clean, and its numbers on one line
// with their units.
func unbroken(text string) string {
	words := strings.Split(clean(text), " ")
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case isUnit(w) && endsInDigit(words[i-1]):
			b.WriteRune('\u00a0')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String()
}

func isUnit(word string) bool {
	word = strings.TrimRight(word, ",.;:)")
	for _, u := range units {
		if word == u {
			return true
		}
	}
	return false
}

func endsInDigit(word string) bool {
	return word != "" && word[len(word)-1] >= '0' && word[len(word)-1] <= '9'
}

// lines is a text of a record whose line breaks and indentation are meant, without what
// could hide or turn around another text.
func lines(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
}
