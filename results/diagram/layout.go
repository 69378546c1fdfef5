package diagram

import (
	"fmt"
	"slices"

	"showdown/results/draw"
)

// most is how many nodes of a tier are drawn; the rest stands in a stack of each zone.
const most = 7

// box is a rectangle by its top left corner and its size.
type box struct{ x, y, w, h float64 }

func (b box) right() float64  { return b.x + b.w }
func (b box) bottom() float64 { return b.y + b.h }
func (b box) middle() float64 { return b.y + b.h/2 }

// slot is a place for one node, or for a stack of those that are not drawn one by one.
type slot struct {
	box
	Node
	// rest are the nodes of a stack.
	rest []Node
	// front is the first of its row, where another node stands between it and the load
	// balancer.
	front *slot
}

// column is the nodes above each other that belong together.
type column struct {
	tier  string
	slots []*slot
	box
}

// lane is an Availability Zone.
type lane struct {
	box
	zone string
	// columns are the slots by tier.
	columns map[string][]*slot
}

// detail is how much is written, so that a diagram fits where it stands.
type detail struct {
	about, glyph int // lines about a node; whether instances have glyphs
	// merged puts the name servers above the users.
	merged bool
	// abreast is how many nodes of a tier and zone stand side by side.
	abreast int
	// sketch leaves the names of instances out; the lane says how many there are of which
	// type, and one way leads to each row.
	sketch bool
	// gap is between columns, row between nodes above each other, wide the longest text.
	gap, row, wide float64
	side           float64 // of a large glyph
}

// details go from all there is to say to the least that can be read.
var details = [...]detail{
	{about: 3, glyph: 1, gap: 3.2, row: .9, wide: 9, side: 2.6, abreast: 1},
	{about: 2, glyph: 1, gap: 2.4, row: .7, wide: 7, side: 2.2, abreast: 1},
	{about: 2, glyph: 1, gap: 2.4, row: 1.5, wide: 7, side: 2.2, abreast: 2},
	{about: 1, merged: true, gap: 2, row: .6, wide: 6, side: 1.8, abreast: 1},
	{about: 1, merged: true, gap: 2, row: 1.5, wide: 6, side: 1.8, abreast: 2},
	{about: 0, merged: true, gap: 1.8, row: .55, wide: 5, side: 1.6, abreast: 1},
	{about: 0, merged: true, gap: 1.8, row: 1.4, wide: 5, side: 1.6, abreast: 2},
	{about: 0, merged: true, gap: 1.3, row: .5, wide: 4.2, side: 1.5, abreast: 2, sketch: true},
	{about: 0, merged: true, gap: 1.3, row: .5, wide: 4.2, side: 1.5, abreast: 3, sketch: true},
	{about: 0, merged: true, gap: 1.3, row: .5, wide: 4.2, side: 1.5, abreast: 4, sketch: true},
}

// aisle is the distance of nodes that stand side by side.
func (t detail) aisle() float64 {
	if t.sketch {
		return .6
	}
	return 2
}

// either is a length, less of it in a sketch.
func (t detail) either(all, sketch float64) float64 {
	if t.sketch {
		return sketch
	}
	return all
}

// head and foot are the room of a lane above and below its nodes, above that of ways to
// nodes behind others.
func (t detail) head() float64 { return t.either(1.75, 2) }
func (t detail) foot() float64 { return t.either(.75, .5) }
func (t detail) above() float64 {
	if t.abreast > 1 && !t.sketch {
		return .9
	}
	return 0
}

// plan is a diagram with a place for everything, in units of the picture.
type plan struct {
	detail
	e                  float64
	words              words
	status             map[string]Status
	failing            bool // the share of failed requests stands below the users
	users, dns         *slot
	balancers          column
	lanes              []*lane
	tiers              []column // among the lanes; their boxes span them
	notes              []*slot
	w, h               float64
	trunk, under, axis float64
	frames             []placedFrame
}

type placedFrame struct {
	box
	Frame
}

// about is the type of lines about a node, relative to the text.
const small = .84

// lay finds the places for a size of text and so much detail.
func (d Diagram) lay(e float64, t detail, v View) *plan {
	p := &plan{detail: t, e: e, words: wordsIn(d.Lang), status: v.Status}
	var inZones, noZone []Node
	for _, n := range d.Nodes {
		switch {
		case n.Tier != "":
			inZones = append(inZones, n)
		case n.Kind == Users && p.users == nil:
			p.users = p.card(n)
			for _, f := range v.Flows {
				p.failing = p.failing || f.Errors > 0
			}
			if p.failing {
				p.users.w = max(p.users.w, draw.Width(fmt.Sprintf(p.words.failed, 100.0), small*e, true))
			}
		case n.Kind == DNS && p.dns == nil:
			p.dns = p.card(n)
		default:
			noZone = append(noZone, n)
		}
	}
	for _, s := range seats(noZone, most, v.Status) {
		c := p.card(s.Node)
		c.rest = s.rest
		p.balancers.slots = append(p.balancers.slots, c)
	}
	p.fill(d, inZones)
	for _, n := range d.Notes {
		s := &slot{Node: n}
		s.box = box{w: p.text(p.name(s), small, 16) + 1.9*e, h: 1.6 * e}
		p.notes = append(p.notes, s)
	}
	p.place(d)
	return p
}

// fill puts the nodes among the zones into lanes and tiers.
func (p *plan) fill(d Diagram, nodes []Node) {
	zones := slices.Clone(d.Zones)
	var tiers []string
	for _, n := range nodes {
		if !slices.Contains(zones, n.Zone) {
			zones = append(zones, n.Zone)
		}
		if !slices.Contains(tiers, n.Tier) {
			tiers = append(tiers, n.Tier)
		}
	}
	for _, g := range d.Groups { // a group may have no instance yet
		if !slices.Contains(tiers, g.Tier) {
			tiers = append(tiers, g.Tier)
		}
	}
	for _, z := range zones {
		p.lanes = append(p.lanes, &lane{zone: z, columns: map[string][]*slot{}})
	}
	for _, tier := range tiers {
		c := column{tier: tier}
		all, by := 0, map[string][]Node{}
		for _, n := range nodes {
			if n.Tier == tier {
				all++
				by[n.Zone] = append(by[n.Zone], n)
			}
		}
		one := 3 * p.e
		for _, l := range p.lanes {
			room := len(by[l.zone])
			if all > most {
				room = max(1, most/len(by))
			}
			for _, s := range seats(by[l.zone], room, p.status) {
				s.box = p.instance(s)
				one = max(one, s.w)
				c.slots = append(c.slots, s)
				l.columns[tier] = append(l.columns[tier], s)
			}
		}
		c.w = one
		high := 0.0
		for _, s := range c.slots {
			high = max(high, s.h)
		}
		for _, s := range c.slots {
			s.w, s.h = one, high
		}
		for _, l := range p.lanes {
			if n := min(p.abreast, len(l.columns[tier])); n > 0 {
				c.w = max(c.w, float64(n)*one+float64(n-1)*p.aisle()*p.e)
			}
		}
		p.tiers = append(p.tiers, c)
	}
}

// seats are the nodes that fit into so much room; where not all do, those in trouble come
// first and the last seat is a stack of the others.
func seats(nodes []Node, room int, status map[string]Status) []*slot {
	var out []*slot
	if len(nodes) <= room {
		for _, n := range nodes {
			out = append(out, &slot{Node: n})
		}
		return out
	}
	alone := map[string]bool{}
	for _, trouble := range []bool{true, false} {
		for _, n := range nodes {
			s := status[n.ID]
			if len(alone) < room-1 && (s.State != "" && s.State != Up || s.apart()) == trouble {
				alone[n.ID] = true
			}
		}
	}
	stack := &slot{}
	for _, n := range nodes {
		if alone[n.ID] {
			out = append(out, &slot{Node: n})
		} else {
			stack.rest = append(stack.rest, n)
		}
	}
	stack.Node = stack.rest[0]
	stack.ID += "-and-more"
	return append(out, stack)
}

// text is the width of a line, at most so many units of text.
func (p *plan) text(s string, size, most float64) float64 {
	return min(draw.Width(s, size*p.e, true), most*p.e)
}

// card is the size of a node that has its glyph above its name.
func (p *plan) card(n Node) *slot {
	w := max(p.side+.8, p.either(3.4, 2.8)) * p.e
	w = max(w, p.text(p.name(&slot{Node: n}), 1, p.wide)+p.either(.9, .6)*p.e)
	lines := min(p.about, len(n.About))
	for _, a := range n.About[:lines] {
		w = max(w, p.text(a, small, p.wide)+.9*p.e)
	}
	h := p.side + 2.15 + float64(lines)*1.05
	if chips := p.chips(n); len(chips) > 0 {
		h += 1.6
		all := .9 * p.e
		for _, c := range chips {
			all += c + .35*p.e
		}
		w = max(w, all)
	}
	return &slot{Node: n, box: box{w: w, h: h * p.e}}
}

// chips are the widths of the parts of a node, where there is room for them.
func (p *plan) chips(n Node) []float64 {
	if p.about < 2 || len(n.Parts) > most {
		return nil
	}
	out := make([]float64, len(n.Parts))
	for i, part := range n.Parts {
		out[i] = p.text(part.Name, small, 4) + .7*p.e
	}
	return out
}

// instance is the size of a node among the zones.
func (p *plan) instance(s *slot) box {
	if p.sketch {
		b := box{w: 2.5 * p.e, h: 1.95 * p.e}
		if p.pinned(s) {
			b.w += .8 * p.e
		}
		if len(s.rest) > 0 {
			b.w = max(b.w, p.text(p.name(s), 1, p.wide)+1.8*p.e)
		}
		return b
	}
	lines := p.lines(s)
	w := p.text(p.name(s), 1, p.wide)
	for _, a := range lines {
		w = max(w, p.text(a, small, p.wide))
	}
	if len(s.rest) > 0 { // a page changes the numbers, and nothing may move
		w = max(w, p.text(p.outOf(len(s.rest), len(s.rest)), small, p.wide))
	}
	if p.pinned(s) {
		w += 1.4 * p.e
	}
	w += 2.15 * p.e // room for the badge on the left and the mark on the right
	if p.glyph > 0 {
		w += 1.9 * p.e
	}
	return box{w: w, h: (1.75 + float64(len(lines))*1.05) * p.e}
}

// slots are all nodes with a place.
func (p *plan) slots() []*slot {
	var out []*slot
	for _, s := range []*slot{p.users, p.dns} {
		if s != nil {
			out = append(out, s)
		}
	}
	out = append(out, p.balancers.slots...)
	for _, c := range p.tiers {
		out = append(out, c.slots...)
	}
	return append(out, p.notes...)
}
