package diagram

import (
	"cmp"
	"strings"

	"showdown/results/draw"
)

// lane draws a zone; one that is down is hatched, whatever its nodes say.
func (a *artist) lane(l *lane) {
	s := a.view.Status[ZoneID(l.zone)]
	a.open(ZoneID(l.zone), l.zone, s, draw.Attribute{Name: "zone", Value: l.zone})
	a.p.RoundRect(l.x, l.y, l.w, l.h, .5*a.e, draw.Style{Fill: draw.Panel, Stroke: draw.Grid, Width: .09 * a.e})
	if a.view.Dresses {
		a.p.Open("", "", draw.Attribute{Name: "dress", Value: string(Down)})
	}
	if s.State == Down || a.view.Dresses {
		a.p.Hatch(l.x, l.y, l.w, l.h, .9*a.e, draw.Style{Stroke: draw.Down, Width: .06 * a.e})
		a.p.RoundRect(l.x, l.y, l.w, l.h, .5*a.e, draw.Style{Stroke: draw.Down, Width: .2 * a.e})
	}
	if a.view.Dresses {
		a.p.Close()
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
