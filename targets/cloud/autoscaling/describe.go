package autoscaling

import (
	"slices"
	"time"

	"showdown"
)

// Description is a group as DescribeAutoScalingGroups, DescribeScalingActivities and
// DescribeWarmPool show it.
type Description struct {
	Name              string
	Min, Max, Desired int
	// Instances are those of the group, WarmPool those of its warm pool, in the order of
	// their launch.
	Instances, WarmPool []InstanceDescription
	// Activities are the activity history, the newest first.
	Activities []Activity
	// Suspended are the suspended processes, in the order of [showdown.Processes].
	Suspended []string
	Alarms    []AlarmDescription
}

// InstanceDescription is an instance of a group.
type InstanceDescription struct {
	Name, Zone, Type string
	Lifecycle        Lifecycle
	// Health is "Healthy" or "Unhealthy": what the group believes, not what is true.
	Health string
	// Version is that of the launch template that it was launched with, from 1.
	Version int
	// WarmingUp says that it does not count for the policies yet.
	WarmingUp bool
}

// AlarmDescription is an alarm of one of a group's policies.
type AlarmDescription struct {
	// Policy is whose alarm it is, Name what CloudWatch calls it, Alarm "high" or "low".
	Policy, Name, Alarm string
	State               AlarmState
	Threshold           float64
	// Value is the last datapoint.
	Value float64
}

// RefreshDescription is an instance refresh as DescribeInstanceRefreshes shows it.
type RefreshDescription struct {
	ID     string
	Status RefreshStatus
	Reason string
	// PercentageComplete is how much has been replaced and is ready; InstancesToUpdate is
	// how many are not.
	PercentageComplete, InstancesToUpdate int
	// Start and End are AWS time, as an [Activity]'s; End is zero while it is in progress.
	Start, End time.Time
}

// Describe is the group as it is now.
func (g *Group) Describe() Description {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.core.describe(g.moment())
}

// DescribeRefresh is the instance refresh of that id, the latest where id is empty, and
// false when there was none.
func (g *Group) DescribeRefresh(id string) (RefreshDescription, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range slices.Backward(g.core.refreshes) {
		if id == "" || r.id == id {
			return g.core.describeRefresh(r), true
		}
	}
	return RefreshDescription{}, false
}

func (c *core) describe(now moment) Description {
	d := Description{Name: c.spec.Name, Min: c.min, Max: c.max, Desired: c.desired}
	for _, m := range c.members {
		in := InstanceDescription{
			Name: m.name, Zone: m.zone, Type: m.typ, Lifecycle: m.state, Health: "Healthy",
			Version: m.version, WarmingUp: m.active() && m.warming(now),
		}
		if m.unhealthy != "" {
			in.Health = "Unhealthy"
		}
		if m.warm() || m.state == WarmedTerminating {
			d.WarmPool = append(d.WarmPool, in)
		} else {
			d.Instances = append(d.Instances, in)
		}
	}
	for _, a := range slices.Backward(c.activities) {
		d.Activities = append(d.Activities, *a)
	}
	for _, p := range showdown.Processes() {
		if c.suspended[p] {
			d.Suspended = append(d.Suspended, p)
		}
	}
	for _, p := range c.policies {
		for _, a := range p.alarms {
			d.Alarms = append(d.Alarms, AlarmDescription{
				Policy: p.Name, Name: a.name, Alarm: a.label, State: a.state, Threshold: a.threshold, Value: a.value,
			})
		}
	}
	return d
}

func (c *core) describeRefresh(r *refresh) RefreshDescription {
	d := RefreshDescription{ID: r.id, Status: r.status, Reason: r.reason, InstancesToUpdate: r.total - r.done, Start: c.time(r.started)}
	d.PercentageComplete = 100
	if r.total > 0 {
		d.PercentageComplete = 100 * r.done / r.total
	}
	if r.status != RefreshInProgress {
		d.End = c.time(r.ended)
	}
	return d
}
