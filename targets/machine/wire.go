package machine

import (
	"net"
	"os"
	"sync"
	"time"
)

// window is how many bytes of a connection are on their way at most, in each
// direction: about the largest window that Linux gives a connection by itself. Beyond
// it the sender waits.
const window = 4 << 20

// packet is what was sent at once: bytes, or the end of the stream.
type packet struct {
	data []byte
	end  error
	sent time.Time
}

// wire is one direction of a connection: packets in their order, all of them on the
// way at the same time, which leave it when they are due. One goroutine puts and one
// takes.
type wire struct {
	lag  *lag
	born time.Time

	mu      sync.Mutex
	packets []packet
	size    int
	moved   chan struct{} // closed when something was put or taken
}

func newWire(l *lag, born time.Time) *wire {
	return &wire{lag: l, born: born, moved: make(chan struct{})}
}

// idle says that nothing is on the way.
func (w *wire) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.packets) == 0
}

// drained waits until nothing is on the way, or stop is closed; false says that limit came first.
func (w *wire) drained(stop <-chan struct{}, limit <-chan time.Time) bool {
	for {
		w.mu.Lock()
		left, moved := len(w.packets), w.moved
		w.mu.Unlock()
		if left == 0 {
			return true
		}
		select {
		case <-moved:
		case <-stop:
			return true
		case <-limit:
			return false
		}
	}
}

// put sends a packet, and waits as long as too much is on the way. It reports false
// when stop is closed first. An end never waits.
func (w *wire) put(p packet, stop <-chan struct{}) bool {
	for {
		w.mu.Lock()
		if w.size < window || p.end != nil {
			w.packets = append(w.packets, p)
			w.size += len(p.data)
			w.wake()
			w.mu.Unlock()
			return true
		}
		moved := w.moved
		w.mu.Unlock()
		select {
		case <-moved:
		case <-stop:
			return false
		}
	}
}

// wake tells whoever waits for a packet or for room. mu is held.
func (w *wire) wake() {
	close(w.moved)
	w.moved = make(chan struct{})
}

// head is the first packet, when it is due. It stays on the wire.
func (w *wire) head(stop, late <-chan struct{}) (packet, error) {
	for {
		w.mu.Lock()
		if len(w.packets) > 0 {
			p := w.packets[0]
			w.mu.Unlock()
			return p, w.lag.wait(p.sent, w.born, stop, late)
		}
		moved := w.moved
		w.mu.Unlock()
		select {
		case <-moved:
		case <-stop:
			return packet{}, net.ErrClosed
		case <-late:
			return packet{}, os.ErrDeadlineExceeded
		}
	}
}

// take removes the first n bytes of the first packet, and the packet when nothing is
// left of it.
func (w *wire) take(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := &w.packets[0]
	first.data = first.data[n:]
	w.size -= n
	if len(first.data) == 0 {
		w.packets[0] = packet{}
		w.packets = w.packets[1:]
	}
	w.wake()
}

// read hands on what is due. The end of the stream stays, and is read again and again.
func (w *wire) read(p []byte, stop, late <-chan struct{}) (int, error) {
	first, err := w.head(stop, late)
	if err != nil {
		return 0, err
	}
	if first.end != nil {
		return 0, first.end
	}
	n := copy(p, first.data)
	w.take(n)
	return n, nil
}

// deadline is a moment that can be moved while somebody waits for it.
type deadline struct {
	mu     sync.Mutex
	timer  *time.Timer
	passed chan struct{}
}

func newDeadline() *deadline { return &deadline{passed: make(chan struct{})} }

// done is closed when the moment has come.
func (d *deadline) done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.passed
}

// set moves the moment; the zero time never comes.
func (d *deadline) set(to time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.passed // the timer is closing it
	}
	d.timer = nil
	over := false
	select {
	case <-d.passed:
		over = true
	default:
	}
	left := time.Until(to)
	switch {
	case !to.IsZero() && left <= 0:
		if !over {
			close(d.passed)
		}
		return
	case over:
		d.passed = make(chan struct{})
	}
	if !to.IsZero() {
		passed := d.passed
		d.timer = time.AfterFunc(left, func() { close(passed) })
	}
}

// arrived says whether something is there to be read, the end included.
func (w *wire) arrived() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.packets) > 0 && time.Until(due(w.packets[0].sent, w.born, w.lag.now())) <= 0
}
