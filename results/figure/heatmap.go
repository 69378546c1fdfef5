package figure

import (
	"math"
	"slices"

	"showdown/results"
	"showdown/results/draw"
)

// maxColumns bounds the columns of a heatmap, and the levels of its ink.
const (
	maxColumns = 150
	heatLevels = 8
)

// column is a stretch of time of a heatmap.
type column struct {
	from, to          float64
	scheduled, failed uint64
	heat              []uint64
}

// columns of a track, of one length for a figure.
func (t track) columns(width float64) []column {
	var out []column
	buckets, starts := t.buckets()
	for i, b := range buckets {
		n := int(starts[i]/width + 1e-6)
		for len(out) <= n {
			k := float64(len(out))
			out = append(out, column{from: k * width, to: min((k+1)*width, t.length())})
		}
		k := &out[n]
		k.scheduled += uint64(b.Scheduled)
		k.failed += uint64(b.Scheduled - b.OK())
		if b.Heat == nil {
			continue
		}
		if k.heat == nil {
			k.heat = make([]uint64, len(b.Heat))
		}
		for r, v := range b.Heat {
			k.heat[r] += uint64(v)
		}
	}
	return out
}

// sumHeat adds the rows of columns.
func sumHeat(columns []column) (heat []uint64, n uint64) {
	for _, k := range columns {
		for r, v := range k.heat {
			for len(heat) <= r {
				heat = append(heat, 0)
			}
			heat[r] += v
			n += v
		}
	}
	return heat, n
}

// heatQuantile is the upper bound of the row that a percentile, 0 to 1, lies in; 0 without
// an answer.
func heatQuantile(heat []uint64, bounds []float64, q float64) float64 {
	var n, sum uint64
	for _, v := range heat {
		n += v
	}
	if n == 0 {
		return 0
	}
	rank := uint64(math.Ceil(q * float64(n)))
	for r, v := range heat {
		if sum += v; sum >= max(rank, 1) && r < len(bounds) {
			return bounds[r]
		}
	}
	return bounds[len(bounds)-1]
}

// leastForP99 is how many good answers a stretch must have before its p99 is drawn.
const leastForP99 = 100

func heatmap(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	tracks := recorded(all)
	var rest []string
	if !m.set.several() && len(tracks) > 1 {
		rest, tracks = namesOf(tracks[1:]), tracks[:1]
	}
	tracks, note := m.most(tracks, 12)
	width := 0.0
	if len(tracks) > 0 {
		width = cellLength(tracks)
	}
	columns := make([][]column, len(tracks))
	low, high, most := math.MaxInt, -1, uint64(0)
	for i, t := range tracks {
		columns[i] = t.columns(width)
		for _, k := range columns[i] {
			for r, v := range k.heat {
				if v > 0 {
					low, high, most = min(low, r), max(high, r), max(most, v)
				}
			}
		}
	}
	if high < 0 {
		return nothing(l.say("There is no latency to show: no request was answered well."))
	}
	bounds := tracks[0].series.Bounds
	low, high = max(low-1, 0), min(high+1, len(bounds)-1)
	for high-low < 9 && high < len(bounds)-1 { // at least a factor of ten is drawn
		high++
	}
	c := content{tracks: tracks, key: m.keyOf(tracks), table: Table{Header: []string{"track", "from_s", "to_s", "latency_over_ms", "latency_to_ms", "answers"}}}
	for i, t := range tracks {
		for _, k := range columns[i] {
			if k.failed > 0 {
				c.table.add(t.name, k.from, k.to, "failed", "failed", k.failed)
			}
			for r, v := range k.heat {
				if v > 0 {
					over := 0.0
					if r > 0 {
						over = bounds[r-1]
					}
					c.table.add(t.name, k.from, k.to, over, bounds[r], v)
				}
			}
		}
	}
	c.title = m.heatTitle(tracks)
	c.note = l.say("The fuller the colour, the more of the answers of %s took so long. The top row is the share that failed, which has no latency. The line is the p99 of stretches with at least %d good answers.", l.duration(width), leastForP99)
	if len(rest) > 0 {
		c.note += " " + l.say("Only the cell %s is drawn.", tracks[0].name)
	}
	if tracks[0].window {
		c.note += " " + l.say("Each panel is the reference window of its stage.")
	}
	c.note += note + m.leftOut(without)
	c.height = m.size.panelHeight(len(tracks), map[bool]float64{true: 560, false: 300}[len(tracks) == 1])
	c.draw = func(cv *canvas, area rect) {
		axis := cv.size.tick * 4.2
		cv.tick(area.x, area.y+cv.size.tick, l.say("latency in ms"), draw.Start)
		names := namesOf(tracks)
		panels := cv.panels(area.inset(0, cv.size.tick*1.1, 0, 0), names, axis, true)
		length := longestOf(tracks)
		for i, p := range panels {
			m.drawHeat(cv, p, tracks[i], columns[i], bounds, low, high, most, length)
		}
	}
	return c
}

func (m *maker) drawHeat(cv *canvas, p panel, t track, columns []column, bounds []float64, low, high int, most uint64, length float64) {
	x := linear(0, length, p.x, p.right())
	failed := rect{p.x, p.y, p.w, max(p.h*0.1, cv.size.tick*1.1)}
	body := p.inset(0, failed.h+cv.size.tick*0.25, 0, 0)
	// The scale's ends are the lower bound of the lowest row and the upper of the highest.
	first := bounds[low] / (bounds[1] / bounds[0])
	y := logarithmic(first, bounds[high], body.bottom(), body.y)
	bands := t.bands()
	cv.Rect(failed.x, failed.y, x.at(t.length())-failed.x, failed.h, draw.Style{Fill: draw.Panel})
	ticks := y.ticks(max(int(body.h/(cv.size.tick*1.7)), 2))
	for _, v := range ticks {
		py := y.at(v)
		cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.thin * 0.8}, draw.Point{X: p.x, Y: py}, draw.Point{X: p.right(), Y: py})
		if p.ticksLeft {
			cv.tick(p.x-cv.size.tick*0.4, py+cv.size.tick*0.35, m.lang.number(v), draw.End)
		}
	}
	if p.ticksLeft {
		cv.tick(p.x-cv.size.tick*0.4, failed.bottom()-failed.h/2+cv.size.tick*0.35, m.lang.say("failed"), draw.End)
	}
	whole := p.rect
	cv.timeGrid(whole, x)
	if p.ticksBelow {
		cv.timeAxis(whole, x, t.speed() == 1)
	}
	cv.bandsBehind(whole, x, bands)
	level := func(v uint64) int {
		if v == 0 {
			return 0
		}
		return max(1, int(math.Ceil(math.Sqrt(float64(v)/float64(most))*heatLevels)))
	}
	for r := low; r <= high; r++ {
		top, base := y.at(bounds[r]), body.bottom()
		if r > low {
			base = y.at(bounds[r-1])
		}
		for i := 0; i < len(columns); {
			n := columns[i].at(r)
			k := i + 1
			for k < len(columns) && level(columns[k].at(r)) == level(n) {
				k++
			}
			if n > 0 {
				share := 0.14 + 0.86*float64(level(n))/heatLevels
				cv.Rect(x.at(columns[i].from), top, x.at(columns[k-1].to)-x.at(columns[i].from), base-top, draw.Style{Fill: draw.First, Opacity: round(share, 2)})
			}
			i = k
		}
	}
	// How much failed is a height, not a colour.
	for i := 0; i < len(columns); {
		k := i + 1
		for k < len(columns) && columns[k].failedShare() == columns[i].failedShare() {
			k++
		}
		if s := columns[i].failedShare(); s > 0 {
			h := max(failed.h*s, failed.h*0.12)
			cv.Rect(x.at(columns[i].from), failed.bottom()-h, x.at(columns[k-1].to)-x.at(columns[i].from), h, draw.Style{Fill: draw.Down})
		}
		i = k
	}
	m.drawP99(cv, x, y, columns, bounds)
	cv.bandsBefore(whole, x, bands)
}

// drawP99 draws the p99 of stretches that have enough answers for it, as steps; where
// nobody was answered the line is broken.
func (m *maker) drawP99(cv *canvas, x, y scale, columns []column, bounds []float64) {
	var line []draw.Point
	flush := func() {
		cv.Line(draw.Style{Stroke: draw.Paper, Width: cv.size.line * 1.4}, line...)
		cv.Line(draw.Style{Stroke: draw.Text, Width: cv.size.line * 0.6}, line...)
		line = nil
	}
	for i := 0; i < len(columns); {
		k := i
		var heat []uint64
		n := uint64(0)
		for k < len(columns) && n < leastForP99 && (columns[k].good() > 0 || columns[k].scheduled == 0 && n > 0) {
			heat, n = sumHeat(columns[i : k+1])
			k++
		}
		if n < leastForP99 {
			flush()
			i = max(k, i+1)
			continue
		}
		v := y.at(heatQuantile(heat, bounds, 0.99))
		line = append(line, draw.Point{X: x.at(columns[i].from), Y: v}, draw.Point{X: x.at(columns[k-1].to), Y: v})
		i = k
	}
	flush()
}

func (k column) at(row int) uint64 {
	if row < len(k.heat) {
		return k.heat[row]
	}
	return 0
}

func (k column) good() uint64 { return k.scheduled - k.failed }

func (k column) failedShare() float64 {
	if k.scheduled == 0 {
		return 0
	}
	return round(float64(k.failed)/float64(k.scheduled), 2)
}

// curveOf is how the latencies of a track are spread.
func (t track) curve() results.Curve {
	switch {
	case t.series == nil:
		return results.Curve{}
	case t.window && t.series.Reference != nil:
		return *t.series.Reference
	}
	return t.series.Latency
}

// p is the service time of a percentile of the curve, in milliseconds; ok is false where
// the curve does not go so far.
func percentileOf(c results.Curve, p float64) (ms float64, ok bool) {
	for i, pt := range c.Points {
		if pt.Percentile < p-1e-6 {
			continue
		}
		if i == 0 || pt.Percentile-p < 1e-6 {
			return pt.ServiceMS, true
		}
		return c.Points[i-1].ServiceMS, true
	}
	return 0, false
}

// heatTitle says how far the slow answers are from the usual ones.
func (m *maker) heatTitle(tracks []track) string {
	l := m.lang
	type spreadOf struct {
		track     track
		p50, high float64
		p         float64
	}
	var all []spreadOf
	var middles []float64
	for _, t := range tracks {
		c := t.curve()
		p50, ok := percentileOf(c, 50)
		if !ok {
			continue
		}
		middles = append(middles, p50)
		for _, p := range []float64{99, 95, 90} {
			if v, ok := percentileOf(c, p); ok {
				all = append(all, spreadOf{t, p50, v, p})
				break
			}
		}
	}
	if len(all) == 0 && len(middles) > 0 {
		return l.say("Half of the answers take at most %s", l.span(middles, l.ms))
	}
	if len(all) == 0 {
		return l.say("Too few requests were answered well to say how long an answer takes")
	}
	ratio := func(s spreadOf) float64 { return s.high / max(s.p50, 1e-3) }
	worst := slices.MaxFunc(all, func(a, b spreadOf) int { return compare(ratio(a), ratio(b)) })
	part := map[float64]string{99: l.say("one in 100"), 95: l.say("one in 20"), 90: l.say("one in 10")}[worst.p]
	if len(all) > 1 {
		least, most := slices.Min(middles), slices.Max(middles)
		if most < 3*least && ratio(worst) < 3 {
			return l.say("A good answer takes about as long everywhere, %s in the middle: what differs is what fails", l.span(middles, l.ms))
		}
	}
	if len(tracks) == 1 {
		return l.say("Half of the answers take at most %s, %s takes more than %s", l.ms(worst.p50), part, l.ms(worst.high))
	}
	return l.say("%s: half of the answers take at most %s, %s takes more than %s", m.called(worst.track), l.ms(worst.p50), part, l.ms(worst.high))
}
