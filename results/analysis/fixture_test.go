package analysis

import (
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// testStage has a base cell and one without elastic IP.
func testStage() *showdown.Stage {
	cell := func(name string) showdown.Cell {
		return showdown.Cell{
			Name: name,
			Topology: showdown.Topology{Region: "us-east-1", Instances: []showdown.Instance{
				{Name: "web-1", Role: "web", Type: "t2.micro", Zone: "us-east-1a"},
			}},
			Traffic: showdown.Traffic{
				Clients: 10, Profile: showdown.Browser, Timeout: 5 * showdown.Second,
				Phases: []showdown.Phase{
					{Name: "calm", For: 10 * showdown.Minute, Rate: 200},
					{Name: "ladder", Lab: showdown.LabDuration(time.Second), Pace: showdown.Steps, Steps: []float64{100, 200, 400}},
				},
			},
			Timeline: []showdown.Step{
				{Letter: "A", At: 2 * showdown.Minute, Do: "stop-instance", Target: "web-1", For: showdown.Minute},
				{Letter: "B", At: 6 * showdown.Minute, Do: "kill", Target: "web-1", For: 30 * showdown.Second},
			},
			Reference: &showdown.Reference{Fault: "B", Before: showdown.Minute, Length: 4 * showdown.Minute},
		}
	}
	base, other := cell(showdown.BaseCell), cell("no-eip")
	other.Reference = nil
	return &showdown.Stage{
		Version: 1, Journey: "whatsthetime", Name: "vertical", Title: "A bigger machine", Speed: 0,
		SLO:   showdown.SLO{Availability: 0.99, Latency: showdown.LabDuration(100 * time.Millisecond)},
		Cells: []showdown.Cell{base, other},
	}
}

// script says what becomes of the request that is intended at a time.
type script func(at time.Duration) (outcome showdown.Outcome, latency time.Duration)

// fine answers everything in a millisecond.
func fine(time.Duration) (showdown.Outcome, time.Duration) { return showdown.OK, time.Millisecond }

// down is fine but for refused requests from from to to.
func down(from, to time.Duration) script {
	return func(at time.Duration) (showdown.Outcome, time.Duration) {
		if at >= from && at < to {
			return showdown.Refused, 200 * time.Microsecond
		}
		return fine(at)
	}
}

// hitsOf plays a cell's traffic against a script.
func hitsOf(traffic showdown.Traffic, clock showdown.Clock, s script) []showdown.Hit {
	var out []showdown.Hit
	for _, g := range traffic.Segments(clock) {
		rate := g.From
		n := int(rate * (g.End - g.Start).Seconds())
		for k := range n {
			at := g.Start + time.Duration((float64(k)+0.5)/rate*1e9)
			o, latency := s(at)
			h := showdown.Hit{
				Seq: uint64(len(out)), Intended: at, Sent: at, Latency: latency, Outcome: o,
				Client: uint32(len(out) % max(traffic.Clients, 1)), Backend: "web-1",
			}
			if o == showdown.Dropped {
				h.Latency, h.Backend = 0, showdown.NoBackend
			} else {
				h.Sent += 100 * time.Microsecond
			}
			out = append(out, h)
		}
	}
	return out
}

// life is the events of a fault that goes as planned: injected, confirmed, healed
// and undone at the given AWS seconds.
func life(cell, letter string, start, heal, undone float64) []showdown.Event {
	e := func(t float64, kind showdown.EventKind, data map[string]any) showdown.Event {
		if data == nil {
			data = map[string]any{}
		}
		data["targets"] = []any{"web-1"}
		return showdown.Event{T: t, Cell: cell, Kind: kind, Source: "chaos", Target: letter, Data: data}
	}
	return []showdown.Event{
		e(-1, showdown.FaultPlanned, map[string]any{"planned_s": start}),
		e(start, showdown.FaultInjecting, nil),
		e(start+1, showdown.FaultInjected, map[string]any{"fidelity": "the process really ends"}),
		e(start+2, showdown.FaultConfirmed, map[string]any{"evidence": "connection refused", "facts": map[string]any{"code": "stopped", "n": 2.0}}),
		e(heal, showdown.FaultHealing, nil),
		e(undone, showdown.FaultUndone, nil),
	}
}

// run is a record in memory.
type run struct {
	stage  *showdown.Stage
	speed  float64
	events []showdown.Event
	hits   map[string][]showdown.Hit
	// cut marks the record as one without an end.
	cut bool
	// cost takes the place of the usual bills.
	cost map[string]results.Cost
}

func (r run) analyse(t testing.TB) *results.Summary {
	t.Helper()
	in := input{
		manifest: &results.Manifest{
			Run: "20261123T101500-whatsthetime-vertical-3f2a", Journey: r.stage.Journey, Stage: r.stage.Name,
			Spec: r.stage, Speed: r.speed, Seed: 3, Started: time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC),
			Cost: map[string]results.Cost{"base": {MonthUSD: 12.1, Items: []results.CostItem{{Name: "web-1 t2.micro", MonthUSD: 8.47}}}},
		},
		events: r.events, complete: !r.cut, recorded: sortedKeys(r.hits),
		hits: func(cell string, add func([]showdown.Hit)) (bool, error) {
			hits := r.hits[cell]
			for len(hits) > 0 {
				n := min(len(hits), 1000)
				add(hits[:n])
				hits = hits[n:]
			}
			return !r.cut, nil
		},
	}
	if r.cost != nil {
		in.manifest.Cost = r.cost
	}
	s, err := analyse(in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// good is a run in which A and B go as planned: A is down from 120.3 to 208.4 AWS
// seconds and B from 360.0 to 400.0, and the ladder's last step is half served.
func good(t testing.TB) run {
	t.Helper()
	stage := testStage()
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	lab := func(s float64) time.Duration { return labTime(s, clock) }
	a, b := down(lab(120.3), lab(208.4)), down(lab(360), lab(400))
	n := 0
	play := func(at time.Duration) (showdown.Outcome, time.Duration) {
		if o, d := a(at); o != showdown.OK {
			return o, d
		}
		if at >= 12*time.Second {
			if n++; n%2 == 0 {
				return showdown.HTTP5xx, time.Millisecond
			}
			return showdown.OK, 20 * time.Millisecond
		}
		return b(at)
	}
	r := run{stage: stage, speed: 60, hits: map[string][]showdown.Hit{}}
	for _, c := range []string{"base", "no-eip"} {
		n = 0
		r.hits[c] = hitsOf(stage.Cells[0].Traffic, clock, play)
		r.events = append(r.events, life(c, "A", 120, 180.2, 207)...)
		r.events = append(r.events, life(c, "B", 360, 390, 399)...)
	}
	return r
}
