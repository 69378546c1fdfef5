package play

import (
	"sync"
	"time"

	"showdown"
)

// eventLog stamps events with the run's one clock and passes them on, in order.
// Events before the run's zero are held until zero is known, because their times
// are counted back from it.
type eventLog struct {
	clock showdown.Clock
	out   []func(showdown.Event)

	mu   sync.Mutex
	zero time.Time
	held []showdown.Event
}

// emit stamps e as happening now in cell and passes it on.
func (l *eventLog) emit(cell string, e showdown.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At, e.Cell = time.Now(), cell
	if l.zero.IsZero() {
		l.held = append(l.held, e)
		return
	}
	l.pass(e)
}

// start fixes the run's zero and releases what was held. A second call does
// nothing.
func (l *eventLog) start(zero time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.zero.IsZero() {
		return
	}
	l.zero = zero
	for _, e := range l.held {
		l.pass(e)
	}
	l.held = nil
}

func (l *eventLog) pass(e showdown.Event) {
	e.T = l.clock.AWS(e.At.Sub(l.zero)).Seconds()
	for _, out := range l.out {
		out(e)
	}
}

// in is emit for one cell, in the form that a lab and an experiment take.
func (l *eventLog) in(cell string) func(showdown.Event) {
	return func(e showdown.Event) { l.emit(cell, e) }
}
