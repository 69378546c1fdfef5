package journeys

import (
	"time"

	"showdown"
)

// Defaults of the stage format, for what a file leaves out. docs/stages.md lists
// them.
const (
	DefaultApp          = "clock"
	DefaultWork         = 100.0 // CoreMark iterations a request
	DefaultRegion       = "us-east-1"
	DefaultRole         = "web"
	DefaultZoneLetter   = "a"
	DefaultCredits      = showdown.Credits("launch")
	DefaultQueue        = 20 // requests
	DefaultVolumeGiB    = 8
	DefaultClients      = 100
	DefaultProfile      = showdown.Browser
	DefaultTimeout      = 60 * showdown.Second
	DefaultMethod       = "GET"
	DefaultPath         = "/"
	DefaultAvailability = showdown.Share(0.99)
	DefaultLatency      = showdown.LabDuration(100 * time.Millisecond)
	DefaultTTL          = 300 * showdown.Second
	DefaultNegativeTTL  = 900 * showdown.Second // Route 53's SOA records have it
	DefaultCheckPath    = "/healthz"
	DefaultInterval     = 30 * showdown.Second
	DefaultThreshold    = 3
	DefaultCheckers     = 16
	DefaultRequests     = 10
	DefaultWithin       = 5 * showdown.Minute
	DefaultTerm         = "1y"
	DefaultPayment      = "no upfront"
)

// setDefaults fills in what the file left out. A value that the file states, be it
// zero, is left alone, so that a wrong zero is found.
func setDefaults(s *showdown.Stage, p places) {
	set(&s.App, DefaultApp, p, "app")
	set(&s.Work, DefaultWork, p, "work")
	set(&s.Number, 1, p, "number")
	set(&s.SLO.Availability, DefaultAvailability, p, "slo.availability")
	set(&s.SLO.Latency, DefaultLatency, p, "slo.latency")
	for i := range s.Cells {
		setCellDefaults(&s.Cells[i], p, element("cells", i))
	}
	if s.Running() {
		set(&s.Speed, RunningSpeed, p, "speed")
	}
}

func setCellDefaults(c *showdown.Cell, p places, path string) {
	if c.Running() || p.has(path+".targets") {
		setRunningDefaults(c, p, path)
		return
	}
	top := &c.Topology
	set(&top.Region, DefaultRegion, p, path+".topology.region")
	for i := range top.Instances {
		in, at := &top.Instances[i], element(path+".topology.instances", i)
		set(&in.Zone, top.Region+DefaultZoneLetter, p, at+".zone")
		setMachineDefaults(in, p, at)
	}
	for i := range top.LoadBalancers {
		setBalancerDefaults(&top.LoadBalancers[i], top.Region, p, element(path+".topology.load_balancers", i))
	}
	for i := range top.AutoScalingGroups {
		setScalingDefaults(&top.AutoScalingGroups[i], top.Region, p, element(path+".topology.auto_scaling_groups", i))
	}
	for i := range top.Reservations {
		r, at := &top.Reservations[i], element(path+".topology.reservations", i)
		set(&r.Count, 1, p, at+".count")
		set(&r.Term, DefaultTerm, p, at+".term")
		set(&r.Payment, DefaultPayment, p, at+".payment")
	}
	setZoneDefaults(top.HostedZone, p, path+".topology.hosted_zone")
	set(&c.Traffic.Timeout, DefaultTimeout, p, path+".traffic.timeout")
	set(&c.Traffic.Path, DefaultPath, p, path+".traffic.path")
	setTrafficDefaults(&c.Traffic, p, path+".traffic")
	set(&c.SteadyState.Requests, DefaultRequests, p, path+".steady_state.requests")
	set(&c.SteadyState.Within, DefaultWithin, p, path+".steady_state.within")
	actions := showdown.Actions()
	for i := range c.Timeline {
		step := &c.Timeline[i]
		for _, param := range actions[step.Do].Params {
			if param.Default == "" || p.has(element(path+".timeline", i)+".with."+param.Name) {
				continue
			}
			if step.With == nil {
				step.With = map[string]string{}
			}
			step.With[param.Name] = param.Default
		}
	}
}

// setTrafficDefaults fills in what traffic on a lab and on a running system share.
func setTrafficDefaults(t *showdown.Traffic, p places, at string) {
	set(&t.Clients, DefaultClients, p, at+".clients")
	set(&t.Profile, DefaultProfile, p, at+".profile")
	set(&t.Method, DefaultMethod, p, at+".method")
	setScenarioDefaults(&t.Scenario, p, at)
	for i := range t.Phases {
		at := element(at+".phases", i)
		set(&t.Phases[i].Pace, impliedPace(p, at), p, at+".pace")
	}
	for i := range t.Cohorts {
		set(&t.Cohorts[i].Profile, t.Profile, p, element(at+".cohorts", i)+".profile")
	}
}

// setMachineDefaults fills in what an instance and the template of a group share.
func setMachineDefaults(in *showdown.Instance, p places, path string) {
	set(&in.Role, DefaultRole, p, path+".role")
	set(&in.Credits, DefaultCredits, p, path+".credits")
	set(&in.Queue, DefaultQueue, p, path+".queue")
	set(&in.VolumeGiB, DefaultVolumeGiB, p, path+".volume_gib")
}

func setZoneDefaults(zone *showdown.HostedZone, p places, path string) {
	if zone == nil {
		return
	}
	set(&zone.NegativeTTL, DefaultNegativeTTL, p, path+".negative_ttl")
	for i := range zone.Records {
		r, at := &zone.Records[i], element(path+".records", i)
		if r.Alias == "" {
			set(&r.TTL, DefaultTTL, p, at+".ttl")
		}
		if h := r.HealthCheck; h != nil {
			at += ".health_check"
			set(&h.Path, DefaultCheckPath, p, at+".path")
			set(&h.Interval, DefaultInterval, p, at+".interval")
			set(&h.Threshold, DefaultThreshold, p, at+".threshold")
			set(&h.Checkers, DefaultCheckers, p, at+".checkers")
		}
	}
}

// impliedPace is the shape that the fields of a phase give away.
func impliedPace(p places, at string) showdown.Pace {
	switch {
	case p.has(at + ".steps"):
		return showdown.Steps
	case p.has(at+".from") || p.has(at+".to"):
		return showdown.Ramp
	case p.has(at+".amplitude") || p.has(at+".period"):
		return showdown.Sine
	case p.has(at + ".peak"):
		return showdown.Spike
	}
	return showdown.Constant
}

func set[T any](field *T, value T, p places, path string) {
	if !p.has(path) {
		*field = value
	}
}
