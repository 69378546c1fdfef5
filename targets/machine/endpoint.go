package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

// mode is what an endpoint does with a connection that comes.
type mode int

const (
	serving mode = iota
	resetting
	refusing
	blackholing
)

// endpoint is one address of a machine. Its methods are called under the machine's
// lock.
type endpoint struct {
	addr netip.AddrPort
	take func(*net.TCPConn) // receives each accepted connection

	guard  *guard // who may connect; nil for everybody
	attach func(raw control, program []instruction) error
	// filtered says that the kernel keeps out who may not connect.
	filtered atomic.Bool

	listener  *net.TCPListener // nil while refusing
	accepting chan struct{}    // closed when the accept loop has ended; nil without one
	fillers   []net.Conn       // keep the accept queue full
	mode      mode
}

// set changes what the endpoint does, and returns when that is in effect.
func (e *endpoint) set(to mode) error {
	if to == e.mode && (e.listener != nil || to == refusing) {
		return nil
	}
	if to != refusing && e.listener == nil {
		if err := e.listen(); err != nil {
			return err
		}
	}
	if e.mode == blackholing && to != blackholing {
		if err := e.widen(); err != nil {
			return err
		}
	}
	switch to {
	case serving, resetting:
		e.accept()
	case refusing:
		e.park()
		e.close()
	case blackholing:
		e.park()
		if err := e.narrow(); err != nil {
			// No blackhole: back to what it was rather than something in between.
			if e.mode == serving || e.mode == resetting {
				e.accept()
			}
			return err
		}
	}
	e.mode = to
	return nil
}

// listen binds the address. Multipath TCP, Go's default, is off: its sockets know
// neither backlog trick nor filters. The filter is on the socket before it listens, so
// that nobody comes in before it.
func (e *endpoint) listen() error {
	var c net.ListenConfig
	c.Control = func(_, _ string, raw syscall.RawConn) error {
		e.filter(raw)
		return nil
	}
	c.SetMultipathTCP(false)
	l, err := c.Listen(context.Background(), "tcp4", e.addr.String())
	if err != nil {
		return err
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return errors.Join(fmt.Errorf("listen %s: no TCP listener", e.addr), l.Close())
	}
	e.listener = tcp
	return nil
}

// accept starts the accept loop, unless it runs.
func (e *endpoint) accept() {
	if e.accepting != nil {
		return
	}
	_ = e.listener.SetDeadline(time.Time{})
	done := make(chan struct{})
	e.accepting = done
	go func(l *net.TCPListener) {
		defer close(done)
		for {
			c, err := l.AcceptTCP()
			if err == nil {
				e.take(c)
				continue
			}
			if errors.Is(err, net.ErrClosed) || isTimeout(err) {
				return
			}
			// Out of descriptors, or a connection that ended before it was accepted: the
			// next one may fare better, but not in a busy loop.
			pauseAccept.wait()
		}
	}(e.listener)
}

// park ends the accept loop; the listener stays open.
func (e *endpoint) park() {
	if e.accepting == nil {
		return
	}
	_ = e.listener.SetDeadline(time.Unix(1, 0))
	<-e.accepting
	e.accepting = nil
}

// close closes listener and fillers.
func (e *endpoint) close() {
	if e.listener != nil {
		_ = e.listener.Close()
		e.listener = nil
	}
	e.dropFillers()
}

func (e *endpoint) dropFillers() {
	for _, c := range e.fillers {
		_ = c.Close()
	}
	e.fillers = nil
}

// shut ends the endpoint for good.
func (e *endpoint) shut() {
	e.park()
	e.close()
}

// control is what is used of a raw connection.
type control interface{ Control(func(fd uintptr)) error }

// nap is a short pause.
type nap time.Duration

const pauseAccept = nap(5 * time.Millisecond)

func (n nap) wait() { <-time.After(time.Duration(n)) }

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
