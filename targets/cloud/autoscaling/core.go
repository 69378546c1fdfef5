package autoscaling

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"showdown"
)

// moment is AWS time since the group's epoch.
type moment = showdown.Duration

// never is a moment that does not come.
const never = moment(math.MaxInt64)

// core is a group as a value: what it is and what it decides. It knows no clock, starts
// nothing and asks nobody; time and what is seen come in as arguments, orders and events
// come out. Whoever uses it must not use it concurrently.
type core struct {
	// spec is the group as it was asked for; its template is kept up to date, its sizes
	// are those below.
	spec              showdown.AutoScalingGroup
	balanced          bool // there is a load balancer
	base              time.Time
	rng               *rand.Rand
	min, max, desired int

	// why is the sentence about the last change of the desired capacity, until the group
	// has that many instances; whyWarmup is how long instances that it brings warm up.
	why       string
	whyWarmup showdown.Duration
	// debts are the causes, without the time, of launches that replace what was taken out of
	// service.
	debts []string
	// wants are launches beyond the desired capacity.
	wants []want
	// from is the capacity before the launches of the moment fromAt.
	from   int
	fromAt moment

	members   []*member // in the order of their launch
	zones     []*zone
	serial    int
	version   int // of the launch template
	suspended map[string]bool

	ticks int64 // periodic checks that are done
	// counted is how many instances counted for the metrics of the minute that the next
	// check evaluates.
	counted   int
	policies  []*policy
	cooling   showdown.Duration // a cooldown that begins when everything is done
	coolUntil moment
	// lastIn is when the last instance entered service.
	lastIn moment
	// zero is the start of the traffic, from which scheduled actions are counted.
	zero      moment
	scheduled []bool // done
	refreshes []*refresh

	activities   []*Activity
	events       []showdown.Event
	saidCapacity string

	now moment
	see map[string]sight
}

// newCore is a group without instances.
func newCore(spec showdown.AutoScalingGroup, balanced bool, seed uint64) *core {
	c := &core{
		spec: spec, balanced: balanced, rng: rand.New(rand.NewPCG(seed, 0x617367)), // "asg"
		min: spec.Min, max: spec.Max, desired: spec.Desired, version: 1,
		suspended: map[string]bool{}, fromAt: -1, coolUntil: longAgo, lastIn: longAgo, zero: never,
		scheduled: make([]bool, len(spec.Scheduled)),
	}
	for _, name := range spec.Zones {
		c.zones = append(c.zones, &zone{name: name, retry: longAgo})
	}
	for _, p := range spec.Policies {
		c.policies = append(c.policies, newPolicy(spec.Name, p))
	}
	for _, p := range spec.Suspended {
		c.suspended[p] = true
	}
	return c
}

// does says whether a process is carried out.
func (c *core) does(process string) bool { return !c.suspended[process] }

// verb is what an order asks for.
type verb int

const (
	doLaunch verb = iota
	doTerminate
	doStop
	doStart
	doRegister
	doDeregister
)

// order is something that EC2 or the load balancer is asked for.
type order struct {
	verb verb
	name string
	// launch is what doLaunch launches; plan is what it is for.
	launch showdown.Instance
	plan   plan
}

// step looks at the group and returns what is to be done now. see holds every member's
// sight, readings the metrics of the checks that are due ([core.due]). The outcome of each
// order is told to [core.result] before the next step; a step without orders is the last
// one until [core.next].
func (c *core) step(now moment, see map[string]sight, readings []reading) []order {
	c.now, c.see = now, see
	var orders []order
	for _, m := range slices.Clone(c.members) {
		orders = append(orders, c.follow(m)...)
	}
	c.lookAtStates()
	c.actOnSchedule()
	for tick := c.ticks + 1; moment(tick)*CheckEvery <= now; tick++ {
		c.ticks = tick
		c.evaluate(tick, readings)
		c.counted = c.withoutWarming() // MetricDelay is one period
		c.lookAtHealth()
		c.planRebalance()
	}
	c.replaceUnhealthy()
	c.advanceRefresh()
	more := c.reconcile()
	if len(more) == 0 {
		more = c.keepWarm() // the group comes first, and a name is given once
	}
	orders = append(orders, more...)
	if len(orders) == 0 {
		orders = c.begone()
	}
	c.coolDown()
	c.sayCapacity()
	return orders
}

// begone sends away whom this step has taken out of service: without an order there is no
// other step until something is seen to change.
func (c *core) begone() (orders []order) {
	for _, m := range slices.Clone(c.members) {
		if (m.state == Terminating || m.state == WarmedTerminating) && m.stage == toDeregister && m.since == c.now {
			orders = append(orders, c.followOut(m, c.see[m.name])...)
		}
	}
	return orders
}

// result tells what became of an order.
func (c *core) result(now moment, o order, err error) {
	c.now = now
	if o.verb == doLaunch {
		c.launchResult(o, err)
		return
	}
	m := c.find(o.name)
	if m == nil {
		return
	}
	if o.verb == doStart {
		c.startResult(m, o, err)
		return
	}
	if err != nil {
		m.again = c.nextTick()
		if o.verb == doDeregister {
			m.stage = toTerminate // it is not registered, or nobody knows
			m.registered = false
		}
		return
	}
	switch o.verb {
	case doRegister:
		m.registered = true
	case doDeregister:
		m.registered = false
		m.stage = draining
	case doTerminate:
		m.stage = shutting
	case doStop:
		m.stopping = true
	}
}

// due are the periodic checks after which metrics are to be read, and the ends of their
// minutes. The first minute begins at the epoch.
func (c *core) due(now moment) (ticks []int64, ends []moment) {
	for tick := c.ticks + 1; moment(tick)*CheckEvery <= now; tick++ {
		if end := moment(tick)*CheckEvery - MetricDelay; end >= CheckEvery {
			ticks, ends = append(ticks, tick), append(ends, end)
		}
	}
	return ticks, ends
}

func (c *core) nextTick() moment { return moment(c.ticks+1) * CheckEvery }

// next is when the group must look again though nothing is seen to change.
func (c *core) next() moment {
	at := c.nextTick()
	sooner := func(t moment) {
		if t > c.now && t < at {
			at = t
		}
	}
	for _, z := range c.zones {
		sooner(z.retry)
	}
	for i, done := range c.scheduled {
		if !done && c.zero != never {
			sooner(c.zero + c.spec.Scheduled[i].At)
		}
	}
	for _, m := range c.members {
		sooner(m.again)
		if m.state == InService {
			sooner(m.inService + c.spec.GracePeriod)
			sooner(m.inService + m.warmup)
			if r := c.activeRefresh(); r != nil {
				sooner(m.inService + r.warmup)
			}
		}
		if m.stage == draining && (m.state == Terminating || m.state == Detaching) {
			sooner(m.since + LongestDrain)
		}
	}
	if r := c.activeRefresh(); r != nil {
		sooner(r.progress + RefreshStall)
	}
	return at
}

// find is the member of that name; nil is none.
func (c *core) find(name string) *member {
	for _, m := range c.members {
		if m.name == name {
			return m
		}
	}
	return nil
}

// capacity is how many instances count towards the desired capacity.
func (c *core) capacity() int {
	n := 0
	for _, m := range c.members {
		if m.active() && m.surge == noSurge {
			n++
		}
	}
	return n
}

// total is how many instances are in service or on their way there.
func (c *core) total() int {
	n := 0
	for _, m := range c.members {
		if m.active() {
			n++
		}
	}
	return n
}

// busy says whether a scaling activity is in progress or still to begin.
func (c *core) busy() bool {
	if c.capacity() != c.desired {
		return true
	}
	for _, m := range c.members {
		if m.activity != nil && m.activity.Status == InProgress && !m.warm() && m.state != WarmedTerminating {
			return true
		}
	}
	return false
}

// set changes the desired capacity; why is the sentence about it.
func (c *core) set(desired int, why string, warmup showdown.Duration) {
	c.desired = desired
	c.why, c.whyWarmup = why, warmup
}
