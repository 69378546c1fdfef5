package autoscaling

import (
	"slices"

	"showdown"
)

// follow moves a member through its life by what is seen of it.
func (c *core) follow(m *member) []order {
	s := c.see[m.name]
	switch m.state {
	case Pending:
		return c.followPending(m, s)
	case InService:
		return c.followInService(m, s)
	case Terminating, Detaching, WarmedTerminating:
		return c.followOut(m, s)
	case EnteringStandby:
		return c.followStandby(m, s)
	case WarmedPending, WarmedRunning, WarmedStopped:
		return c.followWarm(m, s)
	}
	return nil
}

// followPending puts an instance into service. That is when it runs and, with a load
// balancer, "after an instance finishes registering" (Health checks for Auto Scaling
// instances, Elastic Load Balancing health checks): the balancer need not find it
// healthy yet.
func (c *core) followPending(m *member, s sight) []order {
	if !s.known && c.young(m) {
		return nil
	}
	if s.gone() || s.State == stopping || s.State == stopped {
		c.backOff(m)
		c.end(m.activity, Failed, "Instance became unhealthy while waiting for instance to be in InService state.")
		m.activity = nil
		c.leave(m, c.sentence("an instance was taken out of service in response to %s", notRunning))
		return nil
	}
	if s.State != running {
		return nil
	}
	if c.balanced && !m.registered && !m.unlisted {
		if !c.does("AddToLoadBalancer") {
			m.unlisted = true
		} else if c.now >= m.again {
			return []order{{verb: doRegister, name: m.name}}
		} else {
			return nil
		}
	}
	c.works(m.zone)
	m.inService, c.lastIn = c.now, c.now
	c.enter(m, InService)
	c.end(m.activity, Successful, "")
	m.activity = nil
	return nil
}

// followInService registers adopted instances. One that somebody else deregistered is
// not registered again.
func (c *core) followInService(m *member, s sight) []order {
	if !c.balanced || m.registered || m.unlisted {
		return nil
	}
	switch {
	case s.target != "":
		m.registered = true
	case !c.does("AddToLoadBalancer"):
		m.unlisted = true
	case c.now >= m.again && s.State == running:
		return []order{{verb: doRegister, name: m.name}}
	}
	return nil
}

// leave begins to take an active member, or one of the warm pool, out of the group.
func (c *core) leave(m *member, cause string) {
	to := Terminating
	if m.warm() {
		to = WarmedTerminating
	}
	c.end(m.activity, Cancelled, "")
	m.activity = c.begin("Terminating EC2 instance: "+m.name, cause, m.name, m.zone)
	m.stage, m.since, m.again = toDeregister, c.now, c.now
	c.enter(m, to)
}

// followOut ends a member: it is deregistered, its requests in flight finish or the
// deregistration delay ends (Health checks for Auto Scaling instances: it "waits for
// either in-flight requests to complete or the maximum timeout to expire"), then it is
// terminated. For one that does not run any more nothing can be in flight.
func (c *core) followOut(m *member, s sight) []order {
	if m.stage == toDeregister {
		if c.balanced && (m.registered || s.target != "") && c.now >= m.again {
			return []order{{verb: doDeregister, name: m.name}}
		}
		m.stage = toTerminate
	}
	if m.stage == draining {
		if s.known && s.State == running && s.target == targetDraining && c.now < m.since+LongestDrain {
			return nil
		}
		m.stage = toTerminate
	}
	if m.state == Detaching {
		c.remove(m, Detached)
		return nil
	}
	if !s.known || s.State == terminated {
		to := Terminated
		if m.state == WarmedTerminating {
			to = WarmedTerminated
		}
		c.remove(m, to)
		return nil
	}
	if m.stage == toTerminate {
		if s.State == shuttingDown {
			m.stage = shutting
		} else if c.now >= m.again {
			return []order{{verb: doTerminate, name: m.name}}
		}
	}
	return nil
}

// remove takes a member whose life in the group is over off its list.
func (c *core) remove(m *member, to Lifecycle) {
	c.enter(m, to)
	c.end(m.activity, Successful, "")
	c.members = slices.DeleteFunc(c.members, func(o *member) bool { return o == m })
}

// followStandby takes an instance out of the load balancer, and leaves it alone then:
// its health is not checked (Health checks for Auto Scaling instances, Considerations).
func (c *core) followStandby(m *member, s sight) []order {
	if m.stage == toDeregister && c.balanced && m.registered {
		return []order{{verb: doDeregister, name: m.name}}
	}
	if m.stage == draining && s.known && s.State == running && s.target == targetDraining && c.now < m.since+LongestDrain {
		return nil
	}
	c.enter(m, Standby)
	c.end(m.activity, Successful, "")
	m.activity = nil
	return nil
}

// names are the members' names.
func (c *core) names() []string {
	out := make([]string, len(c.members))
	for i, m := range c.members {
		out[i] = m.name
	}
	return out
}

// adopt takes an instance into the group as if it had been launched long ago.
func (c *core) adopt(name string, zone, typ string) {
	m := &member{
		name: name, zone: zone, typ: typ, version: c.version,
		launched: longAgo, inService: longAgo, again: longAgo,
	}
	for n := range len(c.members) + c.spec.Max + 1 {
		if c.spec.InstanceName(n+1) == name {
			c.serial = max(c.serial, n+1)
		}
	}
	c.members = append(c.members, m)
	c.enter(m, InService)
}

// moveToStandby takes an instance out of service; it stays in the group.
func (c *core) moveToStandby(m *member, cause string) {
	m.stage, m.since = toDeregister, c.now
	m.activity = c.begin("Moving EC2 instance to Standby: "+m.name, cause, m.name, m.zone)
	c.enter(m, EnteringStandby)
}

// moveOutOfStandby puts it back.
func (c *core) moveOutOfStandby(m *member, cause string) {
	m.again = c.now
	m.registered = false
	m.activity = c.begin("Moving EC2 instance out of Standby: "+m.name, cause, m.name, m.zone)
	c.enter(m, Pending)
}

// detach lets an instance go without terminating it.
func (c *core) detach(m *member, cause string) {
	c.end(m.activity, Cancelled, "")
	m.stage, m.since, m.again = toDeregister, c.now, c.now
	m.activity = c.begin("Detaching EC2 instance: "+m.name, cause, m.name, m.zone)
	c.enter(m, Detaching)
}

// instance is what the group launches now under a name in a zone.
func (c *core) instance(name, zone string) showdown.Instance {
	in := c.spec.Template
	in.Name, in.Zone, in.ElasticIP = name, zone, false
	in.SecurityGroups = slices.Clone(in.SecurityGroups)
	return in
}
