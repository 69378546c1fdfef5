package journeys

import (
	"slices"

	"showdown"
	"showdown/targets/cloud"
)

// Bounds of load balancers (User Guide for Application Load Balancers, Load balancer
// attributes, Listener rules; User Guide for Classic Load Balancers, idle timeout).
const (
	minIdleTimeout = showdown.Second
	maxIdleTimeout = 4000 * showdown.Second
	maxWeight      = 999
	maxForward     = 5
	// maxListeners and maxTargetGroups are Quotas for Application Load Balancers.
	maxListeners    = 50
	maxTargetGroups = 100
	// minPort keeps listeners out of the ports for which a lab's process would need
	// privilege.
	minPort = 1024
	maxPort = 65535
)

// elastic is the service whose ranges load balancers have, for messages.
const elastic = "Elastic Load Balancing"

// balancers checks the load balancers of a topology but for their names.
func (c *checker) balancers(top *showdown.Topology, path string) {
	taken := map[string]bool{} // the names of target groups: groups name them without a balancer
	zones := map[string]string{}
	for _, in := range top.Instances {
		zones[in.Name] = in.Zone
	}
	for i := range top.LoadBalancers {
		b, at := &top.LoadBalancers[i], element(path+".load_balancers", i)
		c.oneOf(at+".type", "type of a load balancer", string(b.Type), []string{string(showdown.ApplicationBalancer), string(showdown.ClassicBalancer)})
		c.zones(at+".zones", "load balancer "+b.Name, b.Zones, top.Region)
		if b.Type == showdown.ApplicationBalancer && len(b.Zones) == 1 {
			c.add(at+".zones", "an Application Load Balancer needs at least two zones: add one, or write type: classic")
		}
		c.ranged(at+".idle_timeout", b.IdleTimeout, minIdleTimeout, maxIdleTimeout, elastic)
		c.targetGroups(top, b, at, taken, zones)
		c.listeners(b, at)
	}
}

// listeners checks where a load balancer's requests go.
func (c *checker) listeners(b *showdown.LoadBalancer, path string) {
	path += ".listeners"
	if len(b.Listeners) == 0 {
		switch {
		case c.places.has(path):
			c.add(path, "the list of listeners is empty: fill it in, or drop the line where there is one target group")
		case len(b.TargetGroups) > 1:
			c.addKey(path, "the list of listeners is missing, and there are several target groups: add \"listeners:\" here, which say what goes where")
		}
		return
	}
	if len(b.Listeners) > maxListeners {
		c.add(path, "the load balancer has %d listeners: AWS gives it at most %d", len(b.Listeners), maxListeners)
		return
	}
	taken := map[int]bool{}
	used := map[string]bool{}
	for i, l := range b.Listeners {
		at := element(path, i)
		port := portOf(l)
		switch {
		case port < minPort || port > maxPort:
			c.add(at+".port", "port must lie between %d and %d, since a lower one needs privilege: leave the line out for the application's, %d", minPort, maxPort, cloud.Port)
		case taken[port]:
			c.add(at, "port %d has a listener already: forward to all its target groups there", port)
		}
		taken[port] = true
		c.forward(b, l.Forward, at+".forward", used)
	}
	if !taken[cloud.Port] {
		c.add(path, "no listener takes the port that clients reach, the application's: leave the port of one out")
	}
	for i, g := range b.TargetGroups {
		if !used[g.Name] && g.Name != "" {
			c.add(element(parentPath(path)+".target_groups", i), "no listener forwards to target group %q: add it to one, or drop the group", g.Name)
		}
	}
}

// portOf is the port that a listener takes.
func portOf(l showdown.Listener) int {
	if l.Port == 0 {
		return cloud.Port
	}
	return l.Port
}

// forward checks the target groups of one listener. used learns which they are.
func (c *checker) forward(b *showdown.LoadBalancer, forward []showdown.Forward, path string, used map[string]bool) {
	var names []string
	for _, g := range b.TargetGroups {
		names = appendNamed(names, g.Name)
	}
	if len(forward) == 0 {
		c.missing(path, "the list of target groups that the listener forwards to")
	}
	if b.Type == showdown.ClassicBalancer && len(forward) > 1 {
		c.add(path, "a Classic Load Balancer has one target group and divides nothing by weight: keep one, or write type: application")
	}
	if len(forward) > maxForward {
		c.add(path, "the listener forwards to %d target groups: AWS takes at most %d", len(forward), maxForward)
	}
	sum := 0
	seen := map[string]bool{}
	for i, f := range forward {
		at := element(path, i)
		switch {
		case f.TargetGroup == "":
			c.missing(at+".target_group", "the target group")
		case seen[f.TargetGroup]:
			c.add(at+".target_group", "target group %q stands here twice: keep one of the two, with the weight of both", f.TargetGroup)
		default:
			c.among(at+".target_group", "target group", f.TargetGroup, names)
		}
		seen[f.TargetGroup], used[f.TargetGroup] = true, true
		if f.Weight < 0 || f.Weight > maxWeight {
			c.add(at+".weight", "weight must lie between 0 and %d: it is the group's part among those of the listener", maxWeight)
		}
		if b.Type == showdown.ClassicBalancer && c.places.has(at+".weight") {
			c.addKey(at+".weight", "a Classic Load Balancer divides nothing by weight: drop the line")
		}
		sum += max(0, f.Weight)
	}
	if len(forward) > 0 && sum == 0 {
		c.add(path, "every weight is 0, and no request would get anywhere: give a target group a weight")
	}
}

// parts is which share of the requests to a host each instance gets while all are
// there: of a record's own instances, or of those behind the load balancer of an alias.
// It is empty for a host of written values.
func parts(top *showdown.Topology, host string) map[string]float64 {
	r, _ := record(top, host)
	if r.Alias == "" {
		return evenly(r.Instances)
	}
	i := slices.IndexFunc(top.LoadBalancers, func(b showdown.LoadBalancer) bool { return b.Name == r.Alias })
	if i < 0 {
		return nil
	}
	b, out := &top.LoadBalancers[i], map[string]float64{}
	for _, l := range b.Listeners {
		if portOf(l) != cloud.Port {
			continue
		}
		sum := 0
		for _, f := range l.Forward {
			sum += f.Weight
		}
		for _, f := range l.Forward {
			for _, g := range b.TargetGroups {
				if g.Name != f.TargetGroup || f.Weight == 0 {
					continue
				}
				for name, part := range spread(b, g, targets(top, g)) {
					out[name] += part * float64(f.Weight) / float64(sum)
				}
			}
		}
	}
	return out
}

// spread is which share of a target group's requests each target gets: the same, or
// without cross-zone the same of what its zone's node gets.
func spread(b *showdown.LoadBalancer, g showdown.TargetGroup, targets []showdown.Instance) map[string]float64 {
	if g.CrossZone {
		return evenly(namesOf(targets))
	}
	out := map[string]float64{}
	for _, zone := range b.Zones {
		var here []string
		for _, in := range targets {
			if in.Zone == zone {
				here = append(here, in.Name)
			}
		}
		for name, part := range evenly(here) {
			out[name] = part / float64(len(b.Zones))
		}
	}
	return out
}

// evenly gives each of the names the same part of one.
func evenly(names []string) map[string]float64 {
	out := map[string]float64{}
	for _, name := range names {
		out[name] += 1 / float64(len(names))
	}
	return out
}

// targets are the instances that a target group has when the lab comes up.
func targets(top *showdown.Topology, g showdown.TargetGroup) []showdown.Instance {
	var out []showdown.Instance
	for _, in := range top.Instances {
		if slices.Contains(g.Instances, in.Name) {
			out = append(out, in)
		}
	}
	for _, s := range top.AutoScalingGroups {
		if slices.Contains(s.TargetGroups, g.Name) {
			out = append(out, s.Initial()...)
		}
	}
	return out
}
