package figure

import (
	"math"
	"slices"

	"showdown/results/draw"
	"showdown/targets/cloud/ec2"
)

// supply is what a track had and what its load needed, in instances over time.
type supply struct {
	track track
	// each is the rate that one instance of the type that the track begins with carries at
	// full speed, in requests per second of the lab.
	each float64
	// have and desired change at their times; need is by stretches.
	have, desired []held
	need          []held
	// short and over are the AWS hours of instances that lacked and that were too many.
	short, over, used float64
	// lacking is the AWS seconds in which there was too little.
	lacking float64
}

// held is a number that holds from a moment on, in AWS seconds since the track's start.
type held struct{ at, n float64 }

// eachCarries is the rate that an instance of the track carries; ok is false where the
// record does not say, or its instances differ.
func (t track) eachCarries() (rate float64, ok bool) {
	c, m := t.spec(), t.source.Manifest
	if c == nil || m == nil || m.Spec == nil {
		return 0, false
	}
	work := m.Spec.WorkOf(c)
	names := t.types()
	if len(names) != 1 || !(work > 0) {
		return 0, false
	}
	for name := range names {
		it, known := ec2.TypeByName(name)
		if !known || !(it.CoreMark > 0) {
			return 0, false
		}
		rate = it.CoreMark / work
	}
	return rate, true
}

// types are the types of the instances that the track begins with.
func (t track) types() map[string]bool {
	names := map[string]bool{}
	c := t.spec()
	if c == nil {
		return names
	}
	for _, in := range c.Topology.AllInstances() {
		names[in.Type] = true
	}
	for _, g := range c.Topology.AutoScalingGroups {
		names[g.Template.Type] = true
	}
	return names
}

// supplyOf compares capacity and demand; ok is false where the record does not have both.
func (t track) supplyOf() (s supply, ok bool) {
	if t.sum.Capacity == nil || len(t.sum.Capacity.Trace) == 0 || t.series == nil {
		return s, false
	}
	s.track = t
	if s.each, ok = t.eachCarries(); !ok {
		return s, false
	}
	for _, step := range t.sum.Capacity.Trace {
		n := float64(step.Running)
		if step.InService != nil {
			n = float64(*step.InService)
		}
		s.have = putHeld(s.have, step.AtS-t.from, n)
		if step.Desired != nil {
			s.desired = putHeld(s.desired, step.AtS-t.from, float64(*step.Desired))
		}
	}
	s.have, s.desired = cutHeld(t.weighed(s.have), t.length()), cutHeld(s.desired, t.length())
	if len(s.have) == 0 {
		return s, false
	}
	width := t.series.BucketS * math.Ceil(max(t.length()/t.series.BucketS/120, 1)-1e-9)
	for _, k := range t.columns(width) {
		lab := (k.to - k.from) / t.speed()
		if !(lab > 0) {
			continue
		}
		need := float64(k.scheduled) / lab / s.each
		// The rate of a stretch is off by a request; that is no change.
		if n := len(s.need); n == 0 || math.Abs(need-s.need[n-1].n) > max(0.03*need, 1.5/lab/s.each) {
			s.need = append(s.need, held{k.from, need})
		}
		have := meanHeld(s.have, k.from, k.to)
		hours := (k.to - k.from) / 3600
		s.used += have * hours
		if d := need - have; d > 0 {
			s.short += d * hours
			s.lacking += k.to - k.from
		} else {
			s.over -= d * hours
		}
	}
	return s, len(s.need) > 0
}

func putHeld(list []held, at, n float64) []held {
	if k := len(list); k > 0 && (list[k-1].at == at || list[k-1].n == n) {
		if list[k-1].at == at {
			list[k-1].n = n
		}
		return list
	}
	return append(list, held{at, n})
}

// cutHeld is what holds between 0 and length, with a value at 0.
func cutHeld(list []held, length float64) []held {
	var out []held
	for _, h := range list {
		switch {
		case h.at >= length:
		case h.at <= 0:
			out = []held{{0, h.n}}
		default:
			out = append(out, h)
		}
	}
	return out
}

func meanHeld(list []held, from, to float64) float64 {
	sum := 0.0
	for i, h := range list {
		end := to
		if i+1 < len(list) {
			end = min(end, list[i+1].at)
		}
		start := max(h.at, from)
		if i == 0 {
			start = from
		}
		if end > start {
			sum += h.n * (end - start)
		}
	}
	return sum / (to - from)
}

// moves says that the capacity changed, or the demand did by more than a third.
func (s supply) moves() bool {
	return len(s.have) > 1 || s.loadMoves()
}

// loadMoves says that the demand changed by more than a third.
func (s supply) loadMoves() bool {
	low, high := math.Inf(1), 0.0
	for _, n := range s.need {
		low, high = min(low, n.n), max(high, n.n)
	}
	return high > 1.35*low
}

func capacityFigure(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	var found []supply
	for _, t := range recorded(all) {
		if s, ok := t.supplyOf(); ok && s.moves() {
			found = append(found, s)
		}
	}
	// Where the load changes somewhere, that is what there is to see.
	if !m.set.several() && slices.ContainsFunc(found, supply.loadMoves) {
		found = slices.DeleteFunc(found, func(s supply) bool { return !s.loadMoves() })
	}
	if len(found) == 0 {
		return nothing(l.say("There is no capacity to compare with a demand: neither the instances nor the load changed, or the record does not say what one carries."))
	}
	var rest []string
	most := 6
	if m.set.several() {
		most = 12
	}
	if len(found) > most {
		order := slices.Clone(found)
		slices.SortStableFunc(order, func(a, b supply) int { return compare(b.short+b.over, a.short+a.over) })
		keep := order[:most]
		found = slices.DeleteFunc(found, func(s supply) bool {
			gone := !slices.ContainsFunc(keep, func(k supply) bool { return k.track.name == s.track.name })
			if gone {
				rest = append(rest, s.track.name)
			}
			return gone
		})
	}
	tracks := make([]track, len(found))
	top := 0.0
	c := content{table: Table{Header: []string{"track", "what", "from_s", "instances", "each_per_s", "short_instance_hours", "over_instance_hours", "short_s"}}}
	for i, s := range found {
		tracks[i] = s.track
		c.table.add(s.track.name, "all", 0.0, "", s.each, s.short, s.over, s.lacking)
		for _, list := range []struct {
			name  string
			steps []held
		}{{"capacity", s.have}, {"desired", s.desired}, {"demand", s.need}} {
			for _, h := range list.steps {
				top = max(top, h.n)
				c.table.add(s.track.name, list.name, h.at, h.n, "", "", "", "")
			}
		}
	}
	c.tracks, c.key = tracks, m.keyOf(tracks)
	c.title = m.capacityTitle(found)
	c.note = l.say("Capacity, the thick line, is the instances in service, demand, the thin one, the offered rate, both in instances of the first type at full speed. Hatched: too little capacity, so users are lost. Grey: more than needed, so money is. Dotted: what the group wants.")
	if len(found) == 1 && len(recorded(all)) > 1 && !m.set.several() {
		c.note += " " + l.say("Only the cell %s is drawn.", tracks[0].name)
	}
	if tracks[0].window {
		c.note += " " + l.say("Each panel is the reference window of its stage.")
	}
	if len(rest) > 0 {
		c.note += " " + l.say("Not drawn: %s.", m.names(rest))
	}
	c.note += m.leftOut(without)
	c.height = m.size.panelHeight(len(found), map[bool]float64{true: 560, false: 280}[len(found) == 1])
	c.draw = func(cv *canvas, area rect) {
		cv.tick(area.x, area.y+cv.size.tick, l.say("instances"), draw.Start)
		labels := 0.0
		if len(found) == 1 {
			labels = cv.size.tick * 6
		}
		panels := cv.panels(area.inset(0, cv.size.tick*1.1, labels, 0), namesOf(tracks), cv.size.tick*2.2, true)
		for i, p := range panels {
			m.drawSupply(cv, p, found[i], top, longestOf(tracks), len(found) == 1)
		}
	}
	return c
}

// stepLine is the points of steps until an end.
func stepLine(list []held, end float64, x, y scale) []draw.Point {
	var out []draw.Point
	for i, h := range list {
		to := end
		if i+1 < len(list) {
			to = list[i+1].at
		}
		out = append(out, draw.Point{X: x.at(h.at), Y: y.at(h.n)}, draw.Point{X: x.at(to), Y: y.at(h.n)})
	}
	return out
}

func (m *maker) drawSupply(cv *canvas, p panel, s supply, top, length float64, alone bool) {
	l := m.lang
	x := linear(0, length, p.x, p.right())
	y := linear(0, max(top*1.1, 1), p.bottom(), p.y)
	bands := s.track.bands()
	step := max(1, niceStep(y.to/max(p.h/(cv.size.tick*1.9), 2)))
	for _, v := range y.every(step) {
		py := y.at(v)
		cv.Line(draw.Style{Stroke: draw.Grid, Width: cv.size.thin}, draw.Point{X: p.x, Y: py}, draw.Point{X: p.right(), Y: py})
		if p.ticksLeft {
			cv.tick(p.x-cv.size.tick*0.4, py+cv.size.tick*0.35, l.number(v), draw.End)
		}
	}
	cv.timeGrid(p.rect, x)
	if p.ticksBelow {
		cv.timeAxis(p.rect, x, s.track.speed() == 1)
	}
	cv.bandsBehind(p.rect, x, bands)
	end := s.track.length()
	// Between two changes of either both are level.
	at := []float64{0, end}
	for _, h := range append(slices.Clone(s.have), s.need...) {
		if h.at > 0 && h.at < end {
			at = append(at, h.at)
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	for i := 0; i+1 < len(at); i++ {
		from, to := at[i], at[i+1]
		have, need := meanHeld(s.have, from, to), meanHeld(s.need, from, to)
		r := rect{x.at(from), y.at(max(have, need)), x.at(to) - x.at(from), math.Abs(y.at(have) - y.at(need))}
		if need > have {
			cv.fill(r, degraded)
		} else {
			cv.Rect(r.x, r.y, r.w, r.h, draw.Style{Fill: draw.Off, Opacity: 0.16})
		}
	}
	want, have, need := stepLine(s.desired, end, x, y), stepLine(s.have, end, x, y), stepLine(s.need, end, x, y)
	cv.Line(draw.Style{Stroke: draw.Muted, Width: cv.size.line * 0.7, Dash: []float64{2, 6}}, want...)
	cv.Line(draw.Style{Stroke: draw.Down, Width: cv.size.line * 0.7}, need...)
	cv.Line(draw.Style{Stroke: draw.Up, Width: cv.size.line}, have...)
	cv.bandsBefore(p.rect, x, bands)
	if alone {
		labels := []endLabel{
			{y: have[len(have)-1].Y, text: l.say("capacity"), ink: draw.Up, bold: true},
			{y: need[len(need)-1].Y, text: l.say("demand"), ink: draw.Down, bold: true},
		}
		cv.endLabels(p.right(), p.y, p.bottom(), labels)
		return
	}
	// Of several panels the lines are named in the first place with room: above and below
	// the middle.
	mid := end * 0.98
	a, b := y.at(heldAt(s.have, mid)), y.at(heldAt(s.need, mid))
	above, below := -cv.size.tick*0.4, cv.size.tick*1.05
	if a > b {
		above, below = below, above
	}
	if math.Abs(a-b) > cv.size.tick*0.3 && max(a, b)+cv.size.tick*1.1 < p.bottom() && min(a, b)-cv.size.tick > p.y {
		cv.write(x.at(mid), a+above, l.say("capacity"), draw.Up)
		cv.write(x.at(mid), b+below, l.say("demand"), draw.Down)
	}
}

func (c *canvas) write(x, y float64, text string, ink draw.Ink) {
	w := draw.Width(text, c.size.tick, true)
	c.halo(x, y, w, draw.End)
	c.Text(x, y, text, draw.Type{Size: c.size.tick, Ink: ink, Bold: true, At: draw.End})
}

func heldAt(list []held, at float64) float64 {
	v := 0.0
	for _, h := range list {
		if h.at <= at {
			v = h.n
		}
	}
	return v
}

func (m *maker) capacityTitle(found []supply) string {
	l := m.lang
	worst := slices.MaxFunc(found, func(a, b supply) int { return compare(a.short, b.short) })
	widest := slices.MaxFunc(found, func(a, b supply) int { return compare(a.over, b.over) })
	hours := func(v float64) string { return l.number(round(v, 2)) }
	if len(found) == 1 {
		s := found[0]
		if s.lacking > 0 {
			return l.say("For %s capacity was too low; of %s instance hours %s were more than needed", l.duration(s.lacking), hours(s.used), hours(s.over))
		}
		return l.say("There were always enough instances; of %s instance hours %s were more than needed", hours(s.used), hours(s.over))
	}
	if worst.lacking > 0 && worst.track.name == widest.track.name {
		return l.say("%s has too little capacity for %s, and else %s instance hours more than it needs", m.called(worst.track), l.duration(worst.lacking), hours(widest.over))
	}
	if worst.lacking > 0 && widest.over < widest.used/20 {
		return l.say("%s has too little capacity for %s", m.called(worst.track), l.duration(worst.lacking))
	}
	if worst.lacking > 0 {
		return l.say("%s has too little capacity for %s; %s has %s instance hours more than it needs", m.called(worst.track), l.duration(worst.lacking), widest.track.name, hours(widest.over))
	}
	return l.say("There are always enough instances; %s has %s instance hours more than it needs", m.calledInside(widest.track), hours(widest.over))
}
