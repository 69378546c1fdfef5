package autoscaling

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// Member is an instance as EC2 sees it.
type Member struct {
	// State is the instance state in EC2's words: "pending", "running", "stopping",
	// "stopped", "shutting-down", "terminated".
	State string
	// Impaired says that a status check is impaired, and ImpairedSince when it became so.
	Impaired      bool
	ImpairedSince time.Time
	// Listening says that the application answers: what a lifecycle hook of a warm pool
	// waits for. In service or not does not depend on it.
	Listening bool
	// LaunchedAt is when EC2 accepted the launch.
	LaunchedAt time.Time
	// Zone is the Availability Zone, Type the instance type.
	Zone, Type string
}

// Fleet is EC2 as the group uses it. Its methods return when EC2 has accepted the
// request: from then on Instance shows the state that follows from it. They are called
// from one goroutine, without a lock of the group held.
type Fleet interface {
	// Launch runs a new instance. In a zone without capacity it fails with a
	// [cloud.APIError] whose code is [CodeInsufficientCapacity], as
	// [InsufficientCapacity] makes it. A name whose launch failed is used again.
	Launch(ctx context.Context, in showdown.Instance) error
	// Terminate ends an instance, whatever its state.
	Terminate(ctx context.Context, name string) error
	// Stop and Start are for the warm pool; Start fails like Launch.
	Stop(ctx context.Context, name string) error
	Start(ctx context.Context, name string) error
	// Instance is the newest instance of that name; ok is false when there is none.
	Instance(name string) (m Member, ok bool)
}

// Targets is the load balancer as the group uses it: the target groups that the group is
// attached to, as one.
type Targets interface {
	// Register makes an instance a target; it returns when the target is registered.
	Register(ctx context.Context, name string) error
	// Deregister lets a target drain; it returns when no new requests go there.
	Deregister(ctx context.Context, name string) error
	// Health is the state of a target in the load balancer's words: "initial", "healthy",
	// "unhealthy", "draining", "unused", and empty when it is not registered. It is
	// "draining" for as long as a termination has to wait.
	Health(name string) (state, reason string)
}

// Metrics is CloudWatch as the group uses it.
type Metrics interface {
	// Value is a metric in the AWS minute that ended at end, in lab time; ok is false when
	// there is no data. It is asked once for each minute, [MetricDelay] after its end. A
	// minute without requests is data: ALBRequestCountPerTarget is 0 then (Target tracking
	// scaling policies, Choosing metrics).
	Value(metric showdown.Metric, end time.Time) (v float64, ok bool)
}

// Config is what a [Group] needs.
type Config struct {
	Clock showdown.Clock
	Seed  uint64
	// Emit takes the group's events; the receiver stamps time and cell. It is called from
	// one goroutine at a time, in the order of what happened, and may call the group. nil
	// drops them.
	Emit func(showdown.Event)
	Spec showdown.AutoScalingGroup
	// Fleet launches and terminates.
	Fleet Fleet
	// Targets is nil for a group without a load balancer.
	Targets Targets
	// Metrics is needed by a group with policies.
	Metrics Metrics
}

// Group is one Auto Scaling group. Its methods are safe for concurrent use and return at
// once; what they begin goes on in [Group.Run].
type Group struct {
	cfg  Config
	wake chan struct{}

	mu      sync.Mutex
	core    *core
	running bool
	epoch   time.Time // zero before Run
	last    moment    // the core's time never goes back
	outbox  cloud.Outbox[showdown.Event]
}

// New is a group without instances. It fails where the speed is too high for a check
// every AWS minute, or the specification contradicts itself, and starts nothing.
func New(cfg Config) (*Group, error) {
	if cfg.Fleet == nil {
		return nil, errors.New("auto scaling group: a fleet is needed")
	}
	if cfg.Metrics == nil && len(cfg.Spec.Policies) > 0 {
		return nil, fmt.Errorf("auto scaling group %q: its policies need metrics", cfg.Spec.Name)
	}
	if err := cfg.Clock.CheckPeriod("the check of an Auto Scaling group", CheckEvery); err != nil {
		return nil, err
	}
	if err := check(cfg.Spec); err != nil {
		return nil, fmt.Errorf("auto scaling group %q: %w", cfg.Spec.Name, err)
	}
	g := &Group{
		cfg: cfg, wake: make(chan struct{}, 1),
		core:   newCore(cfg.Spec, cfg.Targets != nil, cfg.Seed),
		outbox: cloud.Outbox[showdown.Event]{Send: cfg.Emit},
	}
	g.core.base = time.Now()
	return g, nil
}

// unlock releases the group and sends the events that were queued under the lock.
func (g *Group) unlock() {
	for _, e := range g.core.events {
		g.outbox.Put(e)
	}
	g.core.events = nil
	g.mu.Unlock()
	g.outbox.Flush()
}

// moment is now, in AWS time since the epoch. g.mu is held.
func (g *Group) moment() moment {
	if !g.epoch.IsZero() {
		g.last = max(g.last, g.cfg.Clock.AWS(time.Since(g.epoch)))
	}
	return g.last
}

// Wake makes the group look now: something changed in EC2 or in a target's health. It
// never blocks.
func (g *Group) Wake() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// Run keeps the group until ctx ends, and returns nil then. Its epoch, from which the
// periodic checks are counted, is when it begins. It fails when it is already running.
func (g *Group) Run(ctx context.Context) error {
	g.mu.Lock()
	again := g.running
	g.running = true
	if !again {
		g.epoch = time.Now().Add(-g.cfg.Clock.Lab(g.last))
		g.core.base = g.epoch
	}
	g.mu.Unlock()
	if again {
		return fmt.Errorf("auto scaling group %q: it runs already", g.cfg.Spec.Name)
	}
	defer func() {
		g.mu.Lock()
		g.running = false
		g.mu.Unlock()
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := g.look(ctx)
		timer.Reset(time.Until(next))
		select {
		case <-ctx.Done():
			return nil
		case <-g.wake:
		case <-timer.C:
			g.reach(next)
		}
	}
}

// reach makes sure that the core's time is not before a moment that was waited for:
// rounding may have taken some nanoseconds from it.
func (g *Group) reach(at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(g.last, g.cfg.Clock.AWS(at.Sub(g.epoch)+1))
}

// look lets the core decide until nothing is to be done, carries its orders out, and
// returns when to look again.
func (g *Group) look(ctx context.Context) time.Time {
	for ctx.Err() == nil {
		see, readings := g.observe()
		g.mu.Lock()
		orders := g.core.step(g.moment(), see, readings)
		next := g.epoch.Add(g.cfg.Clock.Lab(g.core.next()))
		g.unlock()
		if len(orders) == 0 {
			return next
		}
		for _, o := range orders {
			err := g.carryOut(ctx, o)
			if ctx.Err() != nil {
				break
			}
			g.mu.Lock()
			g.core.result(g.moment(), o, err)
			g.unlock()
		}
	}
	return time.Now()
}

// observe is what is seen of the members, and the metrics that are due.
func (g *Group) observe() (map[string]sight, []reading) {
	g.mu.Lock()
	names := g.core.names()
	ticks, ends := g.core.due(g.moment())
	epoch := g.epoch
	g.mu.Unlock()

	now := time.Now()
	see := make(map[string]sight, len(names))
	for _, name := range names {
		see[name] = g.sight(name, now)
	}
	var readings []reading
	for i, tick := range ticks {
		for _, metric := range metricsOf(g.cfg.Spec.Policies) {
			v, ok := g.cfg.Metrics.Value(metric, epoch.Add(g.cfg.Clock.Lab(ends[i])))
			readings = append(readings, reading{tick: tick, metric: metric, value: v, ok: ok})
		}
	}
	return see, readings
}

func (g *Group) sight(name string, now time.Time) sight {
	var s sight
	s.Member, s.known = g.cfg.Fleet.Instance(name)
	if s.Impaired {
		s.impairedFor = g.cfg.Clock.AWS(now.Sub(s.ImpairedSince))
	}
	if s.known {
		s.age = g.cfg.Clock.AWS(now.Sub(s.LaunchedAt))
	}
	if g.cfg.Targets != nil {
		s.target, _ = g.cfg.Targets.Health(name)
	}
	return s
}

// metricsOf are the metrics of policies, each once.
func metricsOf(policies []showdown.ScalingPolicy) []showdown.Metric {
	var out []showdown.Metric
	seen := map[showdown.Metric]bool{}
	for _, p := range policies {
		if !seen[p.Metric] {
			seen[p.Metric] = true
			out = append(out, p.Metric)
		}
	}
	return out
}

// carryOut asks EC2 or the load balancer for what the core wants.
func (g *Group) carryOut(ctx context.Context, o order) error {
	switch o.verb {
	case doLaunch:
		return g.cfg.Fleet.Launch(ctx, o.launch)
	case doTerminate:
		return g.cfg.Fleet.Terminate(ctx, o.name)
	case doStop:
		return g.cfg.Fleet.Stop(ctx, o.name)
	case doStart:
		return g.cfg.Fleet.Start(ctx, o.name)
	case doRegister:
		return g.cfg.Targets.Register(ctx, o.name)
	case doDeregister:
		return g.cfg.Targets.Deregister(ctx, o.name)
	}
	return nil
}
