package play

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/attack"
	"showdown/results"
	"showdown/results/analysis"
)

// AttackConfig is what an attack without a lab is played with.
type AttackConfig struct {
	// Attack is the attack; its Sink is set here.
	Attack attack.URLConfig
	// Stage describes the attack in the record: one cell with its traffic, and no
	// claims.
	Stage     *showdown.Stage
	Seed      uint64
	Record    Recording
	Command   []string
	Observers []Observer
	// Started is called before the traffic starts, with the run's id and no bills;
	// nil is not called.
	Started func(run string, cost map[string]results.Cost)
}

// Attack plays load alone, on the same path as the traffic of a stage, and returns
// its summary at speed 1. When ctx is cancelled the error is the cause, with the
// summary of what was recorded.
func Attack(ctx context.Context, c AttackConfig) (result Result, err error) {
	clock, err := showdown.NewClock(1)
	if err != nil {
		return Result{}, err
	}
	s := &stage{
		Config: Config{
			Stage: c.Stage, Clock: clock, Seed: c.Seed, Record: c.Record, Command: c.Command,
			Observers: c.Observers, Started: c.Started,
		},
		log: &eventLog{clock: clock}, limit: c.Attack.Timeout / 3,
	}
	lone := &cell{stage: s, spec: &c.Stage.Cells[0], emit: s.log.in(showdown.BaseCell), live: analysis.NewLive(clock, nil)}
	s.cells, s.group = []*cell{lone}, []*cell{lone}
	rec, err := c.Record(newManifest(s.Config))
	if err != nil {
		return Result{}, err
	}
	s.record(rec)
	result.Dir = rec.Dir()
	c.Attack.Sink = lone.sink()
	playErr := s.recording(ctx, func(ctx context.Context) error {
		a, err := attack.NewURL(c.Attack)
		if err != nil {
			return err
		}
		return s.load(ctx, lone, a)
	})
	s.log.start(time.Now(), s.names())
	if cause := context.Cause(ctx); cause != nil {
		s.log.emit("", showdown.Event{Kind: showdown.Interrupted, Source: "play", Data: map[string]any{"reason": cause.Error()}})
		playErr = cause
	}
	s.end(playErr, nil)
	closeErr := rec.Close()
	saveErr := s.save(&result)
	return result, errors.Join(playErr, closeErr, saveErr)
}

// load runs an attack from now to its end, and watches the harness meanwhile.
func (s *stage) load(ctx context.Context, c *cell, a *attack.Attack) error {
	zero := time.Now().Add(settle)
	if err := s.rec.SetManifest(func(m *results.Manifest) { m.SetZero(zero, s.names()) }); err != nil {
		return err
	}
	if s.Started != nil {
		s.Started(s.rec.ID(), nil)
	}
	s.log.start(zero, s.names())
	group, ctx := errgroup.WithContext(ctx)
	background, stop := context.WithCancel(ctx)
	group.Go(func() error { return s.beat(background) })
	group.Go(func() error {
		defer stop()
		return c.drive(ctx, a, zero)
	})
	return group.Wait()
}
