package elb

import (
	"fmt"
	"time"

	"showdown"
)

// Who looks at the nodes. That a dead node's address leaves the answer is documented
// (ALB, Target group health; AWS says that Route 53 checks each zone's address), how
// quickly is not. This is our model of it, unverified: a look every ten seconds, three
// in a row turn it either way, as Route 53's own health checks with their fast interval
// do. With the TTL of the name, clients leave a dead node after 20 to 90 seconds.
const (
	lookEvery     = 10 * showdown.Second
	lookWithin    = 4 * showdown.Second
	lookThreshold = 3
	// floorLook keeps looks apart at high speeds: one may take as long as the floor of a
	// health check.
	floorLook = 2 * showdown.FloorTimer
)

// opinion is what the control plane thinks of a node.
type opinion struct {
	dead bool
	// against counts the looks in a row that spoke against it, number is the newest's.
	against int
	number  int64
}

// observe is the opinion after one more look. One that comes in after a newer one says
// nothing any more.
func (o opinion) observe(number int64, good bool) opinion {
	if number <= o.number {
		return o
	}
	o.number = number
	if good != o.dead {
		o.against = 0
		return o
	}
	if o.against++; o.against >= lookThreshold {
		return opinion{dead: !o.dead, number: number}
	}
	return o
}

// nextLook is the number of the first look at or after a moment, and when it is due: a
// look is at first + number x every, so that none is put off by the one before.
func nextLook(first time.Time, every time.Duration, now time.Time) (int64, time.Time) {
	if !now.After(first) {
		return 0, first
	}
	number := int64((now.Sub(first) + every - 1) / every)
	return number, first.Add(time.Duration(number) * every)
}

// standing is what decides whether a node is in the name's answer.
type standing struct {
	dead, shifted bool
	// without is a target group with registered targets that the node may use, none of
	// which it believes healthy; empty when there is none.
	without string
}

// why is the reason to withdraw the node; empty when there is none.
func (s standing) why() string {
	switch {
	case s.dead:
		return fmt.Sprintf("%d looks in a row found it dead", lookThreshold)
	case s.shifted:
		return "its zone is shifted away"
	case s.without != "":
		return fmt.Sprintf("it has no healthy target in %q", s.without)
	}
	return ""
}

// verdict is whether a node is in the name's answer, and why.
type verdict struct {
	in     bool
	reason string
}

// answer is which nodes are in the name's answer. A node is withdrawn when it is dead,
// when its zone is shifted away and when a target group has no healthy target for it
// (ALB, Target group health: DNS failover, with its default of one healthy target; ALB,
// Zonal shift). Where that would withdraw all, all stay: it fails open, and a zonal shift
// has no effect then (ARC Developer Guide, Supported resources).
func answer(nodes []standing) []verdict {
	out := make([]verdict, len(nodes))
	left := 0
	for i, n := range nodes {
		why := n.why()
		out[i] = verdict{in: why == "", reason: why}
		if out[i].in {
			out[i].reason = "it serves"
			left++
		}
	}
	if left == 0 {
		for i := range out {
			out[i] = verdict{in: true, reason: "fail open: every node would be withdrawn; " + out[i].reason}
		}
	}
	return out
}

// lacks says whether a node counts as having no healthy target in a group. A group with
// no registered target for the node is not an unhealthy one: requests to it are answered
// 503 (ALB, Troubleshooting; Cross-zone load balancing off).
// b.mu is held.
func (b *Balancer) lacks(n *node, g *group) bool {
	registered := false
	for _, t := range g.targets {
		if t.leaving != nil || t.unused == ReasonNotInUse || !n.reaches(g, t) {
			continue
		}
		registered = true
		if t.unused == "" && !b.away(g, t) && t.beliefs[n.name].state == Healthy {
			return false
		}
	}
	return registered
}

// reaches says whether a node may send requests to a target.
func (n *node) reaches(g *group, t *target) bool { return g.CrossZone || n.zone == t.zone }

// refresh decides anew which nodes are in the answer and says what has changed. b.mu is
// held.
func (b *Balancer) refresh() {
	if b.upAt.IsZero() || b.closed {
		return
	}
	all := make([]standing, len(b.nodes))
	for i, n := range b.nodes {
		all[i] = standing{dead: n.seen.dead, shifted: b.shift != nil && b.shift.zone == n.zone}
		for _, g := range b.groups {
			if g.forwarded && b.lacks(n, g) {
				all[i].without = g.Name
				break
			}
		}
	}
	open := true
	for i, v := range answer(all) {
		n := b.nodes[i]
		open = open && all[i].why() != ""
		if v.in != n.inDNS {
			n.inDNS = v.in
			b.sayNode(n, v.reason)
		}
		n.reason = v.reason
	}
	b.moot(open)
}

func (b *Balancer) sayNode(n *node, reason string) {
	b.outbox.add(showdown.BalancerNode, n.name, map[string]any{
		"balancer": b.cfg.Spec.Name, "zone": n.zone, "address": n.public, "private": n.private, "in_dns": n.inDNS, "reason": reason,
	})
}
