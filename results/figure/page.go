package figure

import (
	"strings"

	"showdown/results/draw"
)

// Shape is the form of the page that a figure is made for.
type Shape int

// The shapes.
const (
	// Print is 16 cm wide and as high as the figure needs. A unit of its pictures is a
	// tenth of a millimetre.
	Print Shape = iota
	// Slide is 1920 by 1080, to be read from the last row of a room. A unit of its
	// pictures is a pixel.
	Slide
)

// PrintCM is the width of a printed figure in centimetres, PrintPixels the same at 300
// dots an inch.
const (
	PrintCM     = 16
	PrintPixels = 1890
	SlidePixels = 1920
)

// Page is what a figure is made for.
type Page struct {
	Shape Shape
	Lang  Lang
	// Bare leaves out the title, the caption and the footer, for a page that writes them
	// itself.
	Bare bool
}

// sizes are the sizes of a shape's texts and lines in units of its pictures.
type sizes struct {
	width, height, margin             float64
	title, label, tick, caption, foot float64
	// line is the width of a line of data, thin that of an axis.
	line, thin float64
	// notes is how many lines of caption there is room for.
	notes int
}

// sizes of a slide are at least 4.4 % of its height for titles, 3 % for labels and 2.2 %
// for ticks: 24, 18 and 12 points on a slide of 540 points.
func (s Shape) sizes() sizes {
	if s == Slide {
		return sizes{width: 1920, height: 1080, margin: 56, title: 50, label: 33, tick: 26, caption: 25, foot: 24, line: 5, thin: 2, notes: 4}
	}
	return sizes{width: 1600, margin: 20, title: 42, label: 31, tick: 27, caption: 27, foot: 23, line: 4, thin: 1.6, notes: 12}
}

// rect is an area of a picture.
type rect struct{ x, y, w, h float64 }

func (r rect) right() float64  { return r.x + r.w }
func (r rect) bottom() float64 { return r.y + r.h }

// inset is r without so much at its left, top, right and bottom.
func (r rect) inset(left, top, right, bottom float64) rect {
	return rect{r.x + left, r.y + top, max(r.w-left-right, 1), max(r.h-top-bottom, 1)}
}

// maker is what a kind of figure works with.
type maker struct {
	set  *Set
	page Page
	lang Lang
	size sizes
}

// canvas is a picture that is being drawn, with what it is drawn for.
type canvas struct {
	*draw.Picture
	lang Lang
	size sizes
	page Page
}

// label and tick write a line in the size of labels and of ticks.
func (c *canvas) label(x, y float64, text string, ink draw.Ink, at draw.Anchor) {
	c.Text(x, y, text, draw.Type{Size: c.size.label, Ink: ink, At: at})
}

func (c *canvas) strong(x, y float64, text string, ink draw.Ink, at draw.Anchor) {
	c.Text(x, y, text, draw.Type{Size: c.size.label, Ink: ink, At: at, Bold: true})
}

func (c *canvas) tick(x, y float64, text string, at draw.Anchor) {
	c.Text(x, y, text, draw.Type{Size: c.size.tick, Ink: draw.Muted, At: at})
}

// compose lays a figure out on its page.
func (m *maker) compose(k Kind, c content, f *Figure) *draw.Picture {
	s := m.size
	inner := s.width - 2*s.margin
	title := atMost(balanced(f.Title, s.title, inner), 3, s.title, inner, true)
	var notes []string
	for _, text := range c.captions() {
		notes = append(notes, draw.Wrap(text, s.caption, inner, false)...)
	}
	notes = atMost(notes, s.notes, s.caption, inner, false)
	foot := atMost(draw.Wrap(f.Footer, s.foot, inner, false), 2, s.foot, inner, false)
	above := float64(len(title))*s.title*1.2 + s.title*0.5
	below := s.caption*0.6 + float64(len(notes))*s.caption*1.25 + s.foot*0.5 + float64(len(foot))*s.foot*1.2
	if m.page.Bare {
		above, below, title, notes, foot = 0, 0, nil, nil, nil
	}
	height := s.height
	if height == 0 || m.page.Bare && m.page.Shape == Print {
		height = 2*s.margin + above + c.height + below
	}
	p := draw.New(s.width, height)
	p.Title, p.Description = f.Title, f.Caption
	y := s.margin
	for _, line := range title {
		y += s.title
		p.Text(s.margin, y, line, draw.Type{Size: s.title, Ink: draw.Text, Bold: true})
		y += s.title * 0.2
	}
	area := rect{s.margin, s.margin + above, inner, height - 2*s.margin - above - below}
	p.Open(strings.ToLower(k.ID), "")
	c.draw(&canvas{Picture: p, lang: m.lang, size: s, page: m.page}, area)
	p.Close()
	y = area.bottom() + s.caption*0.6
	for _, line := range notes {
		y += s.caption
		p.Text(s.margin, y, line, draw.Type{Size: s.caption, Ink: draw.Text})
		y += s.caption * 0.25
	}
	y += s.foot * 0.5
	for _, line := range foot {
		y += s.foot
		p.Text(s.margin, y, line, draw.Type{Size: s.foot, Ink: draw.Muted})
		y += s.foot * 0.2
	}
	return p
}

// balanced breaks a title into as few lines as its width needs, of about the same length.
func balanced(text string, size, width float64) []string {
	lines := draw.Wrap(text, size, width, true)
	if len(lines) < 2 {
		return lines
	}
	for w := width * 0.97; w > width*0.4; w -= width * 0.03 {
		narrower := draw.Wrap(text, size, w, true)
		if len(narrower) > len(lines) {
			break
		}
		lines = narrower
	}
	return lines
}

// atMost is the first lines, the last of them with an ellipsis where more are left out.
func atMost(lines []string, most int, size, width float64, bold bool) []string {
	if len(lines) <= most {
		for i := range lines {
			lines[i] = draw.Fit(lines[i], size, width, bold)
		}
		return lines
	}
	out := atMost(lines[:most], most, size, width, bold)
	out[most-1] = draw.Fit(out[most-1]+" …", size, width, bold)
	return out
}
