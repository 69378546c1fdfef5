package draw

import (
	"fmt"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// face is a font that is compiled in, so that a picture looks the same everywhere.
type face struct {
	font *sfnt.Font
	// units is the size of the em in the font's units, in which glyphs are read.
	units fixed.Int26_6

	mu     sync.Mutex
	buffer sfnt.Buffer
	glyphs map[rune]glyph
}

// glyph is the outline of a character, in thousandths of the em, y downwards.
type glyph struct {
	segments []segment
	advance  float64
	index    sfnt.GlyphIndex
}

// segment is a step of an outline: a move (M), a line (L), or a quadratic curve (Q).
type segment struct {
	op     byte
	points [2]Point
}

func parse(ttf []byte) *face {
	f, err := sfnt.Parse(ttf)
	if err != nil { // the bytes are part of the program
		panic(fmt.Sprintf("parse embedded font: %v", err))
	}
	return &face{font: f, units: fixed.I(int(f.UnitsPerEm())), glyphs: map[rune]glyph{}}
}

// faces are parsed when they are first needed; they never change.
var (
	regular = sync.OnceValue(func() *face { return parse(liberationsansregular.TTF) })
	boldly  = sync.OnceValue(func() *face { return parse(liberationsansbold.TTF) })
)

func faceOf(bold bool) *face {
	if bold {
		return boldly()
	}
	return regular()
}

// glyph is the outline of r, or of the sign for a missing character.
func (f *face) glyph(r rune) glyph {
	f.mu.Lock()
	defer f.mu.Unlock()
	if g, ok := f.glyphs[r]; ok {
		return g
	}
	g := f.load(r)
	if len(f.glyphs) < 4096 {
		f.glyphs[r] = g
	}
	return g
}

func (f *face) load(r rune) glyph {
	index, err := f.font.GlyphIndex(&f.buffer, r)
	if err != nil {
		index = 0
	}
	g := glyph{index: index}
	em := float64(f.units)
	if advance, err := f.font.GlyphAdvance(&f.buffer, index, f.units, font.HintingNone); err == nil {
		g.advance = float64(advance) / em * 1000
	}
	segments, err := f.font.LoadGlyph(&f.buffer, index, f.units, nil)
	if err != nil {
		return g
	}
	at := func(p fixed.Point26_6) Point { return Point{float64(p.X) / em * 1000, float64(p.Y) / em * 1000} }
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			g.segments = append(g.segments, segment{'M', [2]Point{at(s.Args[0])}})
		case sfnt.SegmentOpLineTo:
			g.segments = append(g.segments, segment{'L', [2]Point{at(s.Args[0])}})
		case sfnt.SegmentOpQuadTo:
			g.segments = append(g.segments, segment{'Q', [2]Point{at(s.Args[0]), at(s.Args[1])}})
		case sfnt.SegmentOpCubeTo: // TrueType has none
		}
	}
	return g
}

// Width is the length of a line of text.
func Width(text string, size float64, bold bool) float64 {
	f, sum := faceOf(bold), 0.0
	for _, r := range clean(text) {
		sum += f.glyph(r).advance
	}
	return sum * size / 1000
}

// Wrap breaks text into lines no longer than width; a word that is longer alone stands in
// a line of its own.
func Wrap(text string, size, width float64, bold bool) []string {
	var lines []string
	line, word := "", ""
	flush := func() {
		switch {
		case word == "":
		case line == "":
			line = word
		case Width(line+" "+word, size, bold) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
		word = ""
	}
	for _, r := range clean(text) {
		if r == ' ' {
			flush()
			continue
		}
		word += string(r)
	}
	flush()
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Fit is text, cut with an ellipsis where it is longer than width.
func Fit(text string, size, width float64, bold bool) string {
	text = clean(text)
	if Width(text, size, bold) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && Width(string(runes)+"…", size, bold) > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
