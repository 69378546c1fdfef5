package figure

import (
	"slices"

	"showdown/results"
	"showdown/results/draw"
)

// portions are what the time from a fault until all was well again went into, in AWS
// seconds.
type portions struct {
	// undetected is the time until the repair of a fault that nothing ever noticed;
	// detecting the time until something did; repairing from then until the fault was gone
	// or its part replaced; residual the errors after that.
	undetected, detecting, repairing, residual float64
	// open says that all was not well again before the end.
	open bool
}

func (p portions) sum() float64 { return p.undetected + p.detecting + p.repairing + p.residual }

func (p portions) list() []float64 {
	return []float64{p.undetected, p.detecting, p.repairing, p.residual}
}

// split divides the time of a fault until users were well again, which is what
// [track.wellAt] says.
func split(f results.Fault, good float64, open bool) portions {
	if f.StartS == nil {
		return portions{}
	}
	start := *f.StartS
	p := portions{open: open}
	good = max(good, start)
	repaired := good
	switch {
	case f.RepairedS != nil:
		repaired = min(max(*f.RepairedS, start), good)
	case f.EndS != nil:
		repaired = min(max(*f.EndS, start), good)
	}
	if f.DetectedS == nil {
		p.undetected, p.residual = repaired-start, good-repaired
		return p
	}
	noticed := min(max(*f.DetectedS, start), good)
	p.detecting = noticed - start
	p.repairing = max(repaired-noticed, 0)
	p.residual = good - max(repaired, noticed)
	return p
}

// portionStyles are the looks of the portions, which grey tells apart too.
func (c *canvas) portion(r rect, kind int) {
	switch kind {
	case 0:
		c.Rect(r.x, r.y, r.w, r.h, draw.Style{Fill: draw.Down})
	case 1:
		c.Rect(r.x, r.y, r.w, r.h, draw.Style{Fill: draw.Degraded, Opacity: 0.22})
		c.Hatch(r.x, r.y, r.w, r.h, c.size.tick*0.42, draw.Style{Stroke: draw.Degraded, Width: c.size.line * 0.7})
	case 2:
		c.Rect(r.x, r.y, r.w, r.h, draw.Style{Fill: draw.Up, Opacity: 0.35})
	case 3:
		c.Rect(r.x, r.y, r.w, r.h, draw.Style{Fill: draw.Off, Opacity: 0.3, Stroke: draw.Off, Width: c.size.thin})
	}
}

// portionNames are the names of the portions.
func (l Lang) portionNames() []string {
	return []string{l.say("nobody notices"), l.say("detecting"), l.say("repairing"), l.say("errors after it")}
}

// felt is a fault of a track that took requests.
type felt struct {
	track track
	fault results.Fault
	parts portions
	name  string
	// counts says that enough requests failed for its time to be split, and well when users
	// were well again in AWS seconds; nil where they were not or it does not count.
	counts bool
	well   *float64
	// shares are of the requests that failed in each portion.
	shares []float64
}

// share is that of the requests that failed in a portion; nil where the portion is not there.
func (f felt) share(kind int) *float64 {
	if f.parts.list()[kind] <= 0 {
		return nil
	}
	return &f.shares[kind]
}

// feltFaults are the faults that took requests: among stages only the one that they are
// compared by.
func (m *maker) feltFaults(tracks []track) (out []felt, harmless []string) {
	for _, t := range tracks {
		faults := t.faults()
		if t.window {
			f, ok := t.reference()
			if !ok {
				continue
			}
			faults = []results.Fault{f}
		}
		for _, f := range faults {
			name := t.name
			if !t.window {
				name = f.Letter
				if len(tracks) > 1 {
					name = t.name + " " + f.Letter
				}
			}
			if f.Failed == 0 {
				harmless = append(harmless, name)
				if !t.window {
					continue
				}
			}
			end := t.to
			if t.window { // its recovery may lie behind the window
				whole := t.source.track(t.cell, t.sum)
				end = whole.to
			}
			row := felt{track: t, fault: f, name: name}
			var at float64
			var open bool
			if at, row.counts, open = t.wellAt(f, end); row.counts {
				row.parts = split(f, at, open)
			}
			row.shares = t.failedShares(f, row.parts)
			if row.counts && !open {
				row.well = &at
			}
			out = append(out, row)
		}
	}
	return out, harmless
}

func downtime(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	tracks := recorded(all)
	rows, harmless := m.feltFaults(tracks)
	if !slices.ContainsFunc(rows, func(f felt) bool { return f.counts }) {
		switch {
		case slices.ContainsFunc(rows, func(f felt) bool { return f.fault.Failed > 0 }):
			return nothing(l.say("There is no downtime to split: so few requests failed that the objective was met."))
		case len(rows) == 0 && len(harmless) == 0:
			return nothing(l.say("There is no downtime to split: the record has no fault."))
		}
		return nothing(l.say("There is no downtime to split: no fault took a request."))
	}
	left := 0
	if most := m.mostRows(); len(rows) > most {
		// What took most is what matters.
		slices.SortStableFunc(rows, func(a, b felt) int { return compare(b.parts.sum(), a.parts.sum()) })
		left, rows = len(rows)-most, rows[:most]
	}
	c := content{table: Table{Header: []string{
		"track", "letter", "action", "target", "start_s", "detected_s", "repaired_s", "recovered_s", "end_s",
		"undetected_s", "detecting_s", "repairing_s", "residual_s", "total_s", "open", "failed", "lost_s", "counts", "well_s",
		"undetected_failed", "detecting_failed", "repairing_failed", "residual_failed",
	}}}
	length := 0.0
	var used []track
	var done []doing
	for _, f := range rows {
		done = append(done, doing{f.track.name, f.fault})
		p := f.parts
		length = max(length, p.sum())
		c.table.add(f.track.name, f.fault.Letter, f.fault.Action, f.fault.Target, f.fault.StartS, f.fault.DetectedS, f.fault.RepairedS, f.fault.RecoveredS, f.fault.EndS,
			p.undetected, p.detecting, p.repairing, p.residual, p.sum(), p.open, f.fault.Failed, f.fault.LostS, f.counts, f.well,
			f.share(0), f.share(1), f.share(2), f.share(3))
		if !slices.ContainsFunc(used, func(t track) bool { return t.name == f.track.name }) {
			used = append(used, f.track)
		}
	}
	c.tracks, c.key = used, m.keyFor(done, len(used))
	c.title = m.downtimeTitle(rows)
	c.note = l.say("From the beginning of the fault until users were well again. Detected: a status check or the load balancer noticed; repaired: the fault was gone or its part replaced; lost: the failed share added up over time.") + " " +
		l.say("A bar is as high as the share of requests that failed.")
	if len(harmless) > 0 && !tracks[0].window {
		c.note += " " + l.say("No request failed in %s.", m.names(harmless))
	}
	if slices.ContainsFunc(rows, func(f felt) bool { return !f.counts && f.fault.Failed > 0 }) {
		c.note += " " + l.say("Too few failed: all the requests of the fault together met the objective, or fewer than %d failed.", leastFelt)
	}
	if left > 0 {
		c.note += " " + l.say("%d faults that took less are not drawn.", left)
	}
	c.note += m.leftOut(without)
	c.height = 150 + 88*float64(len(rows)) + 80
	c.draw = func(cv *canvas, area rect) { m.drawDowntime(cv, area, rows, length) }
	return c
}

func (m *maker) drawDowntime(cv *canvas, area rect, rows []felt, length float64) {
	l := m.lang
	x0 := area.x
	names := l.portionNames()
	for kind, name := range names {
		if !slices.ContainsFunc(rows, func(f felt) bool { return f.parts.list()[kind] > 0 }) {
			continue
		}
		w := cv.size.tick * 1.3
		cv.portion(rect{x0, area.y + cv.size.tick*0.25, w, cv.size.tick * 0.85}, kind)
		cv.tick(x0+w+cv.size.tick*0.35, area.y+cv.size.tick, name, draw.Start)
		x0 += w + cv.size.tick*1.5 + draw.Width(name, cv.size.tick, false)
	}
	texts := make([]rowText, len(rows))
	for i, f := range rows {
		total := l.seconds(round(f.parts.sum(), 1))
		if f.parts.open {
			total = "> " + total
		}
		if !f.counts {
			total = "–"
		}
		texts[i] = rowText{name: f.name, numbers: []string{total, l.seconds(f.fault.LostS), l.count(f.fault.Failed)}, strong: true}
	}
	plot := area.inset(0, cv.size.tick*1.6+cv.headHeight(2), 0, cv.timeAxisHeight())
	places := cv.rows(plot, []string{l.say("until well"), l.say("lost"), l.say("failed")}, texts, min(cv.size.tick*0.7, plot.h*0.3/float64(len(rows))))
	whole := rect{places[0].x, plot.y, places[0].w, plot.h}
	x := linear(0, length, whole.x, whole.right())
	cv.timeAxis(whole, x, realTime([]track{rows[0].track}))
	for i, r := range places {
		h := min(r.h, cv.size.label*2.4)
		r = rect{r.x, r.y + (r.h-h)/2, r.w, h}
		at := 0.0
		for kind, s := range rows[i].parts.list() {
			if s <= 0 {
				continue
			}
			frame := rect{x.at(at), r.y, x.at(at+s) - x.at(at), r.h}
			at += s
			cv.Rect(frame.x, frame.y, frame.w, frame.h, draw.Style{Fill: draw.Panel})
			part := frame.inset(0, r.h-max(r.h*min(rows[i].shares[kind], 1), cv.size.line*1.5), 0, 0)
			cv.portion(part, kind)
			text := l.seconds(round(s, 1))
			w := draw.Width(text, cv.size.tick, true)
			if w+cv.size.tick*0.4 >= part.w && s >= 10 {
				text = l.seconds(round(s, 0))
				w = draw.Width(text, cv.size.tick, true)
			}
			if w+cv.size.tick*0.3 >= part.w && s > length/100 && at >= rows[i].parts.sum()-1e-9 && part.right()+w+cv.size.tick < r.right() && !rows[i].parts.open {
				cv.tick(part.right()+cv.size.tick*0.3, r.y+r.h/2+cv.size.tick*0.35, text, draw.Start)
			}
			if w+cv.size.tick*0.3 < part.w {
				ink := draw.Text
				base := r.y + r.h/2 + cv.size.tick*0.35
				switch {
				case part.h > r.h*0.75 && kind == 0:
					ink = draw.Paper
				case part.h > r.h*0.75 && kind != 1:
				case r.h-part.h > cv.size.tick*1.15: // above the bar
					base = part.y - cv.size.tick*0.25
				default: // the bar or its hatch would run through the text
					cv.Rect(part.x+part.w/2-w/2-cv.size.tick*0.2, r.y+r.h/2-cv.size.tick*0.6, w+cv.size.tick*0.4, cv.size.tick*1.2, draw.Style{Fill: draw.Paper, Opacity: 0.85})
				}
				cv.Text(part.x+part.w/2, base, text, draw.Type{Size: cv.size.tick, Ink: ink, Bold: true, At: draw.Middle})
			}
		}
		switch {
		case rows[i].fault.Failed == 0:
			cv.tick(r.x+cv.size.tick*0.4, r.y+r.h/2+cv.size.tick*0.35, l.say("no request failed"), draw.Start)
		case !rows[i].counts:
			cv.tick(r.x+cv.size.tick*0.4, r.y+r.h/2+cv.size.tick*0.35, l.say("too few requests failed to count"), draw.Start)
		case rows[i].parts.open:
			px, py := x.at(at), r.y+r.h/2
			d := cv.size.tick * 0.4
			cv.Polygon(draw.Style{Fill: draw.Text}, draw.Point{X: px - d, Y: py - d}, draw.Point{X: px + d, Y: py}, draw.Point{X: px - d, Y: py + d})
		}
	}
}

// downtimeTitle says of the fault that took longest what the time went into, and among
// stages which took least.
func (m *maker) downtimeTitle(rows []felt) string {
	l := m.lang
	rows = slices.DeleteFunc(slices.Clone(rows), func(f felt) bool { return !f.counts && f.fault.Failed > 0 })
	byLength := func(a, b felt) int { return compare(a.parts.sum(), b.parts.sum()) }
	worst := slices.MaxFunc(rows, byLength)
	p := worst.parts
	if worst.track.window && len(rows) > 1 {
		best := slices.MinFunc(rows, byLength)
		if p.open {
			return l.say("%s is not well again before the end, %s is after %s", m.called(worst.track), best.name, l.seconds(round(best.parts.sum(), 1)))
		}
		if byLength(worst, best) == 0 {
			return l.say("Each of %d is well again after %s", len(rows), l.seconds(round(p.sum(), 1)))
		}
		return l.say("%s is well again after %s, %s after %s", m.called(worst.track), l.seconds(round(p.sum(), 1)), best.name, l.seconds(round(best.parts.sum(), 1)))
	}
	where := worst.fault.Letter
	if worst.name != where && !worst.track.window {
		where = l.say("%s (cell %s)", where, worst.track.name)
	}
	switch {
	case p.open:
		return l.say("After %s users were not well again before the end", where)
	case p.undetected > 0:
		return l.say("After %s users were well again in %s, and no part of the system noticed", where, l.seconds(round(p.sum(), 1)))
	}
	return l.say("Of the %s after %s, %s went into noticing and %s into repair", l.seconds(round(p.sum(), 1)), where, l.seconds(round(p.detecting, 1)), l.seconds(round(p.repairing, 1)))
}
