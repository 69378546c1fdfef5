package proxy

import (
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// member is what the choice of a target looks at and remembers.
type member struct {
	cloud.BalancerTarget
	health health
	// slow is when slow start began; zero while the target has its full share.
	slow time.Time
	// fresh says that it has not had its full share yet, so that it gets slow start when
	// it turns healthy.
	fresh bool
	// current is its place in the round robin.
	current float64
	// outstanding is how many requests are in flight to it.
	outstanding int
}

// policy is what the choice follows.
type policy struct {
	classic   bool
	zone      string // the node's
	crossZone bool
	algorithm showdown.Algorithm
	slowStart time.Duration
}

// leastOutstanding says whether the fewest requests in flight decide. A Classic Load
// Balancer knows nothing else for HTTP (Elastic Load Balancing User Guide, How it works:
// routing algorithm).
func (p policy) leastOutstanding() bool { return p.classic || p.algorithm == showdown.LeastOutstanding }

// eligible is who may get requests, in the order of all. registered says whether anybody
// is registered where this node looks. Where nobody is healthy, an Application Load
// Balancer sends requests to all of them (User Guide for Application Load Balancers,
// Target group health: fail open); a Classic Load Balancer to nobody.
func eligible(all []*target, p policy) (list []*target, registered bool) {
	var open []*target
	for _, t := range all {
		if t.Draining || t.Unused || !p.crossZone && t.Zone != p.zone {
			continue
		}
		open = append(open, t)
		if t.health.state == cloud.TargetHealthy {
			list = append(list, t)
		}
	}
	if len(list) == 0 && !p.classic {
		list = open
	}
	return list, len(open) > 0
}

// turn is who may get requests now, and where the choice among them stands.
type turn struct {
	list []*target
	next int // whose turn it is among those with equally many requests in flight
}

// pick is who gets the next request; nil when there is nobody.
func (u *turn) pick(p policy, now time.Time) *target {
	if p.leastOutstanding() {
		return u.fewest()
	}
	return u.smooth(p.slowStart, now)
}

// smooth is round robin with weights: everybody gains its weight, and who has most goes
// and gives back the sum, so that those with the same weight take turns and those with
// less are spread evenly among them.
func (u *turn) smooth(slowStart time.Duration, now time.Time) *target {
	var (
		best *target
		sum  float64
	)
	for _, t := range u.list {
		w := t.weight(slowStart, now)
		t.current += w
		sum += w
		if best == nil || t.current > best.current+1e-9 {
			best = t
		}
	}
	if best != nil {
		best.current -= sum
	}
	return best
}

// fewest is who has the fewest requests in flight; those that have equally many take
// turns.
func (u *turn) fewest() *target {
	var best *target
	at := 0
	for i := range u.list {
		k := (u.next + i) % len(u.list)
		if t := u.list[k]; best == nil || t.outstanding < best.outstanding {
			best, at = t, k
		}
	}
	u.next = at + 1
	return best
}

// set replaces who may get requests. Those who come anew begin at 0, which is where the
// others are on average, so that nobody gets a burst.
func (u *turn) set(list []*target) {
	was := make(map[*target]bool, len(u.list))
	for _, t := range u.list {
		was[t] = true
	}
	for _, t := range list {
		if !was[t] {
			t.current = 0
		}
	}
	u.list = list
}

// leastShare is the share of a target at the very beginning of slow start.
const leastShare = 0.01

// weight is a member's share, 0 to 1: less than 1 in slow start, in which it grows
// linearly (User Guide for Application Load Balancers, Target groups: slow start mode).
func (m *member) weight(slowStart time.Duration, now time.Time) float64 {
	if m.slow.IsZero() || slowStart <= 0 {
		return 1
	}
	gone := now.Sub(m.slow)
	if gone >= slowStart {
		m.slow, m.fresh = time.Time{}, false
		return 1
	}
	return max(leastShare, float64(gone)/float64(slowStart))
}

// turned begins or ends slow start when the state of m has become another one. A target
// gets it that has not had its full share yet, and only beside one that is healthy and
// has its full share.
func (m *member) turned(p policy, all []*target, now time.Time) {
	m.slow = time.Time{}
	if m.health.state != cloud.TargetHealthy {
		return
	}
	if p.slowStart <= 0 || p.leastOutstanding() || !m.fresh {
		m.fresh = false
		return
	}
	for _, t := range all {
		if &t.member != m && !t.Draining && !t.Unused && t.health.state == cloud.TargetHealthy && t.weight(p.slowStart, now) == 1 {
			m.slow = now
			return
		}
	}
	m.fresh = false
}

// share is a group's part of a listener's requests.
type share struct {
	group   *group
	weight  int
	current int
}

// pickGroup is the group that gets the next request, in proportion to the weights; nil
// when all of them are 0.
func pickGroup(shares []share) *group {
	best, sum := -1, 0
	for i := range shares {
		if shares[i].weight <= 0 {
			continue
		}
		shares[i].current += shares[i].weight
		sum += shares[i].weight
		if best < 0 || shares[i].current > shares[best].current {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	shares[best].current -= sum
	return shares[best].group
}
