package figure

import (
	"math"
	"slices"

	"showdown/results"
	"showdown/results/draw"
)

// felling is what users felt in a stretch of time.
type felling struct {
	from, to          float64 // AWS seconds since the run's zero
	scheduled, failed uint64
	p99               float64 // milliseconds; 0 where too few were answered
	rate              float64 // good answers per second of the lab
}

// share is the part that was answered well; nil without a request.
func (f felling) share() *float64 {
	if f.scheduled == 0 {
		return nil
	}
	v := float64(f.scheduled-f.failed) / float64(f.scheduled)
	return &v
}

// felling counts what lies between two moments of a track.
func (t track) felling(from, to float64) felling {
	out := felling{from: from, to: to}
	part := t
	part.from, part.to, part.window = from, to, false
	if !(to > from) || t.series == nil {
		return out
	}
	columns := part.columns(t.series.BucketS)
	for _, k := range columns {
		out.scheduled += k.scheduled
		out.failed += k.failed
	}
	heat, n := sumHeat(columns)
	if n >= leastForP99 {
		out.p99 = heatQuantile(heat, t.series.Bounds, 0.99)
	}
	// Over the buckets that were counted: the stretch may begin and end within one.
	counted, _ := part.buckets()
	if lab := float64(len(counted)) * t.series.BucketS / t.speed(); lab > 0 {
		out.rate = float64(out.scheduled-out.failed) / lab
	}
	return out
}

// blast is a fault with what was before, during and after it.
type blast struct {
	name  string
	track track
	fault results.Fault
	parts [3]felling
}

// blastsOf are the faults of a track that last and hit, each with as much time before and
// after it as it took, or as there is until another fault.
func (t track) blastsOf(only string) []blast {
	var out []blast
	faults := t.faults()
	if t.window { // the windows around the fault may lie outside
		whole := t.source.track(t.cell, t.sum)
		whole.name = t.name
		t.from, t.to = whole.from, whole.to
		faults = t.faults()
	}
	for _, f := range faults {
		if only != "" && f.Letter != only || t.series == nil {
			continue
		}
		start, end := *f.StartS, t.to
		if f.EndS != nil {
			end = min(*f.EndS, t.to)
		}
		if end-start < 2*t.series.BucketS {
			continue
		}
		before, after := t.from, t.to
		for _, o := range faults {
			if o.Letter == f.Letter || o.Failed == 0 {
				continue
			}
			over := *o.StartS
			if o.EndS != nil {
				over = *o.EndS
			}
			if o.RecoveredS != nil {
				over = max(over, *o.RecoveredS)
			}
			if over <= start {
				// The bucket in which it was over has failures of before that.
				before = max(before, math.Ceil(over/t.series.BucketS)*t.series.BucketS)
			}
			if *o.StartS >= end {
				after = min(after, *o.StartS)
			}
		}
		length := end - start
		// What was under way when it began was sent a bucket earlier, and is neither.
		hit := (math.Floor(start/t.series.BucketS) - 1) * t.series.BucketS
		out = append(out, blast{t.name, t, f, [3]felling{
			t.felling(max(before, start-length), max(hit, before)),
			t.felling(start, end),
			t.felling(end, min(after, end+length)),
		}})
	}
	return out
}

// mostBlasts bounds the rows of the figure.
const mostBlasts = 8

func blastRadius(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	tracks := recorded(all)
	var rows []blast
	for _, t := range tracks {
		only := ""
		if t.window {
			f, ok := t.reference()
			if !ok {
				continue
			}
			only = f.Letter
		}
		for _, b := range t.blastsOf(only) {
			switch {
			case t.window:
			case len(tracks) > 1:
				b.name = t.name + " " + b.fault.Letter
			default:
				b.name = b.fault.Letter
			}
			rows = append(rows, b)
		}
	}
	if len(rows) == 0 {
		return nothing(l.say("There is no before and after to show: the record has no fault that lasted."))
	}
	var rest []string
	if len(rows) > mostBlasts {
		order := make([]int, len(rows))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return compare(rows[b].fault.LostS, rows[a].fault.LostS) })
		keep := order[:mostBlasts]
		var kept []blast
		for i, b := range rows {
			if slices.Contains(keep, i) {
				kept = append(kept, b)
			} else {
				rest = append(rest, b.name)
			}
		}
		rows = kept
	}
	c := content{table: Table{Header: []string{"track", "letter", "action", "target", "part", "from_s", "to_s", "scheduled", "failed", "availability", "p99_ms", "goodput_per_s"}}}
	var done []doing
	for _, b := range rows {
		done = append(done, doing{b.track.name, b.fault})
		if !slices.ContainsFunc(c.tracks, func(t track) bool { return t.name == b.track.name }) {
			c.tracks = append(c.tracks, b.track)
		}
		for i, part := range b.parts {
			c.table.add(b.track.name, b.fault.Letter, b.fault.Action, b.fault.Target, [...]string{"before", "during", "after"}[i],
				part.from, part.to, part.scheduled, part.failed, part.share(), positiveOrNil(part.p99), part.rate)
		}
	}
	c.key = m.keyFor(done, len(tracks))
	c.title = m.blastTitle(rows)
	c.note = l.say("Before and after are as long as the fault, or as there is time until another one; what was under way when it began is in neither. Rates are good answers per second of the lab; the p99 is to the width of a row of the heatmap, 26 %%, and absent where fewer than %d were answered.", leastForP99)
	if len(rest) > 0 {
		c.note += " " + l.say("Not drawn: %s.", m.names(rest))
	}
	c.note += m.leftOut(without)
	c.height = 90 + 128*float64(len(rows))
	c.draw = func(cv *canvas, area rect) { m.drawBlasts(cv, area, rows) }
	return c
}

func positiveOrNil(v float64) any {
	if v > 0 {
		return v
	}
	return nil
}

func (m *maker) drawBlasts(cv *canvas, area rect, rows []blast) {
	l := m.lang
	head := cv.size.label * 1.8
	texts := make([]rowText, len(rows))
	for i, b := range rows {
		texts[i] = rowText{name: b.name}
	}
	places := cv.rows(area.inset(0, head, 0, 0), nil, texts, min(cv.size.label*0.5, area.h*0.1/float64(len(rows))))
	gap := cv.size.label
	w := (places[0].w - 2*gap) / 3
	for k, name := range []string{l.say("before"), l.say("during"), l.say("after")} {
		x := places[0].x + float64(k)*(w+gap)
		if k == 1 {
			cv.Rect(x-gap/2, area.y, w+gap, area.h, cv.bandStyle())
		}
		cv.strong(x, area.y+cv.size.label*1.15, name, draw.Text, draw.Start)
	}
	for i, b := range rows {
		for k, part := range b.parts {
			h := min(places[i].h, cv.size.label*3)
			r := rect{places[i].x + float64(k)*(w+gap), places[i].y + (places[i].h-h)/2, w, h}
			bar := rect{r.x, r.y, r.w, max(min(r.h*0.4, r.h-cv.size.label*1.3), cv.size.label*0.4)}
			base := bar.bottom() + cv.size.label*1.05
			if part.scheduled == 0 {
				cv.fill(bar, silent)
				cv.label(r.x, base, l.say("no request"), draw.Muted, draw.Start)
				continue
			}
			share := *part.share()
			cv.Rect(bar.x, bar.y, bar.w, bar.h, draw.Style{Fill: draw.Paper})
			cv.fill(rect{bar.x, bar.y, bar.w * share, bar.h}, up)
			cv.fill(rect{bar.x + bar.w*share, bar.y, bar.w * (1 - share), bar.h}, down)
			cv.Rect(bar.x, bar.y, bar.w, bar.h, draw.Style{Stroke: draw.Muted, Width: cv.size.thin})
			text := l.share(share)
			cv.strong(r.x, base, text, draw.Text, draw.Start)
			more := l.rate(part.rate)
			if part.p99 > 0 {
				more = l.say("p99 %s", l.ms(part.p99)) + " · " + more
			}
			room := r.w - draw.Width(text, cv.size.label, true) - cv.size.tick*0.6
			if draw.Width(more, cv.size.tick, false) > room {
				if part.p99 > 0 {
					more = l.say("p99 %s", l.ms(part.p99))
				}
				if draw.Width(more, cv.size.tick, false) > room {
					more = ""
				}
			}
			cv.tick(r.right(), base, more, draw.End)
		}
	}
}

func (m *maker) blastTitle(rows []blast) string {
	l := m.lang
	worst := slices.MinFunc(rows, func(a, b blast) int {
		return compare(shareOr(a.parts[1].share(), 1), shareOr(b.parts[1].share(), 1))
	})
	during := worst.parts[1].share()
	if during == nil {
		return l.say("No request was made while something was broken")
	}
	if *during == 1 {
		return l.say("No fault took a request while it lasted")
	}
	if rows[0].track.window && len(rows) > 1 {
		best := slices.MaxFunc(rows, func(a, b blast) int {
			return compare(shareOr(a.parts[1].share(), 0), shareOr(b.parts[1].share(), 0))
		})
		if shareOr(best.parts[1].share(), 0) == *during {
			return l.say("While the fault lasts each of %d answers %s well", len(rows), l.share(*during))
		}
		return l.say("While the fault lasts %s answers %s well, %s %s", m.calledInside(worst.track), l.share(*during), best.name, l.maybeShare(best.parts[1].share()))
	}
	where := worst.fault.Letter
	if worst.name != where && !worst.track.window {
		where = l.say("%s (cell %s)", where, worst.track.name)
	}
	return l.say("During %s %s of the requests are answered well, before it %s, after it %s", where, l.share(*during), l.maybeShare(worst.parts[0].share()), l.maybeShare(worst.parts[2].share()))
}

func shareOr(v *float64, otherwise float64) float64 {
	if v == nil {
		return otherwise
	}
	return *v
}
