package figure

import (
	"slices"

	"showdown/results"
)

// mostBefore is how much of the time before an event is shown, in AWS seconds.
const mostBefore = 60

// Around is the set with the time around a fault in place of the reference windows: event
// has the letter of the fault by run. A nil event changes nothing. Runs of one stage are
// compared whole all the same.
func (s *Set) Around(event map[string]string) *Set {
	out := *s
	out.event = event
	return &out
}

// aroundEvent are the tracks around the event of the set: of one length, and the event
// begins at the same place in each.
func (s *Set) aroundEvent() (out []track, without []string) {
	before, length := mostBefore+0.0, 0.0
	for i := range s.Sources {
		c := &s.Sources[i]
		t := c.track(c.Summary.Cell, &c.Summary.CellSummary)
		t.name = brief(c.Name)
		letter := s.event[c.Summary.Run]
		k := slices.IndexFunc(t.sum.Faults, func(f results.Fault) bool { return letter != "" && f.Letter == letter })
		if k < 0 || t.sum.Faults[k].StartS == nil {
			without = append(without, c.Name)
			continue
		}
		f := t.sum.Faults[k]
		for _, end := range []*float64{f.EndS, f.RecoveredS} {
			if end != nil {
				length = max(length, *end-*f.StartS)
			}
		}
		before = min(before, *f.StartS)
		t.event, t.window = &f, true
		out = append(out, t)
	}
	before = max(before, 0)
	for i := range out {
		// A window that is longer than the traffic has nothing to show at its end.
		out[i].from = *out[i].event.StartS - before
		out[i].to = min(*out[i].event.StartS+length+before, out[i].to)
	}
	return out, without
}

// windowAvailability is the share of good answers in the track; nil without a request.
func (t track) windowAvailability() *float64 {
	var ok, all float64
	buckets, _ := t.buckets()
	for _, b := range buckets {
		ok, all = ok+float64(b.OK()), all+float64(b.Scheduled)
	}
	if all == 0 {
		return nil
	}
	share := ok / all
	return &share
}

// windowLost is the failed share of the track's buckets added up over time. A bucket that
// no request was due in is part of the one before.
func (t track) windowLost() float64 {
	lost, share := 0.0, 0.0
	buckets, _ := t.buckets()
	for _, b := range buckets {
		if b.Scheduled > 0 {
			share = float64(b.Scheduled-b.OK()) / float64(b.Scheduled)
		}
		lost += share * t.series.BucketS
	}
	return round(lost, 3)
}

// windowLongest is the longest outage, or part of one, in the track.
func (t track) windowLongest() float64 {
	longest := 0.0
	for _, o := range t.sum.Downtime.Outages {
		longest = max(longest, min(o.ToS, t.to)-max(o.FromS, t.from))
	}
	return longest
}

// windowNote says what time each row shows; it is empty where that is all of it.
func (m *maker) windowNote(t track) string {
	switch {
	case t.event != nil:
		return m.lang.say("Each row is laid on the beginning of %s.", brief(t.event.Called()))
	case t.window:
		return m.lang.say("Each row is the reference window of its stage.")
	}
	return ""
}
