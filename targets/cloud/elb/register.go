package elb

import (
	"time"

	"showdown"
)

// group is a target group with its register; Balancer.mu guards it.
type group struct {
	showdown.TargetGroup
	targets []*target // in the order of their registration
	// forwarded says that a listener sends requests to it.
	forwarded bool
}

func (g *group) find(name string) *target {
	for _, t := range g.targets {
		if t.name == name {
			return t
		}
	}
	return nil
}

// target is a registered target; Balancer.mu guards it.
type target struct {
	name, zone, private string
	registered          time.Time
	// known says that it was healthy before the nodes began.
	known bool
	// unused is the code why it gets neither requests nor checks; empty when it does.
	unused string
	// leaving is its deregistration; nil when nobody asked for it.
	leaving *deregistration
	beliefs map[string]belief // by node
}

// belief is what a node thinks of a target.
type belief struct {
	state  State
	reason string
	since  time.Time
}

// newTarget is a target that is registered at a moment and that the nodes have yet to
// check, or that they have known for long.
func newTarget(name string, in Instance, now time.Time, nodes []*node, known bool) *target {
	t := &target{name: name, zone: in.Zone, private: in.Private, registered: now, known: known, beliefs: map[string]belief{}}
	state := Initial
	if known {
		state = Healthy
	}
	for _, n := range nodes {
		t.beliefs[n.name] = belief{state: state, since: now}
	}
	return t
}

// deregistration is a target on its way out.
type deregistration struct {
	since, until time.Time
	// drained are the nodes that have said that nothing is in flight any more; cut is how
	// many requests they ended.
	drained map[string]bool
	cut     int
	// complete says that it is over. The target is shown as draining until the delay has
	// passed all the same.
	complete bool
}

// cutGrace is how long after the delay the nodes may take to say what they cut. It is real
// time.
const cutGrace = 20 * time.Millisecond

// over says whether a deregistration is complete: when no node that lives has anything
// in flight any more, at the latest when the delay has passed (ALB, Target groups:
// deregistration delay). Who is dead has nothing in flight, and who does not say what it
// cut is not waited for.
func (d deregistration) over(now time.Time, living []string) bool {
	if !now.Before(d.until.Add(cutGrace)) {
		return true
	}
	for _, n := range living {
		if !d.drained[n] {
			return false
		}
	}
	return true
}

// due is when there is something to do next about the deregistration.
func (d deregistration) due() time.Time {
	if d.complete {
		return d.until
	}
	return d.until.Add(cutGrace)
}

// gone says whether a target whose deregistration is complete is no longer shown. An
// Application Load Balancer goes on showing it as draining until the delay has passed
// (ALB, Target groups: deregistration delay).
func (d deregistration) gone(now time.Time, classic bool) bool {
	return d.complete && (classic || !now.Before(d.until))
}

// The reason codes of targets that are not used (API Reference, TargetHealth).
const (
	ReasonNotInUse     = "Target.NotInUse"
	ReasonInvalidState = "Target.InvalidState"
)

// placement is where a target stands.
type placement struct {
	// forwarded says that a listener uses its group, enabled that its zone is one of the
	// load balancer's, running that EC2 runs its instance.
	forwarded, enabled, running bool
}

// unused is the reason code of a target that is registered and not used; empty for one
// that is (ALB, Target health checks: target health status).
func (p placement) unused() string {
	switch {
	case !p.forwarded, !p.enabled:
		return ReasonNotInUse
	case !p.running:
		// How quickly AWS notices is unverified; here it is at once.
		return ReasonInvalidState
	}
	return ""
}
