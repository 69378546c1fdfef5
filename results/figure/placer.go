package figure

import (
	"math"
	"strings"

	"showdown/results/draw"
)

// beside writes a text beside an arrow: in one line, or else in two.
func (c *canvas) beside(p *placer, from, to draw.Point, text string, ink draw.Ink) {
	size := c.size.tick
	first, second, two := strings.Cut(text, ", ")
	for _, lines := range [][]string{{text}, {first + ",", second}} {
		if len(lines) == 2 && !two {
			break
		}
		w := 0.0
		for _, l := range lines {
			w = max(w, draw.Width(l, size, true))
		}
		r, foot, ok := p.along(from, to, w, size*float64(len(lines)), size*0.3)
		if !ok {
			continue
		}
		c.leader(foot, r, size)
		for i, l := range lines {
			c.Text(r.x, r.y+size*(0.82+float64(i)), l, draw.Type{Size: size, Ink: ink, Bold: true})
		}
		return
	}
}

// leader joins a text with the point that it is about, where it is further than near.
func (c *canvas) leader(at draw.Point, text rect, near float64) {
	end := draw.Point{X: min(max(at.X, text.x), text.right()), Y: min(max(at.Y, text.y), text.bottom())}
	if math.Hypot(end.X-at.X, end.Y-at.Y) > near {
		c.Line(draw.Style{Stroke: draw.Muted, Width: c.size.thin}, at, end)
	}
}

// placer finds places for texts that lie over nothing else.
type placer struct {
	within rect
	taken  []rect
}

func (p *placer) take(r rect) { p.taken = append(p.taken, r) }

// segment takes the places along a line.
func (p *placer) segment(a, b draw.Point) {
	n := int(math.Hypot(b.X-a.X, b.Y-a.Y)/12) + 1
	for i := range n + 1 {
		t := float64(i) / float64(n)
		p.take(rect{a.X + t*(b.X-a.X) - 5, a.Y + t*(b.Y-a.Y) - 5, 10, 10})
	}
}

// try takes the first free place of a size among those whose middles are given.
func (p *placer) try(w, h float64, middles []draw.Point) (rect, bool) {
	for _, m := range middles {
		r := rect{m.X - w/2, m.Y - h/2, w, h}
		free := r.x >= p.within.x && r.y >= p.within.y && r.right() <= p.within.right() && r.bottom() <= p.within.bottom()
		for _, t := range p.taken {
			free = free && !(r.x < t.right() && t.x < r.right() && r.y < t.bottom() && t.y < r.bottom())
		}
		if free {
			p.take(r)
			return r, true
		}
	}
	return rect{}, false
}

// around is a place beside a point.
func (p *placer) around(at draw.Point, w, h, gap float64) (rect, bool) {
	var middles []draw.Point
	for _, far := range []float64{1, 2, 3.5, 5} {
		g := gap * far
		for _, d := range [][2]float64{{1, 0}, {-1, 0}, {1, -1}, {1, 1}, {-1, -1}, {-1, 1}, {0, -1}, {0, 1}} {
			m := draw.Point{X: at.X + d[0]*(g+w/2), Y: at.Y + d[1]*(g+h/2)}
			middles = append(middles, m)
		}
	}
	return p.try(w, h, middles)
}

// along is a place beside an arrow, near its middle, and the point of the arrow that it is
// beside.
func (p *placer) along(a, b draw.Point, w, h, gap float64) (place rect, foot draw.Point, ok bool) {
	d := math.Hypot(b.X-a.X, b.Y-a.Y)
	if d == 0 {
		place, ok = p.around(a, w, h, gap)
		return place, a, ok
	}
	nx, ny := -(b.Y-a.Y)/d, (b.X-a.X)/d
	for _, far := range []float64{1, 2, 4, 6, 9, 12, 16, 20} {
		for _, t := range []float64{.5, .4, .6, .3, .7, .2, .8} {
			foot := draw.Point{X: a.X + t*(b.X-a.X), Y: a.Y + t*(b.Y-a.Y)}
			for _, side := range []float64{1, -1} {
				reach := side * (gap*far + math.Abs(nx)*w/2 + math.Abs(ny)*h/2)
				if r, ok := p.try(w, h, []draw.Point{{X: foot.X + nx*reach, Y: foot.Y + ny*reach}}); ok {
					return r, foot, true
				}
			}
		}
	}
	return rect{}, a, false
}
