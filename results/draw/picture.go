package draw

import "math"

// Point is a place on a picture.
type Point struct{ X, Y float64 }

// Style is how a shape looks. The zero Style draws nothing.
type Style struct {
	Fill, Stroke Ink
	// Opacity is that of the fill, 0 to 1; 0 means 1.
	Opacity float64
	// Width is that of the stroke; 0 means 1.
	Width float64
	// Dash is the lengths of dashes and gaps in turn; empty is a solid line.
	Dash []float64
}

// Anchor is which point of a text its place is.
type Anchor int

// The anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Type is how a text is set.
type Type struct {
	Size float64
	Ink  Ink
	Bold bool
	At   Anchor
	// Turn is in degrees, clockwise around the text's place.
	Turn float64
}

// kind is what an item of a picture is.
type kind int

const (
	shapeItem kind = iota
	textItem
	openItem
	closeItem
)

// item is one thing that is drawn.
type item struct {
	kind   kind
	points []Point
	closed bool
	// radius makes a circle of a shape of one point; corner rounds a rectangle of two.
	radius, corner float64
	style          Style
	text           string
	typ            Type
	// id, attributes and title are those of a group.
	id, title  string
	attributes []Attribute
}

// Attribute is a data-* attribute of a group, without its prefix.
type Attribute struct{ Name, Value string }

// Picture is a drawing of a size. Its methods add to it, later over earlier.
type Picture struct {
	W, H float64
	// Title and Description are what a screen reader reads.
	Title, Description string
	items              []item
}

// New is an empty picture.
func New(w, h float64) *Picture { return &Picture{W: w, H: h} }

// Rect draws a rectangle by its top left corner and its size.
func (p *Picture) Rect(x, y, w, h float64, s Style) { p.RoundRect(x, y, w, h, 0, s) }

// RoundRect draws a rectangle whose corners are rounded by a radius.
func (p *Picture) RoundRect(x, y, w, h, corner float64, s Style) {
	if w <= 0 || h <= 0 {
		return
	}
	p.add(item{points: []Point{{x, y}, {x + w, y + h}}, closed: true, corner: max(min(corner, w/2, h/2), 1e-9), style: s})
}

// Line draws the lines between points in their order.
func (p *Picture) Line(s Style, points ...Point) {
	if len(points) > 1 {
		p.add(item{points: points, style: s})
	}
}

// Polygon draws the closed shape of points.
func (p *Picture) Polygon(s Style, points ...Point) {
	if len(points) > 2 {
		p.add(item{points: points, closed: true, style: s})
	}
}

// Circle draws a circle.
func (p *Picture) Circle(x, y, r float64, s Style) {
	if r > 0 {
		p.add(item{points: []Point{{x, y}}, radius: r, closed: true, style: s})
	}
}

// Hatch fills a rectangle with parallel lines that rise to the right, so that a state can
// be told without its colour. The gap is across the lines.
func (p *Picture) Hatch(x, y, w, h, gap float64, s Style) {
	if w <= 0 || h <= 0 || gap <= 0 {
		return
	}
	step := gap * math.Sqrt2
	// Lines are those of one grid over the whole picture, so that neighbours join.
	first := math.Ceil((x+y)/step) * step
	for c := first; c < x+w+y+h; c += step {
		// x' + y' = c, within the rectangle.
		from := Point{max(x, c-(y+h)), 0}
		from.Y = c - from.X
		to := Point{min(x+w, c-y), 0}
		to.Y = c - to.X
		if to.X > from.X {
			p.Line(s, from, to)
		}
	}
}

// Text writes one line with its baseline at y.
func (p *Picture) Text(x, y float64, text string, t Type) {
	if text = clean(text); text != "" && t.Size > 0 {
		p.add(item{kind: textItem, points: []Point{{x, y}}, text: text, typ: t})
	}
}

// Open begins a group, which [Picture.Close] ends: in SVG an element with an id, data-*
// attributes and a title; elsewhere nothing.
func (p *Picture) Open(id, title string, attributes ...Attribute) {
	p.add(item{kind: openItem, id: id, title: clean(title), attributes: attributes})
}

// Close ends the group that was begun last.
func (p *Picture) Close() { p.add(item{kind: closeItem}) }

func (p *Picture) add(i item) { p.items = append(p.items, i) }

// Place draws all of another picture, moved and scaled.
func (p *Picture) Place(q *Picture, x, y, scale float64) {
	for _, i := range q.items {
		i.points = append([]Point(nil), i.points...)
		for k := range i.points {
			i.points[k] = Point{x + i.points[k].X*scale, y + i.points[k].Y*scale}
		}
		i.radius, i.corner, i.typ.Size = i.radius*scale, i.corner*scale, i.typ.Size*scale
		i.style.Width = width(i.style) * scale
		i.style.Dash = append([]float64(nil), i.style.Dash...)
		for k := range i.style.Dash {
			i.style.Dash[k] *= scale
		}
		p.add(i)
	}
}

func width(s Style) float64 {
	if s.Width == 0 {
		return 1
	}
	return s.Width
}

func opacity(s Style) float64 {
	if s.Opacity == 0 {
		return 1
	}
	return s.Opacity
}

// clean is text without control characters and what XML cannot hold.
func clean(text string) string {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		switch {
		case r == '\t', r == '\n', r == '\r':
			r = ' '
		case r < ' ', r >= 0x7F && r < 0xA0, r == 0xFFFE, r == 0xFFFF, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			continue
		}
		out = append(out, r)
	}
	return string(out)
}
