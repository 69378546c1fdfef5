package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"showdown"
)

// pattern is one request a second as text: . is good, x failed, d never sent.
func pattern(s string) []showdown.Hit {
	var out []showdown.Hit
	for i, r := range s {
		at := time.Duration(i) * time.Second
		h := showdown.Hit{Seq: uint64(i), Intended: at, Sent: at, Latency: time.Millisecond}
		switch r {
		case 'x':
			h.Outcome = showdown.Refused
		case 'd':
			h.Outcome, h.Latency = showdown.Dropped, 0
		}
		out = append(out, h)
	}
	return out
}

// plainRun is a run of given requests with no stage, at a speed.
func plainRun(speed float64, hits []showdown.Hit) run {
	return run{
		stage: &showdown.Stage{Journey: "mine", Name: "attack"}, speed: speed,
		hits: map[string][]showdown.Hit{"base": hits},
	}
}

func TestOutages(t *testing.T) {
	const ten, good20 = "xxxxxxxxxx", "...................."
	for _, tt := range []struct {
		name, hits string
		// want are the bounds of the outages, in seconds; open says the last is.
		want [][2]float64
		open bool
		lost float64
	}{
		{name: "nothing fails", hits: good20},
		{name: "ten failures in a row", hits: "..." + ten + "...", want: [][2]float64{{3, 13}}, lost: 10},
		{name: "nine are chance", hits: "...xxxxxxxxx...", lost: 9},
		{name: "a good one between breaks the streak", hits: "..xxxxx.xxxxx..", lost: 10},
		{name: "two outages", hits: ten + "." + ten + "x.", want: [][2]float64{{0, 10}, {11, 22}}, lost: 21},
		{name: "until the end", hits: ".." + ten, want: [][2]float64{{2, 12}}, open: true, lost: 10},
		{name: "the first request fails", hits: ten + ".", want: [][2]float64{{0, 10}}, lost: 10},
		{name: "dropped ones do not break it", hits: "..xxxxxddxxxxx..", want: [][2]float64{{2, 14}}, lost: 12},
		{name: "dropped ones make none", hits: "..dddddddddddd..", lost: 12},
		{name: "dropped ones do not fill it up", hits: "..xxxxxdddddxx..", lost: 12},
		{name: "dropped ones do not begin it", hits: "..ddd" + ten + "..", want: [][2]float64{{5, 15}}, lost: 13},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := plainRun(1, pattern(tt.hits)).analyse(t).Downtime
			if len(d.Outages) != len(tt.want) {
				t.Fatalf("outages %+v, want %v", d.Outages, tt.want)
			}
			sum := 0.0
			for i, o := range d.Outages {
				if o.FromS != tt.want[i][0] || o.ToS != tt.want[i][1] || o.Seconds != o.ToS-o.FromS || o.SecondsLab != o.Seconds {
					t.Errorf("outage %+v, want %v", o, tt.want[i])
				}
				if o.Open != (tt.open && i == len(d.Outages)-1) {
					t.Errorf("outage %+v: open is wrong", o)
				}
				sum += o.Seconds
			}
			if d.OutageS != sum || d.LostS != tt.lost {
				t.Errorf("outage_s %g lost_s %g, want %g and %g", d.OutageS, d.LostS, sum, tt.lost)
			}
		})
	}
}

// TestKnownOutage holds the promise of the whole tool: an outage that is known is
// measured to within two intervals between requests.
func TestKnownOutage(t *testing.T) {
	for _, speed := range []float64{1, 10, 60, 300} {
		for _, rate := range []float64{20, 100, 200, 1000} {
			for _, length := range []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, 1470 * time.Millisecond, 10 * time.Second} {
				interval := time.Duration(1e9 / rate)
				if length < 10*interval {
					continue
				}
				t.Run(fmt.Sprintf("speed %g rate %g length %s", speed, rate, length), func(t *testing.T) {
					clock, err := showdown.NewClock(speed)
					if err != nil {
						t.Fatal(err)
					}
					from := 1234567 * time.Microsecond
					traffic := showdown.Traffic{Clients: 10, Phases: []showdown.Phase{{Name: "all", Lab: showdown.LabDuration(14 * time.Second), Rate: rate}}}
					r := plainRun(speed, hitsOf(traffic, clock, down(from, from+length)))
					r.stage.Cells = []showdown.Cell{{Name: "base", Traffic: traffic}}
					d := r.analyse(t).Downtime
					if len(d.Outages) != 1 {
						t.Fatalf("outages %+v, want one", d.Outages)
					}
					tolerance := 2 * interval.Seconds()
					if got := d.Outages[0].SecondsLab; math.Abs(got-length.Seconds()) > tolerance {
						t.Errorf("outage of %g lab s, want %g", got, length.Seconds())
					}
					for what, got := range map[string]float64{"outage": d.Outages[0].Seconds, "lost": d.LostS} {
						if math.Abs(got-length.Seconds()*speed) > tolerance*speed {
							t.Errorf("%s of %g AWS s, want %g", what, got, length.Seconds()*speed)
						}
					}
					if got, want := d.ResolutionS, speed/rate; math.Abs(got-want) > want/10 {
						t.Errorf("resolution %g s, want about %g", got, want)
					}
				})
			}
		}
	}
}

// TestDowntimeProperties holds what is true of every record.
func TestDowntimeProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	for round := range 300 {
		hits := randomHits(random)
		speed := []float64{1, 60, 300}[round%3]
		s := plainRun(speed, hits).analyse(t)
		d, length := s.Downtime, s.LabSeconds*speed
		const noise = 1e-3
		check := func(ok bool, what string) {
			if !ok {
				t.Errorf("round %d: %s: %+v over %g s", round, what, d, length)
			}
		}
		check(d.LostS <= length+noise, "lost beyond the traffic")
		check(d.OutageS <= d.LostS+noise, "outage beyond what was lost")
		check(d.OutageS <= d.DegradedS+noise, "outage beyond the degraded time")
		check(d.DegradedS <= length+noise, "degraded beyond the traffic")
		check(d.LongestOutageS <= d.OutageS+noise, "the longest beyond all")
		check((d.LostS > 0) == (s.Requests.OK < s.Requests.Scheduled) || len(hits) < 3, "lost without failures or the other way round")
		last := 0.0
		for _, o := range d.Outages {
			check(o.FromS >= last-noise && o.ToS > o.FromS, "outages overlap")
			last = o.ToS
		}
		r := s.Requests
		var sum uint64
		for _, n := range r.Outcomes {
			sum += n
		}
		check(r.Scheduled == uint64(len(hits)) && r.Sent+r.Dropped == r.Scheduled && r.OK+r.Failed == r.Sent && sum == r.Scheduled, "requests do not add up")
		var backends uint64
		for _, b := range s.Backends {
			backends += b.OK + b.Failed
		}
		check(backends <= r.Sent, "backends answer more than was sent")
	}
}

// randomHits is requests at uneven times with streaks of failures.
func randomHits(random *rand.Rand) []showdown.Hit {
	var out []showdown.Hit
	at := time.Duration(0)
	outcome := showdown.OK
	for i := range 3 + random.IntN(500) {
		if random.IntN(12) == 0 {
			outcome = []showdown.Outcome{showdown.OK, showdown.OK, showdown.Refused, showdown.ResponseTimeout, showdown.Dropped}[random.IntN(5)]
		}
		h := showdown.Hit{Seq: uint64(i), Intended: at, Sent: at, Outcome: outcome}
		if outcome != showdown.Dropped {
			h.Sent += time.Duration(random.IntN(2000)) * time.Microsecond
			h.Latency = time.Duration(random.IntN(50)) * time.Millisecond
			h.Backend = fmt.Sprintf("web-%d", random.IntN(3))
		}
		out = append(out, h)
		at += time.Duration(1+random.IntN(20)) * time.Millisecond
	}
	return out
}

func TestDegraded(t *testing.T) {
	good, bad := "..............................", "x............................."
	for _, tt := range []struct {
		name, hits string
		want       float64
	}{
		{"none", good + good, 0},
		{"one failure of thirty is below 99 %", good + bad + good, 30},
		{"two windows that touch are one time", good + bad + bad + good, 60},
		{"an outage at an edge counts whole", good[:28] + "xxxxxxxxxx" + good[:22], 60},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// One request a second at speed 1: windows of 30 s.
			if got := plainRun(1, pattern(tt.hits)).analyse(t).Downtime.DegradedS; got != tt.want {
				t.Errorf("degraded %g s, want %g", got, tt.want)
			}
		})
	}
}

func TestDegradedWidth(t *testing.T) {
	for _, tt := range []struct {
		rate, speed float64
		want        time.Duration // AWS time
	}{
		{200, 60, 10 * time.Second},
		{400, 300, 30 * time.Second},
		{100, 1, 500 * time.Millisecond},
		{10_000, 1, 100 * time.Millisecond},
		{0.001, 60, time.Hour},
	} {
		gap := time.Duration(1e9 / tt.rate)
		if got := degradedWidth(gap, tt.speed); got != time.Duration(float64(tt.want)/tt.speed) {
			t.Errorf("%g/s at speed %g: %s, want %s of AWS time", tt.rate, tt.speed, got, tt.want)
		}
	}
}

func TestSparseWindowsGoOn(t *testing.T) {
	d := newDegradedDetector(time.Second, 0.99)
	for i := range 20 {
		// One request in three seconds: a window is ten requests long.
		d.add(time.Duration(i)*3*time.Second, i != 4)
	}
	got := d.finish(time.Minute, nil)
	if len(got) != 1 || got[0].from != 0 || got[0].to < 28*time.Second || got[0].to > 31*time.Second {
		t.Errorf("degraded %v, want the first ten requests", got)
	}
}

func TestEmptyRecord(t *testing.T) {
	s := plainRun(60, nil).analyse(t)
	if s.Requests.Scheduled != 0 || s.Availability != nil || s.LatencyMS.Service.P99 != nil || s.Verdict != showdown.Unknown {
		t.Errorf("summary of nothing: %+v", s)
	}
}

// TestWaited counts what timeouts would have been without the floor.
func TestWaited(t *testing.T) {
	hits := pattern("....................")
	for i := range 3 {
		hits[i].Outcome, hits[i].Latency = showdown.ResponseTimeout, 60*time.Millisecond
	}
	r := plainRun(300, hits)
	r.stage.Cells = []showdown.Cell{{Name: "base", Traffic: showdown.Traffic{Timeout: 5 * showdown.Second}}}
	// 5 s at speed 300 are 16.7 ms, below the floor of 60 ms.
	if got := r.analyse(t).WaitedS; got != 15 {
		t.Errorf("waited %g s, want 15", got)
	}
}

func TestCohorts(t *testing.T) {
	stage := testStage()
	stage.Cells = stage.Cells[:1]
	c := &stage.Cells[0]
	c.Timeline, c.Reference = nil, nil
	c.Traffic.Phases = []showdown.Phase{{Name: "all", For: 10 * showdown.Minute, Rate: 200}}
	c.Traffic.Cohorts = []showdown.Cohort{{Name: "told", Share: 0.5}, {Name: "old", Share: 0.5}}
	stage.Claims = []showdown.Claim{
		{ID: "a", Expect: `availability(cohort("told")) == 1 and longest(cohort("old")) between 297s and 301s`},
		{ID: "b", Expect: `lost(cohort("old", phase("all"))) between 297s and 301s and outages() == 0`},
	}
	clock, _ := showdown.NewClock(60)
	hits := hitsOf(c.Traffic, clock, fine)
	for i := range hits {
		// The first five clients are told; the others fail in the second half.
		if hits[i].Client >= 5 && hits[i].Intended >= 5*time.Second {
			hits[i].Outcome = showdown.ConnectTimeout
		}
	}
	s := run{stage: stage, speed: 60, hits: map[string][]showdown.Hit{"base": hits}}.analyse(t)
	if len(s.Cohorts) != 2 {
		t.Fatalf("cohorts %+v", s.Cohorts)
	}
	told, old := s.Cohorts[0], s.Cohorts[1]
	if told.Clients != 5 || told.Requests.Scheduled != 1000 || *told.Availability != 1 || told.LostS != 0 {
		t.Errorf("told: %+v", told)
	}
	if *old.Availability != 0.5 || math.Abs(old.LongestOutageS-300) > 2 || math.Abs(old.LostS-300) > 2 {
		t.Errorf("old: %+v", old)
	}
	if d := s.Downtime; math.Abs(d.LostS-150) > 2 || len(d.Outages) != 0 {
		t.Errorf("the cell: %+v", d)
	}
	for _, c := range s.Claims {
		if c.Verdict != showdown.Held {
			t.Errorf("claim %s: %+v", c.ID, c)
		}
	}
}

// TestCauseIsWhatMostFailuresFallTo: under overload an outage often has a few
// failures ahead of the fault that makes it one, and they may not take the blame.
func TestCauseIsWhatMostFailuresFallTo(t *testing.T) {
	for _, tt := range []struct{ name, causes, want string }{
		{"one fault", "AAAAAAAAAA", "A"},
		{"chance just ahead of it", "--AAAAAAAA", "A"},
		{"overload with a short fault in it", "-------AAA", ""},
		{"the longer of two faults", "AAAABBBBBB", "B"},
		{"the earlier of two that are alike", "AAAAABBBBB", "A"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d outageDetector
			// An outage before it may leave nothing behind.
			for i := range 20 {
				d.failed(time.Duration(i), "Z")
			}
			d.good(20)
			for i, c := range tt.causes {
				d.failed(time.Duration(30+i), strings.Trim(string(c), "-"))
			}
			d.good(50)
			if len(d.outages) != 2 || d.outages[1] != (outage{from: 30, to: 50, cause: tt.want}) {
				t.Errorf("outages %+v, want one from 30 to 50 caused by %q", d.outages, tt.want)
			}
		})
	}
}

// TestFailuresFallToWhatHitTheirInstance: of two faults that are in place, the one on the
// instance that was asked takes the failure, and what is done to names takes only names
// that were not resolved.
func TestFailuresFallToWhatHitTheirInstance(t *testing.T) {
	at := func(d time.Duration) *time.Duration { return &d }
	of := func(letter string, injecting time.Duration, names bool, targets ...string) *fault {
		return &fault{letter: letter, action: "kill", targets: targets, injecting: at(injecting), names: names}
	}
	faults := []*fault{
		of("A", time.Second, false, "web-1"),
		of("B", 2*time.Second, false, "web-2"),
		of("C", 3*time.Second, true, "web-1"),
	}
	a := newAttribution(faults, time.Second)
	for _, c := range []struct {
		outcome showdown.Outcome
		backend string
		want    string
	}{
		{showdown.Refused, "web-1", "A"},
		{showdown.Refused, "web-2", "B"},
		{showdown.HTTP5xx, "web-3", "B"}, // nobody hit it: the latest
		{showdown.ConnectTimeout, "", "B"},
		{showdown.DNSFailure, "", "C"},
	} {
		h := showdown.Hit{Intended: 4 * time.Second, Sent: 4 * time.Second, Outcome: c.outcome, Backend: c.backend}
		if got := letterOf(a.failed(&h)); got != c.want {
			t.Errorf("%s of %q falls to %q, want %q", c.outcome, c.backend, got, c.want)
		}
	}
	if faults[0].failures() != 1 || faults[1].failures() != 3 || faults[2].failures() != 1 {
		t.Errorf("they have %d, %d and %d failures", faults[0].failures(), faults[1].failures(), faults[2].failures())
	}
}
