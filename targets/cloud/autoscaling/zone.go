package autoscaling

import (
	"slices"

	"showdown"
)

// zone is an enabled Availability Zone of the group.
type zone struct {
	name string
	// failures counts the launches in a row that failed here; until retry it is left alone.
	failures int
	retry    moment
}

func (c *core) zone(name string) *zone {
	for _, z := range c.zones {
		if z.name == name {
			return z
		}
	}
	return nil
}

// fail notes that a launch failed in the zone.
func (z *zone) fail(now moment) {
	z.retry = now + min(LaunchRetry<<min(z.failures, 10), LaunchRetryMax)
	z.failures++
}

// works notes that an instance of the zone runs.
func (c *core) works(name string) {
	if z := c.zone(name); z != nil {
		z.failures = 0
	}
}

// open says whether a launch may be tried in the zone.
func (z *zone) open(now moment) bool { return now >= z.retry }

// youth is how long after its launch the end of an instance is a failure of the launch.
const youth = 10 * showdown.Second

// young says whether m was launched a moment ago.
func (c *core) young(m *member) bool { return c.now < m.launched+youth }

// backOff leaves the zone of an instance alone that ended as soon as it was launched, so
// that launches which cannot succeed do not follow one another without a pause.
func (c *core) backOff(m *member) {
	if z := c.zone(m.zone); z != nil && c.young(m) {
		z.fail(c.now)
	}
}

// counts are the active instances by zone.
func (c *core) counts() map[string]int {
	n := map[string]int{}
	for _, m := range c.members {
		if m.active() {
			n[m.zone]++
		}
	}
	return n
}

// launchZone is the zone for the next launch: that with the fewest instances, of those
// where a launch has not just failed (Amazon EC2 Auto Scaling benefits, Instance
// distribution: "if the attempt fails, it attempts to launch in another zone until it
// succeeds"). nil is none.
func (c *core) launchZone() *zone {
	var best *zone
	n := c.counts()
	for _, z := range c.zones {
		if z.open(c.now) && (best == nil || n[z.name] < n[best.name]) {
			best = z
		}
	}
	return best
}

// spread is how the instances of zones are moved, one at a time, until the zones differ
// by at most one: the zones that get one more.
func spread(zones []string, counts map[string]int) []string {
	var moves []string
	n := make(map[string]int, len(zones))
	for _, z := range zones {
		n[z] = counts[z]
	}
	for len(zones) > 1 {
		low, high := zones[0], zones[0]
		for _, z := range zones {
			if n[z] < n[low] {
				low = z
			}
			if n[z] > n[high] {
				high = z
			}
		}
		if n[high]-n[low] < 2 {
			break
		}
		n[low]++
		n[high]--
		moves = append(moves, low)
	}
	return moves
}

// overshoot is by how many instances a group may exceed its maximum while it rebalances:
// ten percent or one, whichever is greater (Amazon EC2 Auto Scaling benefits,
// Rebalancing activities).
func overshoot(most int) int { return max(1, most/10) }

// planRebalance looks whether the zones are off balance by more than one, and plans
// launches in those that have too few. A group is not told that a zone has capacity
// again: it tries, and where the launch fails it leaves the zone alone for a while. It
// launches first; when the new instances are ready, more than the desired capacity is
// there, and the surplus leaves the fullest zones.
func (c *core) planRebalance() {
	if !c.does("AZRebalance") || !c.does("Launch") || len(c.wants) > 0 || c.capacity() != c.desired ||
		c.total() != c.desired || c.activeRefresh() != nil {
		return
	}
	for _, m := range c.members {
		if m.state == Pending {
			return
		}
	}
	var names []string
	for _, z := range c.zones {
		names = append(names, z.name)
	}
	moves := spread(names, c.counts())
	most := c.max - c.total()
	if len(moves) > most {
		most += overshoot(c.max)
	}
	const cause = "an instance was launched to aid in balancing the group's zones"
	for _, to := range moves[:max(0, min(len(moves), most))] {
		if c.zone(to).open(c.now) {
			c.wants = append(c.wants, want{zone: to, surge: surgeBalance, cause: cause})
		}
	}
}

// victim is the instance among candidates that a scale-in takes, by the default
// termination policy: in the zone with the most instances, with the oldest launch
// template, closest to the next billing hour, by chance (Control which Auto Scaling
// instances terminate during scale in). Instances that are not in service yet are taken
// first where their zone has some.
func (c *core) victim(candidates []*member) *member {
	n := c.counts()
	keep := func(better func(a, b *member) bool) {
		best := candidates[0]
		for _, m := range candidates {
			if better(m, best) {
				best = m
			}
		}
		candidates = slices.DeleteFunc(candidates, func(m *member) bool { return better(best, m) })
	}
	if len(candidates) == 0 {
		return nil
	}
	candidates = slices.Clone(candidates)
	keep(func(a, b *member) bool { return n[a.zone] > n[b.zone] })
	keep(func(a, b *member) bool { return a.state == Pending && b.state != Pending })
	keep(func(a, b *member) bool { return a.version < b.version })
	left := func(m *member) int64 {
		age := c.see[m.name].age
		return int64((showdown.Hour - age%showdown.Hour) / showdown.Second)
	}
	keep(func(a, b *member) bool { return left(a) < left(b) })
	return candidates[c.rng.IntN(len(candidates))]
}
