package elb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"showdown"
)

// Up starts the nodes, side by side, and returns when they listen. The instances of the
// target groups are registered then as if long ago: each node believes them healthy until
// its checks say otherwise. It fails, with no node left, when one cannot start or an
// instance is not there.
func (b *Balancer) Up(ctx context.Context) error {
	if err := b.prepare(); err != nil {
		return fmt.Errorf("elb: load balancer %q up: %w", b.Name(), err)
	}
	errs := make([]error, len(b.nodes))
	var wg sync.WaitGroup
	for i, n := range b.nodes {
		wg.Go(func() {
			if errs[i] = n.lock(ctx); errs[i] == nil {
				defer n.unlock()
				errs[i] = b.start(ctx, n, false)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		err = fmt.Errorf("elb: load balancer %q up: %w", b.Name(), err)
		return errors.Join(err, b.Close(context.WithoutCancel(ctx)))
	}
	b.mu.Lock()
	defer b.unlock()
	b.upAt = time.Now()
	b.samples = []sample{{at: b.upAt}}
	made := map[string]any{"change": fmt.Sprintf("created: %s load balancer in %s", b.cfg.Spec.Type, strings.Join(b.cfg.Spec.Zones, ", "))}
	if held := floors(b.cfg.Clock, b.cfg.Spec, b.groups); len(held) > 0 {
		made["floors"] = held
	}
	b.outbox.add(showdown.BalancerChanged, b.Name(), made)
	for _, g := range b.groups {
		for _, t := range g.targets {
			b.sayTarget(g, t, "registered", map[string]any{"known": t.known})
			if t.unused != "" {
				b.sayTarget(g, t, string(Unused), map[string]any{"reason": t.unused})
			}
		}
	}
	for _, n := range b.nodes {
		n.inDNS, n.reason = true, "it serves"
		b.sayNode(n, n.reason)
	}
	b.refresh()
	return nil
}

// prepare makes the nodes and registers the initial targets.
func (b *Balancer) prepare() error {
	places := map[string]Instance{}
	for _, g := range b.cfg.Spec.TargetGroups {
		for _, name := range g.Instances {
			in, ok := b.cfg.Instance(name)
			if !ok {
				return fmt.Errorf("target group %q: there is no instance %q", g.Name, name)
			}
			places[name] = in
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.nodes != nil {
		return errors.New("it is up already, or closed")
	}
	var nodes []*node
	for _, zone := range b.cfg.Spec.Zones {
		private, public, err := b.cfg.Address(zone)
		if err != nil {
			return err
		}
		nodes = append(nodes, &node{
			name: b.cfg.Spec.NodeName(zone), zone: zone, private: private, public: public, seen: opinion{number: -1},
			wake: make(chan struct{}, 1), ops: make(chan struct{}, 1),
		})
	}
	b.nodes = nodes
	now := time.Now()
	for _, g := range b.groups {
		for _, name := range g.Instances {
			in := places[name]
			t := newTarget(name, in, now, nodes, in.Running)
			t.unused = b.placement(g, in).unused()
			g.targets = append(g.targets, t)
		}
	}
	return nil
}

// placement is where a target of a group stands. b.mu is held.
func (b *Balancer) placement(g *group, in Instance) placement {
	p := placement{forwarded: g.forwarded, running: in.Running}
	for _, z := range b.cfg.Spec.Zones {
		p.enabled = p.enabled || z == in.Zone
	}
	return p
}

// Run tells the nodes what has changed, takes their notes in, looks at the nodes, counts
// what they did and ends deregistrations and zonal shifts, until ctx ends. It returns nil
// then, when everything it started has ended. It fails before [Balancer.Up] and when it
// is already running.
func (b *Balancer) Run(ctx context.Context) error {
	b.mu.Lock()
	up, again, nodes := !b.upAt.IsZero(), b.running, b.nodes
	b.running = b.running || up
	b.mu.Unlock()
	if !up || again {
		return fmt.Errorf("elb: load balancer %q run: it is not up, or runs already", b.Name())
	}
	defer func() {
		b.mu.Lock()
		b.running = false
		b.mu.Unlock()
	}()
	var wg sync.WaitGroup
	defer wg.Wait()
	epoch := time.Now()
	for _, n := range nodes {
		n.poke() // what was changed before somebody could tell it
		wg.Go(func() { b.tellNode(ctx, n) })
		wg.Go(func() { b.lookAtNode(ctx, &wg, n, epoch) })
	}
	wg.Go(func() { b.countMinutes(ctx) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if next := b.step(time.Now()); next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b.wake:
		case <-timer.C:
		}
	}
}

// step takes in what has come in and ends what is due. It returns when the next thing is
// due; zero when nothing is.
func (b *Balancer) step(now time.Time) (next time.Time) {
	b.mu.Lock()
	letters, changed := b.letters, b.changed
	b.letters, b.changed = nil, nil
	b.mu.Unlock()
	places := make([]Instance, len(changed))
	for i, name := range changed {
		places[i], _ = b.cfg.Instance(name) // who is not there is not running
	}
	b.mu.Lock()
	defer b.unlock()
	for _, l := range letters {
		b.take(l)
	}
	for i, name := range changed {
		b.place(name, places[i], now)
	}
	b.refresh()
	return earliest(b.endDeregistrations(now), b.endShift(now))
}

// earliest is the earlier of two moments of which zero is never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// take takes a note in. b.mu is held.
func (b *Balancer) take(l letter) {
	if l.life != l.node.life {
		return
	}
	at := l.note.At
	if h := l.note.Health; h != nil {
		g, t := b.about(h.Group, h.Target)
		if t == nil || !at.IsZero() && at.Before(t.registered) {
			return
		}
		t.beliefs[l.node.name] = belief{state: State(h.To), reason: h.Reason, since: at}
		data := map[string]any{
			"balancer": b.Name(), "node": l.node.name, "zone": l.node.zone, "group": g.Name,
			"from": h.From, "to": h.To, "reason": h.Reason,
		}
		for key, moment := range map[string]time.Time{"at": at, "scheduled": h.Scheduled, "started": h.Started, "ended": h.Ended} {
			if !moment.IsZero() {
				data[key] = moment.Format(time.RFC3339Nano)
			}
		}
		b.outbox.Put(showdown.Event{At: at, Kind: showdown.TargetHealth, Source: "elb", Target: t.name, Data: data})
	}
	if d := l.note.Drained; d != nil {
		_, t := b.about(d.Group, d.Target)
		if t == nil || t.leaving == nil || !at.IsZero() && at.Before(t.leaving.since) {
			return // an earlier deregistration of it
		}
		t.leaving.drained[l.node.name] = true
		t.leaving.cut += d.Cut
	}
}

// about is the registered target that a note is about. b.mu is held.
func (b *Balancer) about(groupName, name string) (*group, *target) {
	g := b.group(groupName)
	if g == nil {
		return nil, nil
	}
	return g, g.find(name)
}

// endDeregistrations completes the deregistrations that are over and forgets the targets
// that are no longer shown. It returns when the next one is due. b.mu is held.
func (b *Balancer) endDeregistrations(now time.Time) (next time.Time) {
	for _, g := range b.groups {
		kept := g.targets[:0:0]
		for _, t := range g.targets {
			d := t.leaving
			if d == nil {
				kept = append(kept, t)
				continue
			}
			if !d.complete && (t.unused != "" || d.over(now, b.living())) {
				d.complete = true
				b.sayTarget(g, t, "deregistered", map[string]any{"cut": d.cut})
				b.bump()
			}
			if !d.gone(now, b.classic()) {
				kept = append(kept, t)
				next = earliest(next, d.due())
			}
		}
		g.targets = kept
	}
	return next
}

// living are the names of the nodes that live. All of them may have a request in flight to
// any target: cross zone may have been on when it was sent. b.mu is held.
func (b *Balancer) living() []string {
	var out []string
	for _, n := range b.nodes {
		if n.lives() {
			out = append(out, n.name)
		}
	}
	return out
}

// Close ends every node at once and lets no other start. It returns when they are gone.
// What was used stays readable. Closing twice is no error.
func (b *Balancer) Close(ctx context.Context) error {
	if b.open() {
		b.count(ctx)
	}
	b.mu.Lock()
	b.closed = true
	if b.downAt.IsZero() {
		b.downAt = time.Now()
	}
	nodes := b.nodes
	b.mu.Unlock()
	errs := make([]error, len(nodes))
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() {
			if errs[i] = n.lock(ctx); errs[i] != nil {
				return
			}
			defer n.unlock()
			b.mu.Lock()
			m := n.machine
			n.machine, n.inDNS = nil, false
			b.mu.Unlock()
			if alive(m) {
				errs[i] = m.Kill(ctx)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("elb: load balancer %q close: %w", b.Name(), err)
	}
	return nil
}

// open says whether the load balancer is up and not closed.
func (b *Balancer) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.upAt.IsZero() && !b.closed
}
