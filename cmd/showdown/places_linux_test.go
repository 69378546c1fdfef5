package main

import (
	"cmp"
	"slices"
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

// rowsOf are the steps of a stage: the run's, and those of its timelines in the order
// of the file.
func rowsOf(s *showdown.Stage) []string {
	rows := []string{rowLab, rowSteady}
	for i := range s.Cells {
		for _, step := range s.Cells[i].Timeline {
			rows = append(rows, rowOf(&s.Cells[i], step.Letter))
		}
	}
	return append(rows, rowHealing, rowEnding)
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
		case e.Kind == showdown.RunEnded:
			return []place{{rowEnding, after}}
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
