package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
)

// unbalanced is a load balancer that is taken away.
type unbalanced struct {
	*target
	balancer string
	// nodes are those that it had, and hosts the names that are aliases for it.
	had     []Node
	hosts   []string
	restore func(context.Context) error
}

func (u *unbalanced) ready(ctx context.Context) error {
	if _, err := u.balancers(); err != nil {
		return err
	}
	u.had, u.hosts = nil, nil
	b, _ := balancerOf(u.cell.Topology, u.balancer)
	for _, n := range u.env.nodes() {
		if slices.Contains(b.Zones, n.Zone) && n.Name == b.NodeName(n.Zone) {
			u.had = append(u.had, n)
		}
	}
	if z := u.cell.Topology.HostedZone; z != nil {
		for _, r := range z.Records {
			if r.Alias == u.balancer {
				u.hosts = append(u.hosts, r.Name)
			}
		}
	}
	u.facts["nodes"] = len(u.had)
	if met := u.look(ctx); !met.any(Sight.answered) {
		return errors.New("no node answered before: " + met.String())
	}
	return nil
}

// nodeSights is what was met at each node.
type nodeSights map[string]Sight

func (u *unbalanced) look(ctx context.Context) nodeSights {
	found := make([]Sight, len(u.had))
	var all sync.WaitGroup
	for i, n := range u.had {
		all.Go(func() { found[i] = u.probe.look(ctx, n.Address, healthPath, u.patience()) })
	}
	all.Wait()
	out := nodeSights{}
	for i, n := range u.had {
		out[n.Name] = found[i]
	}
	return out
}

func (s nodeSights) any(want func(Sight) bool) bool {
	for _, one := range s {
		if want(one) {
			return true
		}
	}
	return false
}

// String is what was met in words.
func (s nodeSights) String() string {
	var parts []string
	for name, one := range s {
		parts = append(parts, name+" "+one.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// points says whether any of a reply's addresses is a node's.
func (u *unbalanced) points(r reply) bool {
	return slices.ContainsFunc(u.had, func(n Node) bool {
		ip, _, _ := net.SplitHostPort(n.Address)
		return r.has(ip)
	})
}

// names waits until every name server points the balancer's names at its nodes, or at
// none of them.
func (u *unbalanced) follow(ctx context.Context, at bool) (words string, ok bool) {
	names, err := u.names()
	if err != nil || len(u.hosts) == 0 {
		return "", true
	}
	ok = true
	for _, host := range u.hosts {
		var now heard
		turned := u.until(ctx, u.limit.operation, func() bool {
			now = u.listen(ctx, names, host, u.limit.answer)
			return now.all(func(r reply) bool {
				return u.points(r) == at && (r.said == SaidAddresses || r.said == SaidNothing)
			})
		})
		words, ok = words+fmt.Sprintf("; %s: %s", fullName(host, names.Domain()), now), ok && turned
		u.facts["records"] = now.most()
	}
	return words, ok
}

func (u *unbalanced) inject(ctx context.Context) error {
	b, err := u.balancers()
	if err != nil {
		return err
	}
	u.restore, err = b.RemoveBalancer(ctx, u.balancer)
	return err
}

func (u *unbalanced) confirm(ctx context.Context) (string, bool) {
	var met nodeSights
	ended := u.until(ctx, u.limit.effect, func() bool {
		met = u.look(ctx)
		return !met.any(func(s Sight) bool { return s.Saw != Refused && s.Saw != Unreachable })
	})
	words, turned := u.follow(ctx, false)
	return met.String() + words, ended && turned
}

func (u *unbalanced) left() remains {
	if u.restore != nil {
		return leavesFault
	}
	return leavesNothing
}

func (u *unbalanced) undo(ctx context.Context) error { return u.restore(ctx) }

func (u *unbalanced) gone(ctx context.Context) (string, bool) {
	var met nodeSights
	back := u.until(ctx, u.limit.operation, func() bool {
		u.again()
		met = u.look(ctx)
		return len(met) > 0 && !met.any(func(s Sight) bool { return !s.answered() })
	})
	words, turned := u.follow(ctx, true)
	return met.String() + words, back && turned
}

// again finds the nodes' addresses out anew: a node that was made again may have another.
func (u *unbalanced) again() {
	for i, n := range u.had {
		for _, now := range u.env.nodes() {
			if now.Name == n.Name {
				u.had[i] = now
			}
		}
	}
}
