package journeys

import "showdown"

// Defaults of load balancers, which are those of AWS but for the path of the health
// check: see docs/stages.md.
const (
	DefaultBalancerType        = showdown.ApplicationBalancer
	DefaultIdleTimeout         = 60 * showdown.Second
	DefaultWeight              = 1
	DefaultTargetPath          = "/healthz"
	DefaultTargetInterval      = 30 * showdown.Second
	DefaultTargetTimeout       = 5 * showdown.Second
	DefaultHealthy             = 5
	DefaultClassicHealthy      = 10
	DefaultUnhealthy           = 2
	DefaultMatcher             = "200"
	DefaultDeregistrationDelay = 300 * showdown.Second
	DefaultStickiness          = 86_400 * showdown.Second
)

// setBalancerDefaults fills in what the file leaves out of a load balancer.
func setBalancerDefaults(b *showdown.LoadBalancer, region string, p places, path string) {
	set(&b.Type, DefaultBalancerType, p, path+".type")
	set(&b.Zones, []string{region + DefaultZoneLetter}, p, path+".zones")
	set(&b.IdleTimeout, DefaultIdleTimeout, p, path+".idle_timeout")
	set(&b.TargetGroups, []showdown.TargetGroup{{}}, p, path+".target_groups")
	only := ""
	if len(b.TargetGroups) == 1 {
		set(&b.TargetGroups[0].Name, b.Name, p, element(path+".target_groups", 0)+".name")
		only = b.TargetGroups[0].Name
	}
	for i := range b.TargetGroups {
		setTargetGroupDefaults(&b.TargetGroups[i], b.Type == showdown.ClassicBalancer, p, element(path+".target_groups", i))
	}
	if only != "" {
		set(&b.Listeners, []showdown.Listener{{}}, p, path+".listeners")
	}
	for i := range b.Listeners {
		l, at := &b.Listeners[i], element(path+".listeners", i)+".forward"
		if only != "" {
			set(&l.Forward, []showdown.Forward{{TargetGroup: only}}, p, at)
		}
		for j := range l.Forward {
			set(&l.Forward[j].Weight, DefaultWeight, p, element(at, j)+".weight")
		}
	}
}

func setTargetGroupDefaults(g *showdown.TargetGroup, classic bool, p places, path string) {
	algorithm, healthy := showdown.RoundRobin, DefaultHealthy
	if classic {
		algorithm, healthy = showdown.LeastOutstanding, DefaultClassicHealthy
	}
	set(&g.Algorithm, algorithm, p, path+".algorithm")
	set(&g.DeregistrationDelay, DefaultDeregistrationDelay, p, path+".deregistration_delay")
	set(&g.CrossZone, true, p, path+".cross_zone")
	h, at := &g.HealthCheck, path+".health_check"
	set(&h.Path, DefaultTargetPath, p, at+".path")
	set(&h.Interval, DefaultTargetInterval, p, at+".interval")
	set(&h.Timeout, DefaultTargetTimeout, p, at+".timeout")
	set(&h.HealthyThreshold, healthy, p, at+".healthy_threshold")
	set(&h.UnhealthyThreshold, DefaultUnhealthy, p, at+".unhealthy_threshold")
	set(&h.Matcher, DefaultMatcher, p, at+".matcher")
	if s := g.Stickiness; s != nil {
		at := path + ".stickiness"
		set(&s.Type, showdown.DurationCookie, p, at+".type")
		if !classic || s.Type == showdown.DurationCookie {
			set(&s.Duration, DefaultStickiness, p, at+".duration")
		}
	}
}
