package autoscaling

import (
	"fmt"
	"slices"

	"showdown"
)

// RefreshOptions are the preferences of an instance refresh.
type RefreshOptions struct {
	// MinHealthyPercentage is how much of the desired capacity must stay in service, 0 to
	// 100, rounded up to whole instances. [DefaultRefresh] has AWS's default, 90.
	MinHealthyPercentage int
	// Warmup is how long a new instance warms up before the next ones are replaced. 0 is
	// the group's default instance warm-up or, where that is not set, its grace period
	// (Understand the default values for an instance refresh).
	Warmup showdown.Duration
}

// DefaultRefresh are the preferences that AWS uses where none are given.
func DefaultRefresh() RefreshOptions { return RefreshOptions{MinHealthyPercentage: 90} }

// RefreshStatus is how far an instance refresh is.
type RefreshStatus string

// The statuses of a refresh (Amazon EC2 Auto Scaling API Reference, InstanceRefresh).
const (
	RefreshInProgress RefreshStatus = "InProgress"
	RefreshSuccessful RefreshStatus = "Successful"
	RefreshFailed     RefreshStatus = "Failed"
	RefreshCancelled  RefreshStatus = "Cancelled"
)

// refresh is an instance refresh: every instance that was there when it began is
// replaced (skip matching is off).
//
// With a minimum below 100 percent it goes in batches: as many instances as may be
// missing, at least one, are terminated while their replacements are launched. With 100
// percent it launches one first, and terminates an old one when the new one is ready, so
// that no capacity is lost. That is the present edition of How an instance refresh works;
// that of mid 2023 says of 100 percent only that it "limits the rate of replacement to
// one instance at a time".
type refresh struct {
	id       string
	status   RefreshStatus
	reason   string
	least    int // percent
	warmup   showdown.Duration
	old      []string // to be replaced, in service yet
	total    int
	done     int    // replaced, with the new ones ready
	victim   string // the one whose replacement is launched first
	progress moment // when an instance was replaced last
	started  moment
	ended    moment
}

// refreshLaunch is why an instance is launched by a refresh.
const refreshLaunch = "an instance was launched in response to an instance refresh"

// activeRefresh is the refresh in progress; nil is none.
func (c *core) activeRefresh() *refresh {
	if n := len(c.refreshes); n > 0 && c.refreshes[n-1].status == RefreshInProgress {
		return c.refreshes[n-1]
	}
	return nil
}

func (c *core) startRefresh(o RefreshOptions) string {
	r := &refresh{
		id: fmt.Sprintf("refresh-%d", len(c.refreshes)+1), status: RefreshInProgress, least: o.MinHealthyPercentage,
		warmup: o.Warmup, progress: c.now, started: c.now,
	}
	if r.warmup == 0 {
		r.warmup = c.spec.Warmup
	}
	if r.warmup == 0 {
		r.warmup = c.spec.GracePeriod
	}
	for _, m := range c.members {
		if m.active() {
			r.old = append(r.old, m.name)
		}
	}
	r.total = len(r.old)
	c.refreshes = append(c.refreshes, r)
	return r.id
}

// endRefresh ends the refresh in progress. What is launched beyond the desired capacity
// stays until it is ready, and an instance is terminated then.
func (c *core) endRefresh(r *refresh, s RefreshStatus, reason string) {
	r.status, r.reason, r.ended, r.victim = s, reason, c.now, ""
	c.wants = slices.DeleteFunc(c.wants, func(w want) bool { return w.surge == surgeRefresh })
	for _, m := range c.members {
		if m.surge == surgeRefresh {
			m.surge = surgeBalance
		}
	}
}

// advanceRefresh replaces the next instances where the last ones are ready.
func (c *core) advanceRefresh() {
	r := c.activeRefresh()
	if r == nil || !c.does("InstanceRefresh") {
		return
	}
	r.old = slices.DeleteFunc(r.old, func(name string) bool {
		m := c.find(name)
		return m == nil || !m.active()
	})
	if c.now >= r.progress+RefreshStall {
		c.endRefresh(r, RefreshFailed, "No instance could be replaced for an hour.")
		return
	}
	if !c.replaced(r) {
		return
	}
	c.swap(r)
	r.done = r.total - len(r.old)
	if len(r.old) == 0 {
		c.endRefresh(r, RefreshSuccessful, "")
		// "First it replaces InService instances, then those in the warm pool."
		for _, m := range slices.Clone(c.members) {
			if m.warm() && m.launched < r.started && c.does("Terminate") {
				c.leave(m, c.sentence("an instance was taken out of the warm pool in response to an instance refresh"))
			}
		}
		return
	}
	if !c.does("Terminate") || !c.does("Launch") || len(c.wants) > 0 || c.capacity() != c.desired || c.total() != c.desired {
		return
	}
	keep := (c.desired*r.least + 99) / 100
	if r.least == 100 {
		m := c.victim(c.olds(r))
		r.victim = m.name
		c.wants = append(c.wants, want{
			zone: m.zone, surge: surgeRefresh, cause: refreshLaunch,
		})
		return
	}
	for range min(len(r.old), max(1, c.desired-keep)) {
		c.refreshOut(r, c.victim(c.olds(r)))
		c.debts = append(c.debts, refreshLaunch)
	}
}

// replaced says whether what was launched so far is ready: every instance passes its
// health checks, and the new ones have warmed up.
func (c *core) replaced(r *refresh) bool {
	for _, m := range c.members {
		if !m.active() {
			continue
		}
		if m.state != InService || m.unhealthy != "" || c.checked(m) && c.see[m.name].target != targetHealthy {
			return false
		}
		if !slices.Contains(r.old, m.name) && c.now < m.inService+r.warmup {
			return false
		}
	}
	return c.total() >= c.desired
}

// swap terminates the instance whose replacement, launched first, is ready now.
func (c *core) swap(r *refresh) {
	for _, m := range c.members {
		if m.surge != surgeRefresh {
			continue
		}
		m.surge = noSurge
		if old := c.find(r.victim); old != nil && old.active() && c.capacity() > c.desired {
			c.refreshOut(r, old)
		}
	}
}

// olds are the instances that are still to be replaced.
func (c *core) olds(r *refresh) []*member {
	var out []*member
	for _, m := range c.members {
		if slices.Contains(r.old, m.name) {
			out = append(out, m)
		}
	}
	return out
}

// refreshOut takes an old instance out of service.
func (c *core) refreshOut(r *refresh, m *member) {
	cause := c.sentence("an instance was taken out of service in response to an instance refresh") +
		"  " + c.sentence("instance %s was selected for termination", m.name)
	c.leave(m, cause)
	r.progress = c.now
	r.old = slices.DeleteFunc(r.old, func(name string) bool { return name == m.name })
}
