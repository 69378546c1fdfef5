package diagram

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"showdown/results/draw"
)

// Flow is the requests of an edge: Rate in any unit, one for the whole picture, and
// Errors, the share of them that fail, 0 to 1.
type Flow struct{ Rate, Errors float64 }

// View is how a diagram is drawn, and what is known of its nodes.
type View struct {
	// W and H are the size of the picture; 0 is as large as the diagram needs.
	W, H float64
	// Size is that of the names; 0 means 16. Text gets smaller where the diagram does not
	// fit otherwise.
	Size float64
	// Status is what is known by the ids of nodes, zones and groups.
	Status map[string]Status
	// Flows is the requests by the ids of edges.
	Flows map[string]Flow
	// Before is a diagram against which changed nodes are drawn bold; nil draws none so.
	Before *Diagram
	// Prefix is put before each id, for a page that holds several diagrams.
	Prefix string
	// Key explains frames and badges below.
	Key bool
	// Sketch leaves the names of instances out, so that diagrams beside each other look
	// alike.
	Sketch bool
	// Dresses draws every state of every node, of which [CSS] leaves one to be seen.
	Dresses bool
}

// Draw is the picture of d.
func (d Diagram) Draw(v View) *draw.Picture {
	if v.Size <= 0 {
		v.Size = 16
	}
	p, scale, spare := d.fit(v)
	a := &artist{plan: p, view: v, d: d}
	if v.Before != nil {
		a.changed = d.Changed(*v.Before)
	}
	a.p = draw.New(p.w, p.h)
	a.all()
	out := draw.New(p.w*scale+2*spare.X, p.h*scale+2*spare.Y)
	out.Title, out.Description = a.title(), a.description()
	out.Place(a.p, spare.X, spare.Y, scale)
	return out
}

// Scale is by how much the text of d gets smaller in a view: 1 where it fits.
func (d Diagram) Scale(v View) float64 {
	if v.Size <= 0 {
		v.Size = 16
	}
	_, scale, _ := d.fit(v)
	return scale
}

// fit chooses as much detail as the view has room for; what is still too large is scaled.
func (d Diagram) fit(v View) (*plan, float64, draw.Point) {
	key := 0.0
	if v.Key {
		key = 2.2 * v.Size
	}
	// The first that fits; where none does, that which is scaled least.
	var p *plan
	scale := 0.0
	for _, t := range details {
		if v.Sketch && !t.sketch {
			continue
		}
		q, s := d.lay(v.Size, t, v), 1.0
		if v.Key {
			q.h += key
			if v.W <= 0 {
				q.w = max(q.w, q.keyWidth())
			}
		}
		if v.W > 0 {
			s = min(s, v.W/q.w)
		}
		if v.H > 0 {
			s = min(s, v.H/q.h)
		}
		if s > scale {
			p, scale = q, s
		}
		if s == 1 {
			break
		}
	}
	if v.W > 0 && scale == 1 {
		p.spread(v.W)
	}
	var spare draw.Point
	if v.W > 0 {
		spare.X = max(0, (v.W-p.w*scale)/2)
	}
	if v.H > 0 {
		spare.Y = max(0, (v.H-p.h*scale)/2)
	}
	return p, scale, spare
}

// spread moves the columns apart where there is room, up to twice their distance.
func (p *plan) spread(w float64) {
	gaps := 1.0
	if p.dns != nil && !p.merged {
		gaps++
	}
	if len(p.balancers.slots) > 0 {
		gaps++
	}
	more := min((w-p.w)/gaps, 1.5*p.gap*p.e)
	if more <= 0 || p.users == nil {
		return
	}
	shift := 0.0
	if p.dns != nil && !p.merged {
		shift += more
		p.dns.x += shift
	}
	p.trunk += shift
	if len(p.balancers.slots) > 0 {
		shift += more
		p.balancers.x += shift
		for _, s := range p.balancers.slots {
			s.x += shift
		}
	}
	shift += more
	for _, l := range p.lanes {
		l.x += shift
	}
	for i := range p.tiers {
		p.tiers[i].x += shift
		for _, s := range p.tiers[i].slots {
			s.x += shift
		}
	}
	for i := range p.frames {
		p.frames[i].x += shift
	}
	for _, n := range p.notes {
		n.x += shift
	}
	p.w += shift
}

// artist draws a plan.
type artist struct {
	*plan
	p       *draw.Picture
	view    View
	d       Diagram
	changed map[string]bool
}

func (a *artist) all() {
	for _, l := range a.lanes {
		a.lane(l)
	}
	for i, f := range a.frames {
		a.group(f, i)
	}
	for _, l := range a.lanes {
		a.laneName(l)
	}
	a.edges()
	for _, s := range []*slot{a.users, a.dns} {
		if s != nil {
			a.card(s)
		}
	}
	for _, s := range a.balancers.slots {
		a.card(s)
	}
	for _, c := range a.tiers {
		for _, s := range c.slots {
			a.instance(s)
		}
	}
	for _, n := range a.notes {
		a.note(n)
	}
	if a.view.Key {
		a.key()
	}
}

// lane draws a zone; one that is down is hatched, whatever its nodes say.
func (a *artist) lane(l *lane) {
	s := a.view.Status[ZoneID(l.zone)]
	a.open(ZoneID(l.zone), l.zone, s, draw.Attribute{Name: "zone", Value: l.zone})
	a.p.RoundRect(l.x, l.y, l.w, l.h, .5*a.e, draw.Style{Fill: draw.Panel, Stroke: draw.Grid, Width: .09 * a.e})
	if s.State == Down {
		a.p.Hatch(l.x, l.y, l.w, l.h, .9*a.e, draw.Style{Stroke: draw.Down, Width: .06 * a.e})
		a.p.RoundRect(l.x, l.y, l.w, l.h, .5*a.e, draw.Style{Stroke: draw.Down, Width: .2 * a.e})
	}
	a.p.Close()
}

// laneName stands on a plate, so that a group's line passes behind it.
func (a *artist) laneName(l *lane) {
	if l.zone == "" {
		return
	}
	bold := false
	if a.sketch { // there the type of what is new is written
		for _, slots := range l.columns {
			for _, s := range slots {
				bold = bold || a.changed[s.ID] || a.anyChanged(s.rest)
			}
		}
	}
	name := draw.Fit(a.laneText(l), small*a.e, l.w-1.8*a.e, bold)
	w := draw.Width(name, small*a.e, bold)
	a.p.RoundRect(l.x+.3*a.e, l.y+.22*a.e, w+1.9*a.e, 1.2*a.e, .3*a.e, draw.Style{Fill: draw.Panel})
	Glyph(a.p, Zone, l.x+.5*a.e, l.y+.34*a.e, .95*a.e, draw.Muted)
	a.p.Text(l.x+1.7*a.e, l.y+1.12*a.e, name, draw.Type{Size: small * a.e, Ink: ink(bold), Bold: bold})
}

func (a *artist) group(f placedFrame, i int) {
	s := a.view.Status[f.ID]
	bold := a.changed[f.ID]
	a.open(f.ID, f.Label, s)
	line := draw.Style{Stroke: draw.Muted, Width: .1 * a.e, Dash: []float64{.5 * a.e, .35 * a.e}}
	if bold {
		line.Stroke, line.Width = draw.Text, .22*a.e
	}
	a.p.RoundRect(f.x, f.y, f.w, f.h, .4*a.e, line)
	end := a.w
	if i+1 < len(a.frames) {
		end = a.frames[i+1].x
	}
	label := draw.Fit(a.label(f.Frame), small*a.e, end-f.x-2.4*a.e, bold)
	w := draw.Width(label, small*a.e, bold)
	a.p.Rect(f.x+.4*a.e, f.y-.1*a.e, min(w+1.9*a.e, end-f.x), 1.5*a.e, draw.Style{Fill: draw.Paper})
	Glyph(a.p, Group, f.x+.5*a.e, f.y+.1*a.e, 1.1*a.e, ink(bold))
	a.p.Text(f.x+1.9*a.e, f.y+.95*a.e, label, draw.Type{Size: small * a.e, Ink: ink(bold), Bold: bold})
	a.p.Close()
}

// ink is that of what is written: what is new stands out.
func ink(bold bool) draw.Ink {
	if bold {
		return draw.Text
	}
	return draw.Muted
}

// open begins the group of a node, with what a page needs to find and to change it.
func (a *artist) open(id, name string, s Status, more ...draw.Attribute) {
	title := name
	if s.State != "" {
		title += ": " + a.words.states[s.State]
	}
	if s.Belief != "" {
		title += "; " + a.words.believes + ": " + a.words.beliefs[s.Belief]
	}
	if s.Note != "" {
		title += "; " + s.Note
	}
	attributes := append([]draw.Attribute{{Name: "state", Value: string(s.State)}, {Name: "belief", Value: string(s.Belief)}}, more...)
	if a.changed[id] {
		attributes = append(attributes, draw.Attribute{Name: "changed", Value: "true"})
	}
	a.p.Open(a.view.Prefix+id, title, attributes...)
}

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
	a.open(s.ID, title, status, draw.Attribute{Name: "node", Value: s.Name}, draw.Attribute{Name: "tier", Value: strings.ReplaceAll(s.Tier, "\x00", "/")}, draw.Attribute{Name: "zone", Value: s.Zone})
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
	a.p.Text(s.x+1.55*a.e, s.y+1.1*a.e, draw.Fit(s.Name, small*a.e, s.w-1.8*a.e, bold), draw.Type{Size: small * a.e, Ink: ink(bold), Bold: bold})
	a.p.Close()
}

// keyWidth is the length of what key writes.
func (p *plan) keyWidth() float64 {
	return draw.Width(p.words.frame+p.words.badge, small*p.e, false) + 6*p.e
}

// key says what frames and badges mean.
func (a *artist) key() {
	e, x, y := a.e, .6*a.e, a.h-1.1*a.e
	size := small * e
	room := a.w - 6*e
	if most := draw.Width(a.words.frame+a.words.badge, size, false); most > room {
		size *= max(.5, room/most)
	}
	a.p.RoundRect(x, y-.75*e, 1.5*e, .95*e, .2*e, draw.Style{Fill: draw.Paper, Stroke: draw.Muted, Width: .16 * e})
	x += 2 * e
	a.p.Text(x, y, a.words.frame, draw.Type{Size: size, Ink: draw.Muted})
	x += draw.Width(a.words.frame, size, false) + 1.8*e
	mark(a.p, string(Healthy), draw.Muted, x, y-.28*e, .6*e, true)
	x += 1 * e
	a.p.Text(x, y, a.words.badge, draw.Type{Size: size, Ink: draw.Muted})
}

// title and description are for who cannot see the picture.
func (a *artist) title() string {
	var names []string
	for _, s := range a.plan.slots() {
		if s.Kind != Reserved {
			names = append(names, a.plan.name(s))
		}
	}
	return strings.Join(names, ", ")
}

func (a *artist) description() string {
	var out []string
	for _, n := range a.d.Nodes {
		s := a.view.Status[n.ID]
		if s.State == "" && s.Belief == "" || len(out) == 100 {
			continue
		}
		line := n.Name + ": " + cmp.Or(a.words.states[s.State], "–")
		if s.Belief != "" {
			line += " (" + a.words.believes + ": " + a.words.beliefs[s.Belief] + ")"
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

// finite is v, or 0 for what is no number.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
