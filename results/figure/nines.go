package figure

import (
	"math"
	"slices"

	"showdown/results/draw"
)

// priced is a track by what it costs and how available it is.
type priced struct {
	track
	month float64
	// share is the availability; low and high bound it: over repeats, or by chance alone.
	share, low, high float64
	n                uint64
	repeated         bool
}

// nines is how many nines a share has: 1 for 90 %, 2 for 99 %.
func nines(share float64) float64 { return -math.Log10(max(1-share, 1e-12)) }

// wilson is the 95 % interval of a share of n, by Wilson's score.
func wilson(share float64, n uint64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959964
	m := float64(n)
	middle := (share + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(share*(1-share)/m+z*z/(4*m*m))
	low, high = max(0, middle-half), min(1, middle+half)
	if share == 1 {
		high = 1
	}
	if share == 0 {
		low = 0
	}
	return low, high
}

// bought are the tracks that have a bill and an availability.
func (m *maker) bought(tracks []track) []priced {
	var out []priced
	for _, t := range recorded(tracks) {
		a := t.availability()
		if t.sum.Cost == nil || a == nil {
			continue
		}
		p := priced{track: t, month: t.sum.Cost.MonthUSD, share: *a}
		buckets, _ := t.buckets()
		for _, b := range buckets {
			p.n += uint64(b.Scheduled)
		}
		p.low, p.high = wilson(p.share, p.n)
		name := "availability"
		if t.window {
			name = "reference.availability"
		}
		if r := m.repeat(t, name); r != nil {
			p.low, p.high, p.repeated = r.Low, r.High, true
		}
		out = append(out, p)
	}
	return out
}

// step is what a stage costs more than the one before it, and how many nines it gives.
type step struct {
	usd, nines float64
	// clear says that the availabilities differ by more than chance.
	clear bool
}

func (p priced) since(q priced) step {
	return step{p.month - q.month, nines(p.share) - nines(q.share), p.differs(q)}
}

// differs says that two availabilities are further apart than chance, or the spread over
// repeats, explains: by the intervals of repeats, else by the test of two proportions at
// 5 %.
func (p priced) differs(q priced) bool {
	if p.repeated && q.repeated {
		return p.low > q.high || q.low > p.high
	}
	if p.n == 0 || q.n == 0 {
		return false
	}
	n, m := float64(p.n), float64(q.n)
	both := (p.share*n + q.share*m) / (n + m)
	sd := math.Sqrt(both * (1 - both) * (1/n + 1/m))
	return sd > 0 && math.Abs(p.share-q.share) > 1.96*sd
}

// perNine says what a step costs for each nine; ok is false where it gives none.
func (l Lang) perNine(s step) (text string, ok bool) {
	switch {
	case !s.clear:
		return l.say("%s, no difference seen", l.signed(s.usd)), false
	case s.nines <= 0:
		return l.say("%s, fewer nines", l.signed(s.usd)), false
	case s.usd <= 0:
		return l.say("%s and more nines", l.signed(s.usd)), true
	}
	return l.say("%s a nine", l.whole(s.usd/s.nines)), true
}

// whole is an amount of money to the dollar, or to the cent where it is small.
func (l Lang) whole(v float64) string {
	n := 0
	if math.Abs(v) < 10 {
		n = 2
	}
	if l == French {
		return l.decimals(v, n) + fixedSpace + "$"
	}
	return "$" + l.decimals(v, n)
}

// signed is an amount with its sign.
func (l Lang) signed(v float64) string {
	if v < 0 {
		return "−" + l.whole(-v)
	}
	return "+" + l.whole(v)
}

func costAgainstAvailability(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	points := m.bought(all)
	if len(points) == 0 {
		return nothing(l.say("There is no cost to compare: the record has no bill, or no request."))
	}
	// Only the stages of a journey follow each other.
	steps := m.set.Journey != nil
	c := content{title: m.ninesTitle(points, steps), table: Table{Header: []string{
		"track", "month_usd", "availability", "low", "high", "interval", "requests", "nines", "usd_more", "nines_more", "usd_per_nine", "difference",
	}}}
	repeated, chance := false, false
	for i, p := range points {
		c.tracks = append(c.tracks, p.track)
		kind := "chance"
		if p.repeated {
			kind, repeated = "repeats", true
		} else {
			chance = true
		}
		var usd, more, per, ns, seen any
		if p.share < 1 {
			ns = nines(p.share)
		}
		if steps && i > 0 && p.share < 1 && points[i-1].share < 1 {
			s := p.since(points[i-1])
			usd, more, seen = s.usd, s.nines, s.clear
			if _, ok := l.perNine(s); ok {
				per = s.usd / s.nines
			}
		}
		c.table.add(p.name, p.month, p.share, p.low, p.high, kind, p.n, ns, usd, more, per, seen)
	}
	c.note = l.say("A nine is a tenth of the failures: 90 %, 99 %, 99.9 % are one, two, three.")
	if chance {
		c.note += " " + l.say("Bars are what chance alone allows (95 %, Wilson); failures come in rows, so repeated runs would differ more.")
	}
	if repeated {
		c.note += " " + l.say("Bars are the spread over repeated runs.")
	}
	if points[0].window {
		c.note += " " + l.say("Availability is that of the reference window, in which one server fails.")
	}
	c.note += m.leftOut(without)
	c.height = 860
	c.draw = func(cv *canvas, area rect) { cv.nines(area, points, steps) }
	return c
}

// nines draws the points over money and nines, with what each step costs.
func (c *canvas) nines(area rect, points []priced, steps bool) {
	top, dear := 1.0, 0.0
	for _, p := range points {
		dear = max(dear, p.month)
		if p.share < 1 {
			top = max(top, nines(min(p.high, 0.999999)), nines(p.share)+0.15)
		} else {
			top = max(top, nines(p.low)+0.5)
		}
	}
	top = math.Ceil(top*4-1e-9) / 4
	plot := area.inset(c.size.tick*4.4, c.size.tick*1.8, c.size.tick, c.timeAxisHeight())
	x := linear(0, ceiling(dear*1.12), plot.x, plot.right())
	y := linear(0, top, plot.bottom(), plot.y)
	c.frame(plot)
	for _, v := range x.ticks(int(plot.w / (c.size.tick * 5))) {
		if v == 0 { // the corner has the share of 0 %
			continue
		}
		c.Line(draw.Style{Stroke: draw.Grid, Width: c.size.thin}, draw.Point{X: x.at(v), Y: plot.y}, draw.Point{X: x.at(v), Y: plot.bottom()})
		c.tick(x.at(v), plot.bottom()+c.size.tick*1.15, c.lang.whole0(v), draw.Middle)
	}
	c.tick(plot.x+plot.w/2, plot.bottom()+c.size.tick*2.4, c.lang.say("dollars a month"), draw.Middle)
	for _, share := range []float64{0, 0.5, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999} {
		v := nines(share)
		if v > top+1e-9 {
			break
		}
		c.Line(draw.Style{Stroke: draw.Grid, Width: c.size.thin}, draw.Point{X: plot.x, Y: y.at(v)}, draw.Point{X: plot.right(), Y: y.at(v)})
		c.tick(plot.x-c.size.tick*0.4, y.at(v)+c.size.tick*0.35, c.lang.share(share), draw.End)
	}
	c.tick(area.x, area.y+c.size.tick, c.lang.say("availability, each tenth of the failures one step up"), draw.Start)

	p := &placer{within: rect{plot.x, plot.y, plot.w + c.size.tick, plot.h}}
	at := make([]draw.Point, len(points))
	for i, q := range points {
		at[i] = draw.Point{X: x.at(q.month), Y: y.at(min(nines(q.share), top))}
		r := c.size.tick * 0.45
		p.take(rect{at[i].X - r, at[i].Y - r, 2 * r, 2 * r})
		p.take(rect{at[i].X - 4, y.at(min(nines(q.high), top)), 8, y.at(nines(q.low)) - y.at(min(nines(q.high), top))})
	}
	for i := 1; steps && i < len(points); i++ {
		p.segment(at[i-1], at[i])
		c.arrow(at[i-1], at[i], c.size.tick*0.45)
	}
	for i, q := range points {
		low, high := y.at(nines(q.low)), y.at(min(nines(q.high), top))
		line := draw.Style{Stroke: draw.First, Width: c.size.line * 0.7}
		c.Line(line, draw.Point{X: at[i].X, Y: low}, draw.Point{X: at[i].X, Y: high})
		for _, end := range []float64{low, high} {
			c.Line(line, draw.Point{X: at[i].X - c.size.tick*0.25, Y: end}, draw.Point{X: at[i].X + c.size.tick*0.25, Y: end})
		}
		c.Circle(at[i].X, at[i].Y, c.size.tick*0.42, draw.Style{Fill: draw.First, Stroke: draw.Paper, Width: c.size.thin})
	}
	for i, q := range points {
		name := q.name
		if q.share == 1 {
			name = c.lang.say("%s: no failure", name)
		}
		name = draw.Fit(name, c.size.label, plot.w*0.3, true)
		if r, ok := p.around(at[i], draw.Width(name, c.size.label, true), c.size.label, c.size.tick*0.6); ok {
			c.leader(at[i], r, c.size.tick*1.2)
			c.strong(r.x, r.y+c.size.label*0.82, name, draw.Text, draw.Start)
		}
	}
	for i := 1; steps && i < len(points); i++ {
		if points[i].share == 1 || points[i-1].share == 1 {
			continue
		}
		text, ok := c.lang.perNine(points[i].since(points[i-1]))
		ink := draw.Muted
		if ok {
			ink = draw.Third
		}
		c.beside(p, at[i-1], at[i], text, ink)
	}
}

// whole0 is an amount of money on an axis.
func (l Lang) whole0(v float64) string {
	if l == French {
		return l.number(v) + fixedSpace + "$"
	}
	return "$" + l.number(v)
}

// arrow draws an arrow between two signs of a radius.
func (c *canvas) arrow(from, to draw.Point, r float64) {
	dx, dy := to.X-from.X, to.Y-from.Y
	d := math.Hypot(dx, dy)
	if d < 3*r {
		return
	}
	dx, dy = dx/d, dy/d
	a := draw.Point{X: from.X + dx*r*1.2, Y: from.Y + dy*r*1.2}
	b := draw.Point{X: to.X - dx*r*1.2, Y: to.Y - dy*r*1.2}
	head := c.size.tick * 0.6
	c.Line(draw.Style{Stroke: draw.Muted, Width: c.size.line * 0.7}, a, draw.Point{X: b.X - dx*head*0.7, Y: b.Y - dy*head*0.7})
	c.Polygon(
		draw.Style{Fill: draw.Muted}, b,
		draw.Point{X: b.X - dx*head - dy*head*0.4, Y: b.Y - dy*head + dx*head*0.4},
		draw.Point{X: b.X - dx*head + dy*head*0.4, Y: b.Y - dy*head - dx*head*0.4},
	)
}

// ninesTitle is the cheapest and the dearest step for a nine; of what does not follow
// each other, the most and the least available.
func (m *maker) ninesTitle(points []priced, steps bool) string {
	l := m.lang
	by := func(a, b priced) int { return compare(a.share, b.share) }
	best, worst := slices.MaxFunc(points, by), slices.MinFunc(points, by)
	if len(points) == 1 {
		return l.say("%s costs %s and answers %s of the requests", m.called(best.track), l.monthly(best.month), l.share(best.share))
	}
	if !steps {
		return l.say("%s answers %s of its requests for %s, %s %s for %s", m.called(best.track), l.share(best.share), l.monthly(best.month), worst.name, l.share(worst.share), l.monthly(worst.month))
	}
	type bargain struct {
		name string
		per  float64
	}
	var bought []bargain
	var free, useless []string
	for i := 1; i < len(points); i++ {
		if points[i].share == 1 || points[i-1].share == 1 {
			continue
		}
		s, name := points[i].since(points[i-1]), points[i].name
		switch gives := s.clear && s.nines > 0; {
		case gives && s.usd > 0:
			bought = append(bought, bargain{name, s.usd / s.nines})
		case gives:
			free = append(free, name)
		case s.usd > 0:
			useless = append(useless, name)
		}
	}
	switch {
	case len(bought) > 0:
		by := func(a, b bargain) int { return compare(a.per, b.per) }
		cheap, dear := slices.MinFunc(bought, by), slices.MaxFunc(bought, by)
		if len(bought) == 1 {
			return l.say("An extra nine costs %s a month in %s", l.whole(cheap.per), cheap.name)
		}
		return l.say("An extra nine costs %s a month in %s, %s in %s", l.whole(cheap.per), cheap.name, l.whole(dear.per), dear.name)
	case len(free) > 0:
		return l.say("More nines for less money: %s", l.list(free))
	case len(useless) > 0:
		return l.say("No step is seen to make the service more available; what costs more: %s", l.list(useless))
	}
	first, last := points[0], points[len(points)-1]
	return l.say("From %s of the requests for %s to %s for %s", l.share(first.share), l.monthly(first.month), l.share(last.share), l.monthly(last.month))
}
