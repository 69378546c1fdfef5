package autoscaling

import "slices"

// lookAtStates marks instances that do not run: "an immediate failure", also in the
// grace period (Health checks for Auto Scaling instances, Status checks). A user's mark
// comes into effect at the end of the grace period, and needs no process.
func (c *core) lookAtStates() {
	for _, m := range c.members {
		if m.state != InService {
			continue
		}
		if m.wish && !c.inGrace(m) {
			m.wish = false
			c.markAs(m, byUser)
		}
		if s := c.see[m.name]; c.does("HealthCheck") && (!s.known || s.State != running) {
			c.markAs(m, notRunning)
		}
	}
}

// markAs marks an instance unhealthy. That it does not run, or that a user says so, comes
// before what the checks say, since it is acted upon at once.
func (c *core) markAs(m *member, why mark) {
	if m.unhealthy == "" {
		m.marked = c.now
	}
	if !m.unhealthy.immediate() {
		m.unhealthy = why
	}
}

// immediate says whether an instance so marked is replaced without waiting for others.
func (k mark) immediate() bool { return k == notRunning || k == byUser }

// lookAtHealth is the periodic health check of instances whose grace period is over: what
// the status checks have said for a few minutes, and what the load balancer says of those
// that are registered. An instance that passes again is healthy again, if it is still there.
func (c *core) lookAtHealth() {
	if !c.does("HealthCheck") {
		return
	}
	for _, m := range c.members {
		if m.state != InService || m.unhealthy.immediate() {
			continue
		}
		s := c.see[m.name]
		switch {
		case s.Impaired && s.impairedFor >= ImpairedPatience && !c.inGrace(m):
			c.markAs(m, impaired)
		case c.checked(m) && s.target == targetUnhealthy && !c.inGrace(m):
			c.markAs(m, byBalancer)
		case !s.Impaired && s.target != targetUnhealthy:
			m.unhealthy = ""
		}
	}
}

// replaceUnhealthy takes unhealthy instances out of service: those that do not run, or
// that a user marked, all at once, others a few at a time. It terminates first; the
// launch is an activity of its own and begins at the same moment (Health checks for Auto
// Scaling instances, Unhealthy instance replacement).
func (c *core) replaceUnhealthy() {
	if !c.does("ReplaceUnhealthy") || !c.does("Terminate") {
		return
	}
	var others []*member
	for _, m := range slices.Clone(c.members) {
		if m.state != InService || m.unhealthy == "" {
			continue
		}
		switch {
		case m.unhealthy.immediate():
			c.replace(m)
		case m.unhealthy == byBalancer && c.see[m.name].target == targetHealthy:
			// The next periodic check will say so.
		default:
			others = append(others, m)
		}
	}
	slices.SortStableFunc(others, func(a, b *member) int { return int(min(max(a.marked-b.marked, -1), 1)) })
	for _, m := range others[:min(len(others), c.replaceable())] {
		c.replace(m)
	}
}

// replace takes an unhealthy instance out of service and owes the group another one.
func (c *core) replace(m *member) {
	if m.surge == noSurge {
		c.debts = append(c.debts, "an instance was launched in response to an unhealthy instance needing to be replaced")
	}
	c.leave(m, c.sentence("an instance was taken out of service in response to %s", m.unhealthy))
}

// replaceable is how many instances that run and are unhealthy may be taken out of
// service now: a tenth of the desired capacity less what is not yet back, at least one;
// and one at a time while all are unhealthy, so that somebody has the time to find that
// it is the check which is wrong (Health checks for Auto Scaling instances, How Amazon
// EC2 Auto Scaling minimizes downtime; that the brake is one is unverified).
func (c *core) replaceable() int {
	limit := max(1, c.desired/10)
	here, well := 0, 0
	for _, m := range c.members {
		if m.state != InService {
			continue
		}
		if !c.ready(m, m.warmup) {
			continue
		}
		here++
		if m.unhealthy == "" && (!c.checked(m) || c.see[m.name].target != targetUnhealthy) {
			well++
		}
	}
	if well == 0 {
		limit = 1
	}
	return max(0, limit-max(0, c.desired-here))
}
