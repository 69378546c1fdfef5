package elb

import "showdown"

// Timing is how long something of Elastic Load Balancing takes, with its defaults.
type Timing struct {
	// Name says what takes the time, in a few words.
	Name string
	// Min and Max are the documented range in AWS time; equal where it is one value.
	Min, Max showdown.Duration
	// Source is the page that says so, or "unverified" with where the number is from.
	Source string
}

// Timings lists every timing of Elastic Load Balancing that is imitated, with the
// documented defaults. It is what a measurement is held against; what waits for a check
// begins at a random moment of its interval, which is why there are ranges.
func Timings() []Timing {
	const (
		interval  = 30 * showdown.Second
		timeout   = 5 * showdown.Second
		unhealthy = 2
		healthy   = 5
		classic   = 10
	)
	alb := func(page string) string { return "User Guide for Application Load Balancers, " + page }
	clb := func(page string) string { return "User Guide for Classic Load Balancers, " + page }
	const model = "unverified: our model of Route 53's checks of the nodes"
	lookMin := (lookThreshold - 1) * lookEvery
	return []Timing{
		{"target that refuses or answers wrongly is unhealthy", (unhealthy - 1) * interval, unhealthy * interval, alb("Target health checks: interval 30 s, threshold 2")},
		{"target that is silent is unhealthy", (unhealthy-1)*interval + timeout, unhealthy*interval + timeout, alb("Target health checks: interval 30 s, timeout 5 s, threshold 2")},
		{"target that works again is healthy, application", (healthy - 1) * interval, healthy * interval, alb("Target health checks: threshold 5")},
		// A check that is under way when a silent target answers again is passed.
		{"target that was silent is healthy, application", (healthy-1)*interval - timeout, healthy * interval, alb("Target health checks: timeout 5 s, threshold 5")},
		{"target that works again is healthy, classic", (classic - 1) * interval, classic * interval, clb("Health checks: threshold 10")},
		{"target that was silent is healthy, classic", (classic-1)*interval - timeout, classic * interval, clb("Health checks: timeout 5 s, threshold 10")},
		{"new target is healthy, application", 0, interval, alb("Target health checks: one check; when the first one comes is unverified")},
		{"new target is healthy, classic", (classic - 1) * interval, classic * interval, clb("Health checks: threshold 10; when the first one comes is unverified")},
		{"deregistration with nothing in flight is complete", 0, 0, alb("Target groups: deregistration delay")},
		{"deregistration with a request in flight that does not end is complete", 5 * showdown.Minute, 5 * showdown.Minute, alb("Target groups: deregistration delay 300 s")},
		{"request in flight that does not end is answered 502", 5 * showdown.Minute, 5 * showdown.Minute, alb("Troubleshooting: HTTP 502, deregistration delay 300 s")},
		{"deregistered target is shown as draining", 5 * showdown.Minute, 5 * showdown.Minute, alb("Target groups: deregistration delay 300 s, also with nothing in flight")},
		{"target of a stopped instance is unused", 0, 0, alb("Target health checks: Target.InvalidState; how quickly is unverified")},
		{"connection to a silent target is given up", connectWithin, connectWithin, alb("Troubleshooting: HTTP 504")},
		{"request that is not answered is given up", showdown.Minute, showdown.Minute, alb("Load balancer attributes: idle timeout 60 s")},
		{"silent client's connection is closed", showdown.Minute, showdown.Minute, alb("Load balancer attributes: idle timeout 60 s")},
		{"slow start of a new target, when it is on", slowRange.min, slowRange.max, alb("Target groups: slow start")},
		{"stickiness by duration cookie", 24 * showdown.Hour, 24 * showdown.Hour, alb("Sticky sessions: duration 86,400 s, 1 s to 7 days")},
		{"node that refuses leaves the name's answer", lookMin, lookMin + lookEvery, model},
		{"node that is silent leaves the name's answer", lookMin + lookWithin, lookMin + lookEvery + lookWithin, model},
		{"node that works again is in the name's answer", lookMin, lookMin + lookEvery, model},
		{"node that was silent is in the name's answer", lookMin - lookWithin, lookMin + lookEvery, model},
		{"clients keep the name's answer", showdown.Minute, showdown.Minute, "Elastic Load Balancing User Guide, How it works: TTL 60 s"},
		{"zonal shift takes the node out of the name's answer", 0, 0, alb("Zonal shift: at once")},
		{"zonal shift expires", shiftRange.min, shiftRange.max, alb("Zonal shift: 1 minute to 72 hours")},
	}
}
