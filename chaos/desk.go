package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"showdown"
)

// maxInPlace is how many injected actions may be in place at once.
const maxInPlace = 12

var (
	// ErrNotNow is the error of an injection that may be possible later.
	ErrNotNow = errors.New("not now")
	// ErrHealing is an [ErrNotNow]: everything is being healed.
	ErrHealing = fmt.Errorf("%w: everything is being healed", ErrNotNow)
	// errHealed ends the playing of what [Experiment.Heal] takes back.
	errHealed = errors.New("everything was healed before its time")
)

// desk is what an open experiment takes injections with while it runs.
type desk struct {
	ctx   context.Context
	plays sync.WaitGroup
	// busy says that everything is being healed.
	busy bool
}

// serve lets steps be injected until ctx ends.
func (e *Experiment) serve(ctx context.Context) {
	d := &desk{ctx: ctx}
	e.mu.Lock()
	e.desk = d
	e.mu.Unlock()
	<-ctx.Done()
	e.mu.Lock()
	e.desk = nil
	e.mu.Unlock()
	d.plays.Wait()
}

// Inject plays one more step of an open experiment, as soon as its targets are looked at: its
// own time counts for nothing, and it waits for no other step. The step comes back
// with the time that it is planned for. An error that is [ErrNotNow] is of a step that may be
// possible later; another one says what is wrong with the step.
func (e *Experiment) Inject(s showdown.Step) (showdown.Step, error) {
	s.At, s.Phase, s.During, s.After, s.Jitter = 0, "", "", "", 0
	cell := e.known()
	cell.Timeline = []showdown.Step{s}
	if err := checkCell(cell); err != nil {
		return s, err
	}
	made, err := steps(cell, e.cfg.Clock, e.cfg.Seed)
	if err != nil {
		return s, err
	}
	sentence, err := e.cfg.fidelity(made[0])
	if err != nil {
		return s, problem(cell.Name, s, err)
	}

	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.admits(s, made[0].values.text); err != nil {
		return s, err
	}
	st := made[0]
	st.at += max(time.Since(e.env.zero), 0) + st.ahead(e.env.limit)
	if st.deed.early {
		st.at += e.env.limit.census
	}
	st.end = st.until(st.at)
	st.Step.At = planned(e.env.clock, st.at)
	l := newLife(e.env, st, e.cfg, sentence)
	var own context.Context
	own, l.stop = context.WithCancelCause(e.desk.ctx)
	e.lives = append(e.lives, l)
	l.plan()
	e.desk.plays.Go(func() {
		defer l.stop(nil)
		defer close(l.played)
		e.play(own, l)
	})
	return st.Step, nil
}

// known is the cell with the instances that there are by now.
func (e *Experiment) known() showdown.Cell {
	cell := e.cfg.Cell
	listed := cell.Topology.AllInstances()
	cell.Topology.Instances = slices.Clone(cell.Topology.Instances)
	for _, in := range e.env.instances() {
		if !ending(in) && !slices.ContainsFunc(listed, func(l showdown.Instance) bool { return l.Name == in.Name }) {
			cell.Topology.Instances = append(cell.Topology.Instances, in.Instance)
		}
	}
	return cell
}

// admits says why a step with these parameters cannot be injected now. mu is held.
func (e *Experiment) admits(s showdown.Step, text map[string]string) error {
	if e.desk == nil || e.desk.ctx.Err() != nil {
		return fmt.Errorf("%w: the experiment does not run", ErrNotNow)
	}
	if e.desk.busy {
		return ErrHealing
	}
	inPlace := 0
	for _, l := range e.lives {
		if l.spent() {
			continue
		}
		if l.step.Letter == s.Letter {
			return fmt.Errorf("the letter %s is taken", s.Letter)
		}
		if l.step.Do == s.Do && l.step.Target == s.Target && maps.Equal(l.step.values.text, text) {
			return fmt.Errorf("%w: %s is in place already, as %s: heal it first", ErrNotNow, l.label(), l.step.Letter)
		}
		inPlace++
	}
	if inPlace >= maxInPlace {
		return fmt.Errorf("%w: %d actions are in place: heal them first", ErrNotNow, inPlace)
	}
	return nil
}

// spent says that a life is over and nothing of it remains. One that is busy is not.
func (l *life) spent() bool {
	select {
	case <-l.played:
	default:
		return false
	}
	if !l.mu.TryLock() {
		return false
	}
	defer l.mu.Unlock()
	return !l.remains() && !l.owing
}

// label is the action with whom it hits.
func (l *life) label() string {
	if l.step.Target == "" {
		return l.step.Do
	}
	return l.step.Do + " of " + string(l.step.Target)
}

// Heal undoes everything that is in place in an open experiment that runs, and looks
// whether it is gone, as [Experiment.Rollback] does; the experiment goes on. A call while
// another one heals waits for it, and then finds nothing to do.
func (e *Experiment) Heal(ctx context.Context) error {
	e.mu.Lock()
	d := e.desk
	e.mu.Unlock()
	if d == nil {
		return fmt.Errorf("heal: %w: the experiment does not run", ErrNotNow)
	}
	select {
	case e.healing <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-e.healing }()
	e.busy(d, true)
	defer e.busy(d, false)
	for _, l := range e.all() {
		l.stop(errHealed)
	}
	for _, l := range e.all() {
		<-l.played
	}
	err := e.takeBackNow(ctx)
	// What is over is not needed any more, and a lesson is long.
	e.mu.Lock()
	e.lives = slices.DeleteFunc(e.lives, (*life).spent)
	e.mu.Unlock()
	return err
}

// Replan tells an experiment that runs of another rate, in requests a lab second, that is offered
// from now on: what an action of its own multiplies it by is seen in what arrives.
func (e *Experiment) Replan(rate float64) {
	e.env.mu.Lock()
	defer e.env.mu.Unlock()
	if e.env.segments == nil {
		e.env.segments = e.cfg.Cell.Traffic.Segments(e.cfg.Clock)
	}
	e.env.segments = showdown.Replan(e.env.segments, max(time.Since(e.env.zero), 0), "", rate)
}

// busy notes that everything is being healed: what only lets time pass for users to
// see is left out meanwhile.
func (e *Experiment) busy(d *desk, on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d.busy = on
	// A roll back that waits hurries too.
	if on || e.desk == d {
		e.env.haste(on)
	}
}
