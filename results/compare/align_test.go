package compare

import (
	"testing"

	"showdown"
	"showdown/results"
)

// timed is a side that is down for so long from its fault on, at a time of its own.
func timed(name string, start, down float64) Side {
	s := summary(func(s *results.Summary) {
		s.Speed = 10
		s.Faults = s.Faults[:1]
		f := &s.Faults[0]
		f.StartS, f.EndS, f.RecoveredS = ptr(start), ptr(start+40), ptr(start+down)
	})
	series := &results.Series{Cell: "base", BucketS: 2, BucketLabS: 0.2}
	for at := 0.0; at < 200; at += 2 {
		b := results.Bucket{Scheduled: 10}
		if at >= start && at < start+down {
			b.Outcomes[showdown.Refused] = 10
		} else {
			b.Outcomes[showdown.OK] = 10
		}
		series.Buckets = append(series.Buckets, b)
	}
	side := sideOf(name, s)
	side.Runs[0].Series = series
	return side
}

func TestAligned(t *testing.T) {
	sides := []Side{timed("A", 60, 40), timed("B", 100, 20)}
	got := alignments(sides, Whole)
	if len(got) != 2 || got[0].On != "fault" || got[0].Fault != "kill" || got[1].On != "clock" {
		t.Fatalf("%+v", got)
	}
	fault := got[0]
	if fault.StepS != 5 || fault.FromS[0] != -5 || len(fault.FromS) != 10 {
		t.Errorf("steps of %v from %v", fault.StepS, fault.FromS)
	}
	if fault.Sides[0].ZeroS[0] != 60 || fault.Sides[1].ZeroS[0] != 100 {
		t.Errorf("the faults began at %v and %v", fault.Sides[0].ZeroS, fault.Sides[1].ZeroS)
	}
	at := func(a Aligned, side int, from float64) float64 {
		for i, f := range a.FromS {
			if f == from {
				return *a.Sides[side].Availability[i]
			}
		}
		t.Fatalf("no step from %v", from)
		return 0
	}
	for _, test := range []struct {
		from float64
		a, b float64
	}{{-5, 1, 1}, {0, 0, 0}, {10, 0, 0}, {20, 0, 1}, {30, 0, 1}, {40, 1, 1}} {
		if a, b := at(fault, 0, test.from), at(fault, 1, test.from); a != test.a || b != test.b {
			t.Errorf("%v s after the fault: %v and %v, want %v and %v", test.from, a, b, test.a, test.b)
		}
	}
	clock := got[1]
	if clock.StepS != 15 || len(clock.FromS) != 14 || at(clock, 0, 75) != 0 || at(clock, 1, 75) != 1 || at(clock, 0, 180) != 1 {
		t.Errorf("by the clock: %+v", clock)
	}
	// 10 requests in 0.2 s of the lab.
	if g := *clock.Sides[0].Goodput[0]; g < 40 || g > 55 {
		t.Errorf("goodput %v", g)
	}
	if got := alignments(sides, Shared); len(got) != 1 {
		t.Errorf("different stages have no clock in common: %d", len(got))
	}
	sides[1].Runs[0].Series = nil
	if got := alignments(sides, Whole); got != nil {
		t.Errorf("without requests: %+v", got)
	}
}

// TestAlignedRuns adds the runs of a side, each from its own fault on.
func TestAlignedRuns(t *testing.T) {
	a, b := timed("A", 60, 40), timed("A", 80, 20)
	a.Runs = append(a.Runs, b.Runs...)
	got := alignments([]Side{a, timed("B", 60, 40)}, Shared)
	var at30 *float64
	for i, f := range got[0].FromS {
		if f == 30 {
			at30 = got[0].Sides[0].Availability[i]
		}
	}
	if at30 == nil || *at30 != 0.5 || len(got[0].Sides[0].ZeroS) != 2 {
		t.Errorf("half of the runs are good again after 30 s: %+v", got[0])
	}
}

func TestStepOf(t *testing.T) {
	for _, test := range []struct {
		length float64
		n      int
		least  float64
		want   float64
	}{{0, 10, 0, 0.1}, {10, 10, 0, 1}, {10, 10, 3, 5}, {10.1, 10, 0, 2}, {43200, 16, 0, 3600}, {1e6, 16, 0, 86400}, {1e7, 16, 0, 8 * 86400}} {
		if got := stepOf(test.length, test.n, test.least); got != test.want {
			t.Errorf("%v in %d steps: %v, want %v", test.length, test.n, got, test.want)
		}
	}
}
