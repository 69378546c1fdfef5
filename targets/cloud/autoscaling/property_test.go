package autoscaling

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"showdown"
)

// TestRandomLife lets random things happen to random groups. At each moment the sizes are
// within their bounds; and when everything works again and nothing changes any more, the
// group has its desired capacity, spread over its zones, and comes to rest.
func TestRandomLife(t *testing.T) {
	runs := 120
	if testing.Short() {
		runs = 30
	}
	activities := 0
	for seed := range runs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { activities += live(t, uint64(seed)) })
	}
	if activities < 20*runs {
		t.Errorf("%d activities in %d lives: nothing happens there", activities, runs)
	}
}

// randomGroup is a group with two to three zones and one policy, or none.
func randomGroup(rng *rand.Rand) showdown.AutoScalingGroup {
	least := rng.IntN(3)
	desired := least + rng.IntN(5)
	g := showdown.AutoScalingGroup{
		Name: "web", Template: showdown.Instance{Type: "m5.large"},
		Min: least, Desired: desired, Max: desired + rng.IntN(6), Zones: []string{"a", "b", "c"}[:1+rng.IntN(3)],
		HealthCheck: showdown.ELBHealthCheck, GracePeriod: showdown.Duration(rng.IntN(6)) * showdown.Minute,
		Warmup: showdown.Duration(rng.IntN(4)) * showdown.Minute, Cooldown: showdown.Duration(rng.IntN(6)) * showdown.Minute,
	}
	if rng.IntN(3) == 0 {
		g.HealthCheck = showdown.EC2HealthCheck
	}
	if rng.IntN(3) == 0 {
		g.WarmPool = &showdown.WarmPool{State: []string{"Stopped", "Running"}[rng.IntN(2)]}
	}
	if rng.IntN(4) > 0 {
		g.Policies = []showdown.ScalingPolicy{{
			Name: "requests", Type: showdown.TargetTracking, Metric: showdown.RequestCountPerTarget, Target: 1000,
			DisableScaleIn: rng.IntN(5) == 0,
		}}
	}
	return g
}

func live(t *testing.T, seed uint64) (activities int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	spec := randomGroup(rng)
	balanced := rng.IntN(4) > 0
	// A group may exceed the largest maximum that it ever had by what rebalancing may.
	most := spec.Max
	var w *world
	broken := ""
	w = newWorld(spec, balanced, seed, func(showdown.Event) {
		if w == nil || broken != "" {
			return
		}
		c := w.core
		most = max(most, c.max)
		if c.min > c.desired || c.desired > c.max {
			broken = fmt.Sprintf("at %s: %d <= %d <= %d does not hold", w.now, c.min, c.desired, c.max)
		}
		if n := c.total(); n > most+overshoot(most) {
			broken = fmt.Sprintf("at %s: %d instances with a maximum of %d", w.now, n, most)
		}
	})
	w.load = float64(rng.IntN(6000))
	for range 60 {
		randomEvent(w, rng)
		w.to(w.now + showdown.Duration(rng.Int64N(int64(8*showdown.Minute))))
		if broken != "" {
			t.Fatal(broken)
		}
	}
	repair(w)
	w.to(w.now + 4*showdown.Hour)
	before := len(w.core.activities)
	checkSettled(t, w)
	w.to(w.now + 4*showdown.Hour)
	if n := len(w.core.activities); n != before {
		for _, a := range w.core.activities[before:] {
			t.Logf("%s: %s (%s)", a.Status, a.Description, a.Cause)
		}
		t.Errorf("%d activities though nothing changed", n-before)
	}
	if broken != "" {
		t.Error(broken)
	}
	return before
}

// randomEvent is something that happens.
func randomEvent(w *world, rng *rand.Rand) {
	pick := func() *box {
		if names := w.running(); len(names) > 0 {
			return w.instances[names[rng.IntN(len(names))]]
		}
		return nil
	}
	zone := w.core.zones[rng.IntN(len(w.core.zones))].name
	process := showdown.Processes()[rng.IntN(len(showdown.Processes()))]
	size := func() *int {
		if rng.IntN(2) == 0 {
			return nil
		}
		n := rng.IntN(9)
		return &n
	}
	b := pick()
	operate := func(do func(g *Group) error) { _ = w.operate(do) } // a refusal is as good
	switch rng.IntN(14) {
	case 0, 1:
		if b != nil {
			b.down(shuttingDown, terminated, w.now)
		}
	case 2:
		if b != nil {
			b.down(stopping, stopped, w.now+stopTakes)
		}
	case 3, 4:
		if b != nil {
			b.sick, b.sickAt = true, w.now
		}
	case 5:
		if b != nil {
			b.impaired, b.impairedAt = true, w.now
		}
	case 6:
		w.closed[zone] = !w.closed[zone]
		if w.closed[zone] && rng.IntN(2) == 0 {
			for _, b := range w.instances {
				if b.in.Zone == zone && b.state != terminated {
					b.down(shuttingDown, terminated, w.now)
				}
			}
		}
	case 7:
		w.load = float64(rng.IntN(9000))
	case 8:
		operate(func(g *Group) error { return g.SetDesiredCapacity(rng.IntN(9), rng.IntN(2) == 0) })
	case 9:
		operate(func(g *Group) error { return g.UpdateSizes(size(), size(), size()) })
	case 10:
		operate(func(g *Group) error {
			if rng.IntN(2) == 0 {
				return g.ResumeProcesses()
			}
			return g.SuspendProcesses(process)
		})
	case 11:
		operate(func(g *Group) error {
			g.SetTemplate(showdown.Instance{Type: "m5.xlarge"})
			_, err := g.StartInstanceRefresh(RefreshOptions{MinHealthyPercentage: []int{0, 50, 90, 100}[rng.IntN(4)]})
			return err
		})
	case 12:
		if b != nil {
			operate(func(g *Group) error { return g.TerminateInstance(b.in.Name, rng.IntN(2) == 0) })
		}
	case 13:
		if b != nil {
			operate(func(g *Group) error {
				switch rng.IntN(3) {
				case 0:
					return g.EnterStandby(b.in.Name, rng.IntN(2) == 0)
				case 1:
					return g.ExitStandby(b.in.Name)
				}
				return g.Detach(b.in.Name, rng.IntN(2) == 0)
			})
		}
	}
	w.settle()
}

// repair makes everything work again.
func repair(w *world) {
	for z := range w.closed {
		w.closed[z] = false
	}
	for _, b := range w.instances {
		b.sick, b.impaired = false, false
	}
	// What was launched while AddToLoadBalancer was suspended has to be registered by hand;
	// else the metric is not proportional to the capacity, and no group comes to rest.
	for _, m := range w.core.members {
		if b := w.instances[m.name]; m.unlisted && m.state == InService && b.registered == never {
			b.registered = w.now
		}
	}
	_ = w.operate(func(g *Group) error { return g.ResumeProcesses() })
}

func checkSettled(t *testing.T, w *world) {
	t.Helper()
	c := w.core
	if got := c.total(); got != c.desired {
		t.Errorf("%d instances, desired are %d", got, c.desired)
	}
	n := c.counts()
	for _, a := range c.zones {
		for _, b := range c.zones {
			if n[a.name]-n[b.name] > 1 {
				t.Errorf("zones differ by more than one: %s", w.zones())
			}
		}
	}
	pool := 0
	for _, m := range c.members {
		switch {
		case m.state == Standby:
		case m.warm():
			pool++
		case m.state != InService:
			t.Errorf("%s is %s", m.name, m.state)
		case m.unhealthy != "" || m.surge != noSurge:
			t.Errorf("%s is in service, %q, surge %d", m.name, m.unhealthy, m.surge)
		}
	}
	if pool != c.poolSize() {
		t.Errorf("%d instances in the warm pool, %d are to be", pool, c.poolSize())
	}
	if r := c.activeRefresh(); r != nil {
		t.Errorf("the refresh is still going on: %v", r.old)
	}
	// What the load needs is there, within the bounds.
	for _, p := range c.policies {
		if v := w.metric(p.Metric); v > p.Target && c.desired < c.max {
			t.Errorf("%g requests a target with %d instances, and up to %d may be", v, c.desired, c.max)
		}
	}
}
