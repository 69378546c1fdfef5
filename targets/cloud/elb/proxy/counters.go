package proxy

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"showdown/targets/cloud"
)

// Counters are the node's counters since it was made.
func (n *Node) Counters() cloud.BalancerCounters {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := cloud.BalancerCounters{
		Requests: n.requests.Load(), Errors: maps.Clone(n.errors),
		NewConnections: n.accepted.Load(), ActiveConnections: n.active.Load(), TargetConnections: n.opened.Load(),
		Bytes: n.bytes.Load(), CrossZone: n.far.Load(),
		Checks: n.checks.Load(), LateChecks: n.late.Load(), LongestStall: time.Duration(n.stall.Load()),
	}
	for _, t := range n.targets {
		c.Targets = append(c.Targets, cloud.TargetCounters{
			Group: t.group, Target: t.Name, Health: t.health.state,
			Requests: t.requests.Load(), Outstanding: t.outstanding,
		})
	}
	slices.SortFunc(c.Targets, func(a, b cloud.TargetCounters) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Target, b.Target))
	})
	return c
}
