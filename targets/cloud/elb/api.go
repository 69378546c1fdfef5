package elb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"showdown"
)

// Register registers an instance with a target group: RegisterTargets, of a Classic Load
// Balancer RegisterInstancesWithLoadBalancer. Each node has to see its first checks pass.
// One that is registered already stays as it is; one that is draining comes back as a new
// target. It refuses an instance that EC2 does not run (API Reference, RegisterTargets).
func (b *Balancer) Register(ctx context.Context, group, instance string) error {
	if err := ended(ctx, "register"); err != nil {
		return err
	}
	in, ok := b.cfg.Instance(instance)
	b.mu.Lock()
	defer b.unlock()
	g, err := b.known(opRegister, group)
	if err != nil {
		return err
	}
	switch {
	case !ok:
		return b.refused(opRegister, instance, b.noTarget(), "the instance %q does not exist", instance)
	case !in.Running:
		return b.refused(opRegister, instance, b.noTarget(), "the instance %q is not in the running state and cannot be registered", instance)
	}
	now := time.Now()
	if t := g.find(instance); t != nil {
		if t.leaving == nil {
			return nil
		}
		g.remove(t)
	}
	t := newTarget(instance, in, now, b.nodes, false)
	t.unused = b.placement(g, in).unused()
	g.targets = append(g.targets, t)
	b.sayTarget(g, t, "registered", nil)
	if t.unused != "" {
		b.sayTarget(g, t, string(Unused), map[string]any{"reason": t.unused})
	}
	b.bump()
	return nil
}

func (g *group) remove(t *target) {
	kept := g.targets[:0:0]
	for _, other := range g.targets {
		if other != t {
			kept = append(kept, other)
		}
	}
	g.targets = kept
}

// Deregister takes an instance out of a target group: DeregisterTargets, of a Classic
// Load Balancer DeregisterInstancesFromLoadBalancer. It gets no new request from now on,
// those in flight have the group's deregistration delay. It is no error that an instance
// is not registered, or draining already (API Reference, DeregisterTargets); one that is
// not there at all is refused.
func (b *Balancer) Deregister(ctx context.Context, group, instance string) error {
	if err := ended(ctx, "deregister"); err != nil {
		return err
	}
	_, exists := b.cfg.Instance(instance)
	b.mu.Lock()
	defer b.unlock()
	g, err := b.known(opDeregister, group)
	if err != nil {
		return err
	}
	t := g.find(instance)
	switch {
	case t == nil && !exists:
		return b.refused(opDeregister, instance, b.noTarget(), "the instance %q does not exist", instance)
	case t == nil || t.leaving != nil:
		return nil
	}
	now := time.Now()
	t.leaving = &deregistration{since: now, until: now.Add(b.cfg.Clock.Lab(g.DeregistrationDelay)), drained: map[string]bool{}}
	b.sayTarget(g, t, string(Draining), map[string]any{"delay_s": g.DeregistrationDelay.Seconds()})
	b.bump()
	b.rouse()
	return nil
}

// InstanceChanged says that EC2's state of an instance has changed. A target whose
// instance EC2 does not run any more is unused, and one that runs again has to pass its
// first checks (ALB, Target health checks). It returns at once; [Balancer.Run] asks what
// the instance is now.
func (b *Balancer) InstanceChanged(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range b.groups {
		if g.find(name) != nil {
			b.changed = append(b.changed, name)
			b.rouse()
			return
		}
	}
}

// place notes where an instance stands now. b.mu is held.
func (b *Balancer) place(name string, in Instance, now time.Time) {
	for _, g := range b.groups {
		t := g.find(name)
		if t == nil {
			continue
		}
		if in.Zone == "" {
			in.Zone, in.Private = t.zone, t.private // it is not there any more
		}
		unused := b.placement(g, in).unused()
		if unused == t.unused && in.Private == t.private {
			continue
		}
		switch {
		case unused != "" || t.leaving != nil:
			t.unused = unused
			if t.leaving == nil {
				b.sayTarget(g, t, string(Unused), map[string]any{"reason": unused})
			}
		default:
			*t = *newTarget(name, in, now, b.nodes, false)
			b.sayTarget(g, t, "registered", map[string]any{"again": true})
		}
		b.bump()
	}
}

// ModifyHealthCheck changes how the nodes check the targets of a group: ModifyTargetGroup,
// of a Classic Load Balancer ConfigureHealthCheck. change gets a copy of the check. It
// returns the check as it was, and refuses what is outside of AWS's ranges or too fast for
// the clock.
func (b *Balancer) ModifyHealthCheck(ctx context.Context, group string, change func(*showdown.TargetHealthCheck)) (before showdown.TargetHealthCheck, err error) {
	if err := ended(ctx, "modify health check"); err != nil {
		return before, err
	}
	b.mu.Lock()
	defer b.unlock()
	g, err := b.known(opModifyGroup, group)
	if err != nil {
		return before, err
	}
	before = g.HealthCheck
	next := before
	change(&next)
	if err := errors.Join(checkHealthCheck(b.cfg.Spec.Type, next), checkPace(b.cfg.Clock, g.Name, next)); err != nil {
		return before, b.refused(opModifyGroup, b.Name(), CodeValidationError, "%s", oneLine(err))
	}
	words := difference(before, next)
	if words == "" {
		return before, nil
	}
	g.HealthCheck = next
	b.say("health check of %q: %s", g.Name, words)
	b.bump()
	return before, nil
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// difference is what is different in a health check, in words: "path /healthz -> /wrong".
func difference(a, b showdown.TargetHealthCheck) string {
	var words []string
	add := func(what string, from, to any) {
		if from != to {
			words = append(words, fmt.Sprintf("%s %v -> %v", what, from, to))
		}
	}
	add("path", a.Path, b.Path)
	add("interval", a.Interval, b.Interval)
	add("timeout", a.Timeout, b.Timeout)
	add("healthy threshold", a.HealthyThreshold, b.HealthyThreshold)
	add("unhealthy threshold", a.UnhealthyThreshold, b.UnhealthyThreshold)
	add("matcher", a.Matcher, b.Matcher)
	return strings.Join(words, ", ")
}

// SetCrossZone switches cross-zone load balancing of a target group on or off:
// ModifyTargetGroupAttributes, of a Classic Load Balancer ModifyLoadBalancerAttributes. It
// returns how it was. A group with stickiness needs it (ALB, Cross-zone load balancing).
func (b *Balancer) SetCrossZone(ctx context.Context, group string, on bool) (before bool, err error) {
	if err := ended(ctx, "set cross-zone"); err != nil {
		return false, err
	}
	b.mu.Lock()
	defer b.unlock()
	g, err := b.known(opAttributes, group)
	if err != nil {
		return false, err
	}
	before = g.CrossZone
	if !on && g.Stickiness != nil && !b.classic() {
		return before, b.refused(opAttributes, b.Name(), CodeInvalidConfiguration, "target group %q has stickiness, which needs cross-zone load balancing", g.Name)
	}
	if on != before {
		g.CrossZone = on
		b.say("cross-zone load balancing of %q %s", g.Name, onOff(on))
		b.bump()
	}
	return before, nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// known is the target group of that name. b.mu is held.
func (b *Balancer) known(op operation, name string) (*group, error) {
	if g := b.group(name); g != nil {
		return g, nil
	}
	return nil, b.refused(op, b.Name(), CodeTargetGroupNotFound, "the target group %q does not exist", name)
}
