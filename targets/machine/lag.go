package machine

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// lag is how much later packets arrive than they were sent, in each direction.
type lag struct {
	delay   atomic.Int64 // nanoseconds
	mu      sync.Mutex
	changed chan struct{} // closed when the delay changes
}

func newLag() *lag { return &lag{changed: make(chan struct{})} }

func (l *lag) now() time.Duration { return time.Duration(l.delay.Load()) }

// set changes the delay, also of packets that are on their way.
func (l *lag) set(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay.Store(int64(d))
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *lag) news() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// wait returns when a packet has arrived, on a connection that was accepted at born.
// It fails when stop is closed first, or late.
func (l *lag) wait(sent, born time.Time, stop, late <-chan struct{}) error {
	for {
		changed := l.news()
		rest := time.Until(due(sent, born, l.now()))
		if rest <= 0 {
			return nil
		}
		if err := pass(rest, changed, stop, late); err != nil {
			return err
		}
	}
}

// pass lets d pass, or less when something has changed.
func pass(d time.Duration, changed, stop, late <-chan struct{}) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-changed:
	case <-stop:
		return net.ErrClosed
	case <-late:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// due is when a packet arrives. The kernel answers the handshake of a connection
// without delay, so the client sends a round trip too early; what comes within that of
// born counts as sent at its end. born is zero where there was no such handshake.
func due(sent, born time.Time, delay time.Duration) time.Time {
	if delay <= 0 {
		return sent
	}
	if shaken := born.Add(2 * delay); !born.IsZero() && sent.Before(shaken) {
		sent = shaken
	}
	return sent.Add(delay)
}
