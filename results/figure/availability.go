package figure

import (
	"math"
	"slices"

	"showdown/results"
)

// maxCells bounds the cells of a strip, so that each can be seen.
const maxCells = 150

// stretch is a cell of a strip.
type stretch struct {
	from, to      float64
	scheduled, ok uint64
	state         state
}

// strip is a track in cells of one length, the same for all tracks of a figure: as many
// buckets as it takes.
func (t track) strip(cell float64) []stretch {
	var out []stretch
	buckets, starts := t.buckets()
	for i, b := range buckets {
		// A bucket counts in the cell that its start lies in.
		n := int(starts[i]/cell + 1e-6)
		for len(out) <= n {
			k := float64(len(out))
			out = append(out, stretch{from: k * cell, to: min((k+1)*cell, t.length())})
		}
		out[n].scheduled += uint64(b.Scheduled)
		out[n].ok += uint64(b.OK())
	}
	for i := range out {
		s := &out[i]
		s.state = stateOf(s.ok, s.scheduled, t.least())
		// A few failures in a row are chance, not an outage; the summary knows which are.
		if s.state == down && s.scheduled < 10 && !t.inOutage(*s) {
			s.state = degraded
		}
	}
	return out
}

// inOutage says that a cell touches an outage of the summary.
func (t track) inOutage(s stretch) bool {
	return slices.ContainsFunc(t.sum.Downtime.Outages, func(o results.Outage) bool {
		return o.FromS-t.from < s.to && o.ToS-t.from > s.from
	})
}

// cellLength is the length of the cells of all tracks: the longest bucket, or as many of
// it as bound their number.
func cellLength(tracks []track) float64 {
	bucket, length := 0.0, 0.0
	for _, t := range tracks {
		bucket, length = max(bucket, t.series.BucketS), max(length, t.length())
	}
	return bucket * math.Ceil(max(length/bucket/maxCells, 1)-1e-9)
}

func availability(m *maker) content {
	all, without := m.set.tracks()
	tracks := recorded(all)
	if len(tracks) == 0 {
		return nothing(m.lang.say("There is no availability to show: no request was recorded."))
	}
	l := m.lang
	tracks, note := m.most(tracks, m.mostRows())
	cell := cellLength(tracks)
	length := 0.0
	strips := make([][]stretch, len(tracks))
	rows := make([]rowText, len(tracks))
	c := content{tracks: tracks, key: m.keyOf(tracks), table: Table{Header: []string{
		"track", "from_s", "to_s", "state", "scheduled", "ok", "availability", "lost_s", "longest_outage_s",
	}}}
	for i, t := range tracks {
		strips[i] = t.strip(cell)
		length = max(length, t.length())
		rows[i] = rowText{name: t.name, numbers: []string{l.maybeShare(t.availability()), l.seconds(t.lost()), l.seconds(t.longest())}, strong: true}
		c.table.add(t.name, 0.0, t.length(), "all", "", "", t.availability(), t.lost(), t.longest())
		for _, s := range strips[i] {
			var share any
			if s.scheduled > 0 {
				share = float64(s.ok) / float64(s.scheduled)
			}
			c.table.add(t.name, s.from, s.to, s.state, s.scheduled, s.ok, share, "", "")
		}
	}
	c.title = m.availabilityTitle(tracks)
	c.note = l.say("A cell is %s; some fail where less than %s were answered well. Lost is the failed share added up over time; an outage is a time in which nobody was answered.",
		l.duration(cell), l.share(leastOf(tracks)))
	if c.key != "" {
		c.note += " " + l.say("A request counts when it was sent: what is under way when a fault begins fails before it.")
	}
	if note := m.windowNote(tracks[0]); note != "" {
		c.note += " " + note
	}
	c.note += note + m.leftOut(without)
	rowHeight := 92.0
	if len(rows) > 6 {
		rowHeight = 76
	}
	if len(rows) == 1 {
		rowHeight = 150
	}
	c.height = 120 + rowHeight*float64(len(rows)) + 80
	c.draw = func(cv *canvas, area rect) {
		states := statesOf(strips)
		cv.stateKey(area.x, area.y+cv.size.tick, states...)
		plot := area.inset(0, cv.size.tick*1.6+cv.headHeight(2), 0, cv.timeAxisHeight())
		gap, cramped := cv.rowGap(len(rows))
		plot = plot.inset(0, cv.letterHeight()*0.4, 0, 0)
		places := cv.rows(plot, []string{l.say("answered"), l.say("lost"), l.say("longest outage")}, rows, gap)
		x := linear(0, length, places[0].x, places[0].right())
		whole := rect{places[0].x, plot.y, places[0].w, plot.h}
		cv.timeAxis(whole, x, tracks[0].speed() == 1)
		for i, r := range places {
			h := min(r.h, cv.size.label*3.2)
			r = rect{r.x, r.y + (r.h-h)/2, r.w, h}
			bands := tracks[i].bands()
			for _, s := range merged(strips[i]) {
				from, to := x.at(s.from), x.at(s.to)
				cv.fill(rect{from, r.y, to - from, r.h}, s.state)
			}
			cv.bandsBefore(r, x, bands, knownLetters(cramped, i, tracks[0].bands())...)
		}
	}
	return c
}

// merged joins neighbours of one state.
func merged(strip []stretch) []stretch {
	var out []stretch
	for _, s := range strip {
		if n := len(out); n > 0 && out[n-1].state == s.state {
			out[n-1].to = s.to
			continue
		}
		out = append(out, s)
	}
	return out
}

// statesOf are the states that occur, in the order of a key.
func statesOf(strips [][]stretch) []state {
	var out []state
	for _, s := range []state{up, degraded, down, silent} {
		if slices.ContainsFunc(strips, func(strip []stretch) bool {
			return slices.ContainsFunc(strip, func(k stretch) bool { return k.state == s })
		}) {
			out = append(out, s)
		}
	}
	return out
}

// leastOf is the smallest share that counts as up in every track.
func leastOf(tracks []track) float64 {
	least := 0.0
	for _, t := range tracks {
		least = max(least, t.least())
	}
	return least
}

// leftOut says which stages are not in a figure, because nothing compares them.
func (m *maker) leftOut(without []string) string {
	if len(without) == 0 {
		return ""
	}
	if m.set.event != nil {
		return " " + m.lang.say("Without this event, and so not compared: %s.", m.names(without))
	}
	return " " + m.lang.say("Without a reference window, and so not compared: %s.", m.names(without))
}

// availabilityTitle is the worst and the best track in one sentence.
func (m *maker) availabilityTitle(tracks []track) string {
	l := m.lang
	worse := func(a, b track) int {
		if c := compare(a.lost(), b.lost()); c != 0 {
			return c
		}
		return compare(a.longest(), b.longest())
	}
	worst, best := slices.MaxFunc(tracks, worse), slices.MinFunc(tracks, worse)
	if worst.lost() == 0 && worst.longest() == 0 {
		if len(tracks) == 1 {
			return l.say("Every request was answered well")
		}
		return l.say("No request failed in any of %d", len(tracks))
	}
	if len(tracks) == 1 {
		if a := worst.availability(); a != nil && *a == 0 {
			return l.say("No request was answered well")
		}
		if worst.longest() > 0 {
			return l.say("Nobody was answered for %s at worst; %s of the requests were answered well", l.seconds(worst.longest()), l.maybeShare(worst.availability()))
		}
		return l.say("There was no outage, but only %s of the requests were answered well", l.maybeShare(worst.availability()))
	}
	if worse(worst, best) == 0 {
		return l.say("Each of %d loses %s", len(tracks), m.loss(worst))
	}
	if worst.longest() == 0 && best.lost() > 0 && worst.availability() != nil && best.availability() != nil {
		return l.say("%s loses %s of its requests, %s %s", m.called(worst), l.share(1-*worst.availability()), best.name, l.share(1-*best.availability()))
	}
	if best.longest() == 0 && best.lost() == 0 {
		return l.say("%s loses %s, %s nothing", m.called(worst), m.loss(worst), best.name)
	}
	return l.say("%s loses %s, %s %s", m.called(worst), m.loss(worst), best.name, m.loss(best))
}

// called is a track with what it is: "Stage vertical".
func (m *maker) called(t track) string {
	switch {
	case m.set.Journey != nil:
		return m.lang.say("Stage %s", t.name)
	case m.set.several():
		return m.lang.say("Run %s", t.name)
	}
	return m.lang.say("Cell %s", t.name)
}

// loss is what a track lost, in a few words: "100 % for 88 s".
func (m *maker) loss(t track) string {
	l := m.lang
	switch {
	case t.longest() > 0:
		return l.say("%s for %s", l.share(1), l.seconds(t.longest()))
	case t.availability() == nil:
		return "?"
	}
	return l.say("%s of its requests", l.share(1-*t.availability()))
}

// maybeShare is a share, or a dash where there was nothing to share.
func (l Lang) maybeShare(v *float64) string {
	if v == nil {
		return "–"
	}
	return l.share(*v)
}
