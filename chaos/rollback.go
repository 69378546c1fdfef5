package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Rollback ends the timeline where it still runs and undoes everything that is in
// place, in its own time of [RollbackCap] even when ctx has ended, but not longer than
// there are machines. What lies on the same target is undone in the reverse order. Its
// error names what could not be undone. It may be called again, and then tries again
// what remained.
func (e *Experiment) Rollback(ctx context.Context) error {
	e.mu.Lock()
	cancel, played := e.cancel, e.played
	e.mu.Unlock()
	if played != nil {
		cancel()
		<-played
	}
	return e.rollback(ctx)
}

func (e *Experiment) rollback(ctx context.Context) error {
	e.env.haste(true)
	// One that heals on demand has bounded itself.
	e.healing <- struct{}{}
	defer func() { <-e.healing }()
	return e.takeBackNow(ctx)
}

// takeBackNow undoes all that is in place and looks whether it is gone. The token of healing
// is held.
func (e *Experiment) takeBackNow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.env.limit.rollback)
	defer cancel()
	if e.cfg.Gone != nil {
		go func() {
			defer cancel()
			select {
			case <-e.cfg.Gone:
			case <-ctx.Done():
			}
		}()
	}
	lives := e.all()
	latestFirst(lives)
	// First everything is taken back, then everything is looked at: what is still in
	// place would hide what is gone.
	inReverse(lives, func(l *life) { l.undo(ctx) })
	problems := make([]error, len(lives))
	var all sync.WaitGroup
	for i, l := range lives {
		all.Go(func() {
			if err := l.heal(ctx, true); err != nil {
				problems[i] = fmt.Errorf("%s: %w", l.step.Letter, err)
			}
			problems[i] = errors.Join(problems[i], l.drop())
		})
	}
	all.Wait()
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("roll back cell %s: %w", e.cfg.Cell.Name, err)
	}
	return nil
}

// inReverse does something with lives, which are the latest first, side by side; an
// earlier one on the same target waits for the later, and one that others lie in for
// these.
func inReverse(lives []*life, do func(*life)) {
	done := make([]chan struct{}, len(lives))
	before := make([][]chan struct{}, len(lives)) // what each waits for
	for i, l := range lives {
		done[i] = make(chan struct{})
		for j, later := range lives[:i] {
			if later.meets(l) || later.within(l) || later.step.Own() {
				before[i] = append(before[i], done[j])
			}
		}
	}
	var all sync.WaitGroup
	for i, l := range lives {
		all.Go(func() {
			defer close(done[i])
			for _, later := range before[i] {
				<-later
			}
			do(l)
		})
	}
	all.Wait()
}

// meets says that two lives have a target in common.
func (l *life) meets(other *life) bool {
	return slices.ContainsFunc(l.hits, func(h *hit) bool {
		return slices.ContainsFunc(other.hits, func(o *hit) bool {
			return o.name == h.name || slices.Contains(o.wide(), h.name) || slices.Contains(h.wide(), o.name)
		})
	})
}

// drop forgets what was prepared and never injected.
func (l *life) drop() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.ContainsFunc(l.hits, func(h *hit) bool { return h.touched }) {
		return nil
	}
	return l.forget()
}
