package elb

import (
	"strings"
	"time"

	"showdown/targets/cloud"
)

// State is the health of a target as DescribeTargetHealth says it (ALB, Target health
// checks: target health status).
type State string

// The states. The first three are a node's own; the others are the register's.
const (
	Initial   State = cloud.TargetInitial
	Healthy   State = cloud.TargetHealthy
	Unhealthy State = cloud.TargetUnhealthy
	Draining  State = "draining"
	Unused    State = "unused"
)

// Further reason codes (API Reference, TargetHealth).
const (
	ReasonInitialChecking = "Elb.InitialHealthChecking"
	ReasonTimeout         = "Target.Timeout"
	ReasonStatus          = "Target.ResponseCodeMismatch"
	ReasonFailedChecks    = "Target.FailedHealthChecks"
	ReasonDeregistering   = "Target.DeregistrationInProgress"
)

// NodeHealth is what one node believes of a target.
type NodeHealth struct {
	// Node is the node's name.
	Node, Zone string
	// State is [Initial], [Healthy] or [Unhealthy]; Reason is why, in the node's words.
	State  State
	Reason string
	// Since is when it began to believe so.
	Since time.Time
	// Counts says that the node lives and may send requests to the target. What another
	// one believes says nothing.
	Counts bool
}

// TargetHealth is the health of a target, as DescribeTargetHealth shows it and as each
// node believes it.
type TargetHealth struct {
	// Target is the instance's name, Address where it is reached.
	Target, Zone, Address string
	Registered            time.Time
	State                 State
	// Reason is AWS's reason code, empty for a healthy target; Description says more.
	Reason, Description string
	// Complete says that the deregistration of a draining target is complete: nothing is
	// in flight, although it is shown until its delay has passed.
	Complete bool
	// Away says that a zonal shift keeps requests from it, whatever its state
	// (AdministrativeOverride in the API Reference).
	Away  bool
	Nodes []NodeHealth
}

// aggregate is one state out of what the nodes believe. AWS does not say how it makes
// one of them. Here a target is healthy while one node that counts finds it healthy: a
// node that is cut off from a target must not make an Auto Scaling group replace what
// serves. Else it is unhealthy when one says so, else initial. Where no node counts, the
// last beliefs of all do.
func aggregate(nodes []NodeHealth) (State, string) {
	anyCounts := false
	for _, n := range nodes {
		anyCounts = anyCounts || n.Counts
	}
	state, reason := Initial, ""
	for _, n := range nodes {
		switch {
		case anyCounts && !n.Counts:
		case n.State == Healthy:
			return Healthy, ""
		case n.State == Unhealthy && state == Initial:
			state, reason = Unhealthy, n.Reason
		}
	}
	return state, reason
}

// reasonCode is AWS's code of a state, for what a node said about it.
func reasonCode(s State, said string) string {
	switch s {
	case Initial:
		return ReasonInitialChecking
	case Unhealthy:
		switch {
		case strings.Contains(said, "status"):
			return ReasonStatus
		case strings.Contains(said, "timeout"), strings.Contains(said, "timed out"), strings.Contains(said, "no answer"):
			return ReasonTimeout
		}
		return ReasonFailedChecks
	case Draining:
		return ReasonDeregistering
	}
	return ""
}

// Health is the health of the targets of a group, in the order of their registration;
// nil when there is no such group.
func (b *Balancer) Health(group string) []TargetHealth {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.group(group)
	if g == nil {
		return nil
	}
	out := make([]TargetHealth, 0, len(g.targets))
	for _, t := range g.targets {
		out = append(out, b.healthOf(g, t))
	}
	return out
}

// healthOf is the health of one target. b.mu is held.
func (b *Balancer) healthOf(g *group, t *target) TargetHealth {
	h := TargetHealth{Target: t.name, Zone: t.zone, Address: address(t.private), Registered: t.registered, Away: b.kept(g, t)}
	for _, n := range b.nodes {
		v := t.beliefs[n.name]
		h.Nodes = append(h.Nodes, NodeHealth{
			Node: n.name, Zone: n.zone, State: v.state, Reason: v.reason, Since: v.since, Counts: n.lives() && n.reaches(g, t),
		})
	}
	switch {
	case t.leaving != nil:
		h.State, h.Complete = Draining, t.leaving.complete
		h.Reason = reasonCode(Draining, "")
	case t.unused != "":
		h.State, h.Reason = Unused, t.unused
	default:
		h.State, h.Description = aggregate(h.Nodes)
		h.Reason = reasonCode(h.State, h.Description)
	}
	return h
}
