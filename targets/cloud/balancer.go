package cloud

import (
	"time"

	"showdown"
)

// Balancer is the configuration of a load balancer's node: what the control plane
// decided, with every time in lab time and every floor applied.
type Balancer struct {
	// Name is the load balancer's; the node's is that of its machine.
	Name    string `json:"name"`
	Classic bool   `json:"classic,omitempty"`
	// Idle is the idle timeout of both sides, Connect the longest that a connection to a
	// target may take.
	Idle    time.Duration `json:"idle"`
	Connect time.Duration `json:"connect"`
	// Secret is what the nodes of the load balancer have in common and nobody else knows:
	// cookies are encrypted with it. Without one it is made from Name and the seed.
	Secret string `json:"secret,omitempty"`

	Listeners []BalancerListener `json:"listeners"`
	Groups    []BalancerGroup    `json:"groups"`
}

// BalancerListener is a port and the groups that share its requests.
type BalancerListener struct {
	Port    int                `json:"port"`
	Forward []showdown.Forward `json:"forward"`
}

// BalancerGroup is a target group as a node has it.
type BalancerGroup struct {
	Name      string             `json:"name"`
	Algorithm showdown.Algorithm `json:"algorithm"`
	CrossZone bool               `json:"cross_zone"`
	SlowStart time.Duration      `json:"slow_start,omitempty"`
	// Stickiness has its duration in AWS time: that is what the cookie says, and the node
	// divides it by the machine's speed to know when it has run out.
	Stickiness *showdown.Stickiness `json:"stickiness,omitempty"`
	Check      BalancerCheck        `json:"check"`
	Targets    []BalancerTarget     `json:"targets"`
}

// BalancerCheck is a target group's health check, in lab time.
type BalancerCheck struct {
	Path     string        `json:"path"`
	Interval time.Duration `json:"interval"`
	Timeout  time.Duration `json:"timeout"`
	// Healthy and Unhealthy are the thresholds; First is how many passes a new target
	// needs.
	Healthy   int    `json:"healthy"`
	Unhealthy int    `json:"unhealthy"`
	First     int    `json:"first"`
	Matcher   string `json:"matcher"`
}

// BalancerTarget is a registered target.
type BalancerTarget struct {
	// Name is the instance's, and Address "ip:port".
	Name    string `json:"name"`
	Address string `json:"address"`
	Zone    string `json:"zone"`
	// Registered is when it was registered, and tells a target from one of its name that
	// was registered before.
	Registered time.Time `json:"registered"`
	// Known says that it was registered and healthy before the node began: it is healthy
	// until its checks say otherwise.
	Known bool `json:"known,omitempty"`
	// Draining says that it gets no new request; what is in flight is answered 502 at
	// Until.
	Draining bool      `json:"draining,omitempty"`
	Until    time.Time `json:"until,omitzero"`
	// Unused says that EC2 does not run it: no request and no check goes there.
	Unused bool `json:"unused,omitempty"`
	// Away says that its zone is shifted away: no new request goes there, as if it were not
	// registered, while its checks go on.
	Away bool `json:"away,omitempty"`
}

// Target health as a node believes it.
const (
	TargetInitial   = "initial"
	TargetHealthy   = "healthy"
	TargetUnhealthy = "unhealthy"
)

// Note is what a machine says on its own, beside its answers.
type Note struct {
	At time.Time `json:"at"`
	// Health is a node's mind about a target that changed; Drained is a draining target
	// with nothing in flight.
	Health  *HealthNote  `json:"health,omitempty"`
	Drained *DrainedNote `json:"drained,omitempty"`
	// Program is a machine's own program that has ended.
	Program *ProgramNote `json:"program,omitempty"`
}

// HealthNote is a target whose health a node sees differently from now on.
type HealthNote struct {
	Group  string `json:"group"`
	Target string `json:"target"`
	From   string `json:"from"`
	To     string `json:"to"`
	// Reason is why, in a few words: "2 checks failed: connection refused".
	Reason string `json:"reason"`
	// Scheduled, Started and Ended are the times of the check that decided it.
	Scheduled time.Time `json:"scheduled"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
}

// DrainedNote is a draining target that has nothing in flight any more.
type DrainedNote struct {
	Group  string `json:"group"`
	Target string `json:"target"`
	// Cut is how many requests were still in flight when the delay had passed.
	Cut int `json:"cut,omitempty"`
}

// BalancerCounters are the counters of a load balancer's node since it started, in the
// words of CloudWatch's metrics for load balancers.
type BalancerCounters struct {
	// Requests were routed to a target; Errors were answered by the node itself, by
	// status. A request whose client went away before the answer counts as 460.
	Requests uint64         `json:"requests"`
	Errors   map[int]uint64 `json:"errors,omitempty"`
	// NewConnections and ActiveConnections are the clients'; TargetConnections are the
	// connections that were opened to targets.
	NewConnections    uint64 `json:"new_connections"`
	ActiveConnections uint64 `json:"active_connections"`
	TargetConnections uint64 `json:"target_connections"`
	// Bytes are those that clients sent and got; CrossZone are those to and from targets
	// in other zones.
	Bytes     uint64 `json:"bytes"`
	CrossZone uint64 `json:"cross_zone"`
	// Checks are the health checks that were sent, and LateChecks those that started
	// more than a heartbeat late.
	Checks     uint64 `json:"checks"`
	LateChecks uint64 `json:"late_checks"`
	// LongestStall is the longest that the node's heartbeat, every 10 ms, was late.
	LongestStall time.Duration `json:"longest_stall,omitempty"`
	// Targets are by group and name.
	Targets []TargetCounters `json:"targets,omitempty"`
}

// TargetCounters are a node's counters of one target.
type TargetCounters struct {
	Group       string `json:"group"`
	Target      string `json:"target"`
	Health      string `json:"health"`
	Requests    uint64 `json:"requests"`
	Outstanding int    `json:"outstanding"`
}
