package journeys

import "showdown"

// Defaults of Auto Scaling groups: those of the console, which differ from the API's in
// the grace period, 0 there.
const (
	DefaultGroupHealthCheck = showdown.EC2HealthCheck
	DefaultGracePeriod      = 300 * showdown.Second
	DefaultCooldown         = 300 * showdown.Second
	DefaultMetric           = showdown.RequestCountPerTarget
	DefaultPeriods          = 3
	DefaultWarmState        = "Stopped"
)

// setScalingDefaults fills in what the file leaves out of an Auto Scaling group.
func setScalingDefaults(g *showdown.AutoScalingGroup, region string, p places, path string) {
	setMachineDefaults(&g.Template, p, path+".template")
	set(&g.Desired, g.Min, p, path+".desired")
	set(&g.Zones, []string{region + DefaultZoneLetter}, p, path+".zones")
	set(&g.HealthCheck, DefaultGroupHealthCheck, p, path+".health_check")
	set(&g.GracePeriod, DefaultGracePeriod, p, path+".grace_period")
	set(&g.Cooldown, DefaultCooldown, p, path+".cooldown")
	for i := range g.Policies {
		s, at := &g.Policies[i], element(path+".policies", i)
		set(&s.Metric, DefaultMetric, p, at+".metric")
		if s.Type == showdown.StepScaling || s.Type == showdown.SimpleScaling {
			set(&s.Periods, DefaultPeriods, p, at+".periods")
		}
	}
	if g.WarmPool != nil {
		set(&g.WarmPool.State, DefaultWarmState, p, path+".warm_pool.state")
	}
}
