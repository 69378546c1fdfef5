package live

import (
	"encoding/json"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
	"showdown/results"
)

// buckets are hits of which each letter makes a bucket of ten: o all good, f all failed, h
// half of each, a dot none.
func buckets(script string) []showdown.Hit {
	var out []showdown.Hit
	for n, kind := range script {
		for i := range 10 {
			h := showdown.Hit{Intended: time.Duration(n)*longestBucket + time.Duration(i)*time.Millisecond, Latency: time.Millisecond}
			h.Sent = h.Intended
			if kind == 'f' || kind == 'h' && i%2 == 0 {
				h.Outcome = showdown.Refused
			}
			if kind != '.' {
				out = append(out, h)
			}
		}
	}
	return out
}

// TestMeasured holds what a stage is compared by.
func TestMeasured(t *testing.T) {
	secs := func(s float64) *float64 { return &s }
	fault := func(struck float64, over bool) *Fault {
		f := &Fault{Letter: "A", Action: "kill", Phase: Active, FromS: &struck, fromBucket: int(struck / 6)}
		if over {
			f.Phase, f.ToS = Healed, secs(struck+6)
		}
		return f
	}
	for _, test := range []struct {
		name, script string
		fault        *Fault
		failed       uint64
		availability float64
		outage       float64
		recovery     *float64
	}{
		{name: "nothing was asked", script: "...", availability: math.NaN()},
		{name: "all is well", script: "oooo", availability: 1},
		{name: "half of them fail", script: "ohho", failed: 10, availability: .75},
		{name: "an outage of two buckets", script: "offooof", failed: 30, availability: 4. / 7, outage: 12},
		{name: "a bucket without requests does not end it", script: "of.fo", failed: 20, availability: .5, outage: 18},
		{name: "it ends where nothing more was asked", script: "off...", failed: 20, availability: 1. / 3, outage: 12},
		{name: "a fault that strikes", script: "oof", fault: fault(12, false), failed: 10, availability: 2. / 3, outage: 6},
		{name: "one that users do not feel any more", script: "ooffoooooo", fault: fault(12, false), failed: 20, availability: .8, outage: 12, recovery: secs(12)},
		{name: "one that nobody felt yet", script: "oooooooooo", fault: fault(12, false), availability: 1},
		{name: "one that nobody felt", script: "oooooooooo", fault: fault(12, true), availability: 1, recovery: secs(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			stage := testStage()
			c := newCell(&stage.Cells[0], testClock(t), 0)
			c.series.add(buckets(test.script))
			if test.fault != nil {
				c.faults = append(c.faults, test.fault)
			}
			m := c.measured(len(test.script))
			if m.Failed != test.failed || !near(float64(m.Availability), test.availability) || m.LongestOutageS != test.outage {
				t.Errorf("%d failed, %v answered, the longest outage is %v s; want %d, %v, %v", m.Failed, m.Availability, m.LongestOutageS, test.failed, test.availability, test.outage)
			}
			var recovery *float64
			if (m.Recovery != nil) != (test.fault != nil) {
				t.Fatalf("the recovery is %+v", m.Recovery)
			}
			if m.Recovery != nil {
				recovery = m.Recovery.Seconds
			}
			if (recovery == nil) != (test.recovery == nil) || recovery != nil && !near(*recovery, *test.recovery) {
				t.Errorf("users felt it for %v, want %v", recovery, test.recovery)
			}
		})
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 || math.IsNaN(a) && math.IsNaN(b) }

// TestGhostOfLive holds that a stage is the ghost of the next one in the same hub, and that
// one which showed nothing leaves the ghost as it was.
func TestGhostOfLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		playTest(t, h, testLength+30)
		if h.State().Ghost != nil {
			t.Error("the first stage has a ghost")
		}
		next := testStage()
		next.Name = "asg"
		h.Stage(next, testClock(t), nil)
		g := h.State().Ghost
		if g == nil || g.Run != "run-1" || g.Stage != "test/elb" || g.Name != "elb" || *g.MonthUSD != 236.25 {
			t.Fatalf("the ghost is %+v", g)
		}
		var want uint64
		for _, hit := range testHits() {
			if hit.Failed() {
				want++
			}
		}
		if g.Measured.Failed != want || g.Measured.Requests != 2000 || g.Measured.LongestOutageS != 0 {
			t.Errorf("it measured %+v, want %d failed of 2000", g.Measured, want)
		}
		if r := g.Measured.Recovery; r == nil || r.Letter != "A" || r.Action != "kill" || r.Seconds == nil || *r.Seconds < noticedAt-killedAt-1 || *r.Seconds > noticedAt-killedAt+7 {
			t.Errorf("the recovery is %+v", r)
		}
		if len(g.Faults) != 1 || g.Faults[0] != (Strike{"A", "kill", killedAt}) {
			t.Errorf("its faults are %+v", g.Faults)
		}
		ok, failed := 0.0, 0.0
		for i := range g.OK {
			ok, failed = ok+float64(g.OK[i]), failed+float64(g.Failed[i])
		}
		if ok+failed != 2000 || uint64(failed) != want || len(g.OK) != 100 || g.PointS != 6 || g.LengthS != testLength {
			t.Errorf("%d points of %v s count %v and %v", len(g.OK), g.PointS, ok, failed)
		}
		h.Stage(testStage(), testClock(t), nil)
		if again := h.State().Ghost; again == nil || again.Stage != "test/elb" {
			t.Errorf("after a stage that showed nothing the ghost is %+v", again)
		}
	})
}

// TestGhostIsBounded holds that an hour of a stage is no longer than some minutes of it, that
// no request is lost, and that what is not known is null.
func TestGhostIsBounded(t *testing.T) {
	stage := testStage()
	c := newCell(&stage.Cells[0], testClock(t), 0)
	for n := range 5000 {
		if n/100 == 7 {
			continue // the generator paused
		}
		c.series.add([]showdown.Hit{{Intended: time.Duration(n) * longestBucket, Latency: 20 * time.Millisecond}})
	}
	g := c.ghost(stage, "run", c.series.end())
	if len(g.OK) > ghostPoints || g.PointS != 9*6 {
		t.Errorf("%d points of %v s", len(g.OK), g.PointS)
	}
	sum, gaps := 0.0, 0
	for _, n := range g.OK {
		if math.IsNaN(float64(n)) {
			gaps++
			continue
		}
		sum += float64(n)
	}
	if sum != 4900 || gaps != 10 {
		t.Errorf("%v requests and %d gaps, want 4900 and 10", sum, gaps)
	}
	data, err := json.Marshal(g)
	if err != nil || len(data) > 16<<10 {
		t.Errorf("it has %d bytes (%v)", len(data), err)
	}
}

// TestGhostOfReplay holds that the ghost of a stage of a journey's record is the stage before
// it, as its record shows it, wherever the replay is.
func TestGhostOfReplay(t *testing.T) {
	first, second := testStage(), testStage()
	second.Name, second.Title = "asg", "An Auto Scaling group"
	runs := []results.Run{recordOf(t, first, testHits()), recordOf(t, second, testHits()[:1000])}
	h := NewHub(time.Now)
	r, err := NewReplay(h, runs, 10, true)
	if err != nil {
		t.Fatal(err)
	}
	if h.State().Ghost != nil {
		t.Error("the first stage has a ghost")
	}
	if err := r.open(1); err != nil {
		t.Fatal(err)
	}
	for _, at := range []float64{0, 300, 100} {
		h.mu.Lock()
		r.jump(at)
		h.mu.Unlock()
		g := h.State().Ghost
		if g == nil || g.Stage != "test/elb" || g.LengthS != testLength || g.Measured.Requests != 2000 || *g.MonthUSD != 236.25 || len(g.Faults) != 1 {
			t.Fatalf("at %v the ghost is %+v", at, g)
		}
	}
	if m := h.State().Cells[0].Measured; m == nil || m.Requests != 320 {
		t.Errorf("at 100 s of the second the base cell measured %+v, want 320 requests", m)
	}
	if m := h.State().Cells[1].Measured; m != nil {
		t.Errorf("another cell measured %+v", m)
	}
	if err := r.open(0); err != nil || h.State().Ghost != nil {
		t.Errorf("back in the first stage the ghost is %+v (%v)", h.State().Ghost, err)
	}
}

// TestClockStops holds that the clock of a cell stands still when its traffic is over.
func TestClockStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		playTest(t, h, testLength+300)
		if c := h.State().Cells[0]; c.T != testLength || !c.Ended {
			t.Errorf("it is at %v, want %v", c.T, testLength)
		}
	})
}
