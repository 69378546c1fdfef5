package analysis

import (
	"strings"
	"testing"
	"time"

	"showdown"
)

// grouped is a good run whose base cell is a group of two behind a load balancer with a
// node in each of two zones. Fault A takes web-1 at 120 s, B fails zone us-east-1b, in
// which web-2 is, at 360 s.
func grouped(t testing.TB) run {
	t.Helper()
	r := good(t)
	base := &r.stage.Cells[0]
	base.Topology.Instances = nil
	base.Topology.LoadBalancers = []showdown.LoadBalancer{{Name: "front", Zones: []string{"us-east-1a", "us-east-1b"}}}
	base.Topology.AutoScalingGroups = []showdown.AutoScalingGroup{{
		Name: "web", Template: showdown.Instance{Role: "web", Type: "m5.large"}, Min: 2, Max: 4, Desired: 2,
		Zones: []string{"us-east-1a", "us-east-1b"},
	}}
	base.Timeline[0].Do, base.Timeline[0].For = "kill", 5*showdown.Minute
	base.Timeline[1].Do, base.Timeline[1].With = "fail-az", map[string]string{"zone": "us-east-1b"}
	for i := range r.events {
		e := &r.events[i]
		if e.Cell != "base" {
			continue
		}
		if e.Target == "B" {
			e.Data["targets"] = []any{}
		}
		if e.Target == "A" && e.T > 180 {
			e.T += 110 // healed at 290.2 and undone at 317
		}
	}
	add := func(t float64, kind showdown.EventKind, target string, data map[string]any) {
		r.events = append(r.events, showdown.Event{T: t, Cell: "base", Kind: kind, Source: "ec2", Target: target, Data: data})
	}
	state := func(t float64, name, to string) {
		add(t, showdown.InstanceState, name, map[string]any{"from": "", "to": to, "type": "m5.large"})
	}
	size := func(t, desired, inService, a, b float64) {
		add(t, showdown.ScalingCapacity, "web", map[string]any{
			"min": 2.0, "max": 4.0, "desired": desired, "in_service": inService, "pending": 0.0,
			"zones": map[string]any{"us-east-1a": a, "us-east-1b": b},
		})
	}
	activity := func(t, n float64, status, description, instance, zone string) {
		add(t, showdown.ScalingActivity, "web", map[string]any{
			"activity": n, "status": status, "description": description, "instance": instance, "zone": zone,
		})
	}
	health := func(t float64, node, name, to string) {
		add(t, showdown.TargetHealth, name, map[string]any{"balancer": "front", "node": node, "group": "web", "to": to})
	}
	state(-30, "web-1", "running")
	state(-30, "web-2", "running")
	size(-30, 2, 2, 1, 1)
	// The instances that a lab comes up with are healthy without a check having said so.
	for _, name := range []string{"web-1", "web-2"} {
		add(-20, showdown.TargetState, name, map[string]any{"balancer": "front", "group": "web", "to": "registered", "known": true})
	}
	for _, node := range []string{"front-1a", "front-1b"} {
		add(-20, showdown.BalancerNode, node, map[string]any{"balancer": "front", "in_dns": true})
	}
	// A: the nodes believe it at 160 and 175 s, the group replaces it.
	health(175, "front-1b", "web-1", "unhealthy")
	health(160, "front-1a", "web-1", "unhealthy")
	size(180, 2, 1, 0, 1)
	activity(180, 7, "InProgress", "Terminating EC2 instance: web-1", "web-1", "us-east-1a")
	add(180, showdown.TargetState, "web-1", map[string]any{"balancer": "front", "group": "web", "to": "draining"})
	state(190, "web-1", "shutting-down")
	activity(190, 7, "Successful", "Terminating EC2 instance: web-1", "web-1", "us-east-1a")
	activity(191, 8, "InProgress", "Launching a new EC2 instance: web-3", "web-3", "us-east-1a")
	state(210, "web-3", "running")
	activity(210, 8, "Successful", "Launching a new EC2 instance: web-3", "web-3", "us-east-1a")
	activity(211, 8, "Successful", "Launching a new EC2 instance: web-3", "web-3", "us-east-1a")
	size(220, 2, 2, 1, 1)
	health(212, "front-1a", "web-3", "initial")
	health(212, "front-1b", "web-3", "initial")
	health(230, "front-1a", "web-3", "healthy")
	health(240, "front-1b", "web-3", "healthy")
	// B: the node of the zone leaves the answer, web-2 is replaced in the other zone.
	health(385, "front-1a", "web-2", "unhealthy")
	size(405, 2, 1, 1, 0)
	add(410, showdown.BalancerNode, "front-1b", map[string]any{"balancer": "front", "in_dns": false})
	add(411, showdown.TargetState, "web-2", map[string]any{"balancer": "front", "group": "web", "to": "deregistered"})
	state(411, "web-2", "terminated")
	activity(412, 9, "Failed", "Launching a new EC2 instance", "", "us-east-1b")
	state(430, "web-4", "running")
	activity(430, 10, "Successful", "Launching a new EC2 instance: web-4", "web-4", "us-east-1a")
	health(440, "front-1a", "web-4", "healthy")
	size(450, 2, 2, 2, 0)
	// The load doubles: not A's and not B's.
	size(500, 4, 2, 2, 0)
	return r
}

func TestCapacityIsAskable(t *testing.T) {
	for _, tt := range []struct{ expect, measured, reason string }{
		// 780 s: less web-1 from 190 to 210, less web-2 from 411 to 430.
		{`running(whole()) > 0`, "1.95", ""},
		{`running(before("A", 1m)) == 2`, "2", ""},
		{`running(phase("calm")) < 2`, "1.94", ""}, // 39 of 600 s
		// In service: less one for 40 s and 45 s.
		{`capacity(whole()) < 2`, "1.89", ""},
		{`least_capacity(during("A")) == 1`, "1", ""},
		{`least_capacity(before("A", 10s)) == 2`, "2", ""},
		{`most_capacity(whole()) == 2`, "2", ""},
		{`desired(during("A")) == 2`, "2", ""},
		{`desired(whole()) == 4`, "4", ""},
		{`zone_gap(before("A", 1m)) == 0`, "0", ""},
		{`zone_gap(whole()) == 2`, "2", ""},
		{`activities("web", "Launch") == 2`, "2", ""},
		{`activities("web", "Terminate") == 1`, "1", ""},
		{`activities("web", "Launch", during("A")) == 1`, "1", ""},
		{`activities("web", "Launch", before("A", 1m)) == 0`, "0", ""},
		{`operator_actions() == 0`, "0", ""},
		{`operator_actions("no-eip") == 1`, "1", ""},
		{`believed("A") == 40s`, "40 s", ""},
		{`detected("A") == 40s`, "40 s", ""},
		{`believed("B") == 25s`, "25 s", ""},
		{`mttr("A") == 100s`, "100 s", ""},
		{`mttr("B") == 90s`, "90 s", ""},
		{`restored("A") == 120s`, "120 s", ""},
		{`restored("B") == 80s`, "80 s", ""},
		{`running(whole("no-eip")) > 0`, "nothing", "the record of cell no-eip has no instance states"},
		{`capacity(whole("no-eip")) > 0`, "nothing", "the record of cell no-eip has no sizes of an Auto Scaling group"},
		{`mttr("no-eip/A") > 0`, "nothing", "the record of cell no-eip has no sizes of an Auto Scaling group"},
		{`restored("no-eip/A") > 0`, "nothing", "the record of cell no-eip has no healthy targets when fault no-eip/A begins"},
		{`believed("no-eip/A") > 0`, "nothing", "no load balancer's node believed a target of fault no-eip/A unhealthy"},
		{`capacity(after("A", mttr("A"))) > 1`, "1.88", ""}, // from 317 to 417 s one is missing for 12
	} {
		r := grouped(t)
		r.stage.Claims = []showdown.Claim{{ID: "1", Expect: tt.expect}}
		c := r.analyse(t).Claims[0]
		want := showdown.Held
		if tt.reason != "" {
			want = showdown.Unknown
		}
		if c.Verdict != want || c.Measured != tt.measured || c.Reason != tt.reason {
			t.Errorf("%s: %s, measured %q, reason %q; want %s, %q, %q", tt.expect, c.Verdict, c.Measured, c.Reason, want, tt.measured, tt.reason)
		}
		if _, err := CompileFor(r.stage, r.stage.Claims[0]); err != nil {
			t.Error(err)
		}
	}
}

// TestCapacityNeedsWhatWasSaid: a cohort has no instances, and a window that begins
// before the record knows the number has no value.
func TestCapacityNeedsWhatWasSaid(t *testing.T) {
	r := grouped(t)
	for i := range r.events {
		if r.events[i].Kind == showdown.ScalingCapacity && r.events[i].T < 0 {
			r.events[i].T = 5
		}
	}
	r.stage.Cells[0].Traffic.Cohorts = []showdown.Cohort{{Name: "told", Share: 1}}
	for expect, want := range map[string]string{
		`capacity(whole()) > 0`:         "the sizes of an Auto Scaling group of cell base were not yet known at the start of the window",
		`running(cohort("told")) > 0`:   "instances are a whole cell's, not a cohort's",
		`capacity(phase("ladder")) > 0`: "",
	} {
		r.stage.Claims = []showdown.Claim{{ID: "1", Expect: expect}}
		if c := r.analyse(t).Claims[0]; c.Reason != want {
			t.Errorf("%s: %q, want %q", expect, c.Reason, want)
		}
	}
}

func TestDetectedIsTheBalancersBelief(t *testing.T) {
	s := grouped(t).analyse(t)
	for i, want := range []float64{160, 385} {
		if got := s.Faults[i].DetectedS; got == nil || *got != want {
			t.Errorf("fault %s detected at %v, want %g", s.Faults[i].Letter, got, want)
		}
	}
	for _, f := range s.Cells["no-eip"].Faults {
		if f.DetectedS != nil {
			t.Errorf("without a balancer fault %s is detected at %g", f.Letter, *f.DetectedS)
		}
	}
}

// TestBeliefFallsToTheLastFault: what several nodes believe of one fault is not another
// one's that is still in place.
func TestBeliefFallsToTheLastFault(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	event := func(t float64, kind showdown.EventKind, target string, data map[string]any) showdown.Event {
		return showdown.Event{T: t, Kind: kind, Target: target, Data: data}
	}
	hit := map[string]any{"targets": []any{"web-1"}}
	gone := map[string]any{"to": "unhealthy"}
	faults := faultsOf(showdown.Cell{}, []showdown.Event{
		event(10, showdown.FaultInjecting, "A", hit), event(20, showdown.FaultInjecting, "B", hit),
		event(30, showdown.TargetHealth, "web-1", gone), event(31, showdown.TargetHealth, "web-1", gone),
		event(32, showdown.TargetHealth, "web-1", map[string]any{"to": "healthy"}),
		event(40, showdown.FaultUndone, "B", hit), event(50, showdown.TargetHealth, "web-1", gone),
	}, clock)
	for i, want := range []time.Duration{50 * time.Second / 60, 30 * time.Second / 60} {
		if f := faults[i]; f.believed == nil || (*f.believed-want).Abs() > time.Microsecond {
			t.Errorf("fault %s believed at %v, want %v", f.letter, f.believed, want)
		}
	}
}

func TestRepair(t *testing.T) {
	const never = -1
	for _, tt := range []struct {
		name             string
		missing          levels
		over, next, want time.Duration
		began            bool
	}{
		{"nothing missing", levels{{0, 0}}, 50, forever, never, false},
		{"once", levels{{0, 0}, {20, 2}, {25, 1}, {40, 0}}, 50, forever, 40, true},
		{"not back", levels{{0, 0}, {20, 2}}, 50, forever, never, true},
		{"one after the other", levels{{0, 0}, {20, 1}, {30, 0}, {45, 1}, {60, 0}}, 50, forever, 60, true},
		{"a later shortfall is another's", levels{{0, 0}, {20, 1}, {30, 0}, {55, 1}}, 50, forever, 30, true},
		{"noticed when it is over", levels{{0, 0}, {70, 1}, {90, 0}}, 50, forever, 90, true},
		{"the next fault's", levels{{0, 0}, {70, 1}, {90, 0}}, 50, 60, never, false},
		{"missing already", levels{{0, 1}, {30, 0}}, 50, forever, 30, true},
		{"before the fault", levels{{0, 1}, {5, 0}}, 50, forever, never, false},
		{"after the traffic", levels{{0, 0}, {20, 1}, {120, 0}}, 50, forever, never, true},
	} {
		r := repairOf(tt.missing, 10, tt.over, tt.next, 100)
		got := time.Duration(never)
		if r.back != nil {
			got = *r.back
		}
		if got != tt.want || r.began != tt.began {
			t.Errorf("%s: began %v, back at %d, want %v and %d", tt.name, r.began, got, tt.began, tt.want)
		}
	}
}

func TestStatus(t *testing.T) {
	r := good(t)
	hits := r.hits["base"]
	for i := range hits {
		switch {
		case hits[i].Outcome == showdown.OK:
			hits[i].Status = 200
		case hits[i].Outcome == showdown.HTTP5xx:
			hits[i].Status = 502
			if i%3 == 0 {
				hits[i].Status = 503
			}
		}
	}
	count := func(status uint16) (n int) {
		for _, h := range hits {
			if h.Status == status {
				n++
			}
		}
		return n
	}
	if count(502) == 0 || count(503) == 0 {
		t.Fatal("the record has no 502 or no 503")
	}
	r.stage.Claims = []showdown.Claim{
		{ID: "1", Expect: `status(whole(), 502) + status(whole(), 503) == count(whole(), "http_5xx")`},
		{ID: "2", Expect: `status(whole(), 200) == count(whole(), "ok")`},
		{ID: "3", Expect: `status(whole(), 404) == 0 and status(phase("calm"), 502) == 0 and status(phase("ladder/3"), 503) > 10`},
	}
	for _, c := range r.analyse(t).Claims {
		if c.Verdict != showdown.Held {
			t.Errorf("%s: %s, %s %s", c.Expect, c.Verdict, c.Measured, c.Reason)
		}
	}
}

func TestCompileChecksTheNewNames(t *testing.T) {
	stage := grouped(t).stage
	for expect, want := range map[string]string{
		`status(whole(), 99) == 0`:               `an HTTP status is written as a number from 100 to 599`,
		`status(whole(), 502.5) == 0`:            `an HTTP status is written as a number`,
		`status(whole(), 502s) == 0`:             `an HTTP status is written as a number`,
		`status(whole(), 500 + 2) == 0`:          `an HTTP status is written as a number`,
		`activities("web", "Reboot") == 0`:       `unknown activity "Reboot": one of Launch, Terminate`,
		`activities("app", "Launch") == 0`:       `unknown Auto Scaling group of cell base "app": there is web`,
		`activities("no-eip/web", "Launch") > 0`: `unknown Auto Scaling group of cell no-eip "web": there is none`,
		`mttr("Z") < 1m`:                         `unknown fault of cell base "Z"`,
		`mttr("A") < 1`:                          `1 has no unit`,
		`running(whole()) < 1m`:                  `a number cannot be compared with a duration`,
		`operator_actions("x") == 0`:             `unknown cell "x"`,
		`zone_gap("base") == 0`:                  `write zone_gap(whole())`,
		// A group's instances are known by their names, however many it launches.
		`share(whole(), "web-17") > 0`:                                       "",
		`share(whole(), "web-0") > 0`:                                        `unknown instance of cell base "web-0": there is web-1, web-2`,
		`share(whole(), "web-01") > 0`:                                       `unknown instance`,
		`reach("web-3", "web-1") == "silent"`:                                "",
		`activities("web", "Launch", phase("calm")) between 1 and 2`:         "",
		`capacity(whole()) >= 2 and desired(whole()) / running(whole()) > 1`: "",
	} {
		_, err := CompileFor(stage, showdown.Claim{Expect: expect})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", expect, err, want)
		}
	}
}
