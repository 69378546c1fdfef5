package diagram

import (
	"math"

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
	whole := v
	key, v := d.keyOf(v)
	p, scale, spare := d.fit(v)
	a := &artist{plan: p, view: v, d: d, scale: scale}
	if v.Before != nil {
		a.changed = d.Changed(*v.Before)
	}
	a.p = draw.New(p.w, p.h)
	a.all()
	out, left := draw.New(p.w*scale+2*spare.X, p.h*scale+2*spare.Y), 0.0
	if key != nil {
		out.W, out.H = whole.W, whole.H
		if key.beside {
			left = whole.W - v.W
		}
	}
	out.Title, out.Description = a.title(), a.description()
	out.Place(a.p, spare.X+left, spare.Y, scale)
	if key != nil {
		key.draw(out)
	}
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
	// scale is by how much the picture gets smaller in the end.
	scale float64
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

// finite is v, or 0 for what is no number.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
