package elb

import (
	"context"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// countPatience bounds how long a node may take to say its counters. It is real time: who
// asks for a count waits for it.
const countPatience = 100 * time.Millisecond

// targetKey is a target of a group.
type targetKey struct{ group, target string }

// tally is what the machines of a node have counted: the one that runs, and those before
// it as far as they were asked. Balancer.mu guards it.
type tally struct {
	before  totals
	targets map[targetKey]uint64 // before
	last    cloud.BalancerCounters
}

// totals are counters that only grow.
type totals struct{ requests, connections, bytes, crossZone uint64 }

func (t totals) plus(o totals) totals {
	return totals{t.requests + o.requests, t.connections + o.connections, t.bytes + o.bytes, t.crossZone + o.crossZone}
}

func totalsOf(c cloud.BalancerCounters) totals {
	return totals{c.Requests, c.NewConnections, c.Bytes, c.CrossZone}
}

// take notes the newest counters; an answer that was overtaken by a newer one says nothing.
func (t *tally) take(c cloud.BalancerCounters) {
	if c.Requests >= t.last.Requests && c.NewConnections >= t.last.NewConnections && c.Bytes >= t.last.Bytes {
		t.last = c
	}
}

// next begins with a new machine, whose counters are zero.
func (t *tally) next() {
	t.before = t.all()
	if t.targets == nil {
		t.targets = map[targetKey]uint64{}
	}
	for _, c := range t.last.Targets {
		t.targets[targetKey{c.Group, c.Target}] += c.Requests
	}
	t.last = cloud.BalancerCounters{}
}

func (t *tally) all() totals { return t.before.plus(totalsOf(t.last)) }

// addTargets adds the requests of each target of a group.
func (t *tally) addTargets(group string, to map[string]uint64) {
	for key, n := range t.targets {
		if key.group == group {
			to[key.target] += n
		}
	}
	for _, c := range t.last.Targets {
		if c.Group == group {
			to[c.Target] += c.Requests
		}
	}
}

// count asks every node that lives for its counters, side by side. One that does not
// answer keeps those of before.
func (b *Balancer) count(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, countPatience)
	defer cancel()
	b.mu.Lock()
	asked := make(map[*node]cloud.Machine, len(b.nodes))
	for _, n := range b.nodes {
		if n.lives() {
			asked[n] = n.machine
		}
	}
	b.mu.Unlock()
	var wg sync.WaitGroup
	for n, m := range asked {
		wg.Go(func() {
			c, err := m.Do(ctx, cloud.Command{Verb: cloud.Stats})
			if err != nil || c.Balancer == nil {
				return
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			if n.machine == m {
				n.tally.take(*c.Balancer)
			}
		})
	}
	wg.Wait()
}

// countMinutes notes once an AWS minute what the nodes have done, until ctx ends.
func (b *Balancer) countMinutes(ctx context.Context) {
	ticker := time.NewTicker(b.cfg.Clock.Lab(showdown.Minute))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			b.count(ctx)
			b.sample(time.Now())
		}
	}
}

// sample notes what was counted until now. One that came soon after the one before it is
// replaced: who asks for the bill often must not fill the memory.
func (b *Balancer) sample(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := sample{at: now}
	for _, n := range b.nodes {
		s.totals = s.plus(n.tally.all())
		if alive(n.machine) {
			s.active += n.tally.last.ActiveConnections
		}
	}
	i := len(b.samples)
	if i == 0 || !now.After(b.samples[i-1].at) {
		return
	}
	if i > 1 && b.samples[i-1].at.Sub(b.samples[i-2].at) < b.cfg.Clock.Lab(showdown.Minute/2) {
		b.samples = b.samples[:i-1]
	}
	b.samples = append(b.samples, s)
}

// TargetRequests is how many requests all nodes have routed to each target of a group
// since it was registered first, by instance. It asks the nodes, which takes up to a tenth
// of a second when one does not answer; what a node that has died routed since it was
// asked last, at most an AWS minute before, is not in it.
func (b *Balancer) TargetRequests(group string) map[string]uint64 {
	if b.open() {
		b.count(context.Background())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]uint64{}
	for _, n := range b.nodes {
		n.tally.addTargets(group, out)
	}
	return out
}

// Requests is how many requests all nodes have routed to targets of a group: the sum of
// [Balancer.TargetRequests]. Divided by AWS minutes it is too small by the clock's speed:
// requests are real and time is divided.
func (b *Balancer) Requests(group string) uint64 {
	var sum uint64
	for _, n := range b.TargetRequests(group) {
		sum += n
	}
	return sum
}

// Usage is what a load balancer has used, for the bill. Requests are real while time is
// divided: a load balancer that ran for an AWS hour has seen one part in speed of what it
// would have seen on AWS. What is counted (requests, new connections, bytes) is therefore
// multiplied by the clock's speed; what is there at a moment (active connections) and the
// time (For) are not.
type Usage struct {
	Name    string
	Classic bool
	// For is how long it has been there, in AWS time; Now that it still is.
	For showdown.Duration
	Now bool
	// Nodes is how many public addresses it holds: one for each zone.
	Nodes int
	// Requests, NewConnections and Bytes are AWS's numbers: counted times speed. Bytes are
	// those that clients sent and got, CrossZoneBytes those to and from targets in another
	// zone than the node.
	Requests, NewConnections, Bytes, CrossZoneBytes float64
	// LCU is the capacity units of an Application Load Balancer by the AWS hour since it
	// is up; empty for a Classic one, which is billed by Bytes.
	LCU []LCUHour
}

// LCUHours is the sum of the capacity units, each times the part of its hour that has
// passed. AWS bills a partial hour as a full one; a run's share of it is here, so that
// stages can be compared.
func (u Usage) LCUHours() float64 {
	var sum float64
	for _, h := range u.LCU {
		sum += h.LCU * h.For.Seconds() / showdown.Hour.Seconds()
	}
	return sum
}

// Usage is what has been used until a moment. It asks the nodes, as
// [Balancer.TargetRequests] does.
func (b *Balancer) Usage(at time.Time) Usage {
	if b.open() {
		b.count(context.Background())
		b.sample(time.Now())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	u := Usage{Name: b.Name(), Classic: b.classic()}
	if b.upAt.IsZero() {
		return u
	}
	if u.Now = b.downAt.IsZero(); !u.Now && at.After(b.downAt) {
		at = b.downAt
	}
	clock := b.cfg.Clock
	u.For, u.Nodes = clock.AWS(max(0, at.Sub(b.upAt))), len(b.nodes)
	var all totals
	for _, n := range b.nodes {
		all = all.plus(n.tally.all())
	}
	u.Requests, u.NewConnections = float64(all.requests)*clock.Speed(), float64(all.connections)*clock.Speed()
	u.Bytes, u.CrossZoneBytes = float64(all.bytes)*clock.Speed(), float64(all.crossZone)*clock.Speed()
	if !u.Classic {
		u.LCU = lcuHours(clock, b.upAt, b.samples, at)
	}
	return u
}
