package journeys

import (
	"cmp"
	"fmt"
	"slices"

	"showdown"
)

// Bounds of Auto Scaling groups.
const (
	// maxSize is how many instances a group of a lab has at most.
	maxSize = 50
	// maxWait keeps a slip of the unit out of the times that AWS does not bound.
	maxWait = 24 * showdown.Hour
	// maxScheduled bounds a group's scheduled actions (Amazon EC2 Auto Scaling User Guide,
	// Quotas).
	maxScheduled = 125
)

// scalingGroups checks the Auto Scaling groups of a topology but for their names.
func (c *checker) scalingGroups(top *showdown.Topology, path string) {
	for i := range top.AutoScalingGroups {
		g, at := &top.AutoScalingGroups[i], element(path+".auto_scaling_groups", i)
		c.template(&g.Template, at+".template")
		c.sizes(g, at)
		c.zones(at+".zones", "group "+g.Name, g.Zones, top.Region)
		c.attached(top, g, at)
		c.oneOf(at+".health_check", "type of a group's health check", string(g.HealthCheck), []string{string(showdown.EC2HealthCheck), string(showdown.ELBHealthCheck)})
		if g.HealthCheck == showdown.ELBHealthCheck && len(g.TargetGroups) == 0 {
			c.add(at+".health_check", "the group is in no target group, and no load balancer checks it: add target_groups, or write health_check: EC2")
		}
		for _, d := range []struct {
			name  string
			value showdown.Duration
		}{{"grace_period", g.GracePeriod}, {"cooldown", g.Cooldown}, {"warmup", g.Warmup}} {
			c.wait(child(at, d.name), d.value)
		}
		c.policies(g, at+".policies")
		c.scheduled(g, at+".scheduled")
		c.warmPool(g.WarmPool, at+".warm_pool")
		for j, process := range g.Suspended {
			c.oneOf(element(at+".suspended", j), "process", process, showdown.Processes())
		}
		c.once(at+".suspended", "process", g.Suspended)
		// What is wrong was said; what comes after this counts the instances.
		g.Desired = min(max(g.Desired, 0), maxSize)
	}
}

// wait checks a length of time that AWS does not bound.
func (c *checker) wait(path string, d showdown.Duration) {
	if d > maxWait {
		c.add(path, "%s is longer than %s: is the unit right?", leaf(path), maxWait)
	}
}

// template checks what a group launches.
func (c *checker) template(in *showdown.Instance, path string) {
	if !c.places.has(path) {
		c.missing(path, "what the group launches")
		return
	}
	for _, field := range []struct{ name, why string }{
		{"name", "the group names its instances itself, after itself"},
		{"zone", "the group spreads its instances over its own zones"},
		{"elastic_ip", "an elastic IP belongs to one instance, and the group launches many alike"},
	} {
		if at := child(path, field.name); c.places.has(at) {
			c.addKey(at, "a template has no %s: %s; drop the line", field.name, field.why)
		}
	}
	c.machine(in, path)
}

// sizes checks min <= desired <= max.
func (c *checker) sizes(g *showdown.AutoScalingGroup, path string) {
	for _, name := range []string{"min", "max"} {
		if at := child(path, name); !c.places.has(at) {
			c.missing(at, "the group's "+name)
			return
		}
	}
	switch {
	case g.Max < 1 || g.Max > maxSize:
		c.add(path+".max", "max must lie between 1 and %d: so many instances a group of a lab has", maxSize)
	case g.Min < 0 || g.Min > g.Max:
		c.add(path+".min", "min must lie between 0 and max, which is %d", g.Max)
	case g.Desired < g.Min || g.Desired > g.Max:
		c.add(path+".desired", "desired must lie between min and max, %d and %d", g.Min, g.Max)
	}
}

// attached checks where a group registers its instances.
func (c *checker) attached(top *showdown.Topology, g *showdown.AutoScalingGroup, path string) {
	c.once(path+".target_groups", "target group", g.TargetGroups)
	for i, name := range g.TargetGroups {
		at := element(path+".target_groups", i)
		c.among(at, "target group", name, targetGroupNames(top))
		for j := range top.LoadBalancers {
			b := &top.LoadBalancers[j]
			if !slices.ContainsFunc(b.TargetGroups, func(t showdown.TargetGroup) bool { return t.Name == name }) {
				continue
			}
			for _, zone := range g.Zones {
				if !inRegion(zone, top.Region) {
					continue // which was reported where the zones are
				}
				c.enabled(at, fmt.Sprintf("group %q launches", g.Name), zone, b)
			}
		}
	}
}

// scheduled checks the scheduled actions of a group. Whether they lie in the traffic
// depends on the speed, see beyond.
func (c *checker) scheduled(g *showdown.AutoScalingGroup, path string) {
	if len(g.Scheduled) > maxScheduled {
		c.add(path, "the group has %d scheduled actions: AWS takes at most %d", len(g.Scheduled), maxScheduled)
	}
	taken := map[string]bool{}
	order := make([]int, len(g.Scheduled))
	for i, a := range g.Scheduled {
		order[i] = i
		at := element(path, i)
		c.name(at+".name", "the scheduled action's name", a.Name, taken)
		if !c.places.has(at + ".at") {
			c.missing(at+".at", "the time of the scheduled action, from the start of the traffic,")
		}
		if a.Min == nil && a.Max == nil && a.Desired == nil {
			c.addKey(at, "scheduled action %q changes nothing: give it min, max or desired", a.Name)
		}
	}
	// The sizes that one leaves out are those of the group or of the last one that had
	// them; policies move the desired capacity alone.
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(g.Scheduled[i].At, g.Scheduled[j].At) })
	low, high := g.Min, g.Max
	for _, i := range order {
		a, at := g.Scheduled[i], element(path, i)
		if !c.places.has(at + ".at") {
			continue // nobody knows what comes before it
		}
		if a.Min != nil {
			low = *a.Min
		}
		if a.Max != nil {
			high = *a.Max
		}
		switch {
		case a.Max != nil && (high < 1 || high > maxSize):
			c.add(at+".max", "max must lie between 1 and %d: so many instances a group of a lab has", maxSize)
		case a.Min != nil && (low < 0 || low > high):
			c.add(at+".min", "min must lie between 0 and max, which is %d at %s", high, a.At)
		case a.Max != nil && low > high:
			c.add(at+".max", "max must not be below min, which is %d at %s", low, a.At)
		case a.Desired != nil && (*a.Desired < low || *a.Desired > high):
			c.add(at+".desired", "desired must lie between min and max, which are %d and %d at %s", low, high, a.At)
		}
	}
}

func (c *checker) warmPool(w *showdown.WarmPool, path string) {
	if w == nil {
		return
	}
	if w.Size < 0 || w.Size > maxSize {
		c.add(path+".size", "size must lie between 0 and %d: leave the line out for max less the desired capacity", maxSize)
	}
	c.oneOf(path+".state", "state of a warm pool", w.State, warmStates())
}

// warmStates are the states in which a warm pool keeps its instances.
func warmStates() []string { return []string{"Stopped", "Running"} }
