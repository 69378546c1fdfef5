package diagram

import (
	"math"

	"showdown/results/draw"
)

// Glyph draws the sign of a kind into a square of a side by its top left corner: lines in
// one ink, so that it reads in grey. None is an icon of AWS.
func Glyph(p *draw.Picture, k Kind, x, y, side float64, ink draw.Ink) {
	g := pen{p, x, y, side, draw.Style{Stroke: ink, Width: side * .065}, draw.Style{Fill: ink}}
	switch k {
	case Users:
		g.users()
	case DNS:
		g.dns()
	case Balancer:
		g.balancer()
	case Database:
		g.database()
	case Cache:
		g.database()
		g.p.Polygon(draw.Style{Fill: draw.Paper, Stroke: ink, Width: side * .05}, g.at(.56, .36), g.at(.3, .68), g.at(.47, .68), g.at(.42, .94), g.at(.7, .58), g.at(.52, .58))
	case Storage:
		g.storage()
	case Queue:
		g.queue()
	case Function:
		g.line(g.at(.2, .1), g.at(.34, .1), g.at(.72, .9), g.at(.86, .9))
		g.line(g.at(.46, .4), g.at(.18, .9))
	case Zone:
		g.zone()
	case Group:
		g.group()
	case ElasticIP:
		g.elasticIP()
	case Reserved:
		g.reserved()
	default:
		g.instance()
	}
}

// pen draws in the unit square of a glyph.
type pen struct {
	p          *draw.Picture
	x, y, side float64
	stroke     draw.Style
	fill       draw.Style
}

func (g pen) at(x, y float64) draw.Point {
	return draw.Point{X: g.x + x*g.side, Y: g.y + y*g.side}
}

func (g pen) line(points ...draw.Point) { g.p.Line(g.stroke, points...) }

func (g pen) rect(x, y, w, h, corner float64, s draw.Style) {
	g.p.RoundRect(g.x+x*g.side, g.y+y*g.side, w*g.side, h*g.side, corner*g.side, s)
}

func (g pen) circle(x, y, r float64, s draw.Style) {
	c := g.at(x, y)
	g.p.Circle(c.X, c.Y, r*g.side, s)
}

// ellipse is a part of an ellipse between two angles in degrees, clockwise from the right.
func (g pen) ellipse(x, y, rx, ry, from, to float64) []draw.Point {
	return arc(func(dx, dy float64) draw.Point { return g.at(x+dx*rx, y+dy*ry) }, 1, from, to)
}

// users is three people, the nearest in front.
func (g pen) users() {
	for _, side := range []float64{.22, .78} {
		g.circle(side, .34, .12, g.stroke)
		g.line(g.ellipse(side, .84, .2, .3, 180, 360)...)
	}
	body := append(g.ellipse(.5, .95, .28, .42, 180, 360), g.at(.78, .95))
	g.p.Polygon(draw.Style{Fill: draw.Paper, Stroke: g.stroke.Stroke, Width: g.stroke.Width}, body...)
	g.circle(.5, .3, .17, draw.Style{Fill: draw.Paper, Stroke: g.stroke.Stroke, Width: g.stroke.Width})
}

// dns is a signpost with two arms.
func (g pen) dns() {
	g.line(g.at(.5, .04), g.at(.5, .97))
	paper := draw.Style{Fill: draw.Paper, Stroke: g.stroke.Stroke, Width: g.stroke.Width}
	g.p.Polygon(paper, g.at(.2, .14), g.at(.76, .14), g.at(.95, .27), g.at(.76, .4), g.at(.2, .4))
	g.p.Polygon(paper, g.at(.8, .48), g.at(.24, .48), g.at(.05, .61), g.at(.24, .74), g.at(.8, .74))
	g.line(g.at(.32, .97), g.at(.68, .97))
}

// balancer is one way that becomes three.
func (g pen) balancer() {
	g.line(g.at(.02, .5), g.at(.3, .5))
	for _, y := range []float64{.14, .5, .86} {
		g.line(g.at(.3, .5), g.at(.58, y), g.at(.84, y))
		g.p.Polygon(g.fill, g.at(.8, y-.11), g.at(1, y), g.at(.8, y+.11))
	}
	g.circle(.3, .5, .11, g.fill)
}

// instance is a server: two units of a rack.
func (g pen) instance() {
	for _, y := range []float64{.14, .54} {
		g.rect(.06, y, .88, .32, .06, g.stroke)
		g.circle(.22, y+.16, .055, g.fill)
		g.line(g.at(.42, y+.16), g.at(.8, y+.16))
	}
}

// database is a drum.
func (g pen) database() {
	g.line(g.ellipse(.5, .2, .38, .13, 0, 360)...)
	for _, y := range []float64{.5, .8} {
		g.line(g.ellipse(.5, y, .38, .13, 0, 180)...)
	}
	g.line(g.at(.12, .2), g.at(.12, .8))
	g.line(g.at(.88, .2), g.at(.88, .8))
}

// storage is a pail.
func (g pen) storage() {
	g.line(g.ellipse(.5, .22, .4, .12, 0, 360)...)
	g.line(append(append([]draw.Point{g.at(.1, .22)}, reversed(g.ellipse(.5, .84, .26, .1, 0, 180))...), g.at(.9, .22))...)
}

// queue is three parcels in a row, the last one going.
func (g pen) queue() {
	for i, x := range []float64{.02, .29, .56} {
		s := g.stroke
		if i == 2 {
			s = draw.Style{Fill: g.fill.Fill, Stroke: g.stroke.Stroke, Width: g.stroke.Width}
		}
		g.rect(x, .36, .2, .28, .03, s)
	}
	g.p.Polygon(g.fill, g.at(.82, .36), g.at(1, .5), g.at(.82, .64))
}

// zone is a building.
func (g pen) zone() {
	g.p.Polygon(g.stroke, g.at(.16, .94), g.at(.16, .3), g.at(.5, .06), g.at(.84, .3), g.at(.84, .94))
	for _, y := range []float64{.42, .62} {
		g.line(g.at(.32, y), g.at(.42, y))
		g.line(g.at(.58, y), g.at(.68, y))
	}
	g.line(g.at(.5, .94), g.at(.5, .78))
}

// group is a frame that grows to the right.
func (g pen) group() {
	g.rect(.04, .2, .44, .6, .06, g.stroke)
	s := g.stroke
	s.Dash = []float64{g.side * .12, g.side * .09}
	g.rect(.48, .2, .46, .6, .06, s)
	g.line(g.at(.71, .36), g.at(.71, .64))
	g.line(g.at(.57, .5), g.at(.85, .5))
}

// elasticIP is a pin that stays where it is.
func (g pen) elasticIP() {
	pin := append(g.ellipse(.5, .36, .3, .3, 150, 390), g.at(.5, .96))
	g.p.Polygon(g.stroke, pin...)
	g.circle(.5, .36, .1, g.fill)
}

// reserved is a tag on a string.
func (g pen) reserved() {
	g.p.Polygon(g.stroke, g.at(.06, .5), g.at(.3, .2), g.at(.95, .2), g.at(.95, .8), g.at(.3, .8))
	g.circle(.3, .5, .07, g.fill)
}

// arc is points of a circle between two angles in degrees, clockwise from the right.
func arc(at func(dx, dy float64) draw.Point, r, from, to float64) []draw.Point {
	const steps = 20
	out := make([]draw.Point, 0, steps+1)
	for i := range steps + 1 {
		sin, cos := math.Sincos((from + (to-from)*float64(i)/steps) * math.Pi / 180)
		out = append(out, at(r*cos, r*sin))
	}
	return out
}

// wave is a tilde between two abscissas.
func wave(at func(dx, dy float64) draw.Point, from, to float64) []draw.Point {
	const steps = 12
	var out []draw.Point
	for i := range steps + 1 {
		f := float64(i) / steps
		out = append(out, at(from+(to-from)*f, -.22*math.Sin(2*math.Pi*f)))
	}
	return out
}

func reversed(points []draw.Point) []draw.Point {
	out := make([]draw.Point, len(points))
	for i, p := range points {
		out[len(points)-1-i] = p
	}
	return out
}
