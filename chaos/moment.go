package chaos

import (
	"sync"
	"time"
)

// moment is something that happens once in a life, or never, and that the steps behind
// it wait for.
type moment struct {
	once sync.Once
	// done is closed when it is known what became of it; at is when it happened, and err
	// why it never will.
	done chan struct{}
	at   time.Time
	err  error
}

func newMoment() *moment { return &moment{done: make(chan struct{})} }

// happens notes that it happens now, unless it was known before what became of it.
func (m *moment) happens() {
	m.once.Do(func() {
		m.at = time.Now()
		close(m.done)
	})
}

// never notes that it will not happen, unless it was known before what became of it.
func (m *moment) never(err error) {
	m.once.Do(func() {
		m.err = err
		close(m.done)
	})
}

// known says that it is known what became of it.
func (m *moment) known() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}
