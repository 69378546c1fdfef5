package chaos

import (
	"context"
	"errors"
	"fmt"

	"showdown"
)

// within says that l is played during outer, or during what is.
func (l *life) within(outer *life) bool {
	for at := l.outer; at != nil; at = at.outer {
		if at == outer {
			return true
		}
	}
	return false
}

// awaited is the letter of the life that l waits for, and for what; empty where it waits
// for none.
func (l *life) awaited() (letter, what string, m *moment) {
	switch {
	case l.outer != nil:
		return l.outer.step.Letter, "in place", l.outer.inPlace
	case l.former != nil:
		return l.former.step.Letter, "over", l.former.ended
	}
	return "", "", nil
}

// overBefore is why a life is ended before its time: the one of that letter, which it
// lies in, is over.
type overBefore struct{ letter string }

// Error is the reason in words.
func (o *overBefore) Error() string { return o.letter + " was over before" }

// cutOff says that the action is not played where the end of what it lies in is why ctx
// ended, or that everything is healed. The end of the run is no reason to say anything:
// nobody expects of a step that its time had come.
func (l *life) cutOff(ctx context.Context) {
	var why *overBefore
	if cause := context.Cause(ctx); errors.As(cause, &why) || errors.Is(cause, errHealed) {
		l.miss(cause)
	}
}

// miss says that the action is not played, and why.
func (l *life) miss(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	why = fmt.Errorf("not played: %w", why)
	l.say(showdown.FaultFailed, source, map[string]any{"error": why.Error()})
	l.inPlace.never(why)
	l.ended.never(why)
}
