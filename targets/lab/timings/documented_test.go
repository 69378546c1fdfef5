package timings

import (
	"testing"

	"showdown"
	"showdown/targets/cloud/autoscaling"
	"showdown/targets/cloud/elb"
)

// TestDocumented: whatever the services list is there, measured by a script, and what
// they do together is the sum of its parts.
func TestDocumented(t *testing.T) {
	stage, err := Stage()
	if err != nil {
		t.Fatal(err)
	}
	all, err := Documented(stage)
	if err != nil {
		t.Fatal(err)
	}
	by, count := map[string]Timing{}, map[string]int{}
	for _, d := range all {
		if _, twice := by[d.Name]; twice || d.Min > d.Max || d.Source == "" || len(expected()[d.Name]) == 0 {
			t.Errorf("%+v, measured at %v", d, expected()[d.Name])
		}
		by[d.Name] = d
		count[d.Service]++
	}
	group, _ := groupOf(stage, "reds")
	if n := len(elb.Timings()); count[Balancers] != n || n == 0 {
		t.Errorf("%d of %d timings of balancers", count[Balancers], n)
	}
	if n := len(autoscaling.Timings(group)); count[Groups] != n || n == 0 {
		t.Errorf("%d of %d timings of groups", count[Groups], n)
	}
	tenths := func(n int) showdown.Duration { return showdown.Duration(n) * showdown.Second / 10 }
	for name, want := range map[string][2]int{
		stoppedServes: {358, 658},
		hungServes:    {350 + 358, 650 + 600 + 658},
		outServes:     {1800 + 358, 3000 + 658},
		coldInService: {226, 226},
		warmInService: {182, 182},
		refreshed:     {3 * (226 + 1200), 3 * (226 + 1200)},
		drainedEnds:   {3000, 3000},
		balanced:      {226 + 1200, 3600 + 226 + 1200},
		lastClient:    {240, 340 + 600},
	} {
		if d := by[name]; d.Min != tenths(want[0]) || d.Max != tenths(want[1]) {
			t.Errorf("%q is %s to %s", name, d.Min, d.Max)
		}
	}
	if d := by[slowStarted]; d.Set != 4*showdown.Minute || d.Grain < 4*showdown.Second || d.Grain > 5*showdown.Second {
		t.Errorf("slow start is set to %s, to within %s", d.Set, d.Grain)
	}
	if d := by[shiftEnds]; d.Set != 5*showdown.Minute {
		t.Errorf("the zonal shifts end after %s", d.Set)
	}
}

// TestScenes: each plays a cell of the stage, at a speed at which the lab can be made.
func TestScenes(t *testing.T) {
	stage, err := Stage()
	if err != nil {
		t.Fatal(err)
	}
	played := map[string]bool{}
	for _, act := range acts() {
		for _, s := range act {
			cell, ok := stage.Cell(s.cell)
			if !ok {
				t.Errorf("there is no cell %q", s.cell)
				continue
			}
			played[s.cell] = true
			clock, err := showdown.NewClock(s.speed)
			if err != nil {
				t.Error(err)
			}
			for _, b := range cell.Topology.LoadBalancers {
				for _, g := range b.TargetGroups {
					if every := clock.Lab(g.HealthCheck.Interval); every < showdown.FloorHealthCheck*2 {
						t.Errorf("%s: the checks of %s come every %s", s, g.Name, every)
					}
				}
			}
		}
	}
	for _, c := range stage.Cells {
		if !played[c.Name] {
			t.Errorf("nothing plays cell %s", c.Name)
		}
	}
}
