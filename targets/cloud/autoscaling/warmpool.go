package autoscaling

// poolSize is how many instances the warm pool is to hold: by default the maximum less
// the desired capacity (Warm pools for Amazon EC2 Auto Scaling, Warm pool size).
func (c *core) poolSize() int {
	p := c.spec.WarmPool
	switch {
	case p == nil:
		return 0
	case p.Size > 0:
		return p.Size
	}
	return max(0, c.max-c.desired)
}

// keepWarm launches what is missing in the warm pool, one instance a step, and ends what
// is too much. The group itself comes first.
func (c *core) keepWarm() []order {
	var pool []*member
	for _, m := range c.members {
		if m.warm() {
			pool = append(pool, m)
		}
	}
	missing := c.poolSize() - len(pool)
	if missing < 0 && c.does("Terminate") {
		for _, m := range pool[:-missing] {
			c.leave(m, c.sentence("an instance was taken out of the warm pool in response to a difference between its size and its instances, shrinking the warm pool from %d to %d", len(pool), c.poolSize()))
		}
	}
	if missing <= 0 || !c.does("Launch") {
		return nil
	}
	n := c.counts() // a warm instance is to be where the group launches next
	for _, m := range pool {
		n[m.zone]++
	}
	var best *zone
	for _, z := range c.zones {
		if z.open(c.now) && (best == nil || n[z.name] < n[best.name]) {
			best = z
		}
	}
	if best == nil {
		return nil
	}
	cause := c.sentence("an instance was started in response to a difference between the size of the warm pool and its instances, increasing the warm pool from %d to %d", len(pool), c.poolSize())
	return []order{c.launchOrder(plan{zone: best.name, cause: cause, pool: true, warmup: c.spec.Warmup})}
}

// followWarm looks after an instance of the warm pool. It is put aside when its
// application listens, which on AWS a lifecycle hook waits for: without one "instances
// that take a long time to finish initializing could be stopped" before they are ready
// (Warm pools, Lifecycle hooks). One that is not what it should be is ended, and another
// one launched.
func (c *core) followWarm(m *member, s sight) []order {
	if !s.known && c.young(m) {
		return nil
	}
	lost := s.gone()
	switch m.state {
	case WarmedPending:
		lost = lost || !m.stopping && (s.State == stopping || s.State == stopped)
	case WarmedRunning:
		lost = lost || s.State != running
	case WarmedStopped:
		lost = lost || s.State != stopped
	}
	if lost {
		c.backOff(m)
		c.end(m.activity, Failed, "Instance became unhealthy while waiting to enter the warm pool.")
		if c.does("Terminate") {
			c.leave(m, c.sentence("an instance was taken out of the warm pool in response to %s", notRunning))
		}
		return nil
	}
	if m.state != WarmedPending {
		return nil
	}
	to := WarmedRunning
	if c.spec.WarmPool.State != "Running" {
		to = WarmedStopped
	}
	switch {
	case m.stopping && s.State == stopped, to == WarmedRunning && s.Listening:
		c.works(m.zone)
		c.enter(m, to)
		c.end(m.activity, Successful, "")
		m.activity = nil
	case !m.stopping && s.State == running && s.Listening && c.now >= m.again:
		return []order{{verb: doStop, name: m.name}}
	}
	return nil
}

// warmIn is an instance of the warm pool that is ready in a zone; nil is none. A refresh
// does not replace old instances by others that are old.
func (c *core) warmIn(zone string) *member {
	r := c.activeRefresh()
	for _, m := range c.members {
		if r != nil && m.launched < r.started {
			continue
		}
		if m.zone == zone && (m.state == WarmedRunning || m.state == WarmedStopped) && c.now >= m.again {
			return m
		}
	}
	return nil
}

// warmStart moves an instance from the warm pool into the group, and starts it if it is
// stopped.
func (c *core) warmStart(m *member, p plan) []order {
	if m.state == WarmedStopped {
		return []order{{verb: doStart, name: m.name, plan: p}}
	}
	c.startResult(m, order{plan: p}, nil)
	return c.reconcile()
}

// startResult is an instance on its way from the warm pool into the group.
func (c *core) startResult(m *member, o order, err error) {
	description := "Launching a new EC2 instance from warm pool"
	if err != nil {
		m.again = c.nextTick()
		c.launchFailed(description, o.plan, err)
		return
	}
	m.warmup, m.surge, m.stopping = o.plan.warmup, o.plan.surge, false
	m.activity = c.begin(description+": "+m.name, o.plan.cause, m.name, m.zone)
	c.enter(m, Pending)
	c.launched(o.plan)
}
