package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"showdown"
)

// heal takes back what remains of a life, and lets the probe look whether it is
// gone. It carries on where an earlier call was cut off, and does nothing where
// nothing remains. A call that is not final leaves no event when ctx ends, since
// the roll back comes after it.
func (l *life) heal(ctx context.Context, final bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.remains() {
		return nil
	}
	healing, undone, notUndone := showdown.FaultHealing, showdown.FaultUndone, showdown.FaultNotUndone
	if l.over {
		// The outage ended long ago; only the change that it left is taken back.
		healing, undone, notUndone = showdown.ChangeUndoing, showdown.ChangeUndone, showdown.ChangeNotUndone
	}
	if !l.healing {
		l.healing = true
		l.say(healing, source, nil)
	}
	problems := make([]error, len(l.hits))
	var undos sync.WaitGroup
	for i, h := range l.hits {
		undos.Go(func() { problems[i] = l.take(ctx, h) })
	}
	undos.Wait()
	err := errors.Join(problems...)
	switch {
	case err == nil:
		l.over = true
		l.say(undone, probeSource, map[string]any{"evidence": l.evidence(), "facts": l.facts()})
	case ctx.Err() != nil && !final:
	default:
		l.say(notUndone, probeSource, map[string]any{"evidence": l.evidence(), "error": err.Error(), "facts": l.facts()})
	}
	return err
}

// remains says that something of the life may still have to be undone.
func (l *life) remains() bool {
	for _, h := range l.hits {
		if h.touched && !h.verified {
			return true
		}
	}
	return false
}

// take undoes one hit, exactly once, and looks whether it is gone.
func (l *life) take(ctx context.Context, h *hit) error {
	if h.verified || !h.touched {
		return nil
	}
	if !h.undone {
		if l.replaced(h) {
			return nil
		}
		if err := h.effect.undo(ctx); err != nil {
			// A machine that died meanwhile took the fault with it.
			if l.replaced(h) {
				return nil
			}
			h.evidence = err.Error()
			return fmt.Errorf("undo %s of %s: %w", l.step.Do, h.label(), err)
		}
		h.undone = true
	}
	evidence, ok := h.effect.gone(ctx)
	if !ok && l.replaced(h) {
		return nil
	}
	h.evidence = evidence
	if !ok {
		return fmt.Errorf("%s of %s is still there: %s", l.step.Do, h.label(), evidence)
	}
	l.settled(h)
	return nil
}

// replaced settles a hit whose machine runs no more, for effects that end with it.
func (l *life) replaced(h *hit) bool {
	if !l.step.deed.bound {
		return false
	}
	words, yes := h.replaced()
	if yes {
		h.evidence = words
		l.settled(h)
	}
	return yes
}

func (h *hit) label() string {
	if h.name == "" {
		return "the traffic"
	}
	return h.name
}

// ended says in words that another action has ended the effect.
type ended interface {
	ended() (words string, yes bool)
}

// yield ends the life when the action by has ended all its effects: a stop that an
// explicit start took back, a freeze whose process was stopped. It leaves alone a
// life that is busy, which finds out by itself.
func (l *life) yield(by string) {
	if !l.mu.TryLock() {
		return
	}
	defer l.mu.Unlock()
	if l.over || !l.remains() {
		return
	}
	for _, h := range l.hits {
		if h.left != leavesFault || h.verified {
			return
		}
		words, yes := "", false
		if e, ok := h.effect.(ended); ok {
			words, yes = e.ended()
		} else if l.step.deed.bound {
			words, yes = h.replaced()
		}
		if !yes {
			return
		}
		h.evidence = words
	}
	for _, h := range l.hits {
		l.settled(h)
	}
	l.healing = true
	l.say(showdown.FaultHealing, source, map[string]any{"by": by})
	l.over = true
	l.say(showdown.FaultUndone, probeSource, map[string]any{"by": by, "evidence": l.evidence(), "facts": l.facts()})
}
