package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"showdown"
)

// play is the life of one step.
func (e *Experiment) play(ctx context.Context, l *life) {
	if err := e.await(ctx, l); err != nil {
		l.miss(err)
		return
	}
	if !e.fire(ctx, l) {
		return
	}
	e.yield(l)
	e.confirm(ctx, l)
	e.yield(l)
	e.finish(ctx, l)
}

// confirm lets the probe look. Who has injected a step was told when it heals by itself, so that
// no look outlasts that.
func (e *Experiment) confirm(ctx context.Context, l *life) {
	if e.cfg.Open && l.end > 0 {
		until, cancel := context.WithDeadline(ctx, e.env.zero.Add(l.end))
		defer cancel()
		ctx = until
	}
	l.confirm(ctx)
}

// fire prepares a step and injects it at its time; ok says that it is in place.
func (e *Experiment) fire(ctx context.Context, l *life) (ok bool) {
	if !e.wait(ctx, l.step.begin(l.at, e.env.limit)) {
		l.cutOff(ctx)
		return false
	}
	err := e.prepare(ctx, l)
	if !e.wait(ctx, l.at) {
		l.cutOff(ctx)
		return false
	}
	if err != nil || l.stale() {
		err = e.prepare(ctx, l)
	}
	if ctx.Err() != nil {
		l.cutOff(ctx)
		return false
	}
	if err == nil {
		err = l.inject(ctx, e.next())
	}
	if err == nil {
		return true
	}
	if errors.Is(err, context.Canceled) {
		err = fmt.Errorf("cut off: %w", context.Cause(ctx))
	}
	l.fail(err)
	_ = l.heal(ctx, false)
	return false
}

// finish ends a step that is in place, and before it what lies in it: at its time, or
// when it is over by itself or by another action. It leaves to the roll back what lasts.
func (e *Experiment) finish(ctx context.Context, l *life) {
	if l.ended.known() { // by itself
		e.endInside(ctx, l, "", func() {})
		return
	}
	more := e.guard(ctx, l)
	for {
		by, over := e.last(ctx, l)
		if !over {
			more.wait()
			return
		}
		more.stop()
		if by == "" {
			e.endInside(ctx, l, by, func() { _ = l.heal(ctx, false) })
			e.yield(l)
			return
		}
		e.endInside(ctx, l, by, func() { l.give(by) })
		if l.ended.known() {
			return
		}
	}
}

// vigil is what the effects of a life do while it lasts.
type vigil struct {
	all    sync.WaitGroup
	cancel context.CancelFunc
}

// stop ends it, and wait waits for its own end.
func (v *vigil) stop() { v.cancel(); v.all.Wait() }
func (v *vigil) wait() { v.all.Wait(); v.cancel() }

// guard lets the effects of l that do more while they last do it, until its end or
// that of the traffic.
func (e *Experiment) guard(ctx context.Context, l *life) *vigil {
	end := l.end
	if end == 0 {
		end = e.traffic()
	}
	v := &vigil{}
	ctx, v.cancel = context.WithDeadline(ctx, e.env.zero.Add(end))
	for _, h := range l.hits {
		if g, ok := h.effect.(guarded); ok {
			v.all.Go(func() {
				if killed := g.guard(ctx); killed != "" {
					l.say(showdown.FaultKilled, source, map[string]any{"instance": h.name, "evidence": killed})
				}
			})
		}
	}
	return v
}

// await returns when it is known when l fires. Its error says why it never does.
func (e *Experiment) await(ctx context.Context, l *life) error {
	before, what, m := l.awaited()
	if before == "" {
		return nil
	}
	end := time.NewTimer(time.Until(e.env.zero.Add(e.traffic())))
	defer end.Stop()
	select {
	case <-m.done:
	case <-ctx.Done():
		var why *overBefore
		if errors.As(context.Cause(ctx), &why) {
			return why
		}
		return fmt.Errorf("the experiment ended before %s was %s", before, what)
	case <-end.C:
		return fmt.Errorf("%s was not %s when the traffic ended: let %[1]s end earlier, or add to the last phase", before, what)
	}
	if m.err != nil {
		return fmt.Errorf("%s was never %s: %w", before, what, m.err)
	}
	l.at = l.step.due(m.at.Sub(e.env.zero))
	l.end = l.step.until(l.at)
	if late := l.at - e.traffic(); late > 0 {
		return fmt.Errorf("%s was %s so late that its time is %s after the traffic's end: add to the last phase", before, what, planned(e.env.clock, late))
	}
	return nil
}

// traffic is the lab time at which the traffic ends.
func (e *Experiment) traffic() time.Duration { return e.cfg.Cell.Traffic.Length(e.cfg.Clock) }

// prepare bounds a preparation by the time that is left for it, so that a target
// that does not answer delays nothing.
func (e *Experiment) prepare(ctx context.Context, l *life) error {
	until := e.env.zero.Add(l.at)
	if least := time.Now().Add(l.step.ahead(e.env.limit)); until.Before(least) {
		until = least
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	return l.prepare(ctx)
}

// last returns when a step that is in place is to end: at its time, or when another
// action has ended it, whose letter is by. over is false where that is the roll back's.
func (e *Experiment) last(ctx context.Context, l *life) (by string, over bool) {
	until := l.end
	if until == 0 {
		if !l.holds {
			return "", false
		}
		// What lies in it ends with it, so somebody must look as long as it may end.
		until = e.traffic()
	}
	timer := time.NewTimer(time.Until(e.env.zero.Add(until)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return "", false
	case by = <-l.taker:
		return by, ctx.Err() == nil
	case <-timer.C:
		return "", l.end != 0 && ctx.Err() == nil
	}
}

// endInside takes back what was played during l, and then does what ends l itself. As in
// a roll back everything is taken back before anything is looked at: l may hide what lies
// in it. The action by that has ended l, if any, and what that lies in itself, go on.
func (e *Experiment) endInside(ctx context.Context, l *life, by string, own func()) {
	var inner []*life
	ender := e.life(by)
	for _, in := range e.all() {
		if in.within(l) && in != ender && (ender == nil || !ender.within(in)) {
			in.stop(&overBefore{l.step.Letter})
			inner = append(inner, in)
		}
	}
	for _, in := range inner {
		select {
		case <-in.played:
		case <-ctx.Done(): // the roll back comes for all of them
			return
		}
	}
	latestFirst(inner)
	inReverse(inner, func(in *life) { in.undo(ctx) })
	var looks sync.WaitGroup
	for _, in := range inner {
		looks.Go(func() { _ = in.heal(ctx, false) })
	}
	own()
	looks.Wait()
	for _, in := range inner {
		e.yield(in)
	}
}

// latestFirst puts lives in the reverse order of their injections.
func latestFirst(lives []*life) {
	slices.SortStableFunc(lives, func(a, b *life) int { return b.number - a.number })
}

// yield lets the faults end that the action of l has ended. One that others lie in is
// ended by its own player, which ends these first.
func (e *Experiment) yield(l *life) {
	for _, other := range e.all() {
		switch {
		case other == l:
		case !other.holds:
			other.yield(l)
		case other.takenBy(l):
			select {
			case other.taker <- l.step.Letter:
			default: // somebody has said so
			}
		}
	}
}

func (e *Experiment) next() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fired++
	return e.fired
}

// wait returns at lab time t of the run; false says that ctx ended first.
func (e *Experiment) wait(ctx context.Context, t time.Duration) bool {
	timer := time.NewTimer(time.Until(e.env.zero.Add(t)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
