package elb

import (
	"fmt"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// connectWithin is how long a connection to a target may take (ALB, Troubleshooting:
// HTTP 504). For a Classic Load Balancer it is unverified.
const connectWithin = 10 * showdown.Second

// plan is what a node is told: the load balancer's settings with every time divided by
// the clock, and the targets as that node is to see them. b.mu is held.
func (b *Balancer) plan(n *node) *cloud.Balancer {
	clock := b.cfg.Clock
	p := &cloud.Balancer{Name: b.cfg.Spec.Name, Classic: b.classic()}
	p.Idle, _ = clock.Timeout(b.cfg.Spec.IdleTimeout, showdown.FloorBalancer)
	p.Connect, _ = clock.Timeout(connectWithin, showdown.FloorBalancer)
	for _, l := range b.cfg.Spec.Listeners {
		p.Listeners = append(p.Listeners, cloud.BalancerListener{Port: l.Port, Forward: l.Forward})
	}
	for _, g := range b.groups {
		to := cloud.BalancerGroup{
			Name: g.Name, Algorithm: g.Algorithm, CrossZone: g.CrossZone, SlowStart: clock.Lab(g.SlowStart),
			Stickiness: g.Stickiness, Check: checkOf(clock, g.HealthCheck, b.classic()), Targets: []cloud.BalancerTarget{},
		}
		for _, t := range g.targets {
			if t.leaving == nil || !t.leaving.complete {
				to.Targets = append(to.Targets, targetOf(t, n.again, b.kept(g, t)))
			}
		}
		p.Groups = append(p.Groups, to)
	}
	return p
}

// checkOf is a health check in lab time. A new target of an Application Load Balancer
// must pass one check, one of a Classic Load Balancer as many as its healthy threshold
// says (ALB, Target health checks; CLB, Health checks).
func checkOf(clock showdown.Clock, c showdown.TargetHealthCheck, classic bool) cloud.BalancerCheck {
	out := cloud.BalancerCheck{
		Path: c.Path, Interval: clock.Lab(c.Interval), Matcher: c.Matcher,
		Healthy: c.HealthyThreshold, Unhealthy: c.UnhealthyThreshold, First: 1,
	}
	out.Timeout, _ = clock.Timeout(c.Timeout, showdown.FloorHealthCheck)
	if classic {
		out.First = c.HealthyThreshold
	}
	return out
}

// targetOf is a target as a node is told it. A node that runs again knows nobody.
func targetOf(t *target, again, away bool) cloud.BalancerTarget {
	out := cloud.BalancerTarget{
		Name: t.name, Address: address(t.private), Zone: t.zone, Registered: t.registered,
		Known: t.known && !again, Unused: t.unused != "", Away: away,
	}
	if t.leaving != nil {
		out.Draining, out.Until = true, t.leaving.until
	}
	return out
}

// floors says in words where a floor of the clock holds a timeout up.
func floors(clock showdown.Clock, s showdown.LoadBalancer, groups []*group) []string {
	var out []string
	say := func(what string, d showdown.Duration, floor time.Duration) {
		if lab, floored := clock.Timeout(d, floor); floored {
			late := showdown.Duration(clock.AWS(lab) - d)
			out = append(out, fmt.Sprintf("%s of %s is held at %s here: what waits for it comes %.3g AWS s late", what, d, lab, late.Seconds()))
		}
	}
	for _, g := range groups {
		say(fmt.Sprintf("the health check timeout of %q", g.Name), g.HealthCheck.Timeout, showdown.FloorHealthCheck)
	}
	say("the connect timeout", connectWithin, showdown.FloorBalancer)
	say("the idle timeout", s.IdleTimeout, showdown.FloorBalancer)
	say("the look at a node", lookWithin, showdown.FloorHealthCheck)
	if every := clock.Lab(lookEvery); every < floorLook {
		out = append(out, fmt.Sprintf("looks at nodes come every %s here, which is %s of AWS time and not %s", floorLook, clock.AWS(floorLook), lookEvery))
	}
	return out
}
