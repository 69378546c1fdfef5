package autoscaling

import "showdown"

// The timings that no group can set.
const (
	// CheckEvery is how often a group acts upon the results of the health checks, and how
	// often its alarms are evaluated (unverified; the alarms' period is a minute).
	CheckEvery = showdown.Minute
	// MetricDelay is how long after the end of its minute a metric is known (unverified).
	MetricDelay = showdown.Minute
	// ImpairedPatience is how long a status check may be impaired before the instance
	// counts as unhealthy: "a few minutes" (Health checks for Auto Scaling instances,
	// Status checks; that they are three is unverified).
	ImpairedPatience = 3 * showdown.Minute
	// LaunchRetry is how long a zone is left alone after a launch failed there, and doubles
	// with each failure up to LaunchRetryMax (both unverified; that a group keeps trying is
	// documented: Amazon EC2 Auto Scaling benefits, Instance distribution).
	LaunchRetry    = showdown.Minute
	LaunchRetryMax = 5 * showdown.Minute
	// RefreshStall is how long an instance refresh may make no progress before it fails
	// (Replace Auto Scaling instances based on an instance refresh: one hour).
	RefreshStall = showdown.Hour
	// LongestDrain is the longest deregistration delay there is (User Guide for Application
	// Load Balancers, Target groups: 3600 s); a load balancer that says draining for longer
	// is not waited for.
	LongestDrain = showdown.Hour
)

// The alarms of target tracking. They are not documented and cannot be set: AWS makes
// them, and these are what it makes for EC2.
const (
	highPeriods = 3
	lowPeriods  = 15
	// lowShare is the share of the target below which the low alarm's datapoints lie.
	lowShare = 0.7
)

// Timing is how long something takes that an Auto Scaling group does or waits for.
type Timing struct {
	// Name says what is timed, from what to what.
	Name string
	// Min and Max are the bounds within which a measured value must lie, in AWS time.
	Min, Max showdown.Duration
	// Source is the page that documents it, or says that it is unverified.
	Source string
}

// Timings are the timings of a group of the given specification, with the range that is
// documented for each. An alarm's first datapoint may be of a minute of which a part was
// still otherwise. The time that EC2 takes to launch and to terminate is not among
// them, and neither is a deregistration delay: those are other services' own.
func Timings(g showdown.AutoScalingGroup) []Timing {
	const (
		health   = "EC2 Auto Scaling User Guide, Health checks for Auto Scaling instances"
		benefits = "EC2 Auto Scaling User Guide, Amazon EC2 Auto Scaling benefits"
		tracking = "EC2 Auto Scaling User Guide, Target tracking scaling policies"
		alarms   = "unverified (screenshots of CloudWatch alarms that target tracking made)"
	)
	warmup := "EC2 Auto Scaling User Guide, Set the default instance warmup"
	return []Timing{
		{"instance not running -> marked unhealthy", 0, 0, health + " (immediately)"},
		{"status check impaired -> marked unhealthy", ImpairedPatience, ImpairedPatience + CheckEvery, health + " (a few minutes; three unverified)"},
		{"target unhealthy -> marked unhealthy", 0, CheckEvery, health + " (next periodic check; 60 s unverified)"},
		{"instance in service -> its ELB checks count", g.GracePeriod, g.GracePeriod + CheckEvery, health + ", Health check grace period"},
		{"marked unhealthy -> replacement launched", 0, 0, health + ", Unhealthy instance replacement"},
		// Where no capacity is missing, the attempt is a rebalancing one, which waits for a check.
		{"launch failed -> next attempt in the zone", LaunchRetry, LaunchRetryMax + CheckEvery, benefits + " (until it succeeds; back-off unverified)"},
		{"zone has capacity again -> rebalancing launch", 0, LaunchRetryMax + CheckEvery, benefits + ", Rebalancing activities (a few minutes; unverified)"},
		// The minute in which the load changes is a datapoint as well: whether it breaches
		// depends on when in it the load changes, and how far.
		{"load above the target -> AlarmHigh", (highPeriods-1)*CheckEvery + MetricDelay, (highPeriods+1)*CheckEvery + MetricDelay, alarms},
		{"load below 70 % of the target -> AlarmLow", (lowPeriods-1)*CheckEvery + MetricDelay, (lowPeriods+1)*CheckEvery + MetricDelay, alarms},
		{"minute ends -> its metric is known", MetricDelay, MetricDelay, "unverified"},
		{"AlarmHigh -> desired capacity raised", 0, 0, tracking},
		{"AlarmLow -> desired capacity lowered", 0, 0, tracking},
		{"instance in service -> counts as capacity of the next scale-out", g.Warmup, g.Warmup, warmup},
		{"last instance warm -> scale-in allowed", 0, CheckEvery, warmup},
		{"simple scaling ended -> next one allowed", g.Cooldown, g.Cooldown + CheckEvery, "EC2 Auto Scaling User Guide, Scaling cooldowns"},
		{"scheduled time -> sizes set", 0, 0, "EC2 Auto Scaling User Guide, Scheduled scaling (within seconds)"},
		{"instance taken out of service -> its target drains", 0, 0, "EC2 Auto Scaling User Guide, Elastic Load Balancing"},
		{"nothing in flight any more -> instance terminated", 0, 0, health + " (waits for the deregistration)"},
		{"desired capacity raised -> launch", 0, 0, benefits},
		{"desired capacity raised -> start from the warm pool", 0, 0, "EC2 Auto Scaling User Guide, Warm pools"},
		{"new instance warm -> refresh goes on", 0, 0, "EC2 Auto Scaling User Guide, Instance refresh"},
		{"refresh without progress -> failed", RefreshStall, RefreshStall, "EC2 Auto Scaling User Guide, Instance refresh"},
	}
}
