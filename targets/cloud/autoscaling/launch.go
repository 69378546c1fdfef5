package autoscaling

import (
	"errors"
	"fmt"

	"showdown"
	"showdown/targets/cloud"
)

// want is a launch beyond the desired capacity.
type want struct {
	// zone is where; a rebalancing launch goes nowhere else.
	zone  string
	surge surge
	// cause is why, without the time.
	cause string
}

// plan is what a launch is for.
type plan struct {
	zone   string
	cause  string
	surge  surge
	warmup showdown.Duration
	// pool launches into the warm pool.
	pool bool
	// owed says that the launch pays the first debt.
	owed bool
	// serial is the number in the instance's name.
	serial int
}

// reconcile launches what is missing, one instance a step, and takes out what is too
// much.
func (c *core) reconcile() []order {
	for _, m := range c.members {
		if m.surge == surgeBalance && c.ready(m, m.warmup) {
			m.surge = noSurge
		}
	}
	missing := c.desired - c.capacity()
	for _, m := range c.members {
		// What was launched to balance the zones is as good as another launch.
		if missing > 0 && m.surge == surgeBalance && m.active() {
			m.surge = noSurge
			missing--
		}
	}
	if missing <= 0 {
		c.debts = nil
	}
	if missing < 0 && c.does("Terminate") {
		c.shrink(-missing)
	}
	if missing == 0 {
		c.why = ""
	}
	if !c.does("Launch") {
		return nil
	}
	if missing > 0 {
		return c.launchMissing()
	}
	return c.launchWanted()
}

// shrink takes n instances out of service by the termination policy.
func (c *core) shrink(n int) {
	from, to := c.total(), c.total()-n
	for range n {
		var candidates []*member
		for _, m := range c.members {
			if m.active() && m.surge == noSurge {
				candidates = append(candidates, m)
			}
		}
		m := c.victim(candidates)
		if m == nil {
			return
		}
		cause := c.sentence("an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from %d to %d", from, to) +
			"  " + c.sentence("instance %s was selected for termination", m.name)
		if c.why != "" {
			cause = c.why + "  " + cause
		}
		c.leave(m, cause)
	}
}

// launchMissing launches one of the instances that are missing.
func (c *core) launchMissing() []order {
	z := c.launchZone()
	if z == nil {
		return nil
	}
	if c.fromAt != c.now {
		c.from, c.fromAt = c.capacity(), c.now
	}
	p := plan{zone: z.name, warmup: c.spec.Warmup}
	switch {
	case len(c.debts) > 0:
		p.cause, p.owed = c.sentence("%s", c.debts[0]), true
	default:
		p.cause = c.sentence("an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %d to %d", c.from, c.desired)
		if c.why != "" {
			p.cause = c.why + "  " + p.cause
			p.warmup = c.whyWarmup
		}
	}
	if m := c.warmIn(z.name); m != nil {
		return c.warmStart(m, p)
	}
	return []order{c.launchOrder(p)}
}

// launchWanted launches one of the instances that are wanted beyond the desired capacity,
// if there is room for it: the sizes may have changed since it was planned.
func (c *core) launchWanted() []order {
	for len(c.wants) > 0 && c.total() < c.max+overshoot(c.max) {
		w := c.wants[0]
		z := c.zone(w.zone)
		if !z.open(c.now) && w.surge == surgeBalance {
			c.wants = c.wants[1:] // it is planned again as long as the zones are off balance
			continue
		}
		if !z.open(c.now) {
			if z = c.launchZone(); z == nil {
				return nil
			}
		}
		p := plan{zone: z.name, cause: c.sentence("%s", w.cause), surge: w.surge, warmup: c.spec.Warmup}
		return []order{c.launchOrder(p)}
	}
	return nil
}

// launchOrder is the order to launch the next instance.
func (c *core) launchOrder(p plan) order {
	n := c.serial + 1
	for c.find(c.spec.InstanceName(n)) != nil {
		n++
	}
	p.serial = n
	name := c.spec.InstanceName(n)
	return order{verb: doLaunch, name: name, launch: c.instance(name, p.zone), plan: p}
}

// launchResult is an instance that EC2 accepted, or a zone that has no capacity.
func (c *core) launchResult(o order, err error) {
	p := o.plan
	description := "Launching a new EC2 instance"
	if p.pool {
		description += " into warm pool"
	}
	if err != nil {
		c.launchFailed(description, p, err)
		return
	}
	c.serial = max(c.serial, p.serial)
	m := &member{
		name: o.name, zone: p.zone, typ: o.launch.Type, version: c.version,
		launched: c.now, again: c.now, warmup: p.warmup, surge: p.surge,
	}
	c.members = append(c.members, m)
	m.activity = c.begin(description+": "+o.name, p.cause, o.name, p.zone)
	if p.pool {
		c.enter(m, WarmedPending)
		return
	}
	c.enter(m, Pending)
	c.launched(p)
}

// launched notes that a planned launch is under way.
func (c *core) launched(p plan) {
	if p.owed && len(c.debts) > 0 {
		c.debts = c.debts[1:]
	}
	if p.surge != noSurge && len(c.wants) > 0 {
		c.wants = c.wants[1:]
	}
}

// launchFailed writes a failed launch into the history and leaves its zone alone for a
// while.
func (c *core) launchFailed(description string, p plan, err error) {
	message := err.Error()
	var api *cloud.APIError
	if errors.As(err, &api) {
		message = api.Message
	}
	message += " Launching EC2 instance failed."
	c.zone(p.zone).fail(c.now)
	c.failed(fmt.Sprintf("%s.  Status Reason: %s", description, message), p.cause, p.zone, message)
}
