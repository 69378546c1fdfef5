package diagram

import (
	"fmt"
	"slices"
	"strings"

	"showdown/results/draw"
)

// name is what stands in a box among the zones.
func (p *plan) name(s *slot) string {
	if len(s.rest) > 0 {
		return fmt.Sprintf("× %d", len(s.rest))
	}
	if p.sketch && s.Short != "" {
		return s.Short
	}
	return s.Name
}

// lines are the lines about a slot that are written; of a stack in which a node has a
// state, how many are up.
func (p *plan) lines(s *slot) []string {
	n := min(p.about, len(s.About))
	if len(s.rest) == 0 {
		if p.pinned(s) {
			return s.About[:min(n, 1)]
		}
		return s.About[:n]
	}
	up, known := 0, false
	for _, node := range s.rest {
		state := p.status[node.ID].State
		known = known || state != ""
		if state == Up {
			up++
		}
	}
	switch {
	case p.about == 0:
		return nil
	case known:
		return []string{p.outOf(up, len(s.rest))}
	}
	return s.About[:min(n, 1)]
}

// outOf is "31/33 up".
func (p *plan) outOf(up, of int) string { return fmt.Sprintf("%d/%d %s", up, of, p.words.states[Up]) }

// pinned says that a node's elastic IP is a sign, since there is no room for the words.
func (p *plan) pinned(s *slot) bool { return s.ElasticIP && len(s.rest) == 0 && p.about < 2 }

// frame draws the frame, the hatch and the mark of a node's state around its plate.
func (a *artist) frame(b, plate box, s Status, bold bool) {
	if !a.view.Dresses {
		dress(a.p, s.State, b, plate, a.e, bold)
		if s.Belief != "" {
			badge(a.p, s, b, a.e)
		}
		return
	}
	for _, state := range States() {
		a.p.Open("", "", draw.Attribute{Name: "dress", Value: string(state)})
		dress(a.p, state, b, plate, a.e, bold)
		a.p.Close()
	}
	a.p.Open("", "", draw.Attribute{Name: "apart", Value: "true"})
	ring(a.p, b, a.e)
	a.p.Close()
	for _, belief := range Beliefs() {
		a.p.Open("", "", draw.Attribute{Name: "badge", Value: string(belief)})
		badge(a.p, Status{Belief: belief}, b, a.e)
		a.p.Close()
	}
}

// card draws a node with its glyph above its name.
func (a *artist) card(s *slot) {
	e, status, bold := a.e, a.view.Status[s.ID], a.changed[s.ID]
	name := a.plan.name(s)
	a.open(s.ID, s.Name, status, draw.Attribute{Name: "node", Value: s.Name})
	if s.Kind != Users {
		a.frame(s.box, box{s.x + .4*e, s.y + .4*e, s.w - .8*e, s.h - .8*e}, status, bold)
	} else if status.State != "" {
		mark(a.p, string(status.State), status.State.ink(), s.x+s.w/2+a.side*.5*e, s.y+.7*e, .62*e, false)
	}
	Glyph(a.p, s.Kind, s.x+(s.w-a.side*e)/2, s.y+.45*e, a.side*e, draw.Text)
	middle, y := s.x+s.w/2, s.y+(a.side+1.55)*e
	a.p.Text(middle, y, draw.Fit(name, e, s.w-.4*e, bold), draw.Type{Size: e, Ink: draw.Text, Bold: bold, At: draw.Middle})
	for _, about := range s.About[:min(a.about, len(s.About))] {
		y += 1.05 * e
		a.p.Text(middle, y, draw.Fit(about, small*e, s.w-.7*e, bold), draw.Type{Size: small * e, Ink: ink(bold), Bold: bold, At: draw.Middle})
	}
	a.parts(s, y+.5*e)
	a.p.Close()
}

// parts draws the parts of a node in a row: a zone's chip has a line as its state has, and
// a cross through it where it is down.
func (a *artist) parts(s *slot, y float64) {
	e := a.e
	chips := a.chips(s.Node)
	all := -.35 * e
	for _, w := range chips {
		all += w + .35*e
	}
	x := s.x + s.w/2 - all/2
	for i, w := range chips {
		part := s.Parts[i]
		status := a.view.Status[part.ID]
		a.open(part.ID, s.Name+" "+part.Name, status)
		line := draw.Style{Fill: draw.Paper, Stroke: status.State.ink(), Width: .08 * e}
		switch status.State {
		case Down:
			line.Width = .2 * e
		case Degraded, Recovering:
			line.Dash = []float64{.3 * e, .2 * e}
		case Off:
			line.Dash = []float64{.1 * e, .2 * e}
		}
		a.p.RoundRect(x, y, w, 1.2*e, .2*e, line)
		a.p.Text(x+w/2, y+.9*e, draw.Fit(part.Name, small*e, w, false), draw.Type{Size: small * e, Ink: draw.Muted, At: draw.Middle})
		if status.State == Down {
			cross := draw.Style{Stroke: draw.Down, Width: .14 * e}
			a.p.Line(cross, draw.Point{X: x, Y: y}, draw.Point{X: x + w, Y: y + 1.2*e})
			a.p.Line(cross, draw.Point{X: x, Y: y + 1.2*e}, draw.Point{X: x + w, Y: y})
		}
		a.p.Close()
		x += w + .35*e
	}
}

// instance draws a node among the zones, with its glyph on the left; a stack has the
// edges of further boxes behind it.
func (a *artist) instance(s *slot) {
	e, bold := a.e, a.changed[s.ID]
	status, title := a.view.Status[s.ID], s.Name
	lines := a.plan.lines(s)
	if len(s.rest) > 0 {
		status, bold = a.together(s.rest), a.anyChanged(s.rest)
		title = fmt.Sprintf("%s … %s", s.rest[0].Name, s.rest[len(s.rest)-1].Name)
		if counts := a.counts(s.rest); counts != "" {
			title += ": " + counts
		}
	}
	about := []draw.Attribute{{Name: "node", Value: s.Name}, {Name: "tier", Value: strings.ReplaceAll(s.Tier, "\x00", "/")}, {Name: "zone", Value: s.Zone}}
	if a.view.Dresses && len(s.rest) > 0 { // a page gives it its state, from those of its nodes
		ids := make([]string, len(s.rest))
		for i, n := range s.rest {
			ids[i] = n.ID
		}
		about = append(about, draw.Attribute{Name: "stack", Value: strings.Join(ids, " ")})
	}
	a.open(s.ID, title, status, about...)
	if len(s.rest) > 0 {
		for _, off := range []float64{.36, .18} {
			a.p.RoundRect(s.x+off*e, s.y+off*e, s.w, s.h, .3*e, draw.Style{Fill: draw.Paper, Stroke: draw.Muted, Width: .07 * e})
		}
	}
	x := s.x + 1.2*e
	a.frame(s.box, box{s.x + .55*e, s.y + .25*e, s.w - 1.1*e, s.h - .5*e}, status, bold)
	if a.sketch {
		a.sketched(s, status)
		a.p.Close()
		return
	}
	if a.glyph > 0 {
		Glyph(a.p, s.Kind, x, s.middle()-.7*e, 1.4*e, glyphInk(status.State))
		x += 1.9 * e
	}
	room := s.right() - .7*e - x
	if a.pinned(s) {
		room -= 1.3 * e
	}
	y := s.middle() + (.36-float64(len(lines))*.525)*e
	a.p.Text(x, y, draw.Fit(a.plan.name(s), e, room, bold || len(s.rest) > 0), draw.Type{Size: e, Ink: textInk(status.State), Bold: bold || len(s.rest) > 0})
	for _, about := range lines {
		y += 1.05 * e
		a.p.Text(x, y, draw.Fit(about, small*e, room, bold), draw.Type{Size: small * e, Ink: ink(bold), Bold: bold})
	}
	if a.pinned(s) {
		Glyph(a.p, ElasticIP, s.right()-1.95*e, s.middle()-.6*e, 1.2*e, ink(bold))
	}
	a.p.Close()
}

// sketched is an instance as its glyph alone, a stack as its number.
func (a *artist) sketched(s *slot, status Status) {
	e := a.e
	if len(s.rest) > 0 {
		a.p.Text(s.x+s.w/2+.1*e, s.middle()+.36*e, a.plan.name(s), draw.Type{Size: e, Ink: draw.Text, Bold: true, At: draw.Middle})
		return
	}
	x := s.x + s.w/2 - .7*e
	if a.pinned(s) {
		x -= .45 * e
		Glyph(a.p, ElasticIP, x+1.5*e, s.middle()-.5*e, e, draw.Muted)
	}
	Glyph(a.p, s.Kind, x, s.middle()-.7*e, 1.4*e, glyphInk(status.State))
}

func glyphInk(s State) draw.Ink {
	if s == Off {
		return draw.Off
	}
	return draw.Text
}

func textInk(s State) draw.Ink { return glyphInk(s) }

// together is the status of a stack: that of its nodes where they are all the same, and
// degraded where they differ.
func (a *artist) together(nodes []Node) Status {
	out := a.view.Status[nodes[0].ID]
	out.Note = ""
	for _, n := range nodes[1:] {
		s := a.view.Status[n.ID]
		if s.State != out.State {
			out.State = Degraded
		}
		if s.Belief != out.Belief {
			out.Belief = ""
		}
	}
	return out
}

func (a *artist) anyChanged(nodes []Node) bool {
	return slices.ContainsFunc(nodes, func(n Node) bool { return a.changed[n.ID] })
}

// counts says how many nodes are in which state, where any has one.
func (a *artist) counts(nodes []Node) string {
	of := map[State]int{}
	for _, n := range nodes {
		of[a.view.Status[n.ID].State]++
	}
	return a.words.counts(of)
}

func (a *artist) note(s *slot) {
	bold := a.changed[s.ID]
	a.open(s.ID, s.Name, Status{})
	line := draw.Style{Fill: draw.Paper, Stroke: draw.Grid, Width: .07 * a.e}
	if bold {
		line.Stroke, line.Width = draw.Text, .22*a.e
	}
	a.p.RoundRect(s.x, s.y, s.w, s.h, .3*a.e, line)
	Glyph(a.p, s.Kind, s.x+.35*a.e, s.y+.3*a.e, 1*a.e, ink(bold))
	a.p.Text(s.x+1.55*a.e, s.y+1.1*a.e, draw.Fit(a.name(s), small*a.e, s.w-1.8*a.e, bold), draw.Type{Size: small * a.e, Ink: ink(bold), Bold: bold})
	a.p.Close()
}
