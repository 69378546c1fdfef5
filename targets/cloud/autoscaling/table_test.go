package autoscaling

import (
	"strings"
	"testing"

	"showdown"
)

// TestTimingsTable: ranges go up, names are said once, each has a source, and those that the
// specification decides follow it.
func TestTimingsTable(t *testing.T) {
	spec := showdown.AutoScalingGroup{GracePeriod: 5 * showdown.Minute, Warmup: 2 * showdown.Minute, Cooldown: 4 * showdown.Minute}
	seen := map[string]Timing{}
	for _, x := range Timings(spec) {
		if _, twice := seen[x.Name]; twice || x.Min > x.Max || x.Source == "" || strings.TrimSpace(x.Name) == "" {
			t.Errorf("%+v", x)
		}
		seen[x.Name] = x
	}
	for name, want := range map[string][2]showdown.Duration{
		"instance not running -> marked unhealthy":                        {},
		"target unhealthy -> marked unhealthy":                            {0, showdown.Minute},
		"instance in service -> its ELB checks count":                     {5 * showdown.Minute, 6 * showdown.Minute},
		"instance in service -> counts as capacity of the next scale-out": {2 * showdown.Minute, 2 * showdown.Minute},
		"simple scaling ended -> next one allowed":                        {4 * showdown.Minute, 5 * showdown.Minute},
		// A metric, three datapoints, of which the first may be the minute of the change.
		"load above the target -> AlarmHigh":        {3 * showdown.Minute, 5 * showdown.Minute},
		"load below 70 % of the target -> AlarmLow": {15 * showdown.Minute, 17 * showdown.Minute},
		"launch failed -> next attempt in the zone": {showdown.Minute, 6 * showdown.Minute},
		"refresh without progress -> failed":        {showdown.Hour, showdown.Hour},
	} {
		if x, ok := seen[name]; !ok || x.Min != want[0] || x.Max != want[1] {
			t.Errorf("%q is %s to %s, want %s to %s", name, x.Min, x.Max, want[0], want[1])
		}
	}
}

// TestLeavesAtOnce: whom a step takes out of service begins to drain in the same moment,
// though nothing else is seen to change.
func TestLeavesAtOnce(t *testing.T) {
	spec := showdown.AutoScalingGroup{
		Name: "web", Min: 1, Max: 4, Desired: 3, Zones: []string{"us-east-1a", "us-east-1b"}, Template: showdown.Instance{Type: "m5.large"},
	}
	w := newWorld(spec, true, 1, nil)
	w.to(90 * showdown.Second)
	w.core.now = w.now
	w.core.set(1, "", 0)
	w.settle()
	draining := 0
	for _, b := range w.instances {
		if b.drained == w.now+w.drain {
			draining++
		}
	}
	if draining != 2 {
		t.Errorf("%d of 2 instances drain when the capacity is lowered", draining)
	}
}
