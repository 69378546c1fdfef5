package elb

import (
	"math"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9*(1+math.Abs(b)) }

// TestLCUHours: an hour and a half at speed 60, 90 lab seconds.
func TestLCUHours(t *testing.T) {
	clock, _ := showdown.NewClock(60)
	at := func(s float64) time.Time { return zero.Add(time.Duration(s * float64(time.Second))) }
	samples := []sample{
		{at: zero},
		// 50 new connections a lab second, which is 50 a second on AWS: 2 LCU of the half hour.
		{at: at(30), totals: totals{connections: 1500, bytes: 1e6}, active: 300},
		// Nothing until the middle of the second hour, but what is open: 6,000.
		{at: at(75), totals: totals{connections: 1500, bytes: 1e6}, active: 6000},
		// Then 100 MB in 15 lab seconds: as much as 24 GB an hour on AWS.
		{at: at(90), totals: totals{connections: 1500, bytes: 101e6}, active: 0},
	}
	hours := lcuHours(clock, zero, samples, at(90))
	if len(hours) != 2 {
		t.Fatalf("%d hours, want 2", len(hours))
	}
	one, two := hours[0], hours[1]
	if one.From != 0 || one.For != showdown.Hour || two.From != showdown.Hour || two.For != 30*showdown.Minute {
		t.Errorf("hours %s for %s and %s for %s", one.From, one.For, two.From, two.For)
	}
	if c := one.NewConnections; !near(c.Mean, 25) || !near(c.Peak, 50) || !near(c.LCUs, 1) {
		t.Errorf("new connections %+v, want 25 a second, peak 50, 1 LCU", c)
	}
	if c := one.ActiveConnections; !near(c.Mean, 150+3000) || !near(c.Peak, 6000) || !near(c.LCUs, 1.05) {
		t.Errorf("active connections %+v, want 3150, peak 6000", c)
	}
	if c := one.GB; !near(c.Mean, 1e6*60/1e9) {
		t.Errorf("GB %+v, want 0.06", c)
	}
	if one.By != "active connections" || !near(one.LCU, 1.05) {
		t.Errorf("the first hour is billed %g by %s", one.LCU, one.By)
	}
	if c := two.GB; !near(c.Mean, 12) || !near(c.Peak, 24) || two.By != "bytes" || !near(two.LCU, 12) {
		t.Errorf("the second hour: %+v billed %g by %s, want 12 GB an hour", c, two.LCU, two.By)
	}
	if two.RuleEvaluations != (Dimension{}) {
		t.Errorf("rule evaluations %+v: the first ten are free", two.RuleEvaluations)
	}
	if got := (Usage{LCU: hours}).LCUHours(); !near(got, 1.05+6) {
		t.Errorf("%g LCU hours, want 7.05", got)
	}
	if got := lcuHours(clock, zero, samples[:1], zero); got != nil {
		t.Errorf("before anything: %+v", got)
	}
}

// TestLCUDoesNotDependOnTheSpeed: the same requests a lab second cost the same an hour.
func TestLCUDoesNotDependOnTheSpeed(t *testing.T) {
	for _, speed := range []float64{1, 60, 300} {
		clock, _ := showdown.NewClock(speed)
		end := zero.Add(clock.Lab(showdown.Hour))
		n := uint64(end.Sub(zero).Seconds() * 1000)
		hours := lcuHours(clock, zero, []sample{{at: zero}, {at: end, totals: totals{connections: n, bytes: n * 1000}}}, end)
		if h := hours[0]; !near(h.NewConnections.Mean, 1000) || !near(h.GB.Mean, 3.6) || !near(h.LCU, 40) {
			t.Errorf("speed %g: %+v", speed, h)
		}
	}
}

// TestTallyOutlivesAMachine: what a machine counted stays when another takes its place.
func TestTallyOutlivesAMachine(t *testing.T) {
	var y tally
	count := func(n uint64) cloud.BalancerCounters {
		return cloud.BalancerCounters{
			Requests: n, NewConnections: 2 * n, Bytes: 3 * n, CrossZone: 4 * n,
			Targets: []cloud.TargetCounters{{Group: "web", Target: "web-1", Requests: n}, {Group: "shop", Target: "web-1", Requests: 1}},
		}
	}
	y.next()
	y.take(count(10))
	y.take(count(8)) // overtaken
	y.next()
	y.take(count(5))
	if got := y.all(); got != (totals{15, 30, 45, 60}) {
		t.Errorf("totals %+v", got)
	}
	targets := map[string]uint64{}
	y.addTargets("web", targets)
	if targets["web-1"] != 15 || len(targets) != 1 {
		t.Errorf("targets %v", targets)
	}
}
