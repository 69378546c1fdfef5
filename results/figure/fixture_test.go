package figure

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

var update = flag.Bool("update", false, "write the goldens anew")

// fixture is a small record that is written to a folder and read again, as figures are
// made of real ones.
type fixture struct {
	stage  *showdown.Stage
	speed  float64
	seed   uint64
	events []showdown.Event
	// play says what becomes of a request of a cell.
	play func(cell string, at time.Duration) (showdown.Outcome, time.Duration)
	// cut leaves the record without an end.
	cut bool
}

// fine answers everything in two to four milliseconds.
func fine(_ string, at time.Duration) (showdown.Outcome, time.Duration) {
	return showdown.OK, 2*time.Millisecond + time.Duration(at.Microseconds()*7919%2000)*time.Microsecond
}

// deadBetween is fine but for refused requests between two moments of lab time.
func deadBetween(from, to time.Duration) func(string, time.Duration) (showdown.Outcome, time.Duration) {
	return func(cell string, at time.Duration) (showdown.Outcome, time.Duration) {
		if cell == showdown.BaseCell && at >= from && at < to {
			return showdown.Refused, 200 * time.Microsecond
		}
		return fine(cell, at)
	}
}

// stageOf is a stage of one or more cells of a single t2.micro.
func stageOf(name string, cells ...string) *showdown.Stage {
	s := &showdown.Stage{
		Version: 1, Journey: "whatsthetime", Name: name, Title: "One machine", Work: 100,
		SLO: showdown.SLO{Availability: 0.99, Latency: showdown.LabDuration(50 * time.Millisecond)},
	}
	for _, cell := range cells {
		s.Cells = append(s.Cells, showdown.Cell{
			Name: cell,
			Topology: showdown.Topology{Region: "us-east-1", Instances: []showdown.Instance{
				{Name: "web-1", Role: "web", Type: "m5.large", Zone: "us-east-1a"},
			}},
			Traffic: showdown.Traffic{
				Clients: 10, Profile: showdown.Browser, Timeout: 5 * showdown.Second,
				Phases: []showdown.Phase{
					{Name: "calm", For: 5 * showdown.Minute, Rate: 200},
					{Name: "ladder", Lab: showdown.LabDuration(time.Second), Pace: showdown.Steps, Steps: []float64{100, 200, 400}},
				},
			},
			Timeline: []showdown.Step{{Letter: "R", At: 2 * showdown.Minute, Do: "kill", Target: "web-1", For: showdown.Minute}},
		})
	}
	s.Cells[0].Reference = &showdown.Reference{Fault: "R", Before: showdown.Minute, Length: 4 * showdown.Minute}
	return s
}

// life is the events of a fault of web-1 that goes as planned.
func life(cell, letter, action string, start, undone float64) []showdown.Event {
	e := func(t float64, kind showdown.EventKind, data map[string]any) showdown.Event {
		if data == nil {
			data = map[string]any{}
		}
		data["targets"], data["action"] = []any{"web-1"}, action
		return showdown.Event{T: t, Cell: cell, Kind: kind, Source: "chaos", Target: letter, Data: data}
	}
	return []showdown.Event{
		e(-1, showdown.FaultPlanned, map[string]any{"planned_s": start}),
		e(start, showdown.FaultInjecting, nil),
		e(start, showdown.FaultInjected, nil),
		e(start+1, showdown.FaultConfirmed, map[string]any{"evidence": "connection refused"}),
		e(undone, showdown.FaultHealing, nil),
		e(undone, showdown.FaultUndone, nil),
	}
}

// machine is the events of web-1 being there, and EC2 noticing that it is not.
func machine(cell string, impaired, ok float64) []showdown.Event {
	e := func(t float64, kind showdown.EventKind, data map[string]any) showdown.Event {
		return showdown.Event{T: t, Cell: cell, Kind: kind, Source: "ec2", Target: "web-1", Data: data}
	}
	out := []showdown.Event{
		e(-20, showdown.InstanceState, map[string]any{"from": "", "to": "running", "type": "m5.large"}),
		e(-20, showdown.InstanceStatus, map[string]any{"system": "ok", "instance": "ok"}),
	}
	if impaired > 0 {
		out = append(
			out,
			e(impaired, showdown.InstanceStatus, map[string]any{"system": "ok", "instance": "impaired"}),
			e(ok, showdown.InstanceStatus, map[string]any{"system": "ok", "instance": "ok"}),
		)
	}
	return out
}

// outage is a run in which web-1 is dead from 120 to 180 AWS seconds, which EC2 notices
// after 25, and which users feel until 195. The ladder's last step is half answered.
func outage(name string, cells ...string) fixture {
	stage := stageOf(name, cells...)
	dead := deadBetween(2*time.Second, 3250*time.Millisecond)
	n := 0
	f := fixture{stage: stage, speed: 60, seed: 3, play: func(cell string, at time.Duration) (showdown.Outcome, time.Duration) {
		if at >= 7*time.Second {
			if n++; n%2 == 0 {
				return showdown.HTTP5xx, time.Millisecond
			}
			return showdown.OK, 80 * time.Millisecond
		}
		return dead(cell, at)
	}}
	for _, cell := range cells {
		f.events = append(f.events, machine(cell, 145, 190)...)
	}
	f.events = append(f.events, life(showdown.BaseCell, "R", "kill", 120, 180)...)
	return f
}

// hits plays a cell's traffic.
func (f fixture) hits(cell *showdown.Cell, clock showdown.Clock) []showdown.Hit {
	var out []showdown.Hit
	for _, g := range cell.Traffic.Segments(clock) {
		due := int(g.Hits(g.End))
		for k := range due {
			at := g.Start + time.Duration((float64(k)+0.5)/float64(due)*float64(g.End-g.Start))
			o, latency := f.play(cell.Name, at)
			h := showdown.Hit{Seq: uint64(len(out)), Intended: at, Sent: at + 100*time.Microsecond, Latency: latency, Outcome: o, Client: uint32(k % 10), Backend: "web-1"}
			if o == showdown.Dropped {
				h.Latency, h.Sent, h.Backend = 0, at, showdown.NoBackend
			}
			out = append(out, h)
		}
	}
	return out
}

func (f fixture) manifest() *results.Manifest {
	started := time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)
	return &results.Manifest{
		Journey: f.stage.Journey, Stage: f.stage.Name, Spec: f.stage, Speed: f.speed, Seed: f.seed, Started: started, Zero: started,
		Machine: results.Machine{Tool: "v1.2.3", Go: "go1.26", OS: "linux", Arch: "amd64", Host: "lab", CPUs: 2},
	}
}

func (f fixture) write(t testing.TB, rec *results.Recorder) {
	t.Helper()
	clock, err := showdown.NewClock(f.speed)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.events {
		rec.Event(e)
	}
	for i := range f.stage.Cells {
		c := &f.stage.Cells[i]
		if hits := f.hits(c, clock); len(hits) > 0 {
			rec.Hits(c.Name).Append(hits)
		}
	}
	if !f.cut {
		rec.Event(showdown.Event{T: 400, Kind: showdown.RunEnded, Source: "play", Data: map[string]any{"reason": "done"}})
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
}

// run writes a run's folder.
func (f fixture) run(t testing.TB) results.Run {
	t.Helper()
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rec, err := store.Create(f.stage.Journey+"-"+f.stage.Name, f.manifest())
	if err != nil {
		t.Fatal(err)
	}
	f.write(t, rec)
	return results.Run{ID: filepath.Base(rec.Dir()), Dir: rec.Dir()}
}

// set reads what run wrote. Its run's id, of which a part is drawn at random, is set.
func (f fixture) set(t testing.TB) *Set {
	t.Helper()
	s, err := Load(f.run(t))
	if err != nil {
		t.Fatal(err)
	}
	s.Sources[0].Summary.Run = "20261123T101500-whatsthetime-" + f.stage.Name + "-3f2a"
	return s
}

// journey writes the folder of a journey of which the fixtures are the stages.
func journey(t testing.TB, stages ...fixture) results.Run {
	t.Helper()
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	j, err := store.CreateJourney("whatsthetime", &results.JourneyManifest{Journey: "whatsthetime", Speed: stages[0].speed, Started: time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range stages {
		rec, err := j.Create(f.stage.Name, f.manifest())
		if err != nil {
			t.Fatal(err)
		}
		f.write(t, rec)
	}
	return results.Run{ID: filepath.Base(j.Dir()), Dir: j.Dir(), Journey: true}
}

// journeySet is three stages: one that is down for 75 s, one that loses half of its
// requests for 30, and one that loses nothing.
func journeySet(t testing.TB) *Set {
	t.Helper()
	half := outage("two", showdown.BaseCell)
	n := 0
	half.play = func(cell string, at time.Duration) (showdown.Outcome, time.Duration) {
		if at >= 2*time.Second && at < 2500*time.Millisecond {
			if n++; n%2 == 0 {
				return showdown.Reset, time.Millisecond
			}
		}
		return fine(cell, at)
	}
	well := outage("three", showdown.BaseCell)
	well.play = fine
	s, err := Load(journey(t, outage("one", showdown.BaseCell), half, well))
	if err != nil {
		t.Fatal(err)
	}
	s.Journey.Run = "20261123T101500-whatsthetime-3f2a"
	for i := range s.Sources {
		s.Sources[i].Summary.Run = fmt.Sprintf("%s/%s", s.Journey.Run, s.Sources[i].Summary.Stage)
	}
	return s
}
