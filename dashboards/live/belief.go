package live

import (
	"slices"

	"showdown"
	"showdown/results/diagram"
)

// believe takes what a load balancer or Route 53 thinks of a target.
func (c *cell) believe(e showdown.Event) {
	switch e.Kind {
	case showdown.BalancerNode:
		serves, _ := e.Data["in_dns"].(bool)
		c.parts[diagram.BalancerNodeID(showdown.Text(e.Data["balancer"]), showdown.Text(e.Data["zone"]))] = serves
		return
	case showdown.DNSHealth:
		if n, ok := c.nodes[e.Target]; ok {
			n.belief = diagram.Unhealthy
			if healthy, _ := e.Data["healthy"].(bool); healthy {
				n.belief = diagram.Healthy
			} else {
				c.noticed(e, "Route 53")
			}
		}
		return
	case showdown.TargetState:
		b := diagram.Unused
		switch showdown.Text(e.Data["to"]) {
		case "registered":
			b = diagram.Initial
			if known, _ := e.Data["known"].(bool); known {
				b = diagram.Healthy
			}
		case "draining":
			b = diagram.Draining
		}
		c.minds[e.Target] = map[string]diagram.Belief{others: b}
		c.node(e.Target).belief = b
		if showdown.Text(e.Data["to"]) == "deregistered" {
			c.node(e.Target).belief = ""
		}
		return
	}
	minds := c.minds[e.Target]
	if minds == nil {
		minds = map[string]diagram.Belief{}
		c.minds[e.Target] = minds
	}
	to := diagram.Belief(showdown.Text(e.Data["to"]))
	minds[diagram.BalancerNodeID(showdown.Text(e.Data["balancer"]), showdown.Text(e.Data["zone"]))] = to
	if n := c.node(e.Target); n.belief != diagram.Draining {
		n.belief = c.agreed(minds, to)
	}
	if to == diagram.Unhealthy {
		c.noticed(e, "balancer")
	}
}

// agreed is what users meet of what a balancer's nodes believe of a target: it is healthy
// where one that serves sends requests there. Newest is what was said last.
func (c *cell) agreed(minds map[string]diagram.Belief, newest diagram.Belief) diagram.Belief {
	serving, spoke := 0, 0
	for id, serves := range c.parts {
		if !serves {
			continue
		}
		serving++
		switch m, said := minds[id]; {
		case said && m == diagram.Healthy:
			return m
		case said:
			spoke++
		}
	}
	if m, known := minds[others]; known && spoke < serving {
		return m
	}
	return newest
}

// noticed ends the wait for somebody to notice a fault on the event's target.
func (c *cell) noticed(e showdown.Event, by string) {
	for _, f := range c.faults {
		if f.began() && f.DetectedS == nil && f.ToS == nil && slices.Contains(f.Targets, e.Target) {
			at := e.T
			f.DetectedS, f.By = &at, by
		}
	}
}
