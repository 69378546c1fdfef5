package autoscaling

import (
	"fmt"
	"slices"
	"testing"

	"showdown"
	"showdown/targets/cloud"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		counts map[string]int
		want   []string
	}{
		{map[string]int{"a": 1, "b": 1, "c": 1}, nil},
		{map[string]int{"a": 2, "b": 1, "c": 1}, nil},
		{map[string]int{"a": 2, "b": 1}, []string{"c"}},
		{map[string]int{"b": 4}, []string{"a", "c"}},
		{map[string]int{"b": 9}, []string{"a", "c", "a", "c", "a", "c"}},
		{map[string]int{}, nil},
	} {
		if got := spread([]string{"a", "b", "c"}, c.counts); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.counts, got, c.want)
		}
	}
	if got := spread([]string{"a"}, map[string]int{"a": 9}); got != nil {
		t.Errorf("one zone: %v", got)
	}
}

func TestOvershoot(t *testing.T) {
	for most, want := range map[int]int{1: 1, 9: 1, 10: 1, 19: 1, 20: 2, 100: 10} {
		if got := overshoot(most); got != want {
			t.Errorf("maximum %d: %d, want %d", most, got, want)
		}
	}
}

func TestBackOff(t *testing.T) {
	z := &zone{retry: longAgo}
	now := moment(0)
	for i, want := range []showdown.Duration{1, 2, 4, 5, 5} {
		if !z.open(now) {
			t.Fatalf("closed at %s", now)
		}
		z.fail(now)
		if got := z.retry - now; got != want*showdown.Minute {
			t.Errorf("after failure %d: %s, want %s", i+1, got, want*showdown.Minute)
		}
		now = z.retry
	}
	for range 100 {
		z.fail(now)
	}
	if z.retry != now+LaunchRetryMax {
		t.Errorf("after many failures: %s", z.retry-now)
	}
}

// TestVictim is the default termination policy. An instance is "zone version age".
func TestVictim(t *testing.T) {
	for _, c := range []struct {
		name string
		all  []string
		want []int // one of these, by position
	}{
		{"fullest zone", []string{"a 1 10", "b 2 10", "b 2 10"}, []int{1, 2}},
		{"oldest template", []string{"a 2 59", "a 1 10", "b 2 59", "b 2 59"}, []int{1}},
		{"closest to the next billing hour", []string{"a 1 10", "a 1 59", "b 1 61", "b 1 30"}, []int{1}},
		{"by chance", []string{"a 1 10", "a 1 10", "b 1 10", "b 1 10"}, []int{0, 1, 2, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := map[int]bool{}
			for seed := range 60 {
				g := newCore(showdown.AutoScalingGroup{Name: "web", Zones: []string{"a", "b"}}, false, uint64(seed))
				g.see = map[string]sight{}
				for i, text := range c.all {
					var m member
					var minutes int
					if _, err := fmt.Sscan(text, &m.zone, &m.version, &minutes); err != nil {
						t.Fatal(err)
					}
					m.name, m.state = fmt.Sprint(i), InService
					g.members = append(g.members, &m)
					g.see[m.name] = sight{age: showdown.Duration(minutes) * showdown.Minute}
				}
				seen[slices.Index(g.members, g.victim(g.members))] = true
			}
			for i := range c.all {
				if seen[i] != slices.Contains(c.want, i) {
					t.Errorf("%s: taken is %t", c.all[i], seen[i])
				}
			}
		})
	}
}

func TestReplaceable(t *testing.T) {
	for _, c := range []struct {
		desired, here, unhealthy int
		want                     int
	}{
		{2, 2, 1, 1}, {2, 1, 1, 0}, {9, 9, 3, 1}, {20, 20, 5, 2}, {20, 19, 5, 1}, {20, 18, 5, 0}, {20, 20, 20, 1}, {100, 100, 40, 10},
	} {
		g := newCore(showdown.AutoScalingGroup{Name: "web", Desired: c.desired, Max: c.desired}, true, 1)
		g.see = map[string]sight{}
		for i := range c.here {
			m := &member{name: fmt.Sprint(i), state: InService, inService: longAgo}
			if i < c.unhealthy {
				m.unhealthy = byBalancer
			}
			g.members = append(g.members, m)
		}
		if got := g.replaceable(); got != c.want {
			t.Errorf("desired %d, %d in service, %d of them unhealthy: %d, want %d", c.desired, c.here, c.unhealthy, got, c.want)
		}
	}
}

// TestStillborn lets every launch end at once, which no error tells: launches do not
// follow one another without a pause.
func TestStillborn(t *testing.T) {
	for _, pool := range []*showdown.WarmPool{nil, {State: "Running"}} {
		spec := twoZones()
		spec.WarmPool = pool
		w := newWorld(spec, true, 1, nil)
		w.stillborn = true
		for _, b := range w.instances {
			b.down(shuttingDown, terminated, w.now)
		}
		w.to(showdown.Hour)
		if n := len(w.names) - 2; n < 10 || n > 40 {
			t.Errorf("warm pool %v: %d launches in an hour, with at most one in five minutes for each of two zones", pool, n)
		}
		w.stillborn = false
		w.to(2 * showdown.Hour)
		if w.core.total() != 2 {
			t.Errorf("warm pool %v: %d instances when launches succeed again", pool, w.core.total())
		}
	}
}

func TestInsufficientCapacity(t *testing.T) {
	err := InsufficientCapacity("RunInstances", "m5.large", "us-east-1a", "us-east-1b", "us-east-1c")
	want := "RunInstances: InsufficientInstanceCapacity: We currently do not have sufficient m5.large capacity in the Availability Zone you requested (us-east-1a). " +
		"Our system will be working on provisioning additional capacity. You can currently get m5.large capacity by not specifying an Availability Zone in your request or choosing us-east-1b, us-east-1c."
	if err.Error() != want || cloud.Code(err) != CodeInsufficientCapacity {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestNew(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	good := twoZones()
	for _, c := range []struct {
		name   string
		change func(c *Config)
	}{
		{"no fleet", func(c *Config) { c.Fleet = nil }},
		{"policies without metrics", func(c *Config) { c.Metrics = nil }},
		{"sizes", func(c *Config) { c.Spec.Min = 3 }},
		{"maximum", func(c *Config) { c.Spec.Max = 1 }},
		{"no zone", func(c *Config) { c.Spec.Zones = nil }},
		{"a zone twice", func(c *Config) { c.Spec.Zones = []string{"a", "a"} }},
		{"no target", func(c *Config) { c.Spec.Policies[0].Target = 0 }},
		{"no steps", func(c *Config) { c.Spec.Policies[0].Type = showdown.StepScaling }},
		{"no adjustment", func(c *Config) { c.Spec.Policies[0].Type = showdown.SimpleScaling }},
		{"no type", func(c *Config) { c.Spec.Policies[0].Type = "" }},
		{"process", func(c *Config) { c.Spec.Suspended = []string{"Sleep"} }},
	} {
		cfg := Config{Clock: clock, Spec: good, Fleet: &lab{}, Metrics: &lab{}}
		cfg.Spec.Policies = slices.Clone(good.Policies)
		if _, err := New(cfg); err != nil {
			t.Fatalf("%s: a good one is refused: %v", c.name, err)
		}
		c.change(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: not refused", c.name)
		}
	}
}
