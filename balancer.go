package showdown

// BalancerType says which load balancer of Elastic Load Balancing is meant.
type BalancerType string

// The types of load balancers.
const (
	// ApplicationBalancer is an Application Load Balancer. It needs at least two
	// Availability Zones (Elastic Load Balancing User Guide, How it works).
	ApplicationBalancer BalancerType = "application"
	// ClassicBalancer is a Classic Load Balancer. One zone is enough for it.
	ClassicBalancer BalancerType = "classic"
)

// LoadBalancer is an internet-facing load balancer with a node in each of its zones.
type LoadBalancer struct {
	Name string       `yaml:"name" json:"name"`
	Type BalancerType `yaml:"type" json:"type"`
	// Zones are the enabled Availability Zones; each has a node and an address.
	Zones []string `yaml:"zones" json:"zones"`
	// SecurityGroups are the groups whose rules protect the nodes; empty is [DefaultGroup].
	SecurityGroups []string `yaml:"security_groups" json:"security_groups,omitempty"`
	// IdleTimeout is how long a connection may be silent on either side, 1 s to 4000 s
	// (User Guide for Application Load Balancers, Load balancer attributes).
	IdleTimeout Duration `yaml:"idle_timeout" json:"idle_timeout"`
	// Listeners say where requests to a port go.
	Listeners    []Listener    `yaml:"listeners" json:"listeners"`
	TargetGroups []TargetGroup `yaml:"target_groups" json:"target_groups"`
}

// Listener takes connections on a port and forwards their requests.
type Listener struct {
	// Port is the port that clients reach; 0 is the application's.
	Port int `yaml:"port" json:"port,omitempty"`
	// Forward are the target groups that share the requests.
	Forward []Forward `yaml:"forward" json:"forward"`
}

// Forward is a target group's part of a listener's requests.
type Forward struct {
	TargetGroup string `yaml:"target_group" json:"target_group"`
	// Weight is the group's part among the listener's groups, 0 to 999 (User Guide for
	// Application Load Balancers, Listener rules: weighted target groups).
	Weight int `yaml:"weight" json:"weight"`
}

// Algorithm is how a target group chooses the target of a request.
type Algorithm string

// The routing algorithms.
const (
	RoundRobin       Algorithm = "round_robin"
	LeastOutstanding Algorithm = "least_outstanding_requests"
)

// TargetGroup is a set of targets that serve the same, with the checks of their health.
// A Classic Load Balancer has one, which stands for its registered instances.
type TargetGroup struct {
	Name string `yaml:"name" json:"name"`
	// Instances are the instances that are registered from the beginning; those of an
	// Auto Scaling group register themselves.
	Instances   []string          `yaml:"instances" json:"instances,omitempty"`
	Algorithm   Algorithm         `yaml:"algorithm" json:"algorithm"`
	HealthCheck TargetHealthCheck `yaml:"health_check" json:"health_check"`
	// DeregistrationDelay is how long requests in flight to a deregistered target may
	// take, 0 s to 3600 s.
	DeregistrationDelay Duration `yaml:"deregistration_delay" json:"deregistration_delay"`
	// SlowStart is how long a new target's share grows linearly, 30 s to 900 s; 0 is off.
	SlowStart Duration `yaml:"slow_start" json:"slow_start,omitempty"`
	// Stickiness binds a client to its target; nil is off.
	Stickiness *Stickiness `yaml:"stickiness" json:"stickiness,omitempty"`
	// CrossZone lets a node send requests to targets in other zones.
	CrossZone bool `yaml:"cross_zone" json:"cross_zone"`
}

// TargetHealthCheck is how each node of a load balancer looks at each target.
type TargetHealthCheck struct {
	// Path is what is asked for with GET.
	Path string `yaml:"path" json:"path"`
	// Interval is 5 s to 300 s, Timeout 2 s to 120 s and shorter than it.
	Interval Duration `yaml:"interval" json:"interval"`
	Timeout  Duration `yaml:"timeout" json:"timeout"`
	// HealthyThreshold and UnhealthyThreshold are how many results in a row turn the
	// node's mind, 2 to 10. A new target of an Application Load Balancer needs one pass.
	HealthyThreshold   int `yaml:"healthy_threshold" json:"healthy_threshold"`
	UnhealthyThreshold int `yaml:"unhealthy_threshold" json:"unhealthy_threshold"`
	// Matcher are the statuses that pass: "200", "200,302" or "200-299".
	Matcher string `yaml:"matcher" json:"matcher"`
}

// StickinessType says whose cookie binds a client to a target.
type StickinessType string

// The types of stickiness.
const (
	// DurationCookie is the load balancer's own cookie, with an age.
	DurationCookie StickinessType = "lb_cookie"
	// ApplicationCookie follows a cookie that the target sets.
	ApplicationCookie StickinessType = "app_cookie"
)

// Stickiness binds a client to the target that answered it first.
type Stickiness struct {
	Type StickinessType `yaml:"type" json:"type"`
	// Duration is the age of the balancer's cookie, 1 s to 7 days.
	Duration Duration `yaml:"duration" json:"duration,omitempty"`
	// Cookie is the name of the application's cookie.
	Cookie string `yaml:"cookie" json:"cookie,omitempty"`
}

// NodeName is the name of a load balancer's node in a zone: "web-1a" of the balancer
// "web" in "us-east-1a".
func (b LoadBalancer) NodeName(zone string) string { return b.Name + "-" + zoneSuffix(zone) }

// zoneSuffix is what tells a zone from the others of its Region: "1a" of "us-east-1a".
func zoneSuffix(zone string) string {
	for i := len(zone) - 1; i >= 0; i-- {
		if zone[i] == '-' {
			return zone[i+1:]
		}
	}
	return zone
}
