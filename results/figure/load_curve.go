package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"showdown"
	"showdown/results/draw"
)

// kneeGoodput is the share of the offered rate that must be served to lie below the knee,
// as in the claims' function knee.
const kneeGoodput = 0.98

// loadPoint is what was served of an offered rate, in requests per second of the lab.
type loadPoint struct {
	offered, goodput float64
	// p99 is in milliseconds; 0 without a good answer.
	p99 float64
}

// loadCurve is a ladder, or a ramp in pieces.
type loadCurve struct {
	track track
	name  string
	// points are in the order of the offered rate.
	points []loadPoint
	// knee is the highest offered rate that was served within the objective; 0 where not
	// even the lowest was. Beyond says that a higher rate was offered.
	knee   float64
	beyond bool
}

// loadCurves are the ladders and ramps of a track.
func (t track) loadCurves() []loadCurve {
	var out []loadCurve
	add := func(phase string, points []loadPoint) {
		if len(points) < 2 {
			return
		}
		slices.SortStableFunc(points, func(a, b loadPoint) int { return compare(a.offered, b.offered) })
		c := loadCurve{track: t, name: brief(phase), points: points}
		limit := float64(time.Duration(t.objective().Latency)) / 1e6
		for _, p := range points {
			if p.goodput >= kneeGoodput*p.offered && (limit <= 0 || p.p99 <= limit) {
				c.knee = max(c.knee, p.offered)
			}
		}
		c.beyond = c.knee < points[len(points)-1].offered
		out = append(out, c)
	}
	ladders := map[string][]loadPoint{}
	var order []string
	for _, p := range t.sum.Phases {
		name, step, isStep := strings.Cut(p.Name, "/")
		var n int
		if _, err := fmt.Sscanf(step, "%d", &n); !isStep || err != nil || !(p.Offered > 0) {
			continue
		}
		if ladders[name] == nil {
			order = append(order, name)
		}
		pt := loadPoint{offered: p.Offered, goodput: p.Goodput}
		if p.P99MS != nil {
			pt.p99 = *p.P99MS
		}
		ladders[name] = append(ladders[name], pt)
	}
	for _, name := range order {
		add(name, ladders[name])
	}
	for _, p := range t.sum.Phases {
		if t.paceOf(p.Name) == showdown.Ramp {
			add(p.Name, t.rampPoints(p.FromS, p.ToS))
		}
	}
	return out
}

func (t track) paceOf(phase string) showdown.Pace {
	c := t.spec()
	if c == nil {
		return ""
	}
	for _, p := range c.Traffic.Phases {
		if p.Name == phase {
			return p.Pace
		}
	}
	return ""
}

// rampPieces is in how many pieces a ramp is drawn.
const rampPieces = 20

func (t track) rampPoints(from, to float64) []loadPoint {
	if t.series == nil || !(t.series.BucketS > 0) {
		return nil
	}
	whole := t
	whole.from, whole.to, whole.window = from, to, false
	width := t.series.BucketS * max(1, math.Ceil((to-from)/t.series.BucketS/rampPieces))
	var out []loadPoint
	for _, k := range whole.columns(width) {
		lab := (k.to - k.from) / t.speed()
		if k.scheduled == 0 || !(lab > 0) {
			continue
		}
		heat := k.heat
		p := loadPoint{offered: float64(k.scheduled) / lab, goodput: float64(k.good()) / lab}
		if k.good() > 0 {
			p.p99 = heatQuantile(heat, t.series.Bounds, 0.99)
		}
		out = append(out, p)
	}
	return out
}

func loadFigure(m *maker) content {
	l := m.lang
	var tracks []track
	for i := range m.set.Sources {
		cells := m.set.Sources[i].cells()
		if m.set.several() { // base cells, each under its own ladder: no window is involved
			cells = cells[:1]
			cells[0].name = brief(m.set.Sources[i].Name)
		}
		tracks = append(tracks, cells...)
	}
	var curves []loadCurve
	var used []track
	for _, t := range recorded(tracks) {
		found := t.loadCurves()
		for i := range found {
			switch {
			case len(found) == 1:
			case m.set.several():
				found[i].track.name = t.name + " " + found[i].name
			default: // a run has its cells' names, and more often one cell
				found[i].track.name = found[i].name
			}
		}
		if len(found) > 0 {
			curves, used = append(curves, found...), append(used, t)
		}
	}
	if len(curves) == 0 {
		return nothing(l.say("There is no load curve to show: the traffic has no ladder and no ramp."))
	}
	var rest []string
	if len(curves) > 8 {
		for _, k := range curves[8:] {
			rest = append(rest, k.track.name)
		}
		curves = curves[:8]
	}
	c := content{tracks: used, table: Table{Header: []string{"track", "phase", "offered_per_s", "goodput_per_s", "p99_ms", "knee_per_s"}}}
	top, low, high := 0.0, math.Inf(1), 0.0
	for _, k := range curves {
		for _, p := range k.points {
			top = max(top, p.offered, p.goodput)
			var p99 any
			if p.p99 > 0 {
				low, high, p99 = min(low, p.p99), max(high, p.p99), p.p99
			}
			c.table.add(k.track.name, k.name, p.offered, p.goodput, p99, k.knee)
		}
	}
	c.title = m.loadTitle(curves)
	c.note = l.say("The knee is the highest offered rate of which %s are answered well with a p99 within the objective. Rates are requests per second of the lab.", l.share(kneeGoodput))
	if len(rest) > 0 {
		c.note += " " + l.say("Not drawn: %s.", m.names(rest))
	}
	if m.set.several() {
		c.note += " " + l.say("Each stage is under a load of its own.")
	}
	c.height = 1050
	c.draw = func(cv *canvas, area rect) { m.drawLoad(cv, area, curves, top, low, high) }
	return c
}

// dashes tell series apart beside their inks.
func (c *canvas) dash(i int) []float64 {
	w := c.size.line
	return [][]float64{nil, {w * 4, w * 2}, {w * 1.2, w * 1.6}, {w * 5, w * 1.5, w, w * 1.5}}[i%4]
}

// seriesInk is the ink of a series.
func seriesInk(i int) draw.Ink {
	return [...]draw.Ink{draw.First, draw.Second, draw.Third, draw.Fourth}[i%4]
}

func (m *maker) drawLoad(cv *canvas, area rect, curves []loadCurve, top, low, high float64) {
	l := m.lang
	labels := 0.0
	for _, k := range curves {
		labels = max(labels, draw.Width(k.track.name, cv.size.tick, true))
	}
	labels = min(labels, area.w*0.22) + cv.size.tick*1.6
	head := cv.size.tick * 1.6
	inner := area.inset(cv.size.tick*3.6, head, labels, cv.timeAxisHeight())
	upper := rect{inner.x, inner.y, inner.w, inner.h*0.6 - head}
	lower := rect{inner.x, inner.y + inner.h*0.6 + head*0.6, inner.w, inner.h*0.4 - head*0.6}
	x := linear(0, top*1.03, inner.x, inner.right())
	y := linear(0, top*1.03, upper.bottom(), upper.y)
	cv.valueAxis(upper, y, "", l.number)
	cv.tick(area.x, upper.y-cv.size.tick*0.6, l.say("answered well per second"), draw.Start)
	for _, v := range x.ticks(int(inner.w / (cv.size.tick * 4))) {
		px := x.at(v)
		for _, r := range []rect{upper, lower} {
			cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.thin}, draw.Point{X: px, Y: r.y}, draw.Point{X: px, Y: r.bottom()})
		}
		cv.tick(px, lower.bottom()+cv.size.tick*1.15, l.number(v), draw.Middle)
	}
	cv.tick(inner.x+inner.w/2, lower.bottom()+cv.size.tick*2.4, l.say("offered per second"), draw.Middle)
	cv.Line(draw.Style{Stroke: draw.Muted, Width: cv.size.thin, Dash: []float64{3, 6}}, draw.Point{X: x.at(0), Y: y.at(0)}, draw.Point{X: x.at(x.to), Y: y.at(x.to)})
	cv.Text(x.at(top*0.86), y.at(top*0.86)-cv.size.tick*0.45, l.say("all that is offered"), draw.Type{
		Size: cv.size.tick, Ink: draw.Muted, At: draw.Middle, Turn: -math.Atan(upper.h/inner.w) * 180 / math.Pi,
	})
	if !(high > 0) {
		low, high = 1, 10
	}
	slo := float64(time.Duration(curves[0].track.objective().Latency)) / 1e6
	z := logarithmic(min(low, positive(slo, low))/1.3, max(high, slo)*1.5, lower.bottom(), lower.y)
	cv.valueAxis(lower, z, "", l.number)
	cv.tick(area.x, lower.y-cv.size.tick*0.6, l.say("p99 in ms"), draw.Start)
	if slo > 0 {
		cv.Line(draw.Style{Stroke: draw.Text, Width: cv.size.thin * 1.3, Dash: []float64{12, 6}}, draw.Point{X: lower.x, Y: z.at(slo)}, draw.Point{X: lower.right(), Y: z.at(slo)})
		text := l.say("objective %s", l.ms(slo))
		at := clearOf(curves, x, z, lower, z.at(slo), draw.Width(text, cv.size.tick, false), cv.size.tick)
		cv.tick(at.X, at.Y, text, draw.Start)
	}
	var ends, tails []endLabel
	for i, k := range curves {
		var good, slow []draw.Point
		for _, p := range k.points {
			good = append(good, draw.Point{X: x.at(p.offered), Y: y.at(p.goodput)})
			if p.p99 > 0 {
				slow = append(slow, draw.Point{X: x.at(p.offered), Y: z.at(p.p99)})
			}
		}
		style := draw.Style{Stroke: seriesInk(i), Width: cv.size.line, Dash: cv.dash(i)}
		cv.Line(style, good...)
		cv.Line(style, slow...)
		for _, p := range append(slices.Clone(good), slow...) {
			cv.mark(p, i)
		}
		ends = append(ends, endLabel{x: good[len(good)-1].X, y: good[len(good)-1].Y, text: k.track.name, ink: seriesInk(i), bold: true})
		if len(slow) > 0 {
			tails = append(tails, endLabel{x: slow[len(slow)-1].X, y: slow[len(slow)-1].Y, text: k.track.name, ink: seriesInk(i), bold: true})
		}
	}
	if len(curves) > 1 {
		for i := range ends {
			ends[i].text = draw.Fit(ends[i].text, cv.size.tick, labels-cv.size.tick*1.4, true)
		}
		for i := range tails {
			tails[i].text = draw.Fit(tails[i].text, cv.size.tick, labels-cv.size.tick*1.4, true)
		}
		cv.endLabels(inner.right(), upper.y, upper.bottom(), ends)
		cv.endLabels(inner.right(), lower.y, lower.bottom(), tails)
	}
	var knees free
	for i, k := range curves {
		if k.knee == 0 || !k.beyond && len(curves) > 2 {
			continue
		}
		at := k.points[slices.IndexFunc(k.points, func(p loadPoint) bool { return p.offered == k.knee })]
		px, py := x.at(at.offered), y.at(at.goodput)
		cv.Line(draw.Style{Stroke: seriesInk(i), Width: cv.size.thin * 1.3, Dash: []float64{5, 5}}, draw.Point{X: px, Y: py}, draw.Point{X: px, Y: lower.bottom()})
		cv.Circle(px, py, cv.size.line*2.6, draw.Style{Stroke: seriesInk(i), Width: cv.size.line * 0.8})
		text := l.say("knee %s", l.rate(k.knee))
		if !k.beyond {
			text = l.say("no knee up to %s", l.rate(k.knee))
		}
		w := draw.Width(text, cv.size.tick, true)
		at0 := px + cv.size.tick*0.7
		if at0+w > inner.right() {
			at0 = px - cv.size.tick*0.7 - w
		}
		top := py + cv.size.tick*0.5
		if top+cv.size.tick*1.3 > upper.bottom() {
			top = py - cv.size.tick*2.4
		}
		place := knees.place(rect{at0, top, w, cv.size.tick * 1.1}, cv.size.tick*1.15)
		cv.halo(place.x, place.y+cv.size.tick, w, draw.Start)
		cv.Text(place.x, place.y+cv.size.tick, text, draw.Type{Size: cv.size.tick, Ink: seriesInk(i), Bold: true})
	}
}

// clearOf is where a text of a width may stand by a horizontal line at y so that no curve
// of latencies runs through it: at either end, below or above; the last one where none is
// free.
func clearOf(curves []loadCurve, x, z scale, area rect, y, width, size float64) draw.Point {
	var at draw.Point
	for _, left := range []float64{area.right() - width, area.x + size*0.3} {
		for _, base := range []float64{y + size*1.05, y - size*0.35} {
			at = draw.Point{X: left, Y: base}
			box := rect{left, base - size*0.85, width, size}
			if box.bottom() < area.bottom() && !slices.ContainsFunc(curves, func(c loadCurve) bool { return c.runsThrough(box, x, z) }) {
				return at
			}
		}
	}
	return at
}

// runsThrough says that the curve of latencies touches a box.
func (c loadCurve) runsThrough(box rect, x, z scale) bool {
	for i := 1; i < len(c.points); i++ {
		a, b := c.points[i-1], c.points[i]
		if a.p99 <= 0 || b.p99 <= 0 {
			continue
		}
		for step := 0.0; step <= 1; step += 0.02 {
			px := x.at(a.offered) + step*(x.at(b.offered)-x.at(a.offered))
			py := z.at(a.p99) + step*(z.at(b.p99)-z.at(a.p99))
			if px > box.x && px < box.right() && py > box.y && py < box.bottom() {
				return true
			}
		}
	}
	return false
}

func positive(v, otherwise float64) float64 {
	if v > 0 {
		return v
	}
	return otherwise
}

// mark draws the sign of a series at a point: a circle, a square, a triangle, a ring.
func (c *canvas) mark(p draw.Point, i int) {
	r := c.size.line * 1.5
	ink := seriesInk(i)
	switch i % 4 {
	case 0:
		c.Circle(p.X, p.Y, r, draw.Style{Fill: ink})
	case 1:
		c.Rect(p.X-r, p.Y-r, 2*r, 2*r, draw.Style{Fill: ink})
	case 2:
		c.Polygon(draw.Style{Fill: ink}, draw.Point{X: p.X, Y: p.Y - r*1.2}, draw.Point{X: p.X + r*1.2, Y: p.Y + r}, draw.Point{X: p.X - r*1.2, Y: p.Y + r})
	case 3:
		c.Circle(p.X, p.Y, r, draw.Style{Fill: draw.Paper, Stroke: ink, Width: c.size.line * 0.6})
	}
}

// carried is what a curve was seen to carry: up to its knee, or at least the most that was
// offered where there was none, since nobody looked further.
func (m *maker) carried(c loadCurve) string {
	if !c.beyond {
		return m.lang.say("at least %s", m.lang.rate(c.knee))
	}
	return m.lang.rate(c.knee)
}

func (m *maker) loadTitle(curves []loadCurve) string {
	l := m.lang
	byKnee := func(a, b loadCurve) int { return compare(a.knee, b.knee) }
	best, worst := slices.MaxFunc(curves, byKnee), slices.MinFunc(curves, byKnee)
	peak := 0.0
	for _, p := range best.points {
		peak = max(peak, p.goodput)
	}
	switch {
	case best.knee == 0:
		return l.say("Even the lowest load that was offered was too much")
	case !slices.ContainsFunc(curves, func(c loadCurve) bool { return c.beyond }):
		return l.say("All of the load was carried, up to %s", l.rate(best.knee))
	case len(curves) > 1 && worst.knee == best.knee:
		return l.say("Each of %d carries %s", len(curves), l.rate(best.knee))
	case len(curves) > 1 && worst.knee > 0:
		return l.say("%s carries %s, %s %s", m.called(best.track), m.carried(best), worst.track.name, m.carried(worst))
	case len(curves) > 1:
		return l.say("%s carries %s, %s not even its lowest load", m.called(best.track), m.carried(best), worst.track.name)
	}
	return l.say("It carries %s; beyond that answers fail or take too long", l.rate(best.knee))
}
