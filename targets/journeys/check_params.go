package journeys

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"showdown"
)

// params checks what a step says to its action.
func (c *checker) params(cell *showdown.Cell, step *showdown.Step, action showdown.Action, path string) {
	known := map[string]showdown.Param{}
	for _, p := range action.Params {
		known[p.Name] = p
		if _, ok := step.With[p.Name]; !ok && !p.Optional {
			c.addKey(path, "%s needs the parameter %q (%s): add \"with: {%[2]s: ...}\"", action.Name, p.Name, p.Does)
		}
	}
	for _, name := range sortedKeys(step.With) {
		at := child(path, name)
		p, ok := known[name]
		if !ok {
			if len(known) == 0 {
				c.addKey(at, "%s has no parameters: drop %q", action.Name, name)
			} else {
				c.addKey(at, "unknown parameter %q of %s: %s", name, action.Name, meant(name, sortedKeys(known)))
			}
			continue
		}
		c.param(cell, step, p, at)
	}
}

func (c *checker) param(cell *showdown.Cell, step *showdown.Step, p showdown.Param, path string) {
	text := step.With[p.Name]
	switch p.Kind {
	case "choice":
		c.oneOf(path, p.Name, text, p.Choices)
	case "count":
		if n, err := strconv.Atoi(text); err != nil || n < 1 || n > maxCount {
			c.add(path, "%s must be a whole number from 1 to %d: found %q", p.Name, maxCount, text)
		}
	case "name":
		c.name(path, p.Name, text, c.namesTaken(cell, step))
		for _, g := range cell.Topology.AutoScalingGroups {
			if gives(g, text) {
				c.add(path, "%s %q is one that group %q gives its instances: choose another one", p.Name, text, g.Name)
			}
		}
	case "instance":
		c.among(path, "instance", text, namesOf(cell.InstancesBefore(*step)))
	case "group":
		c.among(path, "security group", text, groups(cell))
	case "zone":
		c.among(path, "zone", text, zonesOf(&cell.Topology))
	case "balancer":
		c.among(path, "load balancer", text, balancerNames(&cell.Topology))
	case "target_group":
		c.among(path, "target group", text, targetGroupNames(&cell.Topology))
	case "scaling_group":
		c.among(path, "Auto Scaling group", text, scalingGroupNames(&cell.Topology))
	case "source":
		c.source(path, text, groups(cell))
	case "host":
		c.hostNamed(cell, path, text)
		if r, ok := record(&cell.Topology, text); ok && r.Alias != "" && !showdown.Actions()[step.Do].NoTarget {
			c.add(path, "host %q is the alias of load balancer %q and holds no address of an instance: name another record", text, r.Alias)
		}
	case "type":
		c.oneOf(path, "instance type", text, c.known.Types)
	case "share":
		var s showdown.Share
		if err := s.UnmarshalText([]byte(text)); err != nil {
			c.add(path, "%s: %w", p.Name, err)
		} else if s == 0 {
			c.add(path, "%s must be above 0%%", p.Name)
		}
	case "factor":
		if x, err := strconv.ParseFloat(text, 64); err != nil || !(x > 0 && x <= maxFactor) {
			c.add(path, "%s must be a number above 0 and at most %d: found %q", p.Name, maxFactor, text)
		}
	case "duration":
		var d showdown.Duration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			c.add(path, "%s: %w", p.Name, err)
		}
	case "latency":
		var d showdown.LabDuration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			c.add(path, "%s: %w", p.Name, err)
		} else if d == 0 {
			c.add(path, "%s must be above 0: write it like 100ms", p.Name)
		}
	case "text": // the action itself reads it
	default:
		c.add(path, "parameter %q has the unknown kind %q: this program has a fault", p.Name, p.Kind)
	}
}

// Bounds of parameters.
const (
	maxFactor = 1000
	maxCount  = 1000
)

// among is oneOf where there may be no known one, which is a mistake too.
func (c *checker) among(path, what, value string, known []string) {
	if !slices.Contains(known, value) {
		c.add(path, "unknown %s %q: %s", what, value, meant(value, known))
	}
}

// groups are the security groups that an action may name, with the clients as a group
// of their own.
func groups(cell *showdown.Cell) []string {
	var out []string
	for _, g := range cell.Topology.SecurityGroups {
		out = append(out, g.Name)
	}
	if !slices.Contains(out, showdown.DefaultGroup) {
		out = append(out, showdown.DefaultGroup)
	}
	return append(out, showdown.FromInternet)
}

// source checks where a security rule lets packets come from.
func (c *checker) source(path, text string, groups []string) {
	if strings.ContainsAny(text, "/:") {
		if _, err := netip.ParsePrefix(text); err != nil {
			c.add(path, "%q is not a CIDR block: write it like 10.0.0.0/16", text)
		}
		return
	}
	if _, err := netip.ParseAddr(text); err == nil {
		c.add(path, "%q is one address and not a CIDR block: write %[1]s/32", text)
		return
	}
	if !slices.Contains(groups, text) {
		c.add(path, "unknown source %q: %s, or a CIDR block like 10.0.0.0/16", text, strings.TrimSuffix(meant(text, groups), "?"))
	}
}

// namesTaken are the names that an instance launched by step cannot have: those of the
// topology, and those that other steps give while it may be there.
func (c *checker) namesTaken(cell *showdown.Cell, step *showdown.Step) map[string]bool {
	taken := map[string]bool{}
	for _, name := range instanceNames(&cell.Topology) {
		taken[name] = true
	}
	for _, b := range cell.Topology.LoadBalancers {
		taken[b.Name] = true
		for _, zone := range b.Zones {
			taken[b.NodeName(zone)] = true
		}
	}
	for _, name := range scalingGroupNames(&cell.Topology) {
		taken[name] = true
	}
	for i := range cell.Timeline {
		other := &cell.Timeline[i]
		if other == step || other.Do != step.Do || c.apart(cell, *other, *step) {
			continue
		}
		taken[other.With["name"]] = true
	}
	return taken
}

// apart says that one of two steps is planned to be over before the other starts,
// whatever the jitter.
func (c *checker) apart(cell *showdown.Cell, a, b showdown.Step) bool {
	clock, err := showdown.NewClock(cmp.Or(c.stage.Speed, showdown.DefaultSpeed))
	if err != nil {
		return false // the stage's own speed is wrong, which is reported elsewhere
	}
	before := func(a, b showdown.Step) bool {
		_, end, ok := cell.StepSpan(clock, a, showdown.WholeJitter)
		start, known := cell.StepStart(clock, b)
		return ok && known && a.For > 0 && end <= start
	}
	return before(a, b) || before(b, a)
}

// zonesOf are the Availability Zones in which the topology has or may have something, in
// their order.
func zonesOf(top *showdown.Topology) []string {
	var out []string
	for _, in := range top.Instances {
		out = append(out, in.Zone)
	}
	for _, b := range top.LoadBalancers {
		out = append(out, b.Zones...)
	}
	for _, g := range top.AutoScalingGroups {
		out = append(out, g.Zones...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// appendNamed appends a name that is there: a missing one is reported, and not offered.
func appendNamed(names []string, name string) []string {
	if name == "" {
		return names
	}
	return append(names, name)
}

func balancerNames(top *showdown.Topology) []string {
	var out []string
	for _, b := range top.LoadBalancers {
		out = appendNamed(out, b.Name)
	}
	return out
}

func targetGroupNames(top *showdown.Topology) []string {
	var out []string
	for _, b := range top.LoadBalancers {
		for _, g := range b.TargetGroups {
			out = appendNamed(out, g.Name)
		}
	}
	return out
}

func scalingGroupNames(top *showdown.Topology) []string {
	var out []string
	for _, g := range top.AutoScalingGroups {
		out = appendNamed(out, g.Name)
	}
	return out
}

func namesOf(instances []showdown.Instance) []string {
	out := make([]string, len(instances))
	for i, in := range instances {
		out[i] = in.Name
	}
	return out
}
