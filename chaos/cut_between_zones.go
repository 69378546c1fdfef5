package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"showdown"
	"showdown/targets/cloud"
)

// cutBetweenZones drops every packet between two Availability Zones, while clients reach
// both: each side takes the other for dead.
func cutBetweenZones() deed {
	return deed{
		needs:    "cut",
		evidence: "connections from a node or an instance of one zone to the instances of the other are silent, and clients are answered in both",
		early:    true,
		check: func(v values) error {
			if v.names["a"] == v.names["b"] {
				return fmt.Errorf("cut-between-zones is between %s and itself: name two zones", v.names["a"])
			}
			return nil
		},
		fits: func(c showdown.Cell, _ showdown.Step, v values) error {
			return errors.Join(needZone(c, v.names["a"]), needZone(c, v.names["b"]))
		},
		effect: func(t *target, v values) effect { return &zoneCut{target: t, a: v.names["a"], b: v.names["b"]} },
	}
}

type zoneCut struct {
	*target
	a, b   string
	routes []route
	// open are the nodes and instances that answered the clients before.
	open  []*victim
	asked bool
}

// ways are the routes from one zone to the instances of another: from its nodes, and from
// one of its instances.
func (c *zoneCut) ways(from, to string) (out []route) {
	nodes, instances, _ := c.machinesIn(from)
	if len(instances) > 1 {
		instances = instances[:1]
	}
	_, targets, _ := c.machinesIn(to)
	for _, v := range targets {
		for _, who := range append(nodes, instances...) {
			out = append(out, route{from: who.name, to: v.name, source: from})
		}
	}
	return out
}

// reached are those of the nodes and instances of both zones that a client reaches now.
func (c *zoneCut) reached(ctx context.Context, all []*victim) (out []*victim) {
	answered := make([]bool, len(all))
	var looks sync.WaitGroup
	for i, v := range all {
		looks.Go(func() { answered[i] = c.seeVictim(ctx, v, c.patience()).answered() })
	}
	looks.Wait()
	for i, v := range all {
		if answered[i] {
			out = append(out, v)
		}
	}
	return out
}

func (c *zoneCut) ready(ctx context.Context) error {
	if _, err := c.zones(); err != nil {
		return err
	}
	// What the security groups do not let through says nothing of the link.
	for r, what := range c.tryAll(ctx, append(c.ways(c.a, c.b), c.ways(c.b, c.a)...)) {
		if what == cloud.Answered {
			c.routes = append(c.routes, r)
		}
	}
	var all []*victim
	for _, zone := range []string{c.a, c.b} {
		nodes, instances, _ := c.machinesIn(zone)
		all = append(all, nodes...)
		for _, v := range instances {
			// One that only nodes reach is no way of the clients.
			if in, _ := c.instance(v.name); !in.Closed {
				all = append(all, v)
			}
		}
	}
	c.open = c.reached(ctx, all)
	if len(c.routes) == 0 {
		return fmt.Errorf("no connection between %s and %s was answered before", c.a, c.b)
	}
	return nil
}

func (c *zoneCut) inject(ctx context.Context) error {
	z, err := c.zones()
	if err != nil {
		return err
	}
	c.asked = true
	return z.CutZones(ctx, c.a, c.b)
}

func (c *zoneCut) confirm(ctx context.Context) (string, bool) {
	now, ok := c.meet(ctx, c.routes, c.limit.effect, func(_ route, what string) bool { return what == cloud.Silent })
	var names []string
	still := c.reached(ctx, c.open)
	for _, v := range still {
		names = append(names, v.name)
	}
	c.facts["routes"], c.facts["reached"] = len(c.routes), len(still)
	evidence := now.String()
	if len(c.open) > 0 {
		evidence += fmt.Sprintf("; clients reach %d of %d: %s", len(still), len(c.open), strings.Join(names, ", "))
	}
	return evidence, ok && len(still) == len(c.open)
}

func (c *zoneCut) left() remains {
	if c.asked {
		return leavesFault
	}
	return leavesNothing
}

func (c *zoneCut) undo(ctx context.Context) error {
	z, err := c.zones()
	if err != nil {
		return err
	}
	return z.UncutZones(ctx, c.a, c.b)
}

func (c *zoneCut) gone(ctx context.Context) (string, bool) {
	return c.back(ctx, c.routes, func(_ route, what string) bool { return what == cloud.Answered })
}
