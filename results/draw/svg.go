package draw

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
)

// SVG writes the picture as a document of its own: colours of the theme, text as outlines
// of the embedded font. Width is its size in the unit that is named, "cm" or "px"; the
// height follows.
func (p *Picture) SVG(w io.Writer, t Theme, width float64, unit string) error {
	e := &svg{theme: &t, glyphs: map[glyphKey]int{}}
	e.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s%s" height="%s%s" viewBox="0 0 %s %s" role="img">`,
		number(width), unit, number(width*p.H/p.W), unit, number(p.W), number(p.H))
	e.head(p)
	body := e.out
	e.out = bytes.Buffer{}
	e.items(p)
	drawn := e.out
	e.out = body
	e.defs()
	e.printf("<rect width=\"%s\" height=\"%s\" fill=\"%s\"/>\n", number(p.W), number(p.H), e.paint(Paper))
	e.out.Write(drawn.Bytes())
	e.printf("</svg>\n")
	_, err := w.Write(e.out.Bytes())
	return err
}

// Inline writes the picture for a page: colours as custom properties of CSS (see
// [Theme.CSS]), text as text, in a font of the same widths. Class is that of the element.
func (p *Picture) Inline(w io.Writer, class string) error {
	e := &svg{}
	e.printf(`<svg class="%s" viewBox="0 0 %s %s" role="img" font-family="Liberation Sans, Arimo, Arial, Helvetica, sans-serif">`,
		escaped(class), number(p.W), number(p.H))
	e.head(p)
	e.items(p)
	e.printf("</svg>\n")
	_, err := w.Write(e.out.Bytes())
	return err
}

// glyphKey is an outline that a document holds once.
type glyphKey struct {
	bold bool
	r    rune
}

// svg writes elements.
type svg struct {
	out bytes.Buffer
	// theme is nil inside a page.
	theme  *Theme
	glyphs map[glyphKey]int
	order  []glyphKey
}

func (e *svg) printf(format string, args ...any) { fmt.Fprintf(&e.out, format, args...) }

func (e *svg) head(p *Picture) {
	if p.Title != "" {
		e.printf("<title>%s</title>", escaped(clean(p.Title)))
	}
	if p.Description != "" {
		e.printf("<desc>%s</desc>", escaped(clean(p.Description)))
	}
	e.printf("\n")
}

func (e *svg) items(p *Picture) {
	open := 0
	for i := range p.items {
		it := &p.items[i]
		switch it.kind {
		case shapeItem:
			e.shape(it)
		case textItem:
			e.text(it)
		case openItem:
			open++
			e.printf("<g")
			if it.id != "" {
				e.printf(` id="%s"`, escaped(it.id))
			}
			for _, a := range it.attributes {
				e.printf(` data-%s="%s"`, a.Name, escaped(clean(a.Value)))
			}
			e.printf(">")
			if it.title != "" {
				e.printf("<title>%s</title>", escaped(it.title))
			}
			e.printf("\n")
		case closeItem:
			if open > 0 {
				open--
				e.printf("</g>\n")
			}
		}
	}
	for ; open > 0; open-- {
		e.printf("</g>\n")
	}
}

func (e *svg) shape(it *item) {
	switch {
	case it.radius > 0:
		e.printf(`<circle cx="%s" cy="%s" r="%s"`, number(it.points[0].X), number(it.points[0].Y), number(it.radius))
	case it.corner > 0:
		a, b := it.points[0], it.points[1]
		e.printf(`<rect x="%s" y="%s" width="%s" height="%s"`, number(a.X), number(a.Y), number(b.X-a.X), number(b.Y-a.Y))
		if it.corner > 1e-6 {
			e.printf(` rx="%s"`, number(it.corner))
		}
	default:
		name := "polyline"
		if it.closed {
			name = "polygon"
		}
		e.printf(`<%s points="`, name)
		for i, p := range it.points {
			if i > 0 {
				e.printf(" ")
			}
			e.printf("%s,%s", number(p.X), number(p.Y))
		}
		e.printf(`"`)
	}
	e.printf(` fill="%s"`, e.paint(it.style.Fill))
	if o := opacity(it.style); o != 1 && it.style.Fill != None {
		e.printf(` fill-opacity="%s"`, number(o))
	}
	if it.style.Stroke != None {
		e.printf(` stroke="%s"`, e.paint(it.style.Stroke))
		if w := width(it.style); w != 1 {
			e.printf(` stroke-width="%s"`, number(w))
		}
		if !it.closed {
			e.printf(` stroke-linejoin="round"`)
		}
		for i, d := range it.style.Dash {
			if i == 0 {
				e.printf(` stroke-dasharray="%s`, number(d))
			} else {
				e.printf(" %s", number(d))
			}
		}
		if len(it.style.Dash) > 0 {
			e.printf(`"`)
		}
	}
	e.printf("/>\n")
}

func (e *svg) text(it *item) {
	x, y := it.points[0].X, it.points[0].Y
	turn := ""
	if it.typ.Turn != 0 {
		turn = fmt.Sprintf("rotate(%s %s %s)", number(it.typ.Turn), number(x), number(y))
	}
	if e.theme == nil {
		e.printf(`<text x="%s" y="%s" font-size="%s" fill="%s"`, number(x), number(y), number(it.typ.Size), e.paint(it.typ.Ink))
		if it.typ.Bold {
			e.printf(` font-weight="bold"`)
		}
		switch it.typ.At {
		case Middle:
			e.printf(` text-anchor="middle"`)
		case End:
			e.printf(` text-anchor="end"`)
		}
		if turn != "" {
			e.printf(` transform="%s"`, turn)
		}
		e.printf(">%s</text>\n", escaped(it.text))
		return
	}
	left := x - anchored(it)
	scale := it.typ.Size / 1000
	e.printf(`<g fill="%s" transform="`, e.paint(it.typ.Ink))
	if turn != "" {
		e.printf("%s ", turn)
	}
	e.printf(`translate(%s %s) scale(%s)">`, number(left), number(y), strconv.FormatFloat(scale, 'f', -1, 64))
	f, pen := faceOf(it.typ.Bold), 0.0
	for _, r := range it.text {
		g := f.glyph(r)
		if len(g.segments) > 0 {
			e.printf(`<use href="#g%d"`, e.glyph(glyphKey{it.typ.Bold, r}))
			if pen != 0 {
				e.printf(` x="%s"`, number(math.Round(pen)))
			}
			e.printf("/>")
		}
		pen += g.advance
	}
	e.printf("</g>\n")
}

// anchored is how far left of its place a text begins.
func anchored(it *item) float64 {
	switch it.typ.At {
	case Middle:
		return Width(it.text, it.typ.Size, it.typ.Bold) / 2
	case End:
		return Width(it.text, it.typ.Size, it.typ.Bold)
	}
	return 0
}

func (e *svg) glyph(k glyphKey) int {
	n, ok := e.glyphs[k]
	if !ok {
		n = len(e.order)
		e.glyphs[k] = n
		e.order = append(e.order, k)
	}
	return n
}

// defs writes the outlines that the document uses, in the order of their first use.
func (e *svg) defs() {
	if len(e.order) == 0 {
		return
	}
	e.printf("<defs>\n")
	for n, k := range e.order {
		e.printf(`<path id="g%d" d="`, n)
		for _, s := range faceOf(k.bold).glyph(k.r).segments {
			switch s.op {
			case 'M', 'L':
				e.printf("%c%.0f %.0f", s.op, s.points[0].X, s.points[0].Y)
			case 'Q':
				e.printf("Q%.0f %.0f %.0f %.0f", s.points[0].X, s.points[0].Y, s.points[1].X, s.points[1].Y)
			}
		}
		e.printf("Z\"/>\n")
	}
	e.printf("</defs>\n")
}

// paint is an ink as the value of an attribute.
func (e *svg) paint(i Ink) string {
	switch {
	case i == None:
		return "none"
	case e.theme == nil:
		return "var(--draw-" + string(i) + ")"
	}
	c, ok := e.theme.Color(i)
	if !ok {
		return "none"
	}
	return hex(c)
}

// number is a length to two decimals, as short as it can be.
func number(v float64) string {
	v = math.Round(v*100) / 100
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
