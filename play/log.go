package play

import (
	"slices"
	"sync"
	"time"

	"showdown"
)

// eventLog stamps events with the clock of their cells and passes them on, in order.
// The cells of a group share a zero, the start of their traffic; what belongs to no
// cell counts from that of the first group. Events before their zero are held until it
// is known, because their times are counted back from it.
type eventLog struct {
	clock showdown.Clock
	out   []func(showdown.Event)

	mu    sync.Mutex
	zeros map[string]time.Time // by cell; that of the run under ""
	held  []showdown.Event
}

// emit stamps e as happening now in cell and passes it on.
func (l *eventLog) emit(cell string, e showdown.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At, e.Cell = time.Now(), cell
	if !l.pass(e) {
		l.held = append(l.held, e)
	}
}

// start fixes the zero of cells, and the run's where it has none yet, and releases what
// was held for them. A cell that has its zero keeps it.
func (l *eventLog) start(zero time.Time, cells []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.zeros == nil {
		l.zeros = map[string]time.Time{}
	}
	for _, name := range append([]string{""}, cells...) {
		if _, known := l.zeros[name]; !known {
			l.zeros[name] = zero
		}
	}
	l.held = slices.DeleteFunc(l.held, l.pass)
}

// pass passes on an event whose zero is known.
func (l *eventLog) pass(e showdown.Event) bool {
	zero, known := l.zeros[e.Cell]
	if !known {
		return false
	}
	e.T = l.clock.AWS(e.At.Sub(zero)).Seconds()
	for _, out := range l.out {
		out(e)
	}
	return true
}

// in is emit for one cell, in the form that a lab and an experiment take.
func (l *eventLog) in(cell string) func(showdown.Event) {
	return func(e showdown.Event) { l.emit(cell, e) }
}
