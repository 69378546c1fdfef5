package proxy

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"showdown/targets/cloud"
)

// Configure replaces the configuration. Requests in flight go on; what is known of a
// target stays as long as it is registered.
func (n *Node) Configure(b cloud.Balancer) error {
	next, err := compile(b)
	if err != nil {
		return fmt.Errorf("configure node %s: %w", n.config.Name, err)
	}
	secret := b.Secret
	if secret == "" {
		secret = fmt.Sprintf("%s %d", b.Name, n.config.Seed)
	}
	sealer, err := newSealer(secret)
	if err != nil {
		return fmt.Errorf("configure node %s: %w", n.config.Name, err)
	}
	now := time.Now()
	n.mu.Lock()
	n.balancer, n.sealer = b, sealer
	n.idle.Store(int64(b.Idle))
	n.connect.Store(int64(b.Connect))
	left := n.targets
	n.targets = map[targetKey]*target{}
	for name, g := range n.groups {
		if next[name] == nil {
			g.targets = nil
			g.refresh()
			delete(n.groups, name)
		}
	}
	for _, c := range b.Groups {
		n.configureGroup(c, next[c.Name], left, now)
	}
	n.configureListeners(b)
	var over []*target
	for _, t := range left {
		if t.overdue(now) {
			over = append(over, t) // whose timer comes too late from here on
		}
		t.gone = true
		t.quit()
		t.pool.shut()
	}
	n.mu.Unlock()
	for _, t := range over {
		n.abortAll(t)
	}
	n.outbox.Flush()
	return nil
}

// compile checks b, and has the matcher of each group.
func compile(b cloud.Balancer) (map[string]matcher, error) {
	if b.Idle <= 0 || b.Connect <= 0 {
		return nil, fmt.Errorf("timeouts of %s idle and %s to connect: they must be longer than 0", b.Idle, b.Connect)
	}
	out := map[string]matcher{}
	for _, g := range b.Groups {
		m, err := parseMatcher(g.Check.Matcher)
		c := g.Check
		switch {
		case err != nil:
		case g.Name == "" || len(g.Name) > 255 || out[g.Name] != nil:
			err = fmt.Errorf("it has no name of its own")
		case !strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, " \r\n"):
			err = fmt.Errorf("health check path %q", c.Path)
		case c.Interval <= 0 || c.Timeout <= 0:
			err = fmt.Errorf("health checks every %s with a timeout of %s: both must be longer than 0", c.Interval, c.Timeout)
		case c.Healthy < 1 || c.Unhealthy < 1 || c.First < 1:
			err = fmt.Errorf("health check thresholds %d, %d and %d: each must be 1 or more", c.Healthy, c.Unhealthy, c.First)
		}
		if err != nil {
			return nil, fmt.Errorf("target group %q: %w", g.Name, err)
		}
		for _, t := range g.Targets {
			if _, err := netip.ParseAddrPort(t.Address); err != nil {
				return nil, fmt.Errorf("target group %s: target %s: %w", g.Name, t.Name, err)
			}
		}
		out[g.Name] = m
	}
	for _, l := range b.Listeners {
		for _, f := range l.Forward {
			if out[f.TargetGroup] == nil {
				return nil, fmt.Errorf("listener %d: no target group %q", l.Port, f.TargetGroup)
			}
			if f.Weight < 0 {
				return nil, fmt.Errorf("listener %d: target group %s has a weight of %d", l.Port, f.TargetGroup, f.Weight)
			}
		}
	}
	return out, nil
}

// configureGroup brings a group to c, with what left knows of its targets; those that it
// takes are removed from there. n.mu is held, as in all that follows.
func (n *Node) configureGroup(c cloud.BalancerGroup, m matcher, left map[targetKey]*target, now time.Time) {
	g := n.groups[c.Name]
	if g == nil {
		g = &group{name: c.Name}
		n.groups[c.Name] = g
	}
	again := g.Check != c.Check
	g.BalancerGroup, g.matcher = c, m
	g.policy = policy{n.balancer.Classic, n.config.Zone, c.CrossZone, c.Algorithm, c.SlowStart}
	g.sticky = nil
	if c.Stickiness != nil {
		g.sticky = newStickiness(*c.Stickiness, n.balancer.Classic, n.clock)
	}
	var targets []*target
	began := map[*target]bool{}
	for _, bt := range c.Targets {
		key := keyOf(c.Name, bt)
		t := left[key]
		delete(left, key)
		if t == nil {
			t = &target{group: c.Name, member: member{health: newHealth(bt.Known), fresh: !bt.Known}}
			began[t] = true
		}
		n.targets[key] = t
		targets = append(targets, t)
		n.configureTarget(t, bt, again, now)
	}
	g.targets = targets
	g.refresh()
	for _, t := range targets {
		n.watch(g, t)
	}
}

func (n *Node) configureTarget(t *target, c cloud.BalancerTarget, again bool, now time.Time) {
	was := t.BalancerTarget
	t.BalancerTarget = c
	t.far = c.Zone != n.config.Zone
	if again || c.Address != was.Address || c.Draining || c.Unused {
		t.quit()
	}
	if c.Unused && !was.Unused {
		// It is new when EC2 runs it again.
		t.health, t.fresh, t.slow = newHealth(false), true, time.Time{}
	}
	if !c.Draining || !was.Draining {
		t.drained = false
	}
	if t.cutter != nil {
		t.cutter.Stop()
		t.cutter = nil
	}
	if !c.Draining {
		t.pool.open()
		return
	}
	t.pool.shut()
	if n.tellDrained(t, now, 0); !t.drained && !c.Until.IsZero() {
		t.cutter = time.AfterFunc(c.Until.Sub(now), func() { n.cut(t) })
	}
}

// tellDrained says, once, that a draining target has nothing in flight.
func (n *Node) tellDrained(t *target, now time.Time, cut int) {
	if !t.Draining || t.drained || t.gone || t.cutting || t.outstanding > 0 && cut == 0 {
		return
	}
	t.drained = true
	n.outbox.Put(cloud.Note{At: now, Drained: &cloud.DrainedNote{Group: t.group, Target: t.Name, Cut: cut}})
}

// cut ends the requests that a draining target still has when its delay has passed (User
// Guide for Application Load Balancers, Troubleshoot: HTTP 502).
func (n *Node) cut(t *target) {
	n.mu.Lock()
	over := !t.gone && t.overdue(time.Now())
	t.cutting = over // the last request to end must not say that none was cut
	n.mu.Unlock()
	if !over {
		return
	}
	cut := n.abortAll(t)
	n.mu.Lock()
	t.cutting = false
	n.tellDrained(t, time.Now(), cut)
	n.mu.Unlock()
	n.outbox.Flush()
}

// overdue says whether the delay of a draining target has passed and requests to it may
// still be in flight.
func (t *target) overdue(now time.Time) bool {
	return t.Draining && !t.drained && !t.Until.IsZero() && !now.Before(t.Until)
}

// abortAll ends the requests in flight to a target, and returns how many they were.
func (n *Node) abortAll(t *target) (cut int) {
	for _, c := range n.known() {
		if c.abort(whyDrained, t) {
			cut++
		}
	}
	return cut
}

func (n *Node) configureListeners(b cloud.Balancer) {
	was := n.listeners
	n.listeners = map[int][]share{}
	for _, l := range b.Listeners {
		var shares []share
		for _, f := range l.Forward {
			shares = append(shares, share{group: n.groups[f.TargetGroup], weight: f.Weight})
		}
		if old := was[l.Port]; sameShares(old, shares) {
			shares = old // where the turn stands
		}
		n.listeners[l.Port] = shares
	}
}

func sameShares(a, b []share) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].group != b[i].group || a[i].weight != b[i].weight {
			return false
		}
	}
	return true
}

// quit ends a target's checks and its timer.
func (t *target) quit() {
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	if t.cutter != nil {
		t.cutter.Stop()
		t.cutter = nil
	}
}

// watch begins a target's checks, unless they run or there shall be none.
func (n *Node) watch(g *group, t *target) {
	if n.life == nil || n.closed || t.stop != nil || t.Draining || t.Unused {
		return
	}
	ctx, cancel := context.WithCancel(n.life)
	t.stop = cancel
	w := &watcher{n: n, t: t, ctx: ctx, check: g.Check, matcher: g.matcher, address: t.Address, began: time.Now()}
	w.schedule = schedule{w.began.Add(offset(n.config.Seed, n.config.Name, t, g.Check.Interval)), g.Check.Interval}
	n.work.Add(1)
	go func() {
		defer n.work.Done()
		defer cancel()
		w.run()
	}()
}
