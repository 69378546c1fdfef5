package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"showdown"
)

// Fidelity says in one sentence how a backend makes a fault and how that differs
// from the real one; ok is false when it cannot make it. It is the method of
// [showdown/targets/cloud.Backend].
type Fidelity func(what string) (sentence string, ok bool)

// Config is what an experiment is made of.
type Config struct {
	// Cell is the cell whose timeline is played.
	Cell  showdown.Cell
	Clock showdown.Clock
	// Seed chooses targets where a selector leaves a choice.
	Seed uint64
	// Lab is the cell's; a running system has none, nil.
	Lab Lab
	// Load is the cell's traffic; nil where no action needs it.
	Load    Load
	Journal Journal
	// Fidelity is the backend's; nil lets every action pass.
	Fidelity Fidelity
	// Emit takes the experiment's events, one at a time, from several goroutines. It
	// stamps time and cell, so it is called at the moment that an event is about.
	Emit func(showdown.Event)
	// Sync puts the events so far on disk; it is called before each fault. Nil does
	// nothing.
	Sync func() error
	// StopIf says whether a condition holds that ends the experiment; now is lab time
	// since the run's zero. It is asked every 100 ms. Nil never does.
	StopIf Conditions
	// Source is the local IP that probes come from; empty leaves it to the system.
	Source string
	// Folder is where the commands of a running system are found: that of the stage file.
	Folder string
	// Gone is closed when all machines are gone, which ends a roll back; nil never is.
	Gone <-chan struct{}
	// Open keeps Run going until its context ends, and lets [Experiment.Inject] play more
	// than the timeline.
	Open bool

	probe prober
	asker asker
}

// Experiment is the steady state, the timeline and the roll back of one cell.
type Experiment struct {
	cfg   Config
	env   *env
	lives []*life

	mu     sync.Mutex
	cancel context.CancelFunc // of Run, while it runs
	played chan struct{}      // closed when Run has returned
	fired  int                // faults injected so far
	// healing holds a token while everything is taken back.
	healing chan struct{}
	// desk takes what is injected into an open experiment; nil while nothing can be.
	desk *desk
}

// ErrStopped is the error of a run that a condition of stop_if ended. The
// experiment is rolled back when it is returned.
var ErrStopped = errors.New("experiment stopped")

// New is the experiment of a cell. It starts nothing. It fails like [Check] on a
// timeline that cannot be played, and when the backend cannot make a fault.
func New(c Config) (*Experiment, error) {
	if c.Cell.Running() && c.Lab == nil {
		c.Lab = noLab{}
	}
	if c.Lab == nil || c.Journal == nil || c.Emit == nil {
		return nil, errors.New("make experiment: a lab, a journal and somebody who takes the events are needed")
	}
	if err := checkCell(c.Cell); err != nil {
		return nil, err
	}
	timeline, err := steps(c.Cell, c.Clock, c.Seed)
	if err != nil {
		return nil, err
	}
	if c.probe == nil {
		c.probe = tcpProbe{source: c.Source}
	}
	if c.asker == nil {
		c.asker = resolverAsker{source: c.Source}
	}
	if c.Sync == nil {
		c.Sync = func() error { return nil }
	}
	e := &Experiment{cfg: c, healing: make(chan struct{}, 1)}
	var saying sync.Mutex
	e.env = &env{
		cell: c.Cell, clock: c.Clock, lab: c.Lab, load: c.Load, probe: c.probe, asker: c.asker,
		limit: limitsAt(c.Clock, longestBoot(c.Cell.Topology)),
		known: map[string]string{},
		emit: func(ev showdown.Event) {
			saying.Lock()
			defer saying.Unlock()
			c.Emit(ev)
		},
	}
	if c.Cell.Running() {
		e.env.limit = e.env.limit.running(c.Cell)
	}
	for _, s := range timeline {
		sentence, err := c.fidelity(s)
		if err != nil {
			return nil, problem(c.Cell.Name, s.Step, err)
		}
		l := newLife(e.env, s, c, sentence)
		if s.Own() {
			if l.own, err = prepareOwn(s.Step, c.Folder); err != nil {
				return nil, problem(c.Cell.Name, s.Step, err)
			}
		}
		e.lives = append(e.lives, l)
	}
	for _, l := range e.lives {
		l.outer, l.former = e.life(l.step.During), e.life(l.step.After)
	}
	for _, l := range e.lives {
		l.holds = slices.ContainsFunc(e.lives, func(in *life) bool { return in.within(l) })
	}
	return e, nil
}

// life is the life of the step of that letter; nil where there is none.
func (e *Experiment) life(letter string) *life {
	lives := e.all()
	i := slices.IndexFunc(lives, func(l *life) bool { return l.step.Letter == letter })
	if i < 0 {
		return nil
	}
	return lives[i]
}

// all are the lives by now; an open experiment gets more.
func (e *Experiment) all() []*life {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.lives)
}

func (c Config) fidelity(s step) (string, error) {
	if s.Own() {
		return ownMade + ": " + s.Run.String(), nil
	}
	needs := s.deed.wants(s.values)
	if needs == "" || c.Fidelity == nil {
		return "", nil
	}
	sentence, ok := c.Fidelity(needs)
	if !ok {
		return "", fmt.Errorf("this backend cannot do %s: %s", s.Do, sentence)
	}
	return sentence, nil
}

// Run plays the timeline at absolute lab times from zero, those steps that wait for
// others when these come so far, and undoes each step that has a length at its end. It
// returns when the timeline is over and, where there are conditions to stop or a fault
// that does more while it lasts, the traffic is too; when ctx ends, with its error; or
// with [ErrStopped]. What is still in place then waits for [Experiment.Rollback]. It may
// be called once.
func (e *Experiment) Run(ctx context.Context, zero time.Time) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e.mu.Lock()
	if e.played != nil {
		e.mu.Unlock()
		return errors.New("run experiment: it has been run before")
	}
	e.cancel, e.played = func() { cancel(context.Canceled) }, make(chan struct{})
	e.mu.Unlock()
	defer close(e.played)

	e.env.zero = zero
	e.env.instances()
	for _, l := range e.lives {
		l.plan()
	}
	var plays, watch sync.WaitGroup
	if e.cfg.StopIf != nil && len(e.cfg.Cell.StopIf) > 0 {
		watch.Go(func() { e.watch(ctx, cancel) })
	}
	// Each life can be ended by another one, so all can be before the first begins.
	own := make([]context.Context, len(e.lives))
	for i, l := range e.lives {
		own[i], l.stop = context.WithCancelCause(ctx)
	}
	for i, l := range e.lives {
		plays.Go(func() {
			defer l.stop(nil)
			defer close(l.played)
			e.play(own[i], l)
		})
	}
	if e.cfg.Open {
		e.serve(ctx)
	}
	plays.Wait()
	watch.Wait()
	err := context.Cause(ctx)
	if errors.Is(err, ErrStopped) {
		err = errors.Join(err, e.rollback(ctx))
	}
	cancel(nil) // an operation whose end has been seen from outside may not have returned
	e.env.tasks.Wait()
	return err
}

// watch asks the conditions that stop the experiment as long as there is traffic.
func (e *Experiment) watch(ctx context.Context, stop context.CancelCauseFunc) {
	if condition, hit := Watch(ctx, e.cfg.StopIf, e.env.zero, e.traffic()); hit {
		e.env.emit(showdown.Event{Kind: showdown.ExperimentStopped, Source: source, Data: map[string]any{"condition": condition}})
		stop(fmt.Errorf("%w: %s", ErrStopped, condition))
	}
}

// problem is an error of a step, with its place.
func problem(cell string, s showdown.Step, err error) error {
	return fmt.Errorf("cell %s, %s: %w", cell, strings.TrimSpace(s.Letter+" "+s.Do), err)
}
