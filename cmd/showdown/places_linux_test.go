package main

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/targets/journeys"
)

// column is where a moment lies, seen from a step of a run.
type column int

const (
	before column = iota
	in
	after
	columns = 3
)

// place is where in a stage a moment lies: a row and a column of the table.
type place struct {
	row string
	column
}

func (p place) String() string {
	return [columns]string{"before", "in", "after"}[p.column] + " " + p.row
}

// The steps of every run, beside the letters of its timelines.
const (
	rowLab     = "lab coming up"
	rowSteady  = "steady state"
	rowHealing = "roll back"
	rowEnding  = "teardown and analysis"
)

// rowsOf are the steps of a stage: the run's, those of its timelines in the order of the
// file, and what goes on beside them.
func rowsOf(s *showdown.Stage) []string {
	rows := []string{rowLab, rowSteady}
	for i := range s.Cells {
		for _, step := range s.Cells[i].Timeline {
			rows = append(rows, rowOf(&s.Cells[i], step.Letter))
		}
	}
	return append(append(rows, rowHealing, rowEnding), goingsOn(s)...)
}

// rowOf is a letter's row: those of the base cell go by their letter alone.
func rowOf(c *showdown.Cell, letter string) string {
	if c.Name == showdown.BaseCell {
		return letter
	}
	return c.Name + "/" + letter
}

// seen is what is known of a run: its record, and what shows of it outside as long as
// the record's events are held back, which is until the traffic starts.
type seen struct {
	// manifest is nil where there is no record.
	manifest *results.Manifest
	events   []showdown.Event
	// whole says that no event is missing at the end.
	whole bool
	// answering says that every instance of the first labs listens.
	answering bool
	// judged is when the analysis of the whole record was written; the zero Time where it
	// was not.
	judged time.Time
}

// placesOf is where the moment at lies in the run that was seen: in all steps that were
// under way, before the one that would have been next, after the one that ended last.
//
// A record that breaks off may lack its last quarter of a second. So of such a one a
// step counts as under way only until its planned end, and as still to come only until
// its planned start.
func placesOf(s seen, at time.Time) []place {
	if s.manifest == nil {
		return []place{{rowLab, before}}
	}
	known := map[string][]showdown.Event{}
	for _, e := range s.events {
		switch {
		case e.At.After(at):
		case e.Kind == showdown.RunEnded && !s.judged.IsZero() && !s.judged.After(at):
			return []place{{rowEnding, after}}
		case e.Kind == showdown.RunEnded:
			return []place{{rowEnding, in}}
		default:
			known[e.Cell] = append(known[e.Cell], e)
		}
	}
	clock, _ := showdown.NewClock(s.manifest.Speed) // the run had it
	var places []place
	waiting := false
	for group, members := range journeys.Groups(s.manifest.Spec, clock) {
		for _, i := range members {
			c := &s.manifest.Spec.Cells[i]
			now := telling{seen: s, cell: c, clock: clock, events: known[c.Name], at: at}
			switch {
			case now.said(showdown.LabDown, ""):
				continue
			case now.playing(group):
				places = append(places, now.places()...)
			case now.up(group):
				places = append(places, place{rowLab, after}, place{rowSteady, in})
			case group == 0:
				places = append(places, place{rowLab, in}, place{rowSteady, before})
			default:
				waiting = true
			}
		}
	}
	switch {
	case len(places) > 0:
	case waiting:
		places = append(places, place{rowLab, in}, place{rowSteady, before})
	default:
		places = append(places, place{rowEnding, in})
	}
	slices.SortFunc(places, comparePlaces)
	return slices.Compact(places)
}

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.column, b.column))
}

// telling is what is known of one cell at a moment.
type telling struct {
	seen
	cell   *showdown.Cell
	clock  showdown.Clock
	events []showdown.Event
	at     time.Time
}

// zero is when the traffic of the cell, which belongs to a group, starts; the zero Time
// where that is not known.
func (t telling) zero(group int) time.Time {
	if group == 0 {
		return t.manifest.Zero
	}
	return t.manifest.Zeros[t.cell.Name]
}

func (t telling) playing(group int) bool {
	zero := t.zero(group)
	return !zero.IsZero() && !t.at.Before(zero)
}

// up says that the cell's lab is up, which is known by its event, where a run breaks off
// by its zero, and of the first labs by what they answer.
func (t telling) up(group int) bool {
	return t.said(showdown.LabUp, "") || !t.whole && !t.zero(group).IsZero() || group == 0 && t.answering
}

// said says whether there is an event of that kind; target is empty for any.
func (t telling) said(kind showdown.EventKind, target string) bool {
	return slices.ContainsFunc(t.events, func(e showdown.Event) bool {
		return e.Kind == kind && (target == "" || e.Target == target)
	})
}

func (t telling) places() []place {
	elapsed := t.at.Sub(t.manifest.ZeroOf(t.cell.Name))
	settled := slices.ContainsFunc(t.events, func(e showdown.Event) bool {
		return e.Kind == showdown.SteadyStateChecked && e.Data["when"] == "after"
	})
	steps := t.steps(elapsed)
	switch {
	case settled:
		return []place{{rowHealing, after}, {rowEnding, in}}
	case t.said(showdown.TrafficEnded, "") || elapsed > t.cell.Traffic.Length(t.clock):
		steps = slices.DeleteFunc(steps, func(p place) bool { return p.column == before })
		return append(steps, place{rowHealing, in}, place{rowEnding, before})
	}
	if !slices.ContainsFunc(t.cell.Timeline, func(s showdown.Step) bool { return !t.toCome(s, elapsed) }) {
		steps = append(steps, place{rowSteady, after})
	}
	if !slices.ContainsFunc(t.cell.Timeline, func(s showdown.Step) bool { return !t.said(showdown.FaultInjecting, s.Letter) }) {
		steps = append(steps, place{rowHealing, before})
	}
	return steps
}

// toCome says that a step has surely not begun.
func (t telling) toCome(s showdown.Step, elapsed time.Duration) bool {
	from, _, _ := t.cell.StepSpan(t.clock, s, nil)
	return !t.said(showdown.FaultInjecting, s.Letter) && (t.whole || elapsed < from)
}

// steps are the places in the cell's timeline: elapsed is lab time since its zero.
func (t telling) steps(elapsed time.Duration) []place {
	var places []place
	next, nextAt := "", time.Duration(0)
	ended, endedAt, begunAt := "", time.Time{}, time.Time{}
	for _, s := range t.cell.Timeline {
		from, to, _ := t.cell.StepSpan(t.clock, s, nil)
		row := rowOf(t.cell, s.Letter)
		begins, begun := t.last(s.Letter, showdown.FaultInjecting)
		ends, over := t.last(s.Letter, showdown.FaultUndone, showdown.FaultNotUndone, showdown.FaultFailed)
		if begins.After(begunAt) {
			begunAt = begins
		}
		switch {
		case over:
			if ends.After(endedAt) {
				ended, endedAt = row, ends
			}
		case begun:
			if t.whole || to == from || elapsed < to {
				places = append(places, place{row, in})
			}
		case t.toCome(s, elapsed) && (next == "" || from < nextAt):
			next, nextAt = row, from
		}
	}
	if next != "" {
		places = append(places, place{next, before})
	}
	if ended != "" && endedAt.After(begunAt) {
		places = append(places, place{ended, after})
	}
	return places
}

// last is when the last event of the kinds was that is about a letter.
func (t telling) last(letter string, kinds ...showdown.EventKind) (at time.Time, ok bool) {
	for _, e := range t.events {
		if e.Target == letter && slices.Contains(kinds, e.Kind) {
			at, ok = e.At, true
		}
	}
	return at, ok
}

// momentsStage has a step in a step and a cell of its own group.
const momentsStage = `version: 1
journey: mine
stage: moments
title: Moments of a run
cells:
  - name: base
    topology: &topology
      instances: [{name: web-1, type: m5.large}]
    traffic: &traffic
      phases: [{name: all, for: 10m, rate: 500}]
    timeline:
      - {letter: A, at: 1m, do: hang, target: web-1, for: 3m}
      - {letter: B, during: A, at: 1m, do: slow, target: web-1}
      - {letter: C, at: 6m, do: kill, target: web-1}
  - name: other
    topology: *topology
    traffic: *traffic
    timeline:
      - {letter: A, at: 1m, do: kill, target: web-1, for: 1m}
`

func TestPlacesOf(t *testing.T) {
	t.Parallel()
	stage, err := journeys.Load([]byte(momentsStage), "moments.yaml", known())
	if err != nil {
		t.Fatal(err)
	}
	// A minute of AWS is a second here, which every time below counts in.
	zero := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(s float64) time.Time { return zero.Add(time.Duration(s * float64(time.Second))) }
	event := func(s float64, cell string, kind showdown.EventKind, target string) showdown.Event {
		e := showdown.Event{At: at(s), Cell: cell, Kind: kind, Target: target}
		if kind == showdown.SteadyStateChecked {
			e.Data = map[string]any{"when": target}
		}
		return e
	}
	started := event(0, "base", showdown.TrafficStarted, "")
	base := []showdown.Event{
		started,
		event(1, "base", showdown.FaultInjecting, "A"),
		event(1.1, "base", showdown.FaultInjected, "A"),
		event(2.1, "base", showdown.FaultInjecting, "B"),
		event(4, "base", showdown.FaultHealing, "B"),
		event(4.1, "base", showdown.FaultUndone, "B"),
		event(4.2, "base", showdown.FaultUndone, "A"),
		event(6, "base", showdown.FaultInjecting, "C"),
		event(10, "base", showdown.TrafficEnded, ""),
		event(10.5, "base", showdown.FaultUndone, "C"),
		event(11, "base", showdown.SteadyStateChecked, "after"),
		event(11.1, "base", showdown.LabDown, ""),
	}
	second := append(slices.Clone(base),
		event(13, "other", showdown.TrafficStarted, ""),
		event(14, "other", showdown.FaultInjecting, "A"),
		event(15, "other", showdown.FaultUndone, "A"),
		event(23, "other", showdown.LabDown, ""),
		event(24, "", showdown.RunEnded, "mine/moments"))
	tests := []struct {
		name                     string
		noRecord, noZero, answer bool
		broken                   bool
		zeros                    map[string]time.Time
		events                   []showdown.Event
		judged, at               float64
		want                     []place
	}{
		{name: "no record", noRecord: true, at: -2, want: []place{{rowLab, before}}},
		{name: "labs come up", noZero: true, at: -1, want: []place{{rowLab, in}, {rowSteady, before}}},
		{name: "all answer", noZero: true, answer: true, at: -1, want: []place{{rowLab, after}, {rowSteady, in}}},
		{name: "labs are up by the record", noZero: true, events: []showdown.Event{event(-1, "base", showdown.LabUp, ""), event(-1, "other", showdown.LabUp, "")}, at: -0.5, want: []place{{rowLab, after}, {rowSteady, in}}},
		{name: "before the zero", broken: true, at: -0.01, want: []place{{rowLab, after}, {rowSteady, in}}},
		{name: "before the first", events: base, at: 0.5, want: []place{{"A", before}, {rowSteady, after}}},
		{name: "in one and before the next", events: base, at: 1.5, want: []place{{"A", in}, {"B", before}}},
		{name: "in two", events: base, at: 3, want: []place{{"A", in}, {"B", in}, {"C", before}}},
		{name: "the inner is over", events: base, at: 4.15, want: []place{{"A", in}, {"B", after}, {"C", before}}},
		{name: "between two", events: base, at: 5, want: []place{{"A", after}, {"C", before}}},
		{name: "in the last", events: base, at: 8, want: []place{{"C", in}, {rowHealing, before}}},
		{name: "healing", events: base, at: 10.2, want: []place{{"C", in}, {rowHealing, in}, {rowEnding, before}}},
		{name: "healed", events: base, at: 10.7, want: []place{{"C", after}, {rowHealing, in}, {rowEnding, before}}},
		{name: "steady again", events: base, at: 11.05, want: []place{{rowHealing, after}, {rowEnding, in}}},
		{name: "the next group comes up", events: base, at: 12, want: []place{{rowLab, in}, {rowSteady, before}}},
		{name: "the last lab is down", zeros: map[string]time.Time{"other": at(13)}, events: second, at: 23.5, want: []place{{rowEnding, in}}},
		{name: "in the next group", zeros: map[string]time.Time{"other": at(13)}, events: second, at: 14.5, want: []place{{"other/A", in}, {rowHealing, before}}},
		{name: "the record is whole", zeros: map[string]time.Time{"other": at(13)}, events: second, at: 25, want: []place{{rowEnding, in}}},
		{name: "the record is analysed", zeros: map[string]time.Time{"other": at(13)}, events: second, judged: 25, at: 26, want: []place{{rowEnding, after}}},
		{name: "it is analysed later", zeros: map[string]time.Time{"other": at(13)}, events: second, judged: 27, at: 26, want: []place{{rowEnding, in}}},
		{name: "breaks off before the traffic is recorded", broken: true, at: 0.1, want: []place{{"A", before}, {rowSteady, after}}},
		{name: "breaks off in one", broken: true, events: base[:3], at: 1.5, want: []place{{"A", in}, {"B", before}}},
		// Whether A is still in place is not known, nor whether C has begun.
		{name: "breaks off past an end", broken: true, events: base[:4], at: 4.05, want: []place{{"C", before}}},
		{name: "breaks off past a start", broken: true, events: base[:7], at: 6.1, want: []place{{"A", after}}},
		{name: "breaks off past the traffic", broken: true, events: base[:8], at: 10.1, want: []place{{"C", in}, {rowHealing, in}, {rowEnding, before}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := seen{events: test.events, whole: !test.broken, answering: test.answer}
			if !test.noRecord {
				s.manifest = &results.Manifest{Spec: stage, Speed: 60, Zeros: test.zeros}
				if test.judged > 0 {
					s.judged = at(test.judged)
				}
				if !test.noZero {
					s.manifest.Zero = zero
				}
			}
			got := placesOf(s, at(test.at))
			slices.SortFunc(test.want, comparePlaces)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
