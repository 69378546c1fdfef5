package figure

import (
	"slices"

	"showdown/results/draw"
)

// budget is how the error budget of a track went: the failures that its objective leaves
// room for, over the whole track.
type budget struct {
	// allowed is how many of all requests may fail, failed how many did or were not sent.
	all, allowed, failed float64
	// left is the share of the budget that is left after each moment, from 1 on down,
	// below 0 where more failed than may.
	at, left []float64
	// spent is when the budget was used up, in AWS seconds since the track's start; nil
	// where it was not.
	spent *float64
}

// times is how many times over the budget was spent.
func (b budget) times() float64 {
	if b.allowed == 0 {
		return 0
	}
	return b.failed / b.allowed
}

func (t track) budget(objective float64) budget {
	buckets, starts := t.buckets()
	var b budget
	for _, k := range buckets {
		b.all += float64(k.Scheduled)
	}
	b.allowed = (1 - objective) * b.all
	b.at, b.left = []float64{0}, []float64{1}
	for i, k := range buckets {
		b.failed += float64(k.Scheduled - k.OK())
		at := min(starts[i]+t.series.BucketS, t.length())
		left := 1 - b.failed/b.allowed
		if left <= 0 && b.spent == nil {
			b.spent = &at
		}
		b.at, b.left = append(b.at, at), append(b.left, left)
	}
	return b
}

func errorBudget(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	all = recorded(all)
	if len(all) == 0 {
		return nothing(l.say("There is no error budget to show: no request was recorded."))
	}
	var tracks []track
	for _, t := range all {
		if a := float64(t.objective().Availability); a > 0 && a < 1 {
			tracks = append(tracks, t)
		}
	}
	if len(tracks) == 0 {
		return nothing(l.say("There is no error budget to show: the record has no objective for availability."))
	}
	tracks, note := m.most(tracks, m.mostRows())
	budgets := make([]budget, len(tracks))
	rows := make([]rowText, len(tracks))
	c := content{tracks: tracks, table: Table{Header: []string{"track", "objective", "at_s", "budget_left", "times_spent", "spent_at_s", "scheduled", "may_fail", "failed"}}}
	for i, t := range tracks {
		objective := float64(t.objective().Availability)
		b := t.budget(objective)
		budgets[i] = b
		when := "–"
		if b.spent != nil {
			when = l.duration(*b.spent)
		}
		rows[i] = rowText{name: t.name, strong: true, numbers: []string{m.times(b.times()), when}}
		if len(tracks) > 1 {
			rows[i].numbers = []string{m.times(b.times()), l.count(uint64(b.failed)), l.number(b.allowed), when}
		}
		c.table.add(t.name, objective, 0.0, 1.0, b.times(), b.spent, b.all, b.allowed, b.failed)
		for k := 1; k < len(b.at); k++ {
			if b.left[k] != b.left[k-1] {
				c.table.add(t.name, objective, b.at[k], b.left[k], "", "", "", "", "")
			}
		}
	}
	c.title = m.budgetTitle(tracks, budgets)
	c.note = l.say("The budget is what an objective of %s leaves to fail over the whole time that is drawn.", l.span(objectivesOf(tracks), l.share))
	if tracks[0].window {
		c.note += " " + l.say("Each row is the reference window of its stage.")
	}
	c.note += note + m.leftOut(without)
	if len(tracks) > 1 {
		if x := spentScale(budgets, 0, 1); x.log {
			c.note += " " + l.say("Each step of the scale is a factor.")
		}
		c.height = 150 + 88*float64(len(tracks)) + 90
		c.draw = func(cv *canvas, area rect) { m.drawSpent(cv, area, budgets, rows) }
		return c
	}
	c.key = m.keyOf(tracks)
	c.height = 540
	c.draw = func(cv *canvas, area rect) { m.drawBudget(cv, area, tracks[0], budgets[0], rows) }
	return c
}

func objectivesOf(tracks []track) []float64 {
	out := make([]float64, len(tracks))
	for i, t := range tracks {
		out[i] = float64(t.objective().Availability)
	}
	return out
}

// times is how many times over something was: "3.1×".
func (m *maker) times(v float64) string {
	if v > 0 && v < 1 {
		return m.lang.number(round(v, 2)) + "×"
	}
	return m.lang.number(round(v, 1)) + "×"
}

// drawBudget draws how the budget of one track went over time.
func (m *maker) drawBudget(cv *canvas, area rect, t track, b budget, rows []rowText) {
	l := m.lang
	w := cv.size.tick * 1.3
	base := area.y + cv.size.tick
	cv.fill(rect{area.x, base - cv.size.tick*0.75, w, cv.size.tick * 0.85}, up)
	left := l.say("budget left, from all of it down")
	cv.tick(area.x+w*1.3, base, left, draw.Start)
	if b.spent != nil {
		x := area.x + w*2.3 + draw.Width(left, cv.size.tick, false)
		cv.fill(rect{x, base - cv.size.tick*0.75, w, cv.size.tick * 0.85}, degraded)
		cv.tick(x+w*1.3, base, l.say("used up"), draw.Start)
	}
	plot := area.inset(0, cv.size.tick*1.6+cv.headHeight(2), 0, cv.timeAxisHeight())
	gap, _ := cv.rowGap(1)
	r := cv.rows(plot, []string{l.say("spent"), l.say("used up after")}, rows, gap)[0].inset(cv.size.tick*3, 0, 0, 0)
	x := linear(0, t.length(), r.x, r.right())
	cv.timeAxis(r, x, realTime([]track{t}))
	cv.bandsBehind(r, x, t.bands())
	y := linear(0, 1, r.bottom(), r.y)
	for _, v := range []float64{0, 0.5, 1} {
		cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.thin}, draw.Point{X: r.x, Y: y.at(v)}, draw.Point{X: r.right(), Y: y.at(v)})
		cv.tick(r.x-cv.size.tick*0.3, y.at(v)+cv.size.tick*0.35, l.share(v), draw.End)
	}
	points := []draw.Point{{X: r.x, Y: r.bottom()}}
	var line []draw.Point
	for k := range b.at {
		v := max(b.left[k], 0)
		if k > 0 && max(b.left[k-1], 0) == v && k < len(b.at)-1 {
			continue
		}
		if k > 0 { // it falls where the failures are, not before
			line = append(line, draw.Point{X: x.at(b.at[k-1]), Y: y.at(max(b.left[k-1], 0))})
		}
		line = append(line, draw.Point{X: x.at(b.at[k]), Y: y.at(v)})
		if v == 0 {
			break
		}
	}
	points = append(points, line...)
	points = append(points, draw.Point{X: line[len(line)-1].X, Y: r.bottom()})
	cv.Polygon(draw.Style{Fill: draw.Up, Opacity: 0.3}, points...)
	cv.Line(draw.Style{Stroke: draw.Up, Width: cv.size.line}, line...)
	if b.spent != nil {
		h := min(r.h*0.45, cv.size.label*1.5)
		cv.fill(rect{x.at(*b.spent), r.bottom() - h, r.right() - x.at(*b.spent), h}, degraded)
	}
	cv.Line(draw.Style{Stroke: draw.Muted, Width: cv.size.thin}, draw.Point{X: r.x, Y: r.bottom()}, draw.Point{X: r.right(), Y: r.bottom()})
	cv.bandsBefore(r, x, t.bands())
}

func (m *maker) budgetTitle(tracks []track, budgets []budget) string {
	l := m.lang
	worst, best := 0, 0
	for i, b := range budgets {
		if b.times() > budgets[worst].times() {
			worst = i
		}
		if b.times() < budgets[best].times() {
			best = i
		}
	}
	spentAll := !slices.ContainsFunc(budgets, func(b budget) bool { return b.times() < 1 })
	w, b := budgets[worst].times(), budgets[best].times()
	switch {
	case w == 0:
		return l.say("None of the error budget is spent")
	case len(tracks) == 1 && w >= 1:
		return l.say("The error budget is spent %s over, and used up after %s", m.times(w), l.duration(*budgets[0].spent))
	case len(tracks) == 1:
		return l.say("%s of the error budget is left", l.share(round(1-w, 3)))
	case w == b:
		return l.say("Each of %d spends its error budget %s over", len(tracks), m.times(w))
	case spentAll:
		return l.say("%s spends its error budget %s over, %s %s", m.called(tracks[worst]), m.times(w), tracks[best].name, m.times(b))
	case b == 0 && w >= 1:
		return l.say("%s spends its error budget %s over, %s none of it", m.called(tracks[worst]), m.times(w), tracks[best].name)
	case w < 1:
		return l.say("All keep within their error budget; %s spends most of it, %s", m.calledInside(tracks[worst]), l.share(round(w, 3)))
	}
	return l.say("%s spends its error budget %s over, %s has %s of it left", m.called(tracks[worst]), m.times(w), tracks[best].name, l.share(round(1-b, 3)))
}
