package figure

import (
	"math"

	"showdown/results/draw"
)

// mostLinear is up to how many times the budget a scale of equal steps is used: beyond it
// the budget itself would be too thin to be seen.
const mostLinear = 120

// leastTimes is the lower end of a scale of factors, in budgets.
const leastTimes = 0.1

// spentScale is the scale on which budgets of several tracks are compared: of equal steps,
// or of factors of ten where one track spent so much that the others would be a hair.
func spentScale(budgets []budget, from, to float64) scale {
	most := 1.0
	for _, b := range budgets {
		most = max(most, b.times())
	}
	if most <= mostLinear {
		return linear(0, most*1.02, from, to)
	}
	return logarithmic(leastTimes, most*1.05, from, to)
}

// drawSpent sets tracks beside each other by how often each spent its budget. Over time they
// would all look alike: what fails in a fault uses a budget of 1 % up at once.
func (m *maker) drawSpent(cv *canvas, area rect, budgets []budget, rows []rowText) {
	l := m.lang
	tick := cv.size.tick
	over, within := false, false
	for _, b := range budgets {
		over, within = over || b.times() > 1, within || b.times() > 0
	}
	x0 := area.x
	for _, k := range []struct {
		drawn bool
		name  string
		draw  func(rect)
	}{
		{within, l.say("within the budget"), func(r rect) { cv.fill(r, up) }},
		{over, l.say("beyond it"), func(r rect) { cv.fill(r, degraded) }},
	} {
		if !k.drawn {
			continue
		}
		k.draw(rect{x0, area.y + tick*0.25, tick * 1.3, tick * 0.85})
		cv.tick(x0+tick*1.65, area.y+tick, k.name, draw.Start)
		x0 += tick*2.8 + draw.Width(k.name, tick, false)
	}
	plot := area.inset(0, tick*1.6+cv.headHeight(2), 0, cv.timeAxisHeight())
	places := cv.rows(plot, []string{l.say("spent"), l.say("failed"), l.say("may fail"), l.say("used up after")}, rows, min(tick*0.7, plot.h*0.3/float64(len(rows))))
	whole := rect{places[0].x, plot.y, places[0].w, plot.h}
	x := spentScale(budgets, whole.x, whole.right())
	last := math.Inf(-1)
	for _, v := range x.ticks(max(int(whole.w/(tick*4)), 2)) {
		px, text := x.at(v), m.times(v)
		cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.thin}, draw.Point{X: px, Y: whole.y}, draw.Point{X: px, Y: whole.bottom()})
		if w := draw.Width(text, tick, false); px-w/2 > last {
			cv.tick(px, whole.bottom()+tick*1.15, text, draw.Middle)
			last = px + w/2 + tick*0.4
		}
	}
	cv.tick(whole.x+whole.w/2, whole.bottom()+tick*2.4, l.say("error budgets spent"), draw.Middle)
	one := x.at(1)
	for i, r := range places {
		h := min(r.h, cv.size.label*2.4)
		r = rect{r.x, r.y + (r.h-h)/2, r.w, h}
		cv.Line(draw.Style{Stroke: draw.Muted, Width: cv.size.thin}, draw.Point{X: r.x, Y: r.y}, draw.Point{X: r.x, Y: r.bottom()})
		v := budgets[i].times()
		if v == 0 {
			cv.tick(r.x+tick*0.5, r.y+h/2+tick*0.35, l.say("no request failed"), draw.Start)
			continue
		}
		end := max(x.at(v), r.x+cv.size.thin*2) // the least can still be seen
		cv.fill(rect{r.x, r.y, min(end, max(one, r.x)) - r.x, h}, up)
		if v > 1 {
			cv.fill(rect{one, r.y, end - one, h}, degraded)
		}
	}
	edge := draw.Style{Stroke: draw.Text, Width: cv.size.thin * 1.4, Dash: []float64{cv.size.thin * 4, cv.size.thin * 3}}
	cv.Line(edge, draw.Point{X: one, Y: whole.y - tick*0.3}, draw.Point{X: one, Y: whole.bottom()})
	cv.tick(one, whole.y-tick*0.55, l.say("the budget"), draw.Start)
}
