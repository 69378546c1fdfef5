package diagram

import (
	"fmt"
	"strings"

	"showdown/results/draw"
)

// way is an edge between two slots, with the flows of all the edges that it stands for.
type way struct {
	from, to *slot
	id       string
	// edges are the ids of those.
	edges []string
	flow  Flow
	known bool
}

// edges draws who sends to whom: a question to the name servers is dotted, requests are
// as thick as their rate, and dashed where some of them fail.
func (a *artist) edges() {
	at := map[string]*slot{}
	for _, s := range a.plan.slots() {
		at[s.ID] = s
		for _, n := range s.rest {
			at[n.ID] = s
		}
	}
	var ways []*way
	seen := map[[2]*slot]*way{}
	for _, e := range a.d.Edges {
		from, to := at[e.From], at[e.To]
		if from == nil || to == nil || from == to {
			continue
		}
		if a.sketch && to.front != nil && seen[[2]*slot{from, to.front}] != nil {
			to = to.front // one way leads to the row
		}
		id := Edge{from.ID, to.ID}.ID()
		if from.Tier != "" && to.Tier != "" && from.Tier != to.Tier {
			// All nodes of a tier ask the same of the next one.
			from = a.tier(from.Tier).slots[0]
		}
		w := seen[[2]*slot{from, to}]
		if w == nil {
			w = &way{from: from, to: to, id: id}
			seen[[2]*slot{from, to}] = w
			ways = append(ways, w)
		}
		w.edges = append(w.edges, e.ID())
		f, known := a.view.Flows[e.ID()]
		w.add(f, known)
	}
	most := 0.0
	all := &way{from: a.users, id: TrunkID, edges: []string{TrunkID}}
	branches := 0
	for _, w := range ways {
		most = max(most, w.flow.Rate)
		if w.from == a.users && w.to.Kind != DNS {
			branches++
			all.add(w.flow, w.known)
		}
	}
	if branches > 1 {
		most = max(most, all.flow.Rate)
		a.trunkLine(all, most)
	}
	for _, w := range ways {
		a.way(w, most, branches > 1)
	}
	if branches > 0 && all.known && all.flow.Errors > 0 {
		a.share(all.flow.Errors)
	}
}

// add counts requests of another edge in.
func (w *way) add(f Flow, known bool) {
	if !known {
		return
	}
	w.known = true
	rate, errors := max(0, finite(f.Rate)), min(1, max(0, finite(f.Errors)))
	if sum := w.flow.Rate + rate; sum > 0 {
		w.flow.Errors = (w.flow.Errors*w.flow.Rate + errors*rate) / sum
	}
	w.flow.Rate += rate
}

// trunkLine is the way that all requests of the users have in common.
func (a *artist) trunkLine(w *way, most float64) {
	a.p.Open(a.view.Prefix+w.id, w.from.Name, a.flowing(w)...)
	y := w.from.middle()
	a.p.Line(a.line(w, most), draw.Point{X: w.from.right(), Y: y}, draw.Point{X: max(a.trunk, w.from.right()), Y: y})
	a.p.Close()
}

// line is how the requests of a way look.
func (a *artist) line(w *way, most float64) draw.Style {
	e := a.e
	line := draw.Style{Stroke: draw.Muted, Width: .13 * e}
	if !w.known {
		return line
	}
	line.Width = .08 * e
	if most > 0 {
		line.Width += .34 * e * w.flow.Rate / most
	}
	switch {
	case w.flow.Rate == 0:
		line.Dash = []float64{.12 * e, .4 * e}
	case w.flow.Errors >= .5:
		line.Stroke, line.Dash = draw.Down, []float64{.35 * e, .35 * e}
	case w.flow.Errors > 0:
		line.Stroke, line.Dash = draw.Degraded, []float64{.9 * e, .35 * e}
	default:
		line.Stroke = draw.Up
	}
	return line
}

// flowing is what a page needs to give a way its thickness and colour by itself: the edges
// that it stands for, and the size of the text after scaling, which is its unit.
func (a *artist) flowing(w *way) []draw.Attribute {
	if !a.view.Dresses || w.to != nil && (w.to.Kind == DNS || w.from.Tier != "") {
		return nil
	}
	return []draw.Attribute{
		{Name: "flow", Value: ""},
		{Name: "fail", Value: ""},
		{Name: "edges", Value: strings.Join(w.edges, " ")},
		{Name: "unit", Value: fmt.Sprintf("%.1f", a.e*a.scale)},
	}
}

// way draws an edge; where the users have several, their trunk is drawn already.
func (a *artist) way(w *way, most float64, branch bool) {
	e := a.e
	attributes := []draw.Attribute{{Name: "edge", Value: w.from.Name + " " + w.to.Name}}
	if w.known {
		attributes = append(attributes, draw.Attribute{Name: "errors", Value: fmt.Sprintf("%.3f", w.flow.Errors)})
	}
	a.p.Open(a.view.Prefix+w.id, w.from.Name+" → "+w.to.Name, append(attributes, a.flowing(w)...)...)
	defer a.p.Close()
	if w.to.Kind == DNS {
		a.ask(w, draw.Style{Stroke: draw.Muted, Width: .11 * e, Dash: []float64{.12 * e, .32 * e}})
		return
	}
	line := a.line(w, most)
	points := a.route(w)
	if branch && w.from == a.users {
		points = points[1:]
	}
	last := points[len(points)-1]
	head := .3*e + line.Width
	if a.view.Dresses {
		head = .65 * e // it fits every thickness
	}
	if w.from.Tier != "" && w.to.Tier == w.from.Tier {
		a.p.Line(line, points...)
		return
	}
	points[len(points)-1].X -= head * .8
	a.p.Line(line, points...)
	a.p.Polygon(draw.Style{Fill: line.Stroke}, last, draw.Point{X: last.X - head, Y: last.Y - head*.55}, draw.Point{X: last.X - head, Y: last.Y + head*.55})
}

// tier is the column of that name.
func (a *artist) tier(name string) column {
	for _, c := range a.tiers {
		if c.tier == name {
			return c
		}
	}
	return column{}
}

// ask draws the question to the name servers and its answer.
func (a *artist) ask(w *way, line draw.Style) {
	u, d := w.from, w.to
	if a.merged {
		x := u.x + u.w/2
		a.p.Line(line, draw.Point{X: x, Y: u.y}, draw.Point{X: x, Y: d.bottom()})
		return
	}
	// Up from the users, then to the right: the way of the requests stays free.
	x, y := u.x+u.w/2, d.middle()
	if y > u.y-.3*a.e {
		y = u.y - .3*a.e
	}
	a.p.Line(line, draw.Point{X: x, Y: u.y}, draw.Point{X: x, Y: y}, draw.Point{X: d.x, Y: y})
}

// share writes below the users how many of their requests fail.
func (a *artist) share(errors float64) {
	text := fmt.Sprintf(a.words.failed, errors*100)
	if errors < .005 {
		text = "< " + fmt.Sprintf(a.words.failed, 1.0)
	}
	ink := draw.Degraded
	if errors >= .5 {
		ink = draw.Down
	}
	a.p.Text(a.users.x+a.users.w/2, a.users.bottom()+.6*a.e, text, draw.Type{Size: small * a.e, Ink: ink, Bold: true, At: draw.Middle})
}

// route is the points of a way, from the right of one box to the left of another.
func (a *artist) route(w *way) []draw.Point {
	from := draw.Point{X: w.from.right(), Y: w.from.middle()}
	to := draw.Point{X: w.to.x, Y: w.to.middle()}
	if a.view.Status[w.to.ID].Belief != "" || a.view.Dresses && w.to.Tier != "" {
		to.X -= .7 * a.e // the badge stands there
	}
	if w.from.Tier != "" && w.to.Tier == w.from.Tier { // one copies to the other
		from.X, to.X = w.from.x+w.from.w/2, w.to.x+w.to.w/2
		from.Y, to.Y = w.from.bottom(), w.to.y
		return []draw.Point{from, to}
	}
	if w.from.Tier != "" && w.to.Tier != "" {
		c := a.tier(w.from.Tier)
		from.X = c.right() + .7*a.e
		top, bottom := c.slots[0].y, c.slots[0].bottom()
		for _, s := range c.slots {
			top, bottom = min(top, s.y), max(bottom, s.bottom())
		}
		from.Y = (top + bottom) / 2
		if len(c.slots) > 1 {
			a.p.Line(draw.Style{Stroke: draw.Muted, Width: .13 * a.e}, draw.Point{X: from.X, Y: top}, draw.Point{X: from.X, Y: bottom})
		}
	}
	if w.from.Kind != Users {
		return a.arrive(from, to, w.to)
	}
	// All ways from the users pass below the name servers first.
	trunk := draw.Point{X: max(a.trunk, from.X), Y: from.Y}
	if w.to.Tier == "" || len(a.balancers.slots) == 0 {
		return append([]draw.Point{from}, a.arrive(trunk, to, w.to)...)
	}
	// To an instance beside a load balancer, below the load balancers.
	b := a.balancers
	low := b.bottom() + .8*a.e
	points := append([]draw.Point{from}, curve(trunk, draw.Point{X: b.x, Y: low})...)
	return append(points, a.arrive(draw.Point{X: b.right(), Y: low}, to, w.to)...)
}

// arrive is a curve to a node; to one that stands behind another it passes above that one.
func (a *artist) arrive(from, to draw.Point, s *slot) []draw.Point {
	if s.front == nil {
		return curve(from, to)
	}
	first, above := s.x-s.w-a.aisle()*a.e, s.y-.75*a.e
	x := s.x - a.aisle()*a.e + .35*a.e
	points := curve(from, draw.Point{X: first - .2*a.e, Y: above})
	points = append(points, draw.Point{X: x - .4*a.e, Y: above})
	return append(points, curve(draw.Point{X: x - .2*a.e, Y: above}, to)...)
}

// curve is a line that leaves and arrives level.
func curve(from, to draw.Point) []draw.Point {
	if from.Y == to.Y {
		return []draw.Point{from, to}
	}
	const steps = 16
	middle := (from.X + to.X) / 2
	out := make([]draw.Point, 0, steps+1)
	for i := range steps + 1 {
		t := float64(i) / steps
		u := 1 - t
		out = append(out, draw.Point{
			X: u*u*u*from.X + 3*u*u*t*middle + 3*u*t*t*middle + t*t*t*to.X,
			Y: u*u*u*from.Y + 3*u*u*t*from.Y + 3*u*t*t*to.Y + t*t*t*to.Y,
		})
	}
	return out
}
