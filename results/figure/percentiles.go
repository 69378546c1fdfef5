package figure

import (
	"math"
	"slices"

	"showdown/results"
	"showdown/results/draw"
)

// leastCompared is how many good answers a track needs for its curve to stand beside
// others: it then reaches the percentile 90. A shorter one says nothing of a tail.
const leastCompared = 100

// percentiles draws how latencies are spread: 1/(1-p) at the bottom, so that each factor
// of ten is one more nine.
func percentiles(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	var tracks []track
	var curves []results.Curve
	var few []string
	with := recorded(all)
	for _, t := range with {
		c := t.curve()
		if len(c.Points) < 2 || len(with) > 1 && c.N < leastCompared {
			few = append(few, t.name)
			continue
		}
		tracks, curves = append(tracks, t), append(curves, c)
	}
	switch {
	case len(tracks) == 0 && len(with) > 1:
		return nothing(l.say("There are no percentiles to compare: fewer than %d requests were answered well in each.", leastCompared))
	case len(tracks) == 0:
		return nothing(l.say("There are no percentiles to show: fewer than 20 requests were answered well."))
	}
	tracks, note := m.most(tracks, 12)
	curves = curves[:len(tracks)]
	low, high, nines, responses := math.Inf(1), 0.0, 0.0, false
	c := content{tracks: tracks, table: Table{Header: []string{"track", "answers", "percentile", "one_in", "service_ms", "response_ms"}}}
	for i, k := range curves {
		for _, p := range k.Points {
			low, high = min(low, p.ServiceMS), max(high, p.ServiceMS, p.ResponseMS)
			var response *float64
			if p.ResponseMS > 0 {
				low, response, responses = min(low, p.ResponseMS), &p.ResponseMS, true
			}
			nines = max(nines, oneIn(p))
			c.table.add(tracks[i].name, k.N, p.Percentile, oneIn(p), p.ServiceMS, response)
		}
	}
	c.title = m.percentilesTitle(tracks, curves)
	c.note = l.say("Latencies of good answers. A curve ends where fewer than ten answers lie beyond: what is higher would be chance.") + " "
	if responses {
		c.note += l.say("The service time, drawn through, counts from the moment the request was sent, the response time, dashed, from the moment it should have been.")
	} else {
		c.note += l.say("The record does not say when a request should have been sent: this is the service time, from the send.")
	}
	if len(tracks) > 1 {
		c.note += " " + l.say("The others are drawn in grey behind each.")
	}
	if tracks[0].window {
		c.note += " " + l.say("Only the reference windows are compared.")
	}
	if len(few) > 0 {
		c.note += " " + l.say("Too few good answers for a curve: %s.", m.names(few))
	}
	c.note += note + m.leftOut(without)
	c.height = m.size.panelHeight(len(tracks), map[bool]float64{true: 620, false: 330}[len(tracks) == 1])
	c.draw = func(cv *canvas, area rect) {
		cv.tick(area.x, area.y+cv.size.tick, l.say("latency in ms"), draw.Start)
		panels := cv.panels(area.inset(0, cv.size.tick*1.1, 0, 0), namesOf(tracks), cv.size.tick*3.6, false)
		for i, p := range panels {
			m.drawCurves(cv, p, curves, i, low, high, nines)
		}
	}
	return c
}

// oneIn is 1/(1-p).
func oneIn(p results.CurvePoint) float64 { return round(1/(1-p.Percentile/100), 3) }

func (m *maker) drawCurves(cv *canvas, p panel, curves []results.Curve, mine int, low, high, nines float64) {
	l := m.lang
	x := logarithmic(1, nines*1.05, p.x, p.right())
	y := logarithmic(low/1.15, high*1.25, p.bottom(), p.y)
	for _, v := range y.ticks(max(int(p.h/(cv.size.tick*1.8)), 2)) {
		py := y.at(v)
		cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.thin * 0.8}, draw.Point{X: p.x, Y: py}, draw.Point{X: p.right(), Y: py})
		if p.ticksLeft {
			cv.tick(p.x-cv.size.tick*0.4, py+cv.size.tick*0.35, l.number(v), draw.End)
		}
	}
	last := -1e9
	for _, q := range []float64{50, 90, 99, 99.9, 99.99, 99.999, 99.9999} {
		at := 1 / (1 - q/100)
		if at > x.to {
			break
		}
		px := x.at(at)
		cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.thin}, draw.Point{X: px, Y: p.y}, draw.Point{X: px, Y: p.bottom()})
		if text := "p" + l.number(q); p.ticksBelow && px-last > draw.Width(text, cv.size.tick, false)+cv.size.tick*0.4 {
			cv.tick(px, p.bottom()+cv.size.tick*1.15, percentName(l, q), draw.Middle)
			last = px
		}
	}
	if p.ticksBelow {
		cv.tick(p.x+p.w/2, p.bottom()+cv.size.tick*2.4, l.say("percentile"), draw.Middle)
	}
	line := func(c results.Curve, of func(results.CurvePoint) float64) []draw.Point {
		var out []draw.Point
		for _, pt := range c.Points {
			out = append(out, draw.Point{X: x.at(oneIn(pt)), Y: y.at(of(pt))})
		}
		return out
	}
	service := func(pt results.CurvePoint) float64 { return pt.ServiceMS }
	response := func(pt results.CurvePoint) float64 { return pt.ResponseMS }
	for i, c := range curves {
		if i != mine {
			cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.line * 0.8}, line(c, service)...)
		}
	}
	own := curves[mine]
	s := line(own, service)
	r := s // where the record does not know the response time
	if own.Points[0].ResponseMS > 0 {
		r = line(own, response)
		cv.Line(draw.Style{Stroke: draw.Second, Width: cv.size.line * 0.8, Dash: []float64{cv.size.line * 2.5, cv.size.line * 2}}, r...)
	}
	cv.Line(draw.Style{Stroke: draw.First, Width: cv.size.line}, s...)
	end := own.Points[len(own.Points)-1]
	at := s[len(s)-1]
	cv.Circle(at.X, at.Y, cv.size.line*1.5, draw.Style{Fill: draw.First})
	// What the ends are, above them where there is room, else below.
	text := l.say("%s of the service time: %s", percentName(l, end.Percentile), l.ms(end.ServiceMS))
	short := percentName(l, end.Percentile) + " " + l.ms(end.ServiceMS)
	if draw.Width(text, cv.size.tick, true) > p.w*0.7 {
		text = short
	}
	ty := at.Y - cv.size.tick*0.7
	if top := min(at.Y, r[len(r)-1].Y); ty > p.y+cv.size.tick*1.4 && r[len(r)-1].Y < at.Y-cv.size.tick {
		ty = top - cv.size.tick*0.7
		if ty < p.y+cv.size.tick {
			ty = at.Y + cv.size.tick*1.4
		}
	} else if ty < p.y+cv.size.tick {
		ty = at.Y + cv.size.tick*1.4
	}
	w := draw.Width(text, cv.size.tick, true)
	tx := min(at.X, p.right()-cv.size.tick*0.2)
	anchor := draw.End
	if tx-w < p.x {
		tx, anchor = p.x+cv.size.tick*0.3, draw.Start
	}
	cv.halo(tx, ty, w, anchor)
	cv.Text(tx, ty, text, draw.Type{Size: cv.size.tick, Ink: draw.First, Bold: true, At: anchor})
	if gap := math.Abs(r[len(r)-1].Y - at.Y); gap > cv.size.tick*0.8 {
		i := len(r) * 2 / 3
		text := l.say("response")
		cv.Text(r[i].X-cv.size.tick*0.3, r[i].Y-cv.size.tick*0.6, text, draw.Type{Size: cv.size.tick, Ink: draw.Second, At: draw.End})
	}
}

// percentName is "p99.9", with as many digits as tell it from its neighbours.
func percentName(l Lang, q float64) string {
	n := 0
	if q < 100 {
		n = max(int(math.Ceil(-math.Log10(1-q/100)-1e-9))-1, 0)
	}
	v := math.Floor(q*math.Pow10(n)+1e-6) / math.Pow10(n)
	if v == math.Trunc(v) {
		n = 0
	}
	return "p" + l.decimals(v, n)
}

// percentMedian is the percentile in the middle.
const percentMedian = 50

// percentilesTitle compares the highest percentile that all curves have.
func (m *maker) percentilesTitle(tracks []track, curves []results.Curve) string {
	l := m.lang
	if len(tracks) == 1 {
		end := curves[0].Points[len(curves[0].Points)-1]
		p50, _ := percentileOf(curves[0], 50)
		return l.say("From %s in the middle to %s at %s, the last percentile that can be trusted", l.ms(p50), l.ms(end.ServiceMS), percentName(l, end.Percentile))
	}
	// The highest percentile that most of the curves reach.
	for _, p := range []float64{99.99, 99.9, 99, 95, 90, percentMedian} {
		var reach []track
		var at []float64
		for i, c := range curves {
			if v, ok := percentileOf(c, p); ok {
				reach, at = append(reach, tracks[i]), append(at, v)
			}
		}
		if len(reach) < 2 || 10*len(reach) < 6*len(curves) {
			continue
		}
		worst, best := slices.Index(at, slices.Max(at)), slices.Index(at, slices.Min(at))
		return l.say("At %s %s takes %s, %s %s", percentName(l, p), m.calledInside(reach[worst]), l.ms(at[worst]), reach[best].name, l.ms(at[best]))
	}
	return l.say("Too few requests were answered well to compare percentiles")
}

// calledInside is [maker.called] within a sentence.
func (m *maker) calledInside(t track) string {
	switch {
	case m.set.Journey != nil:
		return m.lang.say("stage %s", t.name)
	case m.set.several():
		return m.lang.say("run %s", t.name)
	}
	return m.lang.say("cell %s", t.name)
}
