package main

import (
	"slices"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/targets/journeys"
)

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
		at                       float64
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
		{name: "the run has ended", zeros: map[string]time.Time{"other": at(13)}, events: second, at: 25, want: []place{{rowEnding, after}}},
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
