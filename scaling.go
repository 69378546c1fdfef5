package showdown

import "strconv"

// AutoScalingGroup is a group of instances that keeps its desired capacity by itself.
type AutoScalingGroup struct {
	Name string `yaml:"name" json:"name"`
	// Template is what the group launches. It has no name, zone and elastic IP: the
	// group gives each instance the first two.
	Template Instance `yaml:"template" json:"template"`
	// Min, Max and Desired are numbers of instances: Min <= Desired <= Max.
	Min     int `yaml:"min" json:"min"`
	Max     int `yaml:"max" json:"max"`
	Desired int `yaml:"desired" json:"desired"`
	// Zones are where the group launches, evenly.
	Zones []string `yaml:"zones" json:"zones"`
	// TargetGroups are where the group registers its instances.
	TargetGroups []string `yaml:"target_groups" json:"target_groups,omitempty"`
	// HealthCheck is "EC2", or "ELB" for the load balancer's checks beside EC2's.
	HealthCheck GroupHealthCheck `yaml:"health_check" json:"health_check"`
	// GracePeriod is how long after its launch an instance's load balancer checks are
	// not acted upon.
	GracePeriod Duration `yaml:"grace_period" json:"grace_period"`
	// Cooldown is how long simple scaling waits after an activity.
	Cooldown Duration `yaml:"cooldown" json:"cooldown"`
	// Warmup is the default instance warm-up: how long a new instance does not count in
	// the group's metrics.
	Warmup Duration `yaml:"warmup" json:"warmup"`
	// Policies move the desired capacity by what they measure.
	Policies []ScalingPolicy `yaml:"policies" json:"policies,omitempty"`
	// Scheduled moves it at a time.
	Scheduled []ScheduledAction `yaml:"scheduled" json:"scheduled,omitempty"`
	// WarmPool keeps instances ready; nil is none.
	WarmPool *WarmPool `yaml:"warm_pool" json:"warm_pool,omitempty"`
	// Suspended are the processes that the group does not carry out, of [Processes].
	Suspended []string `yaml:"suspended" json:"suspended,omitempty"`
}

// GroupHealthCheck is whose health checks an Auto Scaling group acts upon.
type GroupHealthCheck string

// The types of a group's health check.
const (
	EC2HealthCheck GroupHealthCheck = "EC2"
	ELBHealthCheck GroupHealthCheck = "ELB"
)

// Processes are the processes of an Auto Scaling group that can be suspended (Amazon
// EC2 Auto Scaling User Guide, Suspend and resume a process).
func Processes() []string {
	return []string{
		"Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance",
		"HealthCheck", "InstanceRefresh", "ReplaceUnhealthy", "ScheduledActions",
	}
}

// PolicyType is how a scaling policy moves the desired capacity.
type PolicyType string

// The types of scaling policies.
const (
	TargetTracking PolicyType = "target_tracking"
	StepScaling    PolicyType = "step"
	SimpleScaling  PolicyType = "simple"
)

// Metric is what a scaling policy looks at.
type Metric string

// The metrics.
const (
	// RequestCountPerTarget is the requests of an AWS minute for each healthy target.
	RequestCountPerTarget Metric = "ALBRequestCountPerTarget"
	// AverageCPU is the mean CPU utilization of the group's instances, 0 to 100.
	AverageCPU Metric = "ASGAverageCPUUtilization"
)

// ScalingPolicy moves the desired capacity of its group when an alarm goes off.
type ScalingPolicy struct {
	Name   string     `yaml:"name" json:"name"`
	Type   PolicyType `yaml:"type" json:"type"`
	Metric Metric     `yaml:"metric" json:"metric"`
	// Target is the value that target tracking keeps the metric at.
	Target float64 `yaml:"target" json:"target,omitempty"`
	// DisableScaleIn leaves target tracking with scaling out alone.
	DisableScaleIn bool `yaml:"disable_scale_in" json:"disable_scale_in,omitempty"`
	// Threshold is where the alarm of step and simple scaling goes off: above it, or
	// below it where Below is set, for Periods minutes in a row.
	Threshold float64 `yaml:"threshold" json:"threshold,omitempty"`
	Below     bool    `yaml:"below" json:"below,omitempty"`
	Periods   int     `yaml:"periods" json:"periods,omitempty"`
	// Adjustment is how many instances simple scaling adds, or removes below 0.
	Adjustment int `yaml:"adjustment" json:"adjustment,omitempty"`
	// Steps are step scaling's adjustments by how far the metric is past the threshold.
	Steps []ScalingStep `yaml:"steps" json:"steps,omitempty"`
	// Cooldown is simple scaling's own; 0 is the group's. Warmup is that of step scaling
	// and target tracking; 0 is the group's.
	Cooldown Duration `yaml:"cooldown" json:"cooldown,omitempty"`
	Warmup   Duration `yaml:"warmup" json:"warmup,omitempty"`
}

// ScalingStep is one step of step scaling.
type ScalingStep struct {
	// From is how far past the threshold the step begins, upwards or, with Below,
	// downwards; it ends where the next one begins.
	From float64 `yaml:"from" json:"from"`
	// Adjustment is how many instances are added, or removed below 0.
	Adjustment int `yaml:"adjustment" json:"adjustment"`
}

// ScheduledAction sets a group's sizes at a time since the start of the traffic.
type ScheduledAction struct {
	Name string   `yaml:"name" json:"name"`
	At   Duration `yaml:"at" json:"at"`
	// Min, Max and Desired are the new sizes; nil leaves one as it is.
	Min     *int `yaml:"min" json:"min,omitempty"`
	Max     *int `yaml:"max" json:"max,omitempty"`
	Desired *int `yaml:"desired" json:"desired,omitempty"`
}

// WarmPool is instances of a group that are launched and kept aside.
type WarmPool struct {
	// Size is how many; 0 is Max less the desired capacity.
	Size int `yaml:"size" json:"size,omitempty"`
	// State is "Stopped" or "Running".
	State string `yaml:"state" json:"state"`
}

// InstanceName is the name of the group's nth instance, from 1.
func (g AutoScalingGroup) InstanceName(n int) string { return g.Name + "-" + strconv.Itoa(n) }

// Initial are the instances that the group has when its lab comes up: its desired
// capacity, spread over its zones.
func (g AutoScalingGroup) Initial() []Instance {
	out := make([]Instance, max(0, g.Desired))
	for i := range out {
		in := g.Template
		in.Name = g.InstanceName(i + 1)
		if len(g.Zones) > 0 {
			in.Zone = g.Zones[i%len(g.Zones)]
		}
		out[i] = in
	}
	return out
}

// AllInstances are the instances that a lab of the topology comes up with: its own and
// those of its Auto Scaling groups.
func (t Topology) AllInstances() []Instance {
	out := append([]Instance(nil), t.Instances...)
	for _, g := range t.AutoScalingGroups {
		out = append(out, g.Initial()...)
	}
	return out
}
