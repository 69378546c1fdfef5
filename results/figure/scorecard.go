package figure

import (
	"fmt"
	"slices"

	"showdown/results"
	"showdown/results/draw"
)

// scored is a pillar over the stages.
type scored struct {
	name string
	// indicator is the one whose numbers are shown: that which most stages have.
	indicator results.Indicator
	cells     []results.Pillar
}

// shown is the number of the indicator in a stage; ok is false where it was not measured.
func (s scored) shown(stage int) (n results.Indicator, ok bool) {
	for _, n := range s.cells[stage].Indicators {
		if n.Name == s.indicator.Name {
			return n, n.Value != nil
		}
	}
	return s.indicator, false
}

// pillarsOf are the pillars of scorecards.
func pillarsOf(cards []results.Scorecard) []scored {
	var out []scored
	for _, name := range results.Pillars() {
		s := scored{name: name}
		count := map[string]int{}
		for _, c := range cards {
			p, _ := c.Pillar(name)
			p.Name = name
			s.cells = append(s.cells, p)
			for _, n := range p.Indicators {
				if n.Value != nil && n.Better != "" {
					count[n.Name]++
				}
			}
		}
		most := 0
		for _, p := range s.cells {
			for _, n := range p.Indicators {
				if count[n.Name] > most {
					most, s.indicator = count[n.Name], n
				}
			}
		}
		if most > 0 {
			out = append(out, s)
		}
	}
	return out
}

func scorecard(m *maker) content {
	l := m.lang
	if m.set.Journey == nil || len(m.set.Journey.Scorecards) == 0 {
		return nothing(l.say("There is no scorecard: pillars are compared along the stages of a journey."))
	}
	cards := m.set.Journey.Scorecards
	pillars := pillarsOf(cards)
	if len(pillars) == 0 {
		return nothing(l.say("There is no scorecard: no pillar was measured."))
	}
	c := content{title: m.scorecardTitle(pillars), table: Table{Header: []string{"pillar", "stage", "than_before", "decided_by", "indicator", "value", "unit"}}}
	for _, p := range pillars {
		for i, card := range cards {
			for _, n := range p.cells[i].Indicators {
				c.table.add(p.name, card.Stage, string(p.cells[i].Than), p.cells[i].By, n.Name, n.Value, n.Unit)
			}
		}
	}
	c.note = l.say("Each stage beside the one before it, by the pillars of AWS Well-Architected. A small line names what decided where it is not the number shown; – was not measured.")
	c.height = 90 + float64(len(pillars))*136
	c.draw = func(cv *canvas, area rect) { cv.scorecard(area, cards, pillars) }
	return c
}

func (c *canvas) scorecard(area rect, cards []results.Scorecard, pillars []scored) {
	size := c.size
	names := area.w * 0.215
	head := size.label * 1.6
	w := (area.w - names) / float64(len(cards))
	h := (area.h - head) / float64(len(pillars))
	for i, card := range cards {
		x := area.x + names + (float64(i)+0.5)*w
		fit := size.label
		for draw.Width(card.Stage, fit, true) > w-size.tick*0.4 && fit > size.foot {
			fit--
		}
		c.Text(x, area.y+size.label, draw.Fit(card.Stage, fit, w-size.tick*0.3, true), draw.Type{Size: fit, Ink: draw.Text, Bold: true, At: draw.Middle})
	}
	for k, p := range pillars {
		y := area.y + head + float64(k)*h
		c.Line(draw.Style{Stroke: draw.Grid, Width: size.thin}, draw.Point{X: area.x, Y: y}, draw.Point{X: area.right(), Y: y})
		name, fit := c.lang.term(p.name), size.label
		if draw.Width(name, fit, true) > names-size.tick {
			fit = size.tick * 1.05
		}
		at := y + fit*1.1
		for _, line := range atMost(draw.Wrap(name, fit, names-size.tick, true), 2, fit, names-size.tick, true) {
			c.Text(area.x, at, line, draw.Type{Size: fit, Ink: draw.Text, Bold: true})
			at += fit * 1.05
		}
		at += size.foot * 0.1
		for _, line := range atMost(draw.Wrap(c.lang.indicator(p.indicator), size.foot, names-size.tick, false), 2, size.foot, names-size.tick, false) {
			c.Text(area.x, at, line, draw.Type{Size: size.foot, Ink: draw.Muted})
			at += size.foot * 1.1
		}
		for i := range cards {
			cell := rect{area.x + names + float64(i)*w, y, w, h}
			c.score(cell, p, i)
		}
	}
}

// score draws a cell: the number, an arrow with its word, and what decided.
func (c *canvas) score(r rect, p scored, stage int) {
	size := c.size
	than := p.cells[stage].Than
	in := rect{r.x + 3, r.y + 3, r.w - 6, r.h - 6}
	switch than {
	case results.Better:
		c.RoundRect(in.x, in.y, in.w, in.h, 8, draw.Style{Fill: draw.Up, Opacity: 0.12})
	case results.Worse:
		c.RoundRect(in.x, in.y, in.w, in.h, 8, draw.Style{Fill: draw.Down, Opacity: 0.12})
	}
	middle := r.x + r.w/2
	text := "–"
	if n, ok := p.shown(stage); ok {
		text = c.lang.indicated(n)
	}
	fit := size.label
	for draw.Width(text, fit, true) > r.w-size.tick*0.5 && fit > size.foot {
		fit--
	}
	c.Text(middle, r.y+size.label*1.08, draw.Fit(text, fit, r.w, true), draw.Type{Size: fit, Ink: draw.Text, Bold: true, At: draw.Middle})
	if than == "" {
		return
	}
	word := c.lang.term(string(than))
	y := r.y + size.label*1.08 + size.tick*1.2
	sign := size.tick * 0.8
	all := sign + size.tick*0.3 + draw.Width(word, size.tick, than == results.Better || than == results.Worse)
	x := middle - all/2
	ink := c.sign(than, x, y, sign)
	c.Text(x+sign+size.tick*0.3, y, word, draw.Type{Size: size.tick, Ink: ink, Bold: than == results.Better || than == results.Worse})
	if by := p.cells[stage].By; by != "" && by != p.indicator.Name {
		for _, n := range p.cells[stage].Indicators {
			if n.Name != by {
				continue
			}
			// In one line where it fits, else smaller in two.
			name, fit := c.lang.term(n.Name), size.foot*0.95
			if draw.Width(name, fit, false) > r.w-size.tick*0.2 {
				fit = size.foot * 0.82
			}
			y += size.foot * 0.12
			room := max(1, int((r.bottom()-y)/(fit*1.08)))
			for _, line := range atMost(draw.Wrap(name, fit, r.w-size.tick*0.2, false), room, fit, r.w-size.tick*0.2, false) {
				y += fit * 1.08
				c.Text(middle, y, line, draw.Type{Size: fit, Ink: draw.Muted, At: draw.Middle})
			}
		}
	}
}

// sign draws the arrow of a comparison, with its foot at y, and says its ink.
func (c *canvas) sign(than results.Comparison, x, y, side float64) draw.Ink {
	at := func(dx, dy float64) draw.Point { return draw.Point{X: x + dx*side, Y: y - dy*side} }
	switch than {
	case results.Better:
		c.Polygon(draw.Style{Fill: draw.Up}, at(0, 0), at(1, 0), at(.5, .95))
		return draw.Up
	case results.Worse:
		c.Polygon(draw.Style{Fill: draw.Down}, at(0, .9), at(1, .9), at(.5, -.05))
		return draw.Down
	case results.Same:
		line := draw.Style{Stroke: draw.Muted, Width: side * .16}
		c.Line(line, at(0, .25), at(1, .25))
		c.Line(line, at(0, .65), at(1, .65))
	default:
		c.Text(x+side/2, y, "?", draw.Type{Size: side * 1.3, Ink: draw.Muted, Bold: true, At: draw.Middle})
	}
	return draw.Muted
}

// scorecardTitle is which pillar the steps improve most often, and which they worsen.
func (m *maker) scorecardTitle(pillars []scored) string {
	l := m.lang
	steps := 0
	count := func(p scored, than results.Comparison) int {
		n := 0
		for _, c := range p.cells {
			if c.Than == than {
				n++
			}
		}
		return n
	}
	for _, c := range pillars[0].cells {
		if c.Than != "" {
			steps++
		}
	}
	if steps == 0 {
		return l.say("One stage alone has nothing to be compared with")
	}
	by := func(than results.Comparison) scored {
		return slices.MaxFunc(pillars, func(a, b scored) int { return count(a, than) - count(b, than) })
	}
	up, down := by(results.Better), by(results.Worse)
	better, worse := count(up, results.Better), count(down, results.Worse)
	switch {
	case better == 0 && worse == 0:
		return l.say("No pillar changes over %d steps", steps)
	case worse == 0:
		return l.say("In %d steps %s gets better %d times, and nothing worse", steps, l.term(up.name), better)
	case better == 0:
		return l.say("In %d steps %s gets worse %d times, and nothing better", steps, l.term(down.name), worse)
	}
	return l.say("In %d steps %s gets better %d times, %s worse %d times", steps, l.term(up.name), better, l.term(down.name), worse)
}

// indicatorName is the name of an indicator, which the unit completes where two have one
// name.
func (l Lang) indicatorName(n results.Indicator) string {
	if n.Name == "a million good requests" {
		return l.say("%s for a million good requests", l.term(n.Unit))
	}
	return l.term(n.Name)
}

// indicator is the name with the unit of numbers that are written without.
func (l Lang) indicator(n results.Indicator) string {
	if n.Unit == "vCPU" {
		return fmt.Sprintf("%s (vCPU)", l.term(n.Name))
	}
	return l.indicatorName(n)
}

// indicated is the number of an indicator.
func (l Lang) indicated(n results.Indicator) string {
	v := *n.Value
	switch n.Unit {
	case "s":
		return l.seconds(round(v, 1))
	case "ms":
		return l.ms(v)
	case "share":
		return l.share(round(v, 4))
	case "USD":
		return l.dollars(v)
	case "/s":
		return l.rate(round(v, 0))
	case "vCPU", "vCPU-hours":
		return l.number(v)
	}
	return l.number(v)
}
