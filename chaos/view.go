package chaos

import (
	"context"
	"slices"
	"time"

	"showdown/targets/cloud"
)

// view is from where an instance is looked at, and at which of its addresses. It looks
// as the clients do where they could reach the instance, and from inside where its
// security groups keep them out.
type view struct {
	prober
	place string
	// inside says that a machine of the lab looks, which cannot hold a connection open.
	inside bool
}

// view is how in can be looked at now. The zero place is nowhere.
func (e *env) view(in Instance) view {
	if in.Closed && in.Private != "" && len(e.nodes()) > 0 {
		return view{fromNodes{e, in.Zone}, address(in.Private, appPort), true}
	}
	return view{e.probe, outside(in), false}
}

// at asks for a path.
func (v view) at(ctx context.Context, path string, p patience) Sight {
	return v.prober.look(ctx, v.place, path, p)
}

// lookAt looks once at the instance of that name, as it is now.
func (e *env) lookAt(ctx context.Context, name, path string, p patience) Sight {
	now, _ := e.instance(name)
	return e.view(now).at(ctx, path, p)
}

// fromNodes is a prober that has the machine of a load balancer's node connect, since
// the security groups let it in where they keep out the clients.
type fromNodes struct {
	*env
	// zone is the instance's: nodes of other zones are asked first, since what happens to
	// the zone happens to its node too.
	zone string
}

func (f fromNodes) look(ctx context.Context, place, path string, p patience) Sight {
	if place == "" {
		return Sight{Saw: Nowhere}
	}
	for _, n := range f.order() {
		if s, ok := f.from(ctx, n, place, path, p); ok {
			return s
		}
		if ctx.Err() != nil {
			break
		}
	}
	return Sight{Saw: Unseen}
}

// order is the nodes in the order in which they are asked.
func (f fromNodes) order() []Node {
	nodes := slices.Clone(f.nodes())
	rank := func(n Node) int {
		r := 0
		if n.Zone == f.zone {
			r = 1
		}
		if f.struck(n.Name) {
			r += 2
		}
		return r
	}
	slices.SortStableFunc(nodes, func(a, b Node) int { return rank(a) - rank(b) })
	return nodes
}

// from lets one node look; ok is false where it cannot.
func (f fromNodes) from(ctx context.Context, n Node, place, path string, p patience) (s Sight, ok bool) {
	m, lives := f.machineOf(n.Name)
	if !lives {
		return Sight{}, false
	}
	wait := max(p.connect, p.answer)
	// A node that is frozen does not even say that it looks.
	ctx, cancel := context.WithTimeout(ctx, wait+f.limit.answer)
	defer cancel()
	start := time.Now()
	c, err := m.Do(ctx, cloud.Command{Verb: cloud.Connect, Address: place, Path: path, Delay: wait})
	if err != nil {
		return Sight{}, false
	}
	return sightOf(c, time.Since(start)), true
}

// open fails: a node looks and does not keep connections.
func (f fromNodes) open(ctx context.Context, place string, p patience) (connection, Sight) {
	return nil, f.look(ctx, place, healthPath, p)
}

// sightOf is a look that a machine took in the words of a probe.
func sightOf(c cloud.Counters, took time.Duration) Sight {
	look := cloud.Look{Took: took}
	if c.Look != nil {
		look = *c.Look
	}
	s := Sight{Status: look.Status, Body: look.Body, Took: look.Took}
	switch {
	case c.Met == cloud.Answered:
		s.Saw = Answered
	case c.Met == cloud.Refused && look.Connected:
		s.Saw = Reset
	case c.Met == cloud.Refused:
		s.Saw = Refused
	case look.Connected:
		s.Saw = Silent
	default:
		s.Saw = Unreachable
	}
	return s
}
