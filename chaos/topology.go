package chaos

import (
	"fmt"
	"slices"

	"showdown"
)

// What a topology has, for checks before a run and for bounds during one.

func balancerOf(t showdown.Topology, name string) (showdown.LoadBalancer, bool) {
	for _, b := range t.LoadBalancers {
		if b.Name == name {
			return b, true
		}
	}
	return showdown.LoadBalancer{}, false
}

func targetGroupOf(t showdown.Topology, name string) (showdown.TargetGroup, bool) {
	for _, b := range t.LoadBalancers {
		for _, g := range b.TargetGroups {
			if g.Name == name {
				return g, true
			}
		}
	}
	return showdown.TargetGroup{}, false
}

func scalingGroupOf(t showdown.Topology, name string) (showdown.AutoScalingGroup, bool) {
	for _, g := range t.AutoScalingGroups {
		if g.Name == name {
			return g, true
		}
	}
	return showdown.AutoScalingGroup{}, false
}

// zonesOf are the zones in which a topology has or may have a machine.
func zonesOf(t showdown.Topology) []string {
	var out []string
	for _, in := range t.Instances {
		out = append(out, in.Zone)
	}
	for _, b := range t.LoadBalancers {
		out = append(out, b.Zones...)
	}
	for _, g := range t.AutoScalingGroups {
		out = append(out, g.Zones...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Each of these fails where the cell does not have what a step names.

func needZone(c showdown.Cell, name string) error {
	zones := zonesOf(c.Topology)
	if !slices.Contains(zones, name) {
		return fmt.Errorf("no machine of this cell is in the zone %q%s", name, hint(name, zones))
	}
	return nil
}

func needBalancer(c showdown.Cell, name string) error {
	var names []string
	for _, b := range c.Topology.LoadBalancers {
		names = append(names, b.Name)
	}
	return need("load balancer", "load_balancers", name, names)
}

func needTargetGroup(c showdown.Cell, name string) error {
	var names []string
	for _, b := range c.Topology.LoadBalancers {
		for _, g := range b.TargetGroups {
			names = append(names, g.Name)
		}
	}
	return need("target group", "load_balancers", name, names)
}

func needScalingGroup(c showdown.Cell, name string) error {
	var names []string
	for _, g := range c.Topology.AutoScalingGroups {
		names = append(names, g.Name)
	}
	return need("Auto Scaling group", "auto_scaling_groups", name, names)
}

func need(what, where, name string, names []string) error {
	switch {
	case len(names) == 0:
		return fmt.Errorf("this cell has no %s: add topology.%s, or drop the step", what, where)
	case !slices.Contains(names, name):
		return fmt.Errorf("this cell has no %s %q%s", what, name, hint(name, names))
	}
	return nil
}
