package autoscaling

import (
	"fmt"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// do carries out an operation on the core, and lets the group look. An error is said as
// a refusal.
func (g *Group) do(operation func(c *core) error) error {
	g.mu.Lock()
	defer g.unlock()
	g.core.now = g.moment()
	if err := operation(g.core); err != nil {
		return g.core.refused(g.cfg.Spec.Name, err)
	}
	g.core.sayCapacity()
	g.Wake()
	return nil
}

func invalid(operation, format string, args ...any) error {
	return cloud.NewAPIError(operation, CodeValidationError, fmt.Sprintf(format, args...))
}

// Adopt takes instances into the group as if it had launched them long ago: they are in
// service. Those that are not registered with the load balancer are registered by
// [Group.Run]. It is called before that.
func (g *Group) Adopt(names ...string) {
	for _, name := range names {
		m, _ := g.cfg.Fleet.Instance(name)
		_ = g.do(func(c *core) error {
			if m.Zone == "" && len(c.spec.Zones) > 0 {
				m.Zone = c.spec.Zones[len(c.members)%len(c.spec.Zones)]
			}
			c.adopt(name, m.Zone, m.Type)
			return nil
		})
	}
}

// StartSchedule says when the traffic began, from which scheduled actions are counted.
// Before it is called none is carried out.
func (g *Group) StartSchedule(zero time.Time) {
	_ = g.do(func(c *core) error {
		c.zero = c.now
		if !g.epoch.IsZero() {
			c.zero = g.cfg.Clock.AWS(zero.Sub(g.epoch))
		}
		return nil
	})
}

// SetDesiredCapacity scales the group by hand. It is refused outside of the group's
// bounds and, with honorCooldown, while a cooldown lasts.
func (g *Group) SetDesiredCapacity(n int, honorCooldown bool) error {
	const op = "SetDesiredCapacity"
	return g.do(func(c *core) error {
		switch {
		case n < c.min:
			return invalid(op, "New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", n, c.min)
		case n > c.max:
			return invalid(op, "New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", n, c.max)
		case honorCooldown && (c.cooling > 0 || c.now < c.coolUntil):
			return cloud.NewAPIError(op, CodeScalingActivityInProgress,
				"A scaling activity or its cooldown is in progress and blocks this action.")
		case n == c.desired:
			return nil
		}
		c.set(n, c.sentence("a user request explicitly set group desired capacity changing the desired capacity from %d to %d", c.desired, n), c.spec.Warmup)
		return nil
	})
}

// UpdateSizes changes the group's sizes; nil leaves one as it is. A desired capacity that
// is not given moves into the new bounds.
func (g *Group) UpdateSizes(least, most, desired *int) error {
	return g.do(func(c *core) error {
		to, err := c.sizes().change("UpdateAutoScalingGroup", least, most, desired)
		if err != nil {
			return err
		}
		before := c.desired
		c.min, c.max = to.min, to.max
		if to.desired != before {
			c.set(to.desired, c.sentence("a user request update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d changing the desired capacity from %d to %d",
				to.min, to.max, to.desired, before, to.desired), c.spec.Warmup)
		}
		return nil
	})
}

// SuspendProcesses stops processes of [showdown.Processes]; none named is all of them.
func (g *Group) SuspendProcesses(names ...string) error {
	return g.processes("SuspendProcesses", names, true)
}

// ResumeProcesses lets suspended processes go on; none named is all of them.
func (g *Group) ResumeProcesses(names ...string) error {
	return g.processes("ResumeProcesses", names, false)
}

func (g *Group) processes(op string, names []string, suspend bool) error {
	if len(names) == 0 {
		names = showdown.Processes()
	}
	return g.do(func(c *core) error {
		if err := checkProcesses(names); err != nil {
			return invalid(op, "%v", err)
		}
		for _, name := range names {
			if suspend {
				c.suspended[name] = true
			} else {
				delete(c.suspended, name)
			}
		}
		return nil
	})
}

// SetTemplate gives the group a new version of its launch template. Instances that are
// there keep theirs.
func (g *Group) SetTemplate(in showdown.Instance) {
	_ = g.do(func(c *core) error {
		c.spec.Template = in
		c.version++
		return nil
	})
}

// StartInstanceRefresh replaces every instance of the group, and returns the id of the
// refresh. It is refused while another one is in progress.
func (g *Group) StartInstanceRefresh(o RefreshOptions) (id string, err error) {
	const op = "StartInstanceRefresh"
	err = g.do(func(c *core) error {
		switch {
		case o.MinHealthyPercentage < 0 || o.MinHealthyPercentage > 100:
			return invalid(op, "MinHealthyPercentage is %d and must be from 0 to 100", o.MinHealthyPercentage)
		case o.Warmup < 0:
			return invalid(op, "InstanceWarmup is negative")
		case c.activeRefresh() != nil:
			return cloud.NewAPIError(op, CodeRefreshInProgress, "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.")
		case !c.does("InstanceRefresh"):
			return invalid(op, "The process InstanceRefresh is suspended.")
		}
		id = c.startRefresh(o)
		return nil
	})
	return id, err
}

// CancelInstanceRefresh ends the refresh in progress. What it has begun to replace is
// replaced; nothing is rolled back.
func (g *Group) CancelInstanceRefresh() error {
	return g.do(func(c *core) error {
		r := c.activeRefresh()
		if r == nil {
			return cloud.NewAPIError("CancelInstanceRefresh", CodeNoActiveRefresh, "No in progress or pending Instance Refresh found.")
		}
		c.endRefresh(r, RefreshCancelled, "Cancelled by a user request.")
		return nil
	})
}

// SetInstanceHealth sets the health of an instance in service to "Healthy" or
// "Unhealthy". It respects the grace period: an instance becomes unhealthy when that is
// over (Health checks for Auto Scaling instances, Health check grace period).
func (g *Group) SetInstanceHealth(name, health string) error {
	const op = "SetInstanceHealth"
	return g.do(func(c *core) error {
		m := c.find(name)
		switch {
		case m == nil || m.state != InService:
			return invalid(op, "The instance %s is not in service in the group.", name)
		case health == "Unhealthy":
			m.wish = true
		case health == "Healthy":
			m.wish, m.unhealthy = false, ""
		default:
			return invalid(op, "The health status %q is neither Healthy nor Unhealthy.", health)
		}
		return nil
	})
}

// TerminateInstance takes an instance out of the group and terminates it. With decrement
// the desired capacity falls by one, else it is replaced (TerminateInstanceInAutoScalingGroup).
func (g *Group) TerminateInstance(name string, decrement bool) error {
	return g.takeOut("TerminateInstanceInAutoScalingGroup", name, decrement, func(c *core, m *member, from, to int) {
		cause := c.sentence("instance %s was taken out of service in response to a user request%s", name, shrinking(from, to))
		c.leave(m, cause)
	})
}

// Detach lets an instance in service go on without the group.
func (g *Group) Detach(name string, decrement bool) error {
	return g.takeOut("DetachInstances", name, decrement, func(c *core, m *member, from, to int) {
		c.detach(m, c.sentence("instance %s was detached in response to a user request%s", name, shrinking(from, to)))
	})
}

// EnterStandby takes an instance out of service; it stays in the group, and nobody looks
// at its health.
func (g *Group) EnterStandby(name string, decrement bool) error {
	return g.takeOut("EnterStandby", name, decrement, func(c *core, m *member, from, to int) {
		c.moveToStandby(m, c.sentence("instance %s was moved to standby in response to a user request%s", name, shrinking(from, to)))
	})
}

// shrinking is the end of the sentence about an instance that is taken out.
func shrinking(from, to int) string {
	if from == to {
		return ""
	}
	return fmt.Sprintf(", shrinking the capacity from %d to %d", from, to)
}

func (g *Group) takeOut(op, name string, decrement bool, out func(c *core, m *member, from, to int)) error {
	return g.do(func(c *core) error {
		m := c.find(name)
		if m == nil || !m.active() || m.state != InService && op != "TerminateInstanceInAutoScalingGroup" {
			return invalid(op, "The instance %s is not in service in the group.", name)
		}
		from := c.desired
		if decrement {
			if c.desired <= c.min {
				return invalid(op, "Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint.", c.min)
			}
			c.desired--
		}
		out(c, m, from, c.desired)
		return nil
	})
}

// ExitStandby puts an instance back into service. The desired capacity rises by one.
func (g *Group) ExitStandby(name string) error {
	const op = "ExitStandby"
	return g.do(func(c *core) error {
		m := c.find(name)
		switch {
		case m == nil || m.state != Standby:
			return invalid(op, "The instance %s is not in Standby.", name)
		case c.desired >= c.max:
			return invalid(op, "The desired capacity %d would exceed the max size %d.", c.desired+1, c.max)
		case !c.does("Launch"):
			return invalid(op, "The process Launch is suspended.")
		}
		c.desired++
		c.moveOutOfStandby(m, c.sentence("instance %s was moved out of standby in response to a user request, increasing the capacity from %d to %d", name, c.desired-1, c.desired))
		return nil
	})
}
