package elb

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"showdown"
)

var zero = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestAggregate(t *testing.T) {
	node := func(s State, counts bool) NodeHealth {
		return NodeHealth{State: s, Reason: string(s) + "!", Counts: counts}
	}
	for name, row := range map[string]struct {
		nodes  []NodeHealth
		want   State
		reason string
	}{
		"nobody":                        {nil, Initial, ""},
		"one healthy is enough":         {[]NodeHealth{node(Unhealthy, true), node(Healthy, true)}, Healthy, ""},
		"unhealthy before initial":      {[]NodeHealth{node(Initial, true), node(Unhealthy, true)}, Unhealthy, "unhealthy!"},
		"all initial":                   {[]NodeHealth{node(Initial, true), node(Initial, true)}, Initial, ""},
		"a dead node's belief is void":  {[]NodeHealth{node(Healthy, false), node(Unhealthy, true)}, Unhealthy, "unhealthy!"},
		"a dead node's failure is void": {[]NodeHealth{node(Unhealthy, false), node(Initial, true)}, Initial, ""},
		"none counts: what was last":    {[]NodeHealth{node(Unhealthy, false), node(Healthy, false)}, Healthy, ""},
	} {
		if got, reason := aggregate(row.nodes); got != row.want || reason != row.reason {
			t.Errorf("%s: %s %q, want %s %q", name, got, reason, row.want, row.reason)
		}
	}
}

func TestReasonCode(t *testing.T) {
	for _, row := range []struct {
		state      State
		said, want string
	}{
		{Healthy, "5 checks passed", ""},
		{Initial, "", "Elb.InitialHealthChecking"},
		{Unhealthy, "2 checks failed: connection refused", "Target.FailedHealthChecks"},
		{Unhealthy, "2 checks failed: status 503", "Target.ResponseCodeMismatch"},
		{Unhealthy, "2 checks failed: timeout", "Target.Timeout"},
		{Unhealthy, "2 checks failed: timed out", "Target.Timeout"},
		{Draining, "", "Target.DeregistrationInProgress"},
	} {
		if got := reasonCode(row.state, row.said); got != row.want {
			t.Errorf("%s %q: %q, want %q", row.state, row.said, got, row.want)
		}
	}
}

func TestUnused(t *testing.T) {
	for p, want := range map[placement]string{
		{true, true, true}:   "",
		{true, true, false}:  "Target.InvalidState",
		{true, false, true}:  "Target.NotInUse",
		{false, true, true}:  "Target.NotInUse",
		{true, false, false}: "Target.NotInUse",
	} {
		if got := p.unused(); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}

// TestAnswer is the table of which nodes are in the name's answer.
func TestAnswer(t *testing.T) {
	const (
		fine    = "it serves"
		dead    = "3 looks in a row found it dead"
		shifted = "its zone is shifted away"
		lacks   = `it has no healthy target in "web"`
		open    = "fail open: every node would be withdrawn; "
	)
	for name, row := range map[string]struct {
		nodes []standing
		want  []verdict
	}{
		"all fine":            {[]standing{{}, {}}, []verdict{{true, fine}, {true, fine}}},
		"one dead":            {[]standing{{dead: true}, {}}, []verdict{{false, dead}, {true, fine}}},
		"one shifted":         {[]standing{{}, {shifted: true}}, []verdict{{true, fine}, {false, shifted}}},
		"one without targets": {[]standing{{without: "web"}, {}}, []verdict{{false, lacks}, {true, fine}}},
		"dead comes first":    {[]standing{{true, true, "web"}, {}}, []verdict{{false, dead}, {true, fine}}},
		"all dead":            {[]standing{{dead: true}, {dead: true}}, []verdict{{true, open + dead}, {true, open + dead}}},
		"each for its reason": {[]standing{{without: "web"}, {shifted: true}}, []verdict{{true, open + lacks}, {true, open + shifted}}},
		"the only one":        {[]standing{{dead: true}}, []verdict{{true, open + dead}}},
		"none":                {nil, nil},
	} {
		if got := answer(row.nodes); fmt.Sprint(got) != fmt.Sprint(row.want) {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}

// TestAnswerIsNeverEmpty: whatever the nodes are, the name has an answer.
func TestAnswerIsNeverEmpty(t *testing.T) {
	for bits := range 512 {
		nodes := make([]standing, 3)
		for i := range nodes {
			b := bits >> (3 * i)
			nodes[i] = standing{dead: b&1 > 0, shifted: b&2 > 0}
			if b&4 > 0 {
				nodes[i].without = "web"
			}
		}
		in := 0
		for _, v := range answer(nodes) {
			if v.in {
				in++
			}
		}
		if in == 0 {
			t.Fatalf("%+v: nobody answers", nodes)
		}
	}
}

// TestOpinion: three looks in a row turn it either way; one that was overtaken is void.
func TestOpinion(t *testing.T) {
	for looks, want := range map[string]bool{ // a letter a look, d for dead; want dead
		"dd": false, "ddd": true, "ddadd": false, "ddaddd": true, "dddaa": true, "dddaaa": false, "dddaadaaa": false, "dddaada": true,
	} {
		o := opinion{number: -1}
		for i, l := range looks {
			o = o.observe(int64(i), l == 'a')
			o = o.observe(int64(i)-1, l != 'a')
		}
		if o.dead != want {
			t.Errorf("%s: dead %t, want %t", looks, o.dead, want)
		}
	}
}

func TestNextLook(t *testing.T) {
	const every = 10 * time.Second
	for after, want := range map[time.Duration]int64{-time.Hour: 0, 0: 0, 1: 1, every: 1, every + 1: 2, 95 * time.Second: 10} {
		number, due := nextLook(zero, every, zero.Add(after))
		if number != want || !due.Equal(zero.Add(time.Duration(want)*every)) {
			t.Errorf("after %s: look %d at %s, want %d", after, number, due.Sub(zero), want)
		}
	}
}

func TestDeregistrationOver(t *testing.T) {
	d := deregistration{since: zero, until: zero.Add(time.Minute), drained: map[string]bool{"a": true}}
	for _, row := range []struct {
		after  time.Duration
		living []string
		want   bool
	}{
		{0, []string{"a"}, true},
		{0, []string{"a", "b"}, false},
		{0, nil, true},
		{time.Minute, []string{"b"}, false}, // it may still say what it has cut
		{time.Minute + cutGrace, []string{"b"}, true},
	} {
		if got := d.over(zero.Add(row.after), row.living); got != row.want {
			t.Errorf("after %s with %v: %t, want %t", row.after, row.living, got, row.want)
		}
	}
	if !d.due().Equal(d.until.Add(cutGrace)) || d.gone(d.until, true) {
		t.Errorf("not complete: due %s", d.due())
	}
	d.complete = true
	if !d.due().Equal(d.until) || !d.gone(zero, true) || d.gone(zero, false) || !d.gone(d.until, false) {
		t.Error("a complete one is shown until the delay has passed, by an application load balancer only")
	}
}

func TestEarliest(t *testing.T) {
	later := zero.Add(time.Second)
	for i, ok := range []bool{
		earliest(time.Time{}, zero).Equal(zero), earliest(zero, time.Time{}).Equal(zero),
		earliest(zero, later).Equal(zero), earliest(later, zero).Equal(zero), earliest(time.Time{}, time.Time{}).IsZero(),
	} {
		if !ok {
			t.Errorf("row %d", i)
		}
	}
}

// TestSpecIsChecked: each row breaks a load balancer that is fine.
func TestSpecIsChecked(t *testing.T) {
	group := func(s *showdown.LoadBalancer) *showdown.TargetGroup { return &s.TargetGroups[0] }
	for want, breaks := range map[string]func(*showdown.LoadBalancer){
		`name "a_b"`:               func(s *showdown.LoadBalancer) { s.Name = "a_b" },
		`name "internal-web"`:      func(s *showdown.LoadBalancer) { s.Name = "internal-web" },
		`type "network"`:           func(s *showdown.LoadBalancer) { s.Type = "network" },
		"at least two zones":       func(s *showdown.LoadBalancer) { s.Zones = s.Zones[:1] },
		"needs a zone":             func(s *showdown.LoadBalancer) { s.Zones = nil },
		"is there twice":           func(s *showdown.LoadBalancer) { s.Zones[1] = s.Zones[0] },
		"two Regions":              func(s *showdown.LoadBalancer) { s.Zones[1] = "eu-west-1a" },
		"write it like us-east-1a": func(s *showdown.LoadBalancer) { s.Zones[1] = "us-east-1" },
		"an idle timeout of 2h":    func(s *showdown.LoadBalancer) { s.IdleTimeout = 2 * showdown.Hour },
		"without a listener":       func(s *showdown.LoadBalancer) { s.Listeners = nil },
		"listener on port 70000":   func(s *showdown.LoadBalancer) { s.Listeners[0].Port = 70000 },
		"has one listener": func(s *showdown.LoadBalancer) {
			s.Listeners = append(s.Listeners, showdown.Listener{Port: 8080, Forward: s.Listeners[0].Forward})
		},
		`no target group "shop"`: func(s *showdown.LoadBalancer) { s.Listeners[0].Forward[0].TargetGroup = "shop" },
		"1 to 5 target groups":   func(s *showdown.LoadBalancer) { s.Listeners[0].Forward = nil },
		"outside of 0 to 999":    func(s *showdown.LoadBalancer) { s.Listeners[0].Forward[0].Weight = 1000 },
		"none of its target":     func(s *showdown.LoadBalancer) { f := s.Listeners[0].Forward; s.Listeners[0].Forward = append(f, f...) },
		`group "web" is there`:   func(s *showdown.LoadBalancer) { s.TargetGroups = append(s.TargetGroups, s.TargetGroups[0]) },
		"interval of 4s":         func(s *showdown.LoadBalancer) { group(s).HealthCheck.Interval = 4 * showdown.Second },
		"timeout of 1s":          func(s *showdown.LoadBalancer) { group(s).HealthCheck.Timeout = showdown.Second },
		"not shorter than its":   func(s *showdown.LoadBalancer) { group(s).HealthCheck.Timeout = 30 * showdown.Second },
		"threshold of 1":         func(s *showdown.LoadBalancer) { group(s).HealthCheck.UnhealthyThreshold = 1 },
		"threshold of 11":        func(s *showdown.LoadBalancer) { group(s).HealthCheck.HealthyThreshold = 11 },
		`path "healthz"`:         func(s *showdown.LoadBalancer) { group(s).HealthCheck.Path = "healthz" },
		`path "/a b"`:            func(s *showdown.LoadBalancer) { group(s).HealthCheck.Path = "/a b" },
		`matcher "500"`:          func(s *showdown.LoadBalancer) { group(s).HealthCheck.Matcher = "500" },
		`matcher "299-200"`:      func(s *showdown.LoadBalancer) { group(s).HealthCheck.Matcher = "299-200" },
		`matcher ""`:             func(s *showdown.LoadBalancer) { group(s).HealthCheck.Matcher = "" },
		"deregistration delay":   func(s *showdown.LoadBalancer) { group(s).DeregistrationDelay = 2 * showdown.Hour },
		`algorithm "random"`:     func(s *showdown.LoadBalancer) { group(s).Algorithm = "random" },
		"a slow start of 5s":     func(s *showdown.LoadBalancer) { group(s).SlowStart = 5 * showdown.Second },
		"slow start is for": func(s *showdown.LoadBalancer) {
			g := group(s)
			g.SlowStart, g.Algorithm = showdown.Minute, showdown.LeastOutstanding
		},
		`stickiness "ip"`: func(s *showdown.LoadBalancer) { group(s).Stickiness = &showdown.Stickiness{Type: "ip"} },
		"stickiness duration": func(s *showdown.LoadBalancer) {
			group(s).Stickiness = &showdown.Stickiness{Type: showdown.DurationCookie}
		},
		`application cookie "AWS`: func(s *showdown.LoadBalancer) {
			group(s).Stickiness = &showdown.Stickiness{Type: showdown.ApplicationCookie, Cookie: "AWSALB"}
		},
		"needs cross_zone": func(s *showdown.LoadBalancer) {
			group(s).CrossZone = false
			group(s).Stickiness = &showdown.Stickiness{Type: showdown.ApplicationCookie, Cookie: "sid"}
		},
		"classic load balancer ha": func(s *showdown.LoadBalancer) { s.Type = showdown.ClassicBalancer; s.TargetGroups = nil },
		"the status 200 only": func(s *showdown.LoadBalancer) {
			s.Type = showdown.ClassicBalancer
			group(s).HealthCheck.Matcher = "200-299"
		},
		"timeout of 2m": func(s *showdown.LoadBalancer) { // 60 s for a classic one
			s.Type = showdown.ClassicBalancer
			group(s).HealthCheck.Timeout, group(s).HealthCheck.Interval = 2*showdown.Minute, 5*showdown.Minute
		},
	} {
		s := balancer(showdown.ApplicationBalancer, "us-east-1a", "us-east-1b")
		if err := checkSpec(s); err != nil {
			t.Fatal(err)
		}
		breaks(&s)
		if err := checkSpec(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := checkSpec(balancer(showdown.ClassicBalancer, "us-east-1a")); err != nil {
		t.Errorf("a classic one in one zone: %v", err)
	}
	for _, m := range []string{"200", "200,302", "200-299", "200-299,401"} {
		if err := checkMatcher(m); err != nil {
			t.Error(err)
		}
	}
}

// TestSpeedIsChecked: the fastest speed that a refusal names works.
func TestSpeedIsChecked(t *testing.T) {
	for _, interval := range []showdown.Duration{5 * showdown.Second, 10 * showdown.Second, 30 * showdown.Second} {
		s := balancer(showdown.ApplicationBalancer, "us-east-1a", "us-east-1b")
		c := &s.TargetGroups[0].HealthCheck
		c.Interval, c.Timeout = interval, 2*showdown.Second
		for _, speed := range []float64{60, 300, 400, 600, 1440, 2500, 3600} {
			clock, _ := showdown.NewClock(speed)
			err := checkSpeed(clock, s)
			if err == nil {
				if check := checkOf(clock, *c, false); check.Timeout >= check.Interval || check.Interval < showdown.FloorTimer {
					t.Errorf("%s at speed %g: %s in %s was accepted", interval, speed, check.Timeout, check.Interval)
				}
				continue
			}
			if !errors.Is(err, showdown.ErrTooFast) {
				t.Fatalf("%s at speed %g: %v", interval, speed, err)
			}
			_, text, _ := strings.Cut(err.Error(), "highest speed that works is ")
			var highest float64
			if _, err := fmt.Sscan(text, &highest); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if clock, _ = showdown.NewClock(highest * 0.999); highest > speed {
				t.Errorf("%s at speed %g: speed %g would work", interval, speed, highest)
			} else if again := checkSpeed(clock, s); again != nil {
				t.Errorf("%s: speed %g is said to work: %v", interval, highest, again)
			}
		}
	}
}

// TestTimeoutsKeepTheirOrder: whatever the speed, a health check is given up before a
// connection of the balancer, and that before the client.
func TestTimeoutsKeepTheirOrder(t *testing.T) {
	for speed := 1.0; speed <= showdown.MaxSpeed; speed *= 1.1 {
		clock, err := showdown.NewClock(speed)
		if err != nil {
			t.Fatal(err)
		}
		b := &Balancer{cfg: Config{Clock: clock, Spec: balancer(showdown.ApplicationBalancer, "us-east-1a")}}
		p := b.plan(&node{})
		check := checkOf(clock, b.cfg.Spec.TargetGroups[0].HealthCheck, false)
		if check.Timeout < showdown.FloorHealthCheck || check.Timeout >= p.Connect || p.Connect > p.Idle || p.Connect < showdown.FloorBalancer {
			t.Errorf("speed %g: check %s, connect %s, idle %s", speed, check.Timeout, p.Connect, p.Idle)
		}
	}
}

func TestFloorsAreSaid(t *testing.T) {
	s := balancer(showdown.ApplicationBalancer, "us-east-1a")
	groups := []*group{{TargetGroup: s.TargetGroups[0]}}
	for speed, want := range map[float64]string{
		60:  "[]",
		300: "[the look at a node of 4s is held at 15ms here: what waits for it comes 0.5 AWS s late]",
		1440: `[the health check timeout of "web" of 5s is held at 15ms here: what waits for it comes 16.6 AWS s late ` +
			"the connect timeout of 10s is held at 30ms here: what waits for it comes 33.2 AWS s late " +
			"the look at a node of 4s is held at 15ms here: what waits for it comes 17.6 AWS s late " +
			"looks at nodes come every 20ms here, which is 28.8s of AWS time and not 10s]",
	} {
		clock, _ := showdown.NewClock(speed)
		if got := fmt.Sprint(floors(clock, s, groups)); got != want {
			t.Errorf("speed %g:\n%s, want\n%s", speed, got, want)
		}
	}
}

// TestFirst: a new target of a classic load balancer needs as many passes as any.
func TestFirst(t *testing.T) {
	clock, _ := showdown.NewClock(60)
	c := balancer(showdown.ClassicBalancer, "us-east-1a").TargetGroups[0].HealthCheck
	if app, classic := checkOf(clock, c, false), checkOf(clock, c, true); app.First != 1 || classic.First != 10 || app.Interval != 500*time.Millisecond {
		t.Errorf("first %d and %d, every %s", app.First, classic.First, app.Interval)
	}
}

func TestDifference(t *testing.T) {
	a := balancer(showdown.ApplicationBalancer, "us-east-1a").TargetGroups[0].HealthCheck
	b := a
	if difference(a, b) != "" {
		t.Error("nothing is different")
	}
	b.Path, b.Interval, b.Timeout, b.HealthyThreshold, b.UnhealthyThreshold, b.Matcher = "/x", showdown.Minute, 7*showdown.Second, 3, 4, "204"
	want := "path /healthz -> /x, interval 30s -> 1m, timeout 5s -> 7s, healthy threshold 5 -> 3, unhealthy threshold 2 -> 4, matcher 200 -> 204"
	if got := difference(a, b); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestTimingsAreOfTheDefaults: ranges go up, names are said once, each has a source.
func TestTimingsAreOfTheDefaults(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range Timings() {
		if x.Min > x.Max || x.Source == "" || seen[x.Name] {
			t.Errorf("%+v", x)
		}
		seen[x.Name] = true
	}
	for name, want := range map[string][2]showdown.Duration{
		"target that refuses or answers wrongly is unhealthy": {30 * showdown.Second, 60 * showdown.Second},
		"target that is silent is unhealthy":                  {35 * showdown.Second, 65 * showdown.Second},
		"target that works again is healthy, application":     {120 * showdown.Second, 150 * showdown.Second},
		"target that works again is healthy, classic":         {270 * showdown.Second, 300 * showdown.Second},
		"target that was silent is healthy, application":      {115 * showdown.Second, 150 * showdown.Second},
		"target that was silent is healthy, classic":          {265 * showdown.Second, 300 * showdown.Second},
		"node that was silent is in the name's answer":        {16 * showdown.Second, 30 * showdown.Second},
		"node that refuses leaves the name's answer":          {20 * showdown.Second, 30 * showdown.Second},
	} {
		found := false
		for _, x := range Timings() {
			found = found || x.Name == name && x.Min == want[0] && x.Max == want[1]
		}
		if !found {
			t.Errorf("no timing %q of %s to %s", name, want[0], want[1])
		}
	}
}
