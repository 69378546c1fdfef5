package showdown

import (
	"math"
	"testing"
	"time"
)

func TestSegments(t *testing.T) {
	c, _ := NewClock(60)
	traffic := Traffic{Phases: []Phase{
		{Name: "steady", For: 2 * Minute, Rate: 100},
		{Name: "ladder", Lab: LabDuration(time.Second), Pace: Steps, Steps: []float64{50, 100}},
		{Name: "ramp", For: Minute, Pace: Ramp, From: 100, To: 300},
		{Name: "day", For: 2 * Minute, Pace: Sine, Rate: 100, Amplitude: 50, Period: Minute},
		{Name: "burst", For: 3 * Minute, Pace: Spike, Rate: 100, Peak: 500},
	}}
	want := []struct {
		name       string
		start, end time.Duration
		hits       float64
	}{
		{"steady", 0, 2 * time.Second, 200},
		{"ladder/1", 2 * time.Second, 3 * time.Second, 50},
		{"ladder/2", 3 * time.Second, 4 * time.Second, 100},
		{"ramp", 4 * time.Second, 5 * time.Second, 200},
		{"day", 5 * time.Second, 7 * time.Second, 200},
		{"burst", 7 * time.Second, 8 * time.Second, 100},
		{"burst", 8 * time.Second, 9 * time.Second, 500},
		{"burst", 9 * time.Second, 10 * time.Second, 100},
	}
	got := traffic.Segments(c)
	if len(got) != len(want) {
		t.Fatalf("%d segments, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		s := got[i]
		if s.Name() != w.name || s.Start != w.start || s.End != w.end || math.Abs(s.Hits(s.End)-w.hits) > 1e-6 {
			t.Errorf("segment %d is %s %v to %v with %.1f hits, want %+v", i, s.Name(), s.Start, s.End, s.Hits(s.End), w)
		}
	}
	if got := traffic.Length(c); got != 10*time.Second {
		t.Errorf("length %v, want 10s", got)
	}
	if at, ok := traffic.PhaseStart(c, "ramp"); !ok || at != 4*time.Second {
		t.Errorf("ramp starts at %v, %v", at, ok)
	}
	if _, ok := traffic.PhaseStart(c, "rest"); ok {
		t.Error("a phase that is not there has a start")
	}
	if at, ok := traffic.StepStart(c, Step{Phase: "ramp", At: Minute}); !ok || at != 4*time.Second+c.Lab(Minute) {
		t.Errorf("a step a minute into ramp is due at %s, %v", at, ok)
	}
	if at, ok := traffic.StepStart(c, Step{At: Minute}); !ok || at != c.Lab(Minute) {
		t.Errorf("a step at a minute is due at %s, %v", at, ok)
	}
	if _, ok := traffic.StepStart(c, Step{Phase: "rest"}); ok {
		t.Error("a step of a phase that does not exist is due")
	}
}

// TestHitsIsTheIntegralOfRate compares the closed form with a sum.
func TestHitsIsTheIntegralOfRate(t *testing.T) {
	segments := []Segment{
		{Start: time.Second, End: 3 * time.Second, From: 100, To: 100},
		{Start: 0, End: 2 * time.Second, From: 0, To: 400},
		{Start: 0, End: 2 * time.Second, From: 300, To: 50},
		{Start: time.Second, End: 4 * time.Second, From: 100, To: 100, Amplitude: 80, Period: 700 * time.Millisecond},
	}
	for _, s := range segments {
		const step = 10 * time.Microsecond
		sum := 0.0
		for at := s.Start; at < s.End; at += step {
			sum += s.Rate(at+step/2) * step.Seconds()
		}
		if got := s.Hits(s.End); math.Abs(got-sum) > 0.01 {
			t.Errorf("%+v: %.3f hits, the sum says %.3f", s, got, sum)
		}
	}
}
