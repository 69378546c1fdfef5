package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"showdown"
)

// undo takes back what remains of a life without looking whether it is gone. It
// goes before heal where another fault on the same target would hide the look.
func (l *life) undo(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.remains() {
		l.announce()
		// Errors come again in heal, which tries again.
		_ = l.each(func(h *hit) error { return l.revert(ctx, h) })
	}
}

// heal takes back what remains of a life, and lets the probe look whether it is
// gone. It carries on where an earlier call was cut off, and does nothing where
// nothing remains. A call that is not final leaves no event when ctx ends, since
// the roll back comes after it.
func (l *life) heal(ctx context.Context, final bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.remains() && !l.owing {
		return nil
	}
	l.announce()
	err := l.each(func(h *hit) error {
		if err := l.revert(ctx, h); err != nil {
			return err
		}
		return l.verify(ctx, h)
	})
	undone, notUndone := showdown.FaultUndone, showdown.FaultNotUndone
	if l.over {
		undone, notUndone = showdown.ChangeUndone, showdown.ChangeNotUndone
	}
	switch {
	case err == nil:
		l.over, l.owing = true, false
		l.say(undone, probeSource, map[string]any{"evidence": l.evidence(), "facts": l.facts()})
		l.ended.happens()
	case ctx.Err() != nil && !final:
	default:
		l.say(notUndone, probeSource, map[string]any{"evidence": l.evidence(), "error": err.Error(), "facts": l.facts()})
		// Its time is over all the same, and the steps behind it do not wait for more.
		l.ended.happens()
	}
	return err
}

// announce says once that the undo begins. Where the fault is over by itself, only
// the change that it left is taken back.
func (l *life) announce() {
	if l.healing {
		return
	}
	l.healing, l.owing = true, true
	if l.over {
		l.say(showdown.ChangeUndoing, source, nil)
		return
	}
	l.say(showdown.FaultHealing, source, nil)
}

// each does something with all hits side by side that remain.
func (l *life) each(do func(*hit) error) error {
	problems := make([]error, len(l.hits))
	var all sync.WaitGroup
	for i, h := range l.hits {
		if h.touched && !h.verified {
			all.Go(func() { problems[i] = do(h) })
		}
	}
	all.Wait()
	return errors.Join(problems...)
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

// revert undoes one hit, exactly once.
func (l *life) revert(ctx context.Context, h *hit) error {
	if h.undone || l.replaced(h) || l.perished(h) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.limit.undo)
	defer cancel()
	if err := h.effect.undo(ctx); err != nil {
		// A machine that died meanwhile took the fault with it.
		if l.replaced(h) || l.perished(h) {
			return nil
		}
		h.evidence = err.Error()
		return fmt.Errorf("undo %s of %s: %w", l.step.Do, h.label(), err)
	}
	h.undone = true
	return nil
}

// verify lets the probe look whether one hit is gone.
func (l *life) verify(ctx context.Context, h *hit) error {
	if h.verified {
		return nil
	}
	evidence, ok := h.effect.gone(ctx)
	if !ok && (l.replaced(h) || l.perished(h)) {
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

// perished settles a hit whose instance was terminated meanwhile, for effects that end
// with it: an Auto Scaling group replaces what is broken, and nobody can mend what is gone.
func (l *life) perished(h *hit) bool {
	if !l.step.deed.perishes || ending(h.before) {
		return false
	}
	words, yes := h.perished()
	if yes {
		h.evidence = words
		l.settled(h)
	}
	return yes
}

func (h *hit) label() string {
	if _, own := h.effect.(*own); own && h.name == "" {
		return "the system"
	}
	if h.name == "" {
		return "the traffic"
	}
	return h.name
}

// ended says in words that another action has ended the effect.
type ended interface {
	ended() (words string, yes bool)
}

// yield ends the life when the action of by has ended all its effects: a stop that an
// explicit start took back, a freeze whose process was stopped. It leaves alone a
// life that is busy, which finds out by itself.
func (l *life) yield(by *life) {
	if !l.mu.TryLock() {
		return
	}
	defer l.mu.Unlock()
	if l.meets(by) {
		l.yields(by.step.Letter)
	}
}

// takenBy says that yield would end the life.
func (l *life) takenBy(by *life) bool {
	if !l.mu.TryLock() {
		return false
	}
	defer l.mu.Unlock()
	return l.meets(by) && l.taken() != nil
}

// give is yield by the life's own player, to the action that said it has ended it.
func (l *life) give(by string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.yields(by)
}

// yields is yield while mu is held.
func (l *life) yields(by string) {
	words := l.taken()
	if words == nil {
		return
	}
	for i, h := range l.hits {
		h.evidence = words[i]
		l.settled(h)
	}
	l.healing = true
	l.say(showdown.FaultHealing, source, map[string]any{"by": by})
	l.over = true
	l.say(showdown.FaultUndone, probeSource, map[string]any{"by": by, "evidence": l.evidence(), "facts": l.facts()})
	l.ended.happens()
}

// taken says in words, hit by hit, that another action has ended all the effects; nil
// says that it has not. mu is held.
func (l *life) taken() []string {
	if l.over || !l.remains() {
		return nil
	}
	var all []string
	for _, h := range l.hits {
		if h.left != leavesFault || h.verified {
			return nil
		}
		words, yes := "", false
		if e, ok := h.effect.(ended); ok {
			words, yes = e.ended()
		} else if l.step.deed.bound {
			words, yes = h.replaced()
		}
		if !yes {
			return nil
		}
		all = append(all, words)
	}
	return all
}
