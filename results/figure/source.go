package figure

import (
	"cmp"
	"slices"

	"showdown"
	"showdown/results"
)

// Source is one run, as figures read it.
type Source struct {
	// Name is what the run is called beside others: its stage, with a part of its id
	// where two have the same.
	Name     string
	Summary  *results.Summary
	Manifest *results.Manifest
	Events   []showdown.Event
	// Series is by cell; a cell without requests has none.
	Series map[string]*results.Series
}

// Set is what figures are made of: one run with its cells, or several runs of which the
// base cells are set beside each other.
type Set struct {
	// Name is the run's or the journey's.
	Name    string
	Sources []Source
	// Journey is the summary of the journey whose stages the sources are; nil without one.
	Journey *results.JourneySummary
	// event has by run the letter of the fault whose time is compared, where that is not the
	// reference window's; see [Set.Around].
	event map[string]string
	// Missing says in a sentence each what should be there and cannot be read.
	Missing []string
}

// several says that the set compares runs, and not the cells of one.
func (s *Set) several() bool { return s.Journey != nil || len(s.Sources) > 1 }

// track is the traffic of a cell as a figure compares it: all of it among the cells of
// one run, the reference window among stages.
type track struct {
	// name stands beside the track.
	name   string
	source *Source
	cell   string
	sum    *results.CellSummary
	// series may be nil.
	series *results.Series
	// from and to are AWS seconds since the run's zero.
	from, to float64
	// window says that from and to are the reference window.
	window bool
	// event is the fault that the window lies around, where that is not the reference's.
	event *results.Fault
}

// length is the track's in AWS seconds.
func (t track) length() float64 { return t.to - t.from }

// speed is how many AWS seconds pass in a second of the lab.
func (t track) speed() float64 {
	if v := t.source.Summary.Speed; v > 0 {
		return v
	}
	return 1
}

// objective is the service level objective of the track's stage.
func (t track) objective() showdown.SLO {
	if m := t.source.Manifest; m != nil && m.Spec != nil {
		return m.Spec.SLO
	}
	return showdown.SLO{}
}

// least is the smallest share of good answers that counts as up.
func (t track) least() float64 {
	if a := float64(t.objective().Availability); a > 0 && a < 1 {
		return a
	}
	return 1
}

// spec is the cell as the stage describes it; nil where the record does not say.
func (t track) spec() *showdown.Cell {
	if m := t.source.Manifest; m != nil && m.Spec != nil {
		if c, ok := m.Spec.Cell(t.cell); ok {
			return c
		}
	}
	return nil
}

// availability, lost and longest are the summary's for the track: AWS seconds, and the
// share of good answers, nil without a request.
func (t track) availability() *float64 {
	if t.event != nil {
		return t.windowAvailability()
	}
	if t.window {
		return t.sum.Reference.Availability
	}
	return t.sum.Availability
}

func (t track) lost() float64 {
	if t.event != nil {
		return t.windowLost()
	}
	if t.window {
		return t.sum.Reference.LostS
	}
	return t.sum.Downtime.LostS
}

func (t track) longest() float64 {
	if t.event != nil {
		return t.windowLongest()
	}
	if t.window {
		return t.sum.Reference.LongestOutageS
	}
	return t.sum.Downtime.LongestOutageS
}

// buckets are those of the series whose middle lies in the track, with the time at which
// each begins in AWS seconds since the track's.
func (t track) buckets() (out []results.Bucket, starts []float64) {
	if t.series == nil || !(t.series.BucketS > 0) {
		return nil, nil
	}
	for i, b := range t.series.Buckets {
		at := float64(i) * t.series.BucketS
		if mid := at + t.series.BucketS/2; mid >= t.from && mid < t.to {
			out, starts = append(out, b), append(starts, at-t.from)
		}
	}
	return out, starts
}

// faults are the faults that touch the track, in the order of their start.
func (t track) faults() []results.Fault {
	var out []results.Fault
	for _, f := range t.sum.Faults {
		if f.StartS == nil || *f.StartS >= t.to || f.EndS != nil && *f.EndS < t.from {
			continue
		}
		f.Letter = brief(f.Letter)
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b results.Fault) int { return cmp.Compare(*a.StartS, *b.StartS) })
	return out
}

// reference is the fault that stages are compared by; ok is false where it never began.
func (t track) reference() (results.Fault, bool) {
	if t.event != nil {
		f := *t.event
		f.Letter = brief(f.Letter)
		return f, true
	}
	c := t.spec()
	if c == nil || c.Reference == nil {
		return results.Fault{}, false
	}
	i := slices.IndexFunc(t.sum.Faults, func(f results.Fault) bool { return f.Letter == c.Reference.Fault })
	if i < 0 || t.sum.Faults[i].StartS == nil {
		return results.Fault{}, false
	}
	f := t.sum.Faults[i]
	f.Letter = brief(f.Letter)
	return f, true
}

// tracks are what the figures of a set compare, and the names of the stages that have no
// reference window and so cannot be compared.
//
// Of one run they are its cells, the base cell first. Of several they are the base cells,
// in the reference windows; runs of one and the same stage, and runs of which none has a
// window, are compared whole.
func (s *Set) tracks() (out []track, without []string) {
	if !s.several() {
		for i := range s.Sources {
			out = append(out, s.Sources[i].cells()...)
		}
		return out, nil
	}
	whole := s.Journey == nil && (s.sameStage() || !slices.ContainsFunc(s.Sources, func(c Source) bool { return c.Summary.Reference != nil }))
	if !whole && s.event != nil {
		return s.aroundEvent()
	}
	for i := range s.Sources {
		c := &s.Sources[i]
		t := c.track(c.Summary.Cell, &c.Summary.CellSummary)
		t.name = brief(c.Name)
		if r := c.Summary.Reference; !whole {
			if r == nil {
				without = append(without, c.Name)
				continue
			}
			t.from, t.to, t.window = r.FromS, r.ToS, true
		}
		out = append(out, t)
	}
	return out, without
}

func (s *Set) sameStage() bool {
	for _, c := range s.Sources {
		if a, b := c.Summary, s.Sources[0].Summary; a.Stage != b.Stage || a.Journey != b.Journey {
			return false
		}
	}
	return true
}

// cells are the tracks of a run's cells, the base cell first.
func (c *Source) cells() []track {
	out := []track{c.track(c.Summary.Cell, &c.Summary.CellSummary)}
	for _, name := range sortedKeys(c.Summary.Cells) {
		sum := c.Summary.Cells[name]
		out = append(out, c.track(name, &sum))
	}
	return out
}

func (c *Source) track(cell string, sum *results.CellSummary) track {
	t := track{name: brief(cell), source: c, cell: cell, sum: sum, series: c.Series[cell]}
	if t.series != nil {
		t.to = float64(len(t.series.Buckets)) * t.series.BucketS
	}
	for _, p := range sum.Phases {
		t.to = max(t.to, p.ToS)
	}
	return t
}

// recorded are the tracks that have a request.
func recorded(tracks []track) []track {
	var out []track
	for _, t := range tracks {
		if t.series != nil && t.length() > 0 && (t.window || t.sum.Requests.Scheduled > 0) {
			out = append(out, t)
		}
	}
	return out
}

// maxText is how much of a text from a record is looked at, in characters.
const maxText = 60

// brief is a text from a record on one line and not longer than can ever be drawn.
func brief(text string) string {
	out := make([]rune, 0, min(len(text), maxText))
	for _, r := range text {
		if len(out) == maxText {
			return string(out) + "…"
		}
		out = append(out, r)
	}
	return string(out)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
