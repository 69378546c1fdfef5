package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// errNoLab is the error of what only a lab can do.
var errNoLab = errors.New("this is a running system and no lab")

// noLab is the [Lab] of a running system: it holds nothing.
type noLab struct{}

func (noLab) Instances() []Instance                                    { return nil }
func (noLab) Instance(string) (Instance, bool)                         { return Instance{}, false }
func (noLab) Machine(string) (cloud.Machine, bool)                     { return nil, false }
func (noLab) RestartMachine(context.Context, string) error             { return errNoLab }
func (noLab) StopInstance(context.Context, string) error               { return errNoLab }
func (noLab) StartInstance(context.Context, string) error              { return errNoLab }
func (noLab) ModifyInstanceType(context.Context, string, string) error { return errNoLab }
func (noLab) ResizeInstance(context.Context, string, string) error     { return errNoLab }

// RollbackCapOf bounds the roll back of a cell, in lab time: [RollbackCap], and in a
// running system the time that its undo commands and the looks after them may take.
func RollbackCapOf(c showdown.Cell) time.Duration {
	bound := RollbackCap
	for _, s := range c.Timeline {
		if s.UndoRun != nil {
			// It is tried once more where it failed.
			bound += 2 * time.Duration(cmp.Or(s.UndoRun.Timeout, showdown.DefaultCommandTimeout))
		}
		if s.Own() && s.Probe != nil {
			bound += s.Probe.LookWithin()
		}
	}
	return bound
}

// lookEvery is the time between two looks at a running system: what is seen is right to
// that, and somebody else's server is not asked more often.
const lookEvery = 100 * time.Millisecond

// running are the limits of a running system's experiment.
func (l limits) running(c showdown.Cell) limits {
	l.poll, l.rollback = lookEvery, RollbackCapOf(c)
	return l
}

// checkOwn looks at a step of a running system, or at a command in a lab.
func checkOwn(c showdown.Cell, s showdown.Step) (problems []error) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	switch {
	case !c.Running():
		add("a command of your own breaks a running system, and this cell is a lab: name an action, or give the cell targets")
	case !s.Own():
		add("%s is done to a lab, and this cell is a running system: write a command of yours that does it, do: {run: [...]}", cmp.Or(s.Do, "nothing"))
	case len(s.Run.Run) == 0:
		add("the command has no words: write the program and its arguments, do: {run: [\"./stop.sh\", \"web-1\"]}")
	case s.UndoRun == nil && s.Undo != showdown.NoUndo:
		add("nothing says how it is taken back: add undo: {run: [...]}, or undo: none where nothing is to be taken back")
	case s.UndoRun != nil && len(s.UndoRun.Run) == 0:
		add("the undo has no words: write the program and its arguments")
	case s.Probe == nil:
		add("nobody would see it: add probe: {http: ..., expect: fails}, how it shows itself")
	case s.Target != "" && !slices.Contains(c.TargetNames(), string(s.Target)):
		add("the cell has no target %q%s", s.Target, meant(string(s.Target), c.TargetNames()))
	}
	return problems
}

// asOwn makes a step of a timeline one that runs a command.
func (s step) asOwn() step {
	s.action, s.values = ownAction(s.Step), values{text: ownWords(s.Step)}
	s.deed = deed{evidence: s.Probe.String(), made: ownMade}
	return s
}

const ownMade = "a command of your own"

// ahead is how long before its time a step is prepared.
func (s step) ahead(l limits) time.Duration {
	if s.Own() {
		return l.ahead + s.Probe.LookTimeout()
	}
	return l.ahead
}

// CommandsReady fails where a command of a step over a running system could not be run
// now, as its run would: it is not there, or lacks a variable. folder is that of the
// stage file.
func CommandsReady(s showdown.Step, folder string) error {
	if !s.Own() {
		return nil
	}
	_, err := prepareOwn(s, folder)
	return err
}

// prepareOwn resolves the commands and the probe of a step.
func prepareOwn(s showdown.Step, folder string) (o own, err error) {
	if o.do, err = prepareCommand(s.Run, folder); err != nil {
		return o, err
	}
	if o.back, err = prepareCommand(s.UndoRun, folder); err != nil {
		return o, fmt.Errorf("undo: %w", err)
	}
	o.looker, err = newLooker(s.Probe, folder)
	return o, err
}

// aimOwn is the target of a command of a user's, and its effect.
func (l *life) aimOwn() *hit {
	t := &target{env: l.env, name: string(l.step.Target), facts: map[string]any{}, lasts: l.step.length, delay: l.step.delay}
	o := l.own // a copy for this turn
	o.target, o.step, o.journal = t, l.step, l.journal
	return &hit{target: t, effect: &o}
}

// steadyRunning looks whether a running system is in its steady state: each target must
// give good answers in a row to requests like the clients'.
func (e *Experiment) steadyRunning(ctx context.Context, want int) (measured []string, held bool) {
	cell := e.cfg.Cell
	measured = make([]string, len(cell.Targets))
	good := make([]bool, len(measured))
	timeout := time.Duration(cmp.Or(cell.Traffic.Timeout, 5*showdown.Second))
	done := make(chan struct{})
	for i, t := range cell.Targets {
		go func() {
			defer func() { done <- struct{}{} }()
			measured[i], good[i] = e.steady(ctx, t.Name, want, func() bool { return false }, func(ctx context.Context) Sight {
				s := httpSight(ctx, cmp.Or(cell.Traffic.Method, http.MethodGet), t.Request(cell.Traffic.Path), timeout)
				if s.works() {
					s.Status = http.StatusOK // whatever is below 400 is as good
				}
				return s
			})
		}()
	}
	for range cell.Targets {
		<-done
	}
	return measured, !slices.Contains(good, false)
}

// commandTime is how long a command may take.
func commandTime(c *showdown.Command) string {
	return cmp.Or(c.Timeout, showdown.DefaultCommandTimeout).String()
}
