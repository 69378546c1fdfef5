package play

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/attack"
	"showdown/chaos"
	"showdown/results"
	"showdown/results/analysis"
	"showdown/targets/apps/clock"
	"showdown/targets/cloud"
	"showdown/targets/lab"
)

// cell is one cell of a playing stage: a lab, an attack and an experiment.
type cell struct {
	stage *stage
	spec  *showdown.Cell
	seed  uint64
	emit  func(showdown.Event)
	lab   *lab.Lab
	// machines knows which machines are the cell's.
	machines *machines
	live     *analysis.Live
	// aborts is live for the conditions that end the whole stage; nil where there are none.
	aborts *analysis.Live

	// What follows exists once the lab is up.
	attack     *attack.Attack
	experiment *chaos.Experiment
	// taken takes the hits of a running system's attack once the record is open.
	taken func([]showdown.Hit)
	// ended is the bill when the traffic and the timeline were over, which other cells'
	// may not be yet; nil before.
	ended *results.Cost
	// services ends the lab's loops, and served has their result. They go on until
	// the lab is down, also when the run is interrupted: the roll back needs them.
	services context.CancelFunc
	served   chan error
}

// clockTolerance is how far an instance's time may be from the client's before its
// answer is wrong. It is real time: both read one machine's clock.
const clockTolerance = time.Second

// ErrUnsteady is the error of a lab that did not reach its steady state: nothing
// that happens in it could be told from what was wrong before.
var ErrUnsteady = errors.New("the steady state was not reached")

func newCell(s *stage, spec *showdown.Cell, number uint64) (*cell, error) {
	c := &cell{
		stage: s, spec: spec, emit: s.log.in(spec.Name),
		// Each cell draws from a sequence of its own, so that what one of them does
		// leaves the others' choices alone.
		seed: s.Seed*1_000_003 + number,
	}
	c.machines = &machines{Backend: s.Backend, prepare: c.ownProgram}
	var conditions []*analysis.Condition
	for _, text := range spec.StopIf {
		condition, err := analysis.CompileCondition(text)
		if err != nil {
			return nil, fmt.Errorf("cell %s: stop_if %q: %w", spec.Name, text, err)
		}
		conditions = append(conditions, condition)
	}
	c.live = analysis.NewLive(s.Clock, conditions)
	var err error
	if c.aborts, err = abortsOf(s.Stage, spec, s.Clock); err != nil {
		return nil, fmt.Errorf("cell %s: %w", spec.Name, err)
	}
	if spec.Running() {
		return c, c.attach()
	}
	c.lab, err = lab.New(lab.Config{
		Run: s.Journal.Run(), Cell: *spec, App: s.Stage.App, Work: s.Stage.WorkOf(spec), Clock: s.Clock,
		Program: s.Stage.Program, Source: s.Stage.Source,
		Seed: c.seed, Backend: c.machines, Journal: s.Journal, Emit: c.emit,
	})
	if err != nil {
		return nil, fmt.Errorf("cell %s: %w", spec.Name, err)
	}
	return c, nil
}

// hosts are the names of a zone that have an address, in the order of the file, as
// anyone would type them.
func hosts(z *showdown.HostedZone) []string {
	if z == nil {
		return nil
	}
	var out []string
	for _, r := range z.Records {
		name := z.Name
		if r.Name != "@" {
			name = r.Name + "." + name
		}
		out = append(out, name)
	}
	return out
}

// up brings the cell's lab up and makes what acts on it.
func (c *cell) up(ctx context.Context) error {
	began := time.Now()
	if c.lab == nil {
		return c.meet()
	}
	if err := c.lab.Up(ctx); err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.services, c.served = cancel, make(chan error, 1)
	go func() { c.served <- c.lab.Run(running) }()
	c.emit(showdown.Event{
		Kind: showdown.LabUp, Source: "play",
		Data: map[string]any{
			"lab_ms": float64(time.Since(began)) / 1e6, "instances": len(c.spec.Topology.AllInstances()),
			"name_servers": c.lab.NameServers(), "domain": c.lab.Domain(), "hosts": hosts(c.spec.Topology.HostedZone),
		},
	})

	var endpoints []attack.Endpoint
	for _, e := range c.lab.Endpoints() {
		endpoints = append(endpoints, attack.Endpoint(e))
	}
	var err error
	c.attack, err = attack.New(attack.Config{
		Cell: c.spec.Name, Traffic: c.spec.Traffic, Clock: c.stage.Clock, Seed: c.seed,
		Dir: scenarioDir(c.stage.Stage), Endpoints: endpoints, Source: c.lab.ClientSource(), Check: c.check(),
		Servers: c.lab.NameServers(), Domain: c.lab.Domain(), Port: cloud.Port, Names: c.lab.Owner, Emit: c.emit,
		Sink: c.sink(), OnPhase: c.phase,
	})
	if err != nil {
		return err
	}
	c.experiment, err = chaos.New(chaos.Config{
		Cell: *c.spec, Clock: c.stage.Clock, Seed: c.seed, Lab: chaos.OnLab(c.lab), Load: load{c.attack},
		Journal: c.stage.Journal, Fidelity: c.stage.Backend.Fidelity, Emit: c.emit, Sync: c.stage.rec.Sync,
		StopIf: c.live.Eval, Source: c.lab.ClientSource(), Gone: c.stage.Lost, Open: c.stage.Open != nil,
	})
	return err
}

// checkClock says whether an answer of the clock application is right.
func checkClock(_ int, body []byte, at time.Time) error { return clock.Check(body, at, clockTolerance) }

// sink passes finished requests to the record and to whoever watches. The record
// keeps the slice, so the others are served first.
func (c *cell) sink() func([]showdown.Hit) {
	writer := c.stage.rec.Hits(c.spec.Name)
	return func(hits []showdown.Hit) {
		c.live.Add(hits)
		if c.aborts != nil {
			c.aborts.Add(hits)
		}
		for _, o := range c.stage.Observers {
			o.Hits(c.spec.Name, hits)
		}
		writer.Append(hits)
	}
}

// phase says that a segment of the traffic starts.
func (c *cell) phase(s showdown.Segment) {
	aws := func(t time.Duration) float64 { return c.stage.Clock.AWS(t).Seconds() }
	c.emit(showdown.Event{
		Kind: showdown.PhaseStarted, Source: "attack", Target: s.Name(),
		Data: map[string]any{
			"offered": s.Hits(s.End) / max((s.End-s.Start).Seconds(), 1e-9),
			"from_s":  aws(s.Start), "to_s": aws(s.End), "phase": s.Phase, "step": s.Step,
		},
	})
}

// steadyBefore fails unless the lab reaches its steady state. Where the topology has
// security groups, it records the connection matrix.
func (c *cell) steadyBefore(ctx context.Context) error {
	held, err := c.experiment.Steady(ctx, "before")
	if err == nil && !held {
		err = ErrUnsteady
	}
	if err != nil || len(c.spec.Topology.SecurityGroups) == 0 {
		return err
	}
	// Who reaches whom is recorded before the traffic, so that a claim can ask for it
	// and a step of the timeline can be held against it.
	_, err = c.lab.Reach(ctx)
	return err
}

// run plays the traffic and the timeline from zero to their ends.
func (c *cell) run(ctx context.Context, zero time.Time) error {
	if c.lab != nil {
		c.lab.StartSchedule(zero)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.drive(ctx, c.attack, zero) })
	group.Go(func() error {
		// A condition that ends the experiment is a result and not an error: the
		// traffic goes on and shows what the roll back mends.
		err := c.experiment.Run(ctx, zero)
		if errors.Is(err, chaos.ErrStopped) {
			return nil
		}
		return err
	})
	err := group.Wait()
	if cost, ok := c.bill(zero); ok {
		c.ended = &cost
	}
	return err
}

// drive plays an attack from zero to its end, framed by its events.
func (c *cell) drive(ctx context.Context, a *attack.Attack, zero time.Time) error {
	timeout, floored := a.Timeout()
	c.emit(showdown.Event{
		Kind: showdown.TrafficStarted, Source: "attack",
		Data: map[string]any{"clients": a.Clients(), "timeout_ms": float64(timeout) / 1e6, "timeout_floored": floored},
	})
	err := a.Run(ctx, zero)
	c.emit(showdown.Event{Kind: showdown.TrafficEnded, Source: "attack", Data: map[string]any{"dropped": a.Dropped()}})
	return err
}

// down rolls back what is still in place, looks at the steady state again, and
// takes the lab down. It does all of it even when a part fails. Where the machines
// are lost, their faults are too, and there is nothing to heal or to look at.
func (c *cell) down(ctx context.Context) error {
	var errs []error
	// A running system and its faults are there whatever happened to showdown's processes.
	lost := func() bool { return c.lab != nil && c.stage.lost() }
	if c.experiment != nil && !lost() {
		err := c.experiment.Rollback(ctx)
		if !lost() {
			// Whether the lab recovers is said by the event; a lab that does not is no
			// failure of the clean-up.
			_, steadyErr := c.experiment.Steady(ctx, "after")
			errs = append(errs, err, steadyErr)
		}
	}
	if c.lab != nil {
		errs = append(errs, c.lab.Down(ctx))
	}
	if c.services != nil {
		c.services()
		errs = append(errs, <-c.served)
	}
	err := errors.Join(errs...)
	c.emit(showdown.Event{Kind: showdown.LabDown, Source: "play", Data: map[string]any{"clean": err == nil}})
	return err
}

// cost is the cell's bill, that of the end of its traffic once that is over; ok is false
// while it has none.
func (c *cell) cost() (results.Cost, bool) {
	if c.ended != nil {
		return *c.ended, true
	}
	return c.bill(time.Time{})
}

// bill is what the cell costs as it is now, and has cost by now. With the zero of its
// traffic it says what that has used.
func (c *cell) bill(zero time.Time) (results.Cost, bool) {
	if c.lab == nil {
		return results.Cost{}, false // what a running system costs nobody has said
	}
	bill, err := c.lab.Cost()
	if err != nil {
		return results.Cost{}, false
	}
	out := results.Cost{MonthUSD: bill.MonthUSD(), RunUSD: bill.RunUSD()}
	for _, i := range bill.Items {
		out.Items = append(out.Items, results.CostItem(i))
	}
	if zero.IsZero() {
		return out, true
	}
	until := time.Now()
	if end := zero.Add(c.spec.Traffic.Length(c.stage.Clock)); until.After(end) {
		until = end
	}
	if out.Use, out.Reserved, err = c.lab.Use(zero, until); err != nil {
		return results.Cost{}, false
	}
	return out, true
}

// machines is a cell's backend: it remembers which machines it has started.
type machines struct {
	cloud.Backend
	// prepare completes the configuration of a machine before it starts.
	prepare func(*cloud.MachineConfig)

	mu   sync.Mutex
	mine map[cloud.Identity]bool
}

// Start starts a machine.
func (m *machines) Start(ctx context.Context, c cloud.MachineConfig) (cloud.Machine, error) {
	m.prepare(&c)
	machine, err := m.Backend.Start(ctx, c)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mine == nil {
		m.mine = map[cloud.Identity]bool{}
	}
	m.mine[machine.Identity()] = true
	return machine, nil
}

func (m *machines) has(id cloud.Identity) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mine[id]
}

// load is an attack as an experiment sees it.
type load struct{ *attack.Attack }

func (l load) SetAddresses(endpoints []chaos.Endpoint) { l.Attack.SetAddresses(told(endpoints)) }

// PinName tells the clients of a name its addresses.
func (l load) PinName(host string, endpoints []chaos.Endpoint) (restore func()) {
	return l.Attack.PinName(host, told(endpoints))
}

func told(endpoints []chaos.Endpoint) []attack.Endpoint {
	out := make([]attack.Endpoint, len(endpoints))
	for i, e := range endpoints {
		out[i] = attack.Endpoint(e)
	}
	return out
}
