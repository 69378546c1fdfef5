package attack

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"showdown"
)

func mustClock(t testing.TB, speed float64) showdown.Clock {
	t.Helper()
	c, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func phases(t testing.TB, speed float64, p ...showdown.Phase) []showdown.Segment {
	return showdown.Traffic{Phases: p}.Segments(mustClock(t, speed))
}

func TestDue(t *testing.T) {
	minute := showdown.Minute
	for _, test := range []struct {
		name  string
		phase showdown.Phase
		k     uint64
		want  time.Duration
	}{
		{"constant: the first is due half an interval after the start", showdown.Phase{For: minute, Rate: 100}, 0, 5 * time.Millisecond},
		{"constant: the others an interval apart", showdown.Phase{For: minute, Rate: 100}, 7, 75 * time.Millisecond},
		{"ramp from zero: the square root of the number", showdown.Phase{Pace: showdown.Ramp, For: minute, To: 100}, 0, 100 * time.Millisecond},
		{"ramp to zero", showdown.Phase{Pace: showdown.Ramp, For: minute, From: 100}, 49, 900 * time.Millisecond},
		{"second step", showdown.Phase{Pace: showdown.Steps, Lab: showdown.LabDuration(time.Second), Steps: []float64{10, 20}}, 10, 1025 * time.Millisecond},
		{"spike's middle third", showdown.Phase{Pace: showdown.Spike, For: 3 * minute, Rate: 10, Peak: 100}, 10, 1005 * time.Millisecond},
		{"sine: 31.8 more than the mean by half a swing", showdown.Phase{Pace: showdown.Sine, For: minute, Rate: 100, Amplitude: 100, Period: minute}, 81, 497 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlan(newSchedule(phases(t, 60, test.phase)))
			got, ok := p.due(test.k)
			if !ok || (got-test.want).Abs() > time.Millisecond {
				t.Errorf("request %d is due at %v (%v), want %v", test.k, got, ok, test.want)
			}
		})
	}
}

// Whatever the phases, the requests due in a segment are the integral of its rate to
// within one, they come in order, and due is the inverse of hits.
func TestDueIsIntegralOfRate(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var list []showdown.Phase
		for range 1 + r.IntN(5) {
			p := showdown.Phase{For: showdown.Duration(1+r.IntN(300)) * showdown.Second}
			switch r.IntN(5) {
			case 0:
				p.Rate = r.Float64() * 500
			case 1:
				p.Pace, p.From, p.To = showdown.Ramp, r.Float64()*500*float64(r.IntN(2)), r.Float64()*500
			case 2:
				p.Pace = showdown.Steps
				for range 1 + r.IntN(4) {
					p.Steps = append(p.Steps, float64(r.IntN(500)))
				}
			case 3:
				p.Pace, p.Rate = showdown.Sine, r.Float64()*300
				p.Amplitude = p.Rate * min(r.Float64()*1.2, 1)
				p.Period = showdown.Duration(10+r.IntN(200)) * showdown.Second
			case 4:
				p.Pace, p.Rate, p.Peak = showdown.Spike, r.Float64()*50, r.Float64()*500
			}
			list = append(list, p)
		}
		segments := phases(t, 60, list...)
		s := newSchedule(segments)
		p := newPlan(s)
		counts := make([]int, len(segments))
		var last time.Duration
		k := uint64(0)
		for ; ; k++ {
			at, ok := p.due(k)
			if !ok {
				break
			}
			if at < last {
				t.Fatalf("seed %d: request %d is due at %v, before the last at %v", seed, k, at, last)
			}
			last = at
			if miss := s.hits(at) - (float64(k) + 0.5); math.Abs(miss) > 1e-3 {
				t.Fatalf("seed %d: at the time of request %d (%v) %g too many are due", seed, k, at, miss)
			}
			for i, seg := range segments {
				if at >= seg.Start && at < seg.End {
					counts[i]++
				}
			}
		}
		if miss := float64(k) - s.total(); math.Abs(miss) > 0.5+1e-6 {
			t.Errorf("seed %d: %d requests, the integral is %g", seed, k, s.total())
		}
		for i, seg := range segments {
			if want := seg.Hits(seg.End); math.Abs(float64(counts[i])-want) > 1 {
				t.Errorf("seed %d: segment %d has %d requests, the integral is %g", seed, i, counts[i], want)
			}
		}
	}
}

func TestPlanScale(t *testing.T) {
	p := newPlan(newSchedule(phases(t, 60, showdown.Phase{For: 10 * showdown.Minute, Rate: 100})))
	dueIn := func(from, to time.Duration) int {
		n := 0
		for k := uint64(0); ; k++ {
			at, ok := p.due(k)
			if !ok || at >= to {
				return n
			}
			if at >= from {
				n++
			}
		}
	}
	second := time.Second
	before, _ := p.due(150)
	p.scale(2*second, 3)
	if after, _ := p.due(150); after != before {
		t.Errorf("a request that was due before the change moved from %v to %v", before, after)
	}
	p.scale(3*second, 0)
	if _, ok := p.due(600); ok {
		t.Error("at factor 0 a further request is due")
	}
	p.scale(5*second, 1)
	for _, w := range []struct {
		from, to time.Duration
		want     int
	}{
		{0, 2 * second, 200},
		{2 * second, 3 * second, 300},
		{3 * second, 5 * second, 0},
		{5 * second, 10 * second, 500},
	} {
		if got := dueIn(w.from, w.to); got < w.want-1 || got > w.want+1 {
			t.Errorf("%v to %v: %d requests, want %d", w.from, w.to, got, w.want)
		}
	}
}
