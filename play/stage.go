// Package play puts a stage on: it brings up a lab for each cell, drives their
// traffic and their experiments side by side on one clock, records what happens
// and has it analysed.
//
// The steps of a run, in order: check, record opened, labs up, steady state,
// traffic with the timelines, verdict saved, roll back, steady state again, labs
// down, final analysis. A run that is cancelled goes through the last five as
// well. Cells that together would offer more than the machine carries are played in
// groups, which go through the steps between record and analysis one after the other.
package play

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/chaos"
	"showdown/results"
	"showdown/results/analysis"
	"showdown/targets/cloud"
	"showdown/targets/journal"
	"showdown/targets/journeys"
)

// Observer sees a run while it happens: the status line, the metrics. Its methods
// are called from the run's own goroutines, never concurrently for one cell, and
// must be quick.
type Observer interface {
	// Hits takes finished requests of a cell, at most 100 ms old. The slice is
	// shared: it must not be changed.
	Hits(cell string, hits []showdown.Hit)
	// Event takes what else happens, in order.
	Event(showdown.Event)
}

// Ended is a machine whose process ended and nobody asked it to.
type Ended struct {
	Name     string
	Identity cloud.Identity
}

// Step is a part of a run that may take more than a moment, as a status line says it.
type Step string

// The steps of a run, in order.
const (
	ComingUp Step = "labs coming up"
	Settling Step = "waiting for the steady state"
	Playing  Step = "playing"
	Healing  Step = "healing"
	Judging  Step = "analysing the record"
)

// Recording opens the record of a stage, whose manifest is given.
type Recording func(*results.Manifest) (*results.Recorder, error)

// Config is what a stage is played with.
type Config struct {
	Stage *showdown.Stage
	// Cells are the names of the cells to play; empty is all.
	Cells []string
	Clock showdown.Clock
	Seed  uint64
	// Record opens the run's folder.
	Record Recording
	// Command is the command line, for the record.
	Command []string
	Backend cloud.Backend
	// Lost is closed when the backend has lost its machines; nil never is.
	Lost <-chan struct{}
	// Ended tells of machines whose process ended and nobody asked it to; nil never
	// does.
	Ended   <-chan Ended
	Journal *journal.Journal
	// Public allows the targets of a running system to be neither loopback nor private.
	Public    bool
	Observers []Observer
	// Open keeps the stage open, which then is one of [Opened]: its traffic goes on until
	// somebody leaves it. Nil plays the stage to its end.
	Open *Open
	// Step is called when the run enters its next step; nil is not called.
	Step func(Step)
	// Started is called once the labs are up and before the traffic starts, with the
	// run's id and the bills of its cells; nil is not called.
	Started func(run string, cost map[string]results.Cost)
}

// settle is the time between the labs' steady state and the run's zero, in which
// every goroutine of every cell gets to its start.
const settle = 50 * time.Millisecond

// rollBackCap bounds everything that follows the traffic: roll back, steady state,
// teardown. It runs in a context of its own, so that an interrupt does not cut it
// short.
const rollBackCap = 60 * time.Second

// ErrLost is the error of a run whose machines are gone together with the process
// that held them. Nothing of its labs is left then.
var ErrLost = errors.New("the process that holds the machines has died, and they with it")

// ErrNotUndone is the error of a run that left something behind; its message names
// what.
var ErrNotUndone = errors.New("not undone")

// Result is a played stage.
type Result struct {
	Summary *results.Summary
	// Dir is the folder of the record.
	Dir string
}

// Stage plays one stage and returns its summary. The error is nil when the stage
// was played to its end, left, or aborted by a condition of its own, whatever the claims'
// verdicts; when ctx was cancelled it
// is the cause, with the summary of what was recorded. Nothing that was started is
// left when Stage returns, or the error is [ErrNotUndone].
func Stage(ctx context.Context, c Config) (Result, error) {
	s, err := newStage(c)
	if err != nil {
		return Result{}, err
	}
	rec, err := c.Record(newManifest(s.Config))
	if err != nil {
		return Result{}, err
	}
	s.record(rec)
	result := Result{Dir: rec.Dir()}

	var playErr, saveErr, downErr error
	for _, s.group = range s.groups() {
		playErr = s.play(ctx)
		// The verdict is saved before anything is cleaned up: a clean-up that fails may
		// not take the result with it.
		saveErr = s.save(&result)
		s.step(Healing)
		downErr = s.clean(ctx)
		if playErr != nil || downErr != nil {
			break
		}
	}
	s.end(playErr, downErr)
	var closeErr error
	if err := rec.Close(); err != nil {
		closeErr = fmt.Errorf("close the record of %s: %w", rec.Dir(), err)
	}
	s.step(Judging)
	if err := s.save(&result); err != nil || saveErr == nil {
		saveErr = err
	}
	return result, errors.Join(downErr, unlessAborted(playErr), closeErr, saveErr)
}

// stage is one playing stage.
type stage struct {
	Config
	cells []*cell
	// group are the cells that are played now, side by side.
	group []*cell
	log   *eventLog
	rec   *results.Recorder
	// limit is how late the harness may be before the run is disturbed.
	limit time.Duration
}

func newStage(c Config) (*stage, error) {
	spec := *c.Stage
	spec.Cells = nil
	for _, name := range c.Cells {
		if _, ok := c.Stage.Cell(name); !ok {
			return nil, fmt.Errorf("stage %s has no cell %q: it has %s", c.Stage.ID(), name, cellNames(c.Stage))
		}
	}
	for i := range c.Stage.Cells {
		if len(c.Cells) == 0 || slices.Contains(c.Cells, c.Stage.Cells[i].Name) {
			spec.Cells = append(spec.Cells, c.Stage.Cells[i])
		}
	}
	if err := chaos.Check(&spec); err != nil {
		return nil, fmt.Errorf("stage %s: %w", spec.ID(), err)
	}
	if err := checkScenarios(&spec, c.Clock); err != nil {
		return nil, fmt.Errorf("stage %s: %w", spec.ID(), err)
	}
	c.Stage = &spec
	s := &stage{Config: c, log: &eventLog{clock: c.Clock}}
	for i := range spec.Cells {
		cell, err := newCell(s, &spec.Cells[i], uint64(i))
		if err != nil {
			return nil, err
		}
		s.cells = append(s.cells, cell)
		timeout, _ := c.Clock.Timeout(cell.spec.Traffic.Timeout, showdown.FloorClient)
		if s.limit == 0 || timeout/3 < s.limit {
			s.limit = timeout / 3
		}
	}
	return s, nil
}

// groups are the cells that are played side by side, group after group.
func (s *stage) groups() [][]*cell {
	var out [][]*cell
	for _, places := range journeys.Groups(s.Config.Stage, s.Clock) {
		var group []*cell
		for _, i := range places {
			group = append(group, s.cells[i])
		}
		out = append(out, group)
	}
	return out
}

// names are the names of the cells that are played now.
func (s *stage) names() []string {
	var names []string
	for _, c := range s.group {
		names = append(names, c.spec.Name)
	}
	return names
}

func cellNames(s *showdown.Stage) string {
	var names []string
	for _, c := range s.Cells {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// step says what the run does from now on.
func (s *stage) step(step Step) {
	if s.Step != nil {
		s.Step(step)
	}
}

// play brings the labs up, waits for their steady state, and drives traffic and
// timelines until both are over. The first error of any cell ends all of them.
func (s *stage) play(ctx context.Context) error {
	defer func() { s.log.start(time.Now(), s.names()) }()
	err := s.recording(ctx, func(ctx context.Context) error {
		if err := s.arrive(ctx); err != nil {
			return err
		}
		zero := time.Now().Add(settle)
		first := false
		err := s.rec.SetManifest(func(m *results.Manifest) {
			first = m.Zero.IsZero()
			m.SetZero(zero, s.names())
			s.bill(m)
		})
		if err != nil {
			return err
		}
		if s.Started != nil && first {
			s.Started(s.rec.ID(), s.costs())
		}
		s.log.start(zero, s.names())
		s.step(Playing)
		driveErr := s.drive(ctx, zero)
		// The bill is that of the architecture that the stage has arrived at: the roll
		// back would resize it to what it was.
		return errors.Join(driveErr, s.rec.SetManifest(s.bill))
	})
	if cause := context.Cause(ctx); cause != nil {
		s.log.start(time.Now(), s.names())
		s.log.emit("", showdown.Event{Kind: showdown.Interrupted, Source: "play", Data: map[string]any{"reason": cause.Error()}})
		return cause
	}
	return err
}

// arrive brings the labs up and waits for their steady state. A stage that is left
// meanwhile has nothing to wait for.
func (s *stage) arrive(ctx context.Context) error {
	if s.Open != nil {
		var done context.CancelFunc
		ctx, done = s.Open.arriving(ctx)
		defer done()
	}
	s.step(ComingUp)
	err := s.each(ctx, (*cell).up)
	if err == nil {
		s.step(Settling)
		err = s.each(ctx, (*cell).steadyBefore)
	}
	if cause := context.Cause(ctx); errors.Is(cause, errLeft) {
		return errLeft
	}
	return err
}

// drive runs the cells from zero to their ends, and watches the harness itself
// meanwhile.
func (s *stage) drive(ctx context.Context, zero time.Time) error {
	group, ctx := errgroup.WithContext(ctx)
	background, stop := context.WithCancel(ctx)
	group.Go(func() error { return s.beat(background) })
	if s.Open != nil {
		group.Go(func() error { return s.Open.open(background, s, zero) })
	}
	for _, c := range s.group {
		group.Go(func() error { return c.abort(background, zero) })
	}
	group.Go(func() error {
		defer stop()
		return s.each(ctx, func(c *cell, ctx context.Context) error { return c.run(ctx, zero) })
	})
	return group.Wait()
}

// each calls f for every cell at once and waits for all; the first error cancels
// the others.
func (s *stage) each(ctx context.Context, f func(*cell, context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range s.group {
		group.Go(func() error {
			if err := f(c, ctx); err != nil {
				return fmt.Errorf("cell %s: %w", c.spec.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// clean takes everything down in its own time, whether ctx has ended or not.
func (s *stage) clean(ctx context.Context) error {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cleanCap())
	defer cancel()
	return s.down(after)
}

// down rolls back, looks at the steady state again, and takes the labs down: all
// cells of the group at once, and each to its end whatever the others do. The record is written
// meanwhile; one that cannot be is no reason to leave anything in place.
func (s *stage) down(ctx context.Context) error {
	background, stop := context.WithCancel(ctx)
	var recording errgroup.Group
	recording.Go(func() error { return s.rec.Run(background) })
	recording.Go(func() error {
		_ = s.watch(background) // the machines are ended here anyway
		return nil
	})
	defer func() {
		stop()
		_ = recording.Wait() // what could not be written is the error of closing the record
	}()
	errs := make([]error, len(s.group))
	var group errgroup.Group
	for i, c := range s.group {
		group.Go(func() error {
			if err := c.down(ctx); err != nil {
				errs[i] = fmt.Errorf("cell %s: %w: %w", c.spec.Name, ErrNotUndone, err)
			}
			return nil
		})
	}
	_ = group.Wait()
	if err := errors.Join(errs...); err != nil || !s.lost() {
		return err
	}
	return ErrLost
}

// end writes the last event, which tells a whole record from a broken one.
func (s *stage) end(playErr, downErr error) {
	reason := "finished"
	if err := errors.Join(downErr, playErr); err != nil {
		reason = err.Error()
	}
	s.log.emit("", showdown.Event{
		Kind: showdown.RunEnded, Source: "play", Target: s.Config.Stage.ID(),
		Data: map[string]any{"reason": reason},
	})
}

// save analyses what is recorded by now and writes the summary.
func (s *stage) save(result *Result) error {
	if err := s.rec.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	summary, err := analysis.Analyse(s.rec.Dir())
	if err != nil {
		return fmt.Errorf("analyse %s: %w", s.rec.Dir(), err)
	}
	result.Summary = summary
	return results.WriteSummary(s.rec.Dir(), summary)
}
