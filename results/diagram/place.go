package diagram

import (
	"fmt"
	"strings"
)

// place puts everything where it belongs; the picture is then as large as it must be.
func (p *plan) place(d Diagram) {
	e := p.e
	pad := p.either(.6, .3) * e
	x := pad
	front := p.users
	// The columns before the lanes, with y for the middle of the picture as 0.
	lowest, highest := 0.0, 0.0
	reach := func(b box) { lowest, highest = max(lowest, b.bottom()), min(highest, b.y) }
	if front != nil {
		w := front.w
		if p.dns != nil && p.merged {
			w = max(w, p.dns.w)
		}
		front.x, front.y = x+(w-front.w)/2, -front.h/2
		reach(front.box)
		if p.failing {
			lowest = max(lowest, front.bottom()+1.1*e)
		}
		x += w + p.gap*e
		if p.dns != nil && p.merged {
			p.dns.x, p.dns.y = pad+(w-p.dns.w)/2, front.y-p.dns.h-1.3*e
			reach(p.dns.box)
		}
	}
	if p.dns != nil && (!p.merged || front == nil) {
		p.dns.x, p.dns.y = x, -p.dns.h-.9*e
		reach(p.dns.box)
		x += p.dns.w + p.gap*e
	}
	p.trunk = x - p.gap*e
	if p.dns == nil || p.merged {
		p.trunk += .4 * p.gap * e
	}
	if len(p.balancers.slots) > 0 {
		c := &p.balancers
		height := -p.row * e
		for _, s := range c.slots {
			c.w = max(c.w, s.w)
			height += s.h + p.row*e
		}
		y := -height / 2
		for _, s := range c.slots {
			s.x, s.y, s.w = x, y, c.w
			y += s.h + p.row*e
			reach(s.box)
		}
		c.x, c.y, c.h = x, -height/2, height
		x += c.w + (p.gap+.6)*e
	}
	x = p.zones(d, x, reach)
	p.under = lowest
	// Notes stand in a row below everything, broken where it is full.
	if len(p.notes) > 0 {
		nx, ny := pad, lowest+.9*e
		if len(p.lanes) > 0 {
			nx = p.lanes[0].x
		}
		left := nx
		for _, n := range p.notes {
			if nx > left && nx+n.w > x {
				nx, ny = left, ny+n.h+.4*e
			}
			n.x, n.y = nx, ny
			nx += n.w + .6*e
			reach(n.box)
			x = max(x, n.right()+pad)
		}
	}
	p.w, p.h = x, lowest-highest+2*pad
	p.move(0, pad-highest)
}

// zones places the lanes, one above the other, and the tiers in them, and returns where
// they end.
func (p *plan) zones(d Diagram, x float64, reach func(box)) float64 {
	e := p.e
	if len(p.lanes) == 0 {
		return x
	}
	head, foot := p.head(), p.foot()
	inner := 0.0
	for i := range p.tiers {
		c := &p.tiers[i]
		if i > 0 {
			inner += p.gap * e
		}
		c.x = x + p.flank()*e + inner
		inner += c.w
	}
	for _, l := range p.lanes {
		inner = max(inner, p.text(p.laneText(l), small, p.wide+4)+p.either(1.2, .6)*e)
	}
	width := inner + 2*p.flank()*e
	between := p.either(.8, .5) * e
	height := -between
	for _, l := range p.lanes {
		content := 1.2 * e // an empty zone is a place too
		for _, slots := range l.columns {
			content = max(content, p.stacked(slots))
		}
		l.box = box{x: x, w: width, h: content + (head+foot)*e}
		height += l.h + between
	}
	y := -height / 2
	for _, l := range p.lanes {
		l.y = y
		for i := range p.tiers {
			slots := l.columns[p.tiers[i].tier]
			sy := y + head*e + (l.h-(head+foot)*e-p.stacked(slots))/2
			if len(slots) > 1 {
				sy += p.above() * e // ways to those behind pass above
			}
			for k, s := range slots {
				n := k % p.abreast
				s.x, s.y = p.tiers[i].x+float64(n)*(s.w+p.aisle()*e), sy
				if n > 0 {
					s.front = slots[k-n]
				}
				if n == p.abreast-1 {
					sy += s.h + p.row*e
				}
			}
		}
		y += l.h + between
		reach(l.box)
	}
	for i := range p.tiers {
		c := &p.tiers[i]
		c.y, c.h = -height/2, height
	}
	end := x + width + p.either(.6, .3)*e
	for _, g := range d.Groups {
		end = max(end, p.frame(g, reach))
	}
	return end
}

// frame places a group's line around its nodes, with the label above the first lane, and
// returns where the label ends.
func (p *plan) frame(g Frame, reach func(box)) float64 {
	e := p.e
	for _, c := range p.tiers {
		if c.tier != g.Tier {
			continue
		}
		f := box{x: c.x - .6*e, y: c.y - p.either(2, 1.6)*e, w: c.w + 1.2*e, h: 4.4 * e}
		for _, s := range c.slots {
			f.h = max(f.h, s.bottom()+p.either(.5, .35)*e-f.y)
		}
		p.frames = append(p.frames, placedFrame{f, g})
		reach(f)
		return f.x + 2.5*e + p.text(p.label(g), small, p.wide+10)
	}
	return 0
}

// label is what is written over a group.
func (p *plan) label(g Frame) string {
	if p.sketch && g.Short != "" {
		return g.Short
	}
	return g.Label
}

// flank is the room left and right of the nodes of a lane, where a group's line passes.
func (p *plan) flank() float64 { return p.either(1.2, .9) }

// laneText is what is written over a lane: the zone, in a sketch with what runs there.
func (p *plan) laneText(l *lane) string {
	if !p.sketch {
		return l.zone
	}
	var order []string
	count := map[string]int{}
	for _, c := range p.tiers {
		for _, s := range l.columns[c.tier] {
			what := s.Name
			if len(s.About) > 0 {
				what = s.About[0]
			}
			if count[what] == 0 {
				order = append(order, what)
			}
			count[what] += max(1, len(s.rest))
		}
	}
	parts := []string{zoneList([]string{l.zone})}
	for _, what := range order {
		parts = append(parts, fmt.Sprintf("%d × %s", count[what], what))
	}
	return strings.Join(parts, " · ")
}

// stacked is the height of nodes of a tier and zone.
func (p *plan) stacked(slots []*slot) float64 {
	rows := (len(slots) + p.abreast - 1) / p.abreast
	if rows == 0 {
		return 0
	}
	h := float64(rows)*slots[0].h + float64(rows-1)*p.row*p.e
	if len(slots) > 1 {
		h += p.above() * p.e
	}
	return h
}

func (p *plan) move(dx, dy float64) {
	shift := func(b *box) { b.x, b.y = b.x+dx, b.y+dy }
	for _, s := range p.slots() {
		shift(&s.box)
	}
	for _, l := range p.lanes {
		shift(&l.box)
	}
	for i := range p.tiers {
		shift(&p.tiers[i].box)
	}
	for i := range p.frames {
		shift(&p.frames[i].box)
	}
	shift(&p.balancers.box)
	p.trunk, p.under, p.axis = p.trunk+dx, p.under+dy, p.axis+dy
}
