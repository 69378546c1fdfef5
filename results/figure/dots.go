package figure

import (
	"math"
	"slices"

	"showdown/results"
	"showdown/results/draw"
)

// leastBeyond is how many answers must lie beyond a percentile for it to mean something.
const leastBeyond = 10

// dot is a percentile of a track.
type dot struct {
	percentile float64
	ms         float64
	// few says that fewer than [leastBeyond] answers lie beyond it.
	few bool
	// spread is over repeated runs; nil without.
	spread *results.Repeat
}

// dotted are the percentiles that are set beside each other.
func dotted() [3]float64 { return [3]float64{50, 95, 99} }

// curveAt reads a curve between its points; ok is false beyond the last.
func curveAt(c results.Curve, p float64) (ms float64, ok bool) {
	for i, q := range c.Points {
		if q.Percentile < p-1e-9 {
			continue
		}
		if i == 0 {
			return q.ServiceMS, true
		}
		// As the curve is drawn: over the logarithm of 1/(1-p).
		last := c.Points[i-1]
		at := func(p float64) float64 { return -math.Log(max(1-p/100, 1e-9)) }
		share := (at(p) - at(last.Percentile)) / (at(q.Percentile) - at(last.Percentile))
		return last.ServiceMS + share*(q.ServiceMS-last.ServiceMS), true
	}
	return 0, false
}

// dots are the percentiles of the service time of a track's good answers.
func (m *maker) dots(t track) []dot {
	var out []dot
	curve := t.series.Latency
	exact := t.sum.LatencyMS.Service
	names := map[float64]string{50: "latency_ms.service.p50", 95: "latency_ms.service.p95", 99: "latency_ms.service.p99"}
	known := map[float64]*float64{50: exact.P50, 95: exact.P95, 99: exact.P99}
	if t.window {
		if t.series.Reference == nil {
			return nil
		}
		curve = *t.series.Reference
		names = map[float64]string{99: "reference.p99_ms"}
		known = map[float64]*float64{99: t.sum.Reference.P99MS}
	}
	for _, p := range dotted() {
		d := dot{percentile: p, few: float64(curve.N)*(1-p/100) < leastBeyond-1e-9}
		if v := known[p]; v != nil {
			d.ms = *v
		} else if v, ok := curveAt(curve, p); ok {
			d.ms = v
		}
		if !(d.ms > 0) {
			continue
		}
		if name := names[p]; name != "" {
			d.spread = m.repeat(t, name)
		}
		out = append(out, d)
	}
	return out
}

// repeat is the spread of a number of a track over repeated runs; nil where there is none.
func (m *maker) repeat(t track, name string) *results.Repeat {
	lists := [][]results.Repeat{t.source.Summary.Repeats}
	names := []string{name}
	if t.cell != t.source.Summary.Cell {
		names[0] = "cells." + t.cell + "." + name
	}
	if j := m.set.Journey; j != nil {
		lists, names = append(lists, j.Repeats), append(names, "stages."+t.source.Summary.Stage+"."+name)
	}
	for i, list := range lists {
		for k := range list {
			if r := &list[k]; r.Name == names[i] && len(r.Values) > 1 {
				return r
			}
		}
	}
	return nil
}

func dotPlot(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	var tracks []track
	var dots [][]dot
	least, most := math.Inf(1), 0.0
	for _, t := range recorded(all) {
		d := m.dots(t)
		if len(d) == 0 {
			continue
		}
		tracks, dots = append(tracks, t), append(dots, d)
		for _, d := range d {
			least, most = min(least, d.ms), max(most, d.ms)
			if d.spread != nil && d.spread.Low > 0 {
				least, most = min(least, d.spread.Low), max(most, d.spread.High)
			}
		}
	}
	if len(tracks) == 0 {
		return nothing(l.say("There is no latency to compare: no request was answered well."))
	}
	c := content{title: m.dotTitle(tracks, dots), tracks: tracks, table: Table{Header: []string{"track", "percentile", "service_ms", "low_ms", "high_ms", "fewer_than_ten_beyond"}}}
	rows := make([]rowText, len(tracks))
	few, repeated := false, false
	for i, t := range tracks {
		rows[i] = rowText{name: t.name, numbers: []string{"–", "–", "–"}}
		for _, d := range dots[i] {
			var low, high any
			if d.spread != nil {
				low, high, repeated = d.spread.Low, d.spread.High, true
			}
			few = few || d.few
			c.table.add(t.name, d.percentile, d.ms, low, high, d.few)
			for k, p := range dotted() {
				if p == d.percentile {
					rows[i].numbers[k] = l.ms(d.ms)
				}
			}
		}
	}
	c.note = l.say("Service time of good answers: failures are not in it.")
	if few {
		c.note += " " + l.say("A hollow sign has fewer than ten answers beyond it.")
	}
	if repeated {
		c.note += " " + l.say("Bars are the spread over repeated runs.")
	}
	if tracks[0].window {
		c.note += " " + l.say("Each row is the reference window of its stage.")
	}
	c.note += m.leftOut(without)
	c.height = 210 + 74*float64(len(tracks))
	c.draw = func(cv *canvas, area rect) {
		plot := area.inset(0, cv.size.tick*2.9, 0, cv.timeAxisHeight())
		heads := []string{"p50", "p95", "p99"}
		places := cv.rows(plot, heads, rows, 0)
		whole := rect{places[0].x, plot.y, places[0].w, plot.h}
		side := cv.size.tick
		x := logarithmic(least/1.25, most*1.25, whole.x+side, whole.right()-side)
		cv.millisecondAxis(whole, x)
		at := whole.x
		for _, p := range dotted() {
			name := l.percentile(p)
			cv.sign3(at+side*0.5, area.y+side*0.62, side*0.5, p, false)
			cv.tick(at+side*1.3, area.y+side, name, draw.Start)
			at += side*2.6 + draw.Width(name, cv.size.tick, false)
		}
		for i, r := range places {
			y := r.y + r.h/2
			ds := dots[i]
			cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.thin}, draw.Point{X: whole.x, Y: y}, draw.Point{X: whole.right(), Y: y})
			cv.Line(draw.Style{Stroke: draw.Muted, Width: cv.size.line * 0.8}, draw.Point{X: x.at(ds[0].ms), Y: y}, draw.Point{X: x.at(ds[len(ds)-1].ms), Y: y})
			for _, d := range ds {
				if d.spread != nil {
					cv.whisker(x.at(d.spread.Low), x.at(d.spread.High), y, side*0.45)
				}
			}
			for _, d := range ds {
				cv.sign3(x.at(d.ms), y, side*0.5, d.percentile, d.few)
			}
		}
	}
	return c
}

// percentile is a percentile in words.
func (l Lang) percentile(p float64) string {
	switch p {
	case 50:
		return l.say("p50: half wait less")
	case 95:
		return l.say("p95: 19 of 20")
	}
	return l.say("p99: 99 of 100")
}

// sign3 is the sign of a percentile: a disc, a diamond or a square.
func (c *canvas) sign3(x, y, r, percentile float64, hollow bool) {
	inks := map[float64]draw.Ink{50: draw.First, 95: draw.Third, 99: draw.Second}
	ink := inks[percentile]
	s := draw.Style{Fill: ink, Stroke: draw.Paper, Width: c.size.thin}
	if hollow {
		s = draw.Style{Fill: draw.Paper, Stroke: ink, Width: c.size.line * 0.8}
	}
	switch percentile {
	case 50:
		c.Circle(x, y, r, s)
	case 95:
		r *= 1.2
		c.Polygon(s, draw.Point{X: x - r, Y: y}, draw.Point{X: x, Y: y - r}, draw.Point{X: x + r, Y: y}, draw.Point{X: x, Y: y + r})
	default:
		c.Rect(x-r*0.9, y-r*0.9, r*1.8, r*1.8, s)
	}
}

// whisker is an interval with ends.
func (c *canvas) whisker(from, to, y, h float64) {
	line := draw.Style{Stroke: draw.Text, Width: c.size.thin * 1.3}
	c.Line(line, draw.Point{X: from, Y: y}, draw.Point{X: to, Y: y})
	for _, x := range []float64{from, to} {
		c.Line(line, draw.Point{X: x, Y: y - h}, draw.Point{X: x, Y: y + h})
	}
}

// millisecondAxis draws a logarithmic axis below an area.
func (c *canvas) millisecondAxis(area rect, x scale) {
	ticks := x.ticks(max(int(area.w/(c.size.tick*4)), 2))
	if len(ticks) < 4 { // less than a factor of ten: round steps
		ticks = x.every(niceStep((x.to - x.from) / 6))
	}
	for _, v := range ticks {
		px := x.at(v)
		c.Line(draw.Style{Stroke: draw.Grid, Width: c.size.thin}, draw.Point{X: px, Y: area.y}, draw.Point{X: px, Y: area.bottom()})
		c.tick(px, area.bottom()+c.size.tick*1.15, c.lang.number(v), draw.Middle)
	}
	c.tick(area.x+area.w/2, area.bottom()+c.size.tick*2.4, c.lang.say("milliseconds, each step the same factor"), draw.Middle)
}

// dotTitle is how far the slowest answers of the tracks are apart.
func (m *maker) dotTitle(tracks []track, dots [][]dot) string {
	l := m.lang
	type tail struct {
		name string
		d    dot
	}
	var tails []tail
	for i, t := range tracks {
		// The highest percentile that has enough answers beyond it, or else the first.
		best := dots[i][0]
		for _, d := range dots[i] {
			if !d.few {
				best = d
			}
		}
		tails = append(tails, tail{t.name, best})
	}
	// One percentile for all: the lowest of them.
	p := slices.MinFunc(tails, func(a, b tail) int { return compare(a.d.percentile, b.d.percentile) }).d.percentile
	for i := range tails {
		for _, d := range dots[i] {
			if d.percentile == p {
				tails[i].d = d
			}
		}
	}
	by := func(a, b tail) int { return compare(a.d.ms, b.d.ms) }
	low, high := slices.MinFunc(tails, by), slices.MaxFunc(tails, by)
	if len(tails) == 1 {
		return l.say("%s come within %s", l.answersWithin(p), l.ms(low.d.ms))
	}
	if high.d.ms < 1.25*low.d.ms {
		return l.say("%s come within nearly the same time everywhere: %s to %s", l.answersWithin(p), l.ms(low.d.ms), l.ms(high.d.ms))
	}
	return l.say("%s come within %s in %s, within %s in %s", l.answersWithin(p), l.ms(low.d.ms), low.name, l.ms(high.d.ms), high.name)
}

// answersWithin is the share of answers of a percentile, as a sentence begins with it.
func (l Lang) answersWithin(p float64) string {
	switch p {
	case 50:
		return l.say("Half of the answers")
	case 95:
		return l.say("19 of 20 answers")
	}
	return l.say("99 of 100 answers")
}
