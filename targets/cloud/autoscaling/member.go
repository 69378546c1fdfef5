package autoscaling

import "showdown"

// Lifecycle is the state of an instance in its group (Amazon EC2 Auto Scaling instance
// lifecycle; Warm pools).
type Lifecycle string

// The lifecycle states. Those that wait for a lifecycle hook do not occur.
const (
	Pending           Lifecycle = "Pending"
	InService         Lifecycle = "InService"
	Terminating       Lifecycle = "Terminating"
	Terminated        Lifecycle = "Terminated"
	Detaching         Lifecycle = "Detaching"
	Detached          Lifecycle = "Detached"
	EnteringStandby   Lifecycle = "EnteringStandby"
	Standby           Lifecycle = "Standby"
	WarmedPending     Lifecycle = "Warmed:Pending"
	WarmedRunning     Lifecycle = "Warmed:Running"
	WarmedStopped     Lifecycle = "Warmed:Stopped"
	WarmedTerminating Lifecycle = "Warmed:Terminating"
	WarmedTerminated  Lifecycle = "Warmed:Terminated"
)

// The states of an EC2 instance that matter here.
const (
	running      = "running"
	stopped      = "stopped"
	stopping     = "stopping"
	shuttingDown = "shutting-down"
	terminated   = "terminated"
)

// The states of a target that matter here.
const (
	targetHealthy   = "healthy"
	targetUnhealthy = "unhealthy"
	targetDraining  = "draining"
)

// mark is why an instance is unhealthy; the empty one is healthy.
type mark string

const (
	notRunning mark = "an EC2 health check indicating it has been terminated or stopped"
	impaired   mark = "an EC2 instance status checks failure"
	byBalancer mark = "an ELB system health check failure"
	byUser     mark = "a user health-check"
)

// surge says why an instance was launched beyond the desired capacity.
type surge int

const (
	noSurge surge = iota
	surgeBalance
	surgeRefresh
)

// stage is how far an instance is on its way out.
type stage int

const (
	toDeregister stage = iota
	draining
	toTerminate
	shutting
)

// longAgo is when adopted instances were launched: nothing waits for them any more.
const longAgo = -1000 * showdown.Hour

// member is an instance of the group or of its warm pool.
type member struct {
	name, zone, typ string
	// version is that of the launch template.
	version int
	state   Lifecycle
	// unhealthy is why it is, since marked; wish is a user's mark that waits for the end of
	// the grace period.
	unhealthy mark
	marked    moment
	wish      bool
	// launched is when EC2 accepted it, inService when it entered service.
	launched, inService moment
	// warmup is how long it warms up from then on.
	warmup showdown.Duration
	surge  surge
	// registered says that it was registered with the load balancer, unlisted that it
	// never will be.
	registered, unlisted bool
	stage                stage
	// since is when it began to leave.
	since moment
	// stopping says that a warm instance was told to stop.
	stopping bool
	// again is when an order that failed may be given again.
	again moment
	// activity is the one in progress.
	activity *Activity
}

// active says whether m counts towards the desired capacity.
func (m *member) active() bool { return m.state == Pending || m.state == InService }

// warm says whether m is in the warm pool.
func (m *member) warm() bool {
	return m.state == WarmedPending || m.state == WarmedRunning || m.state == WarmedStopped
}

// warming says whether m is on its way into service or warms up.
func (m *member) warming(now moment) bool {
	return m.state == Pending || m.state == InService && now < m.inService+m.warmup
}

// sight is what is seen of an instance.
type sight struct {
	Member
	// known says that EC2 knows it.
	known bool
	// impairedFor is how long its status check has been impaired.
	impairedFor showdown.Duration
	// age is how long ago it was launched.
	age showdown.Duration
	// target is what the load balancer says.
	target string
}

// gone says whether the instance has ended or is about to.
func (s sight) gone() bool {
	return !s.known || s.State == terminated || s.State == shuttingDown
}

// enter moves a member to a lifecycle state.
func (c *core) enter(m *member, to Lifecycle) {
	from := m.state
	m.state = to
	c.say(showdown.ScalingLifecycle, m.name, map[string]any{"group": c.spec.Name, "from": string(from), "to": string(to)})
}

// inGrace says whether m's load balancer checks are not acted upon yet. The grace period
// begins when it enters service (Health checks for Auto Scaling instances, Health check
// grace period).
func (c *core) inGrace(m *member) bool { return c.now < m.inService+c.spec.GracePeriod }

// checked says whether the load balancer's checks of m count: it is registered, by the
// group or by hand.
func (c *core) checked(m *member) bool {
	return c.balanced && c.spec.HealthCheck == showdown.ELBHealthCheck && (m.registered || c.see[m.name].target != "")
}

// ready says whether a new instance has taken its place: it is in service, has warmed
// up for warmup, and the load balancer finds it healthy where its checks count. An
// instance whose grace period is over is ready, or it is marked unhealthy.
func (c *core) ready(m *member, warmup showdown.Duration) bool {
	if m.state != InService || c.now < m.inService+warmup {
		return false
	}
	return !c.checked(m) || c.see[m.name].target == targetHealthy || !c.inGrace(m)
}
