// Package outage is an HTTP target whose outages are scripted, and which says when
// each of them really began and ended: the truth that a measurement of downtime is
// held against.
package outage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Mode is how a target fails.
type Mode string

// The modes.
const (
	// Refuse closes the listener and every connection: new ones are refused.
	Refuse Mode = "refuse"
	// Reset answers a request by resetting its connection.
	Reset Mode = "reset"
	// Status500 answers 500.
	Status500 Mode = "500"
	// Hang never answers the requests received while it holds; their connections
	// close at its end.
	Hang Mode = "hang"
)

// Modes lists every mode.
func Modes() []Mode { return []Mode{Refuse, Reset, Status500, Hang} }

// Window is an outage: a mode from Start to End, since the target's zero.
type Window struct {
	Mode       Mode
	Start, End time.Duration
}

// Instance is the name that the target gives in X-Instance.
const Instance = "target"

// Target is a server on one TCP address. It answers every request that has no body
// with 200 and a short text, except in its windows.
type Target struct {
	windows []Window
	now     atomic.Pointer[state]
	address string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]struct{}
	seen     []Window
	group    sync.WaitGroup
}

// state is what holds now.
type state struct {
	mode Mode // empty: all is well
	over chan struct{}
}

// Listen makes a target and binds its address; port 0 is any. Connections wait
// until Run. It fails when the windows overlap, are empty or not in order.
func Listen(address string, windows ...Window) (*Target, error) {
	var end time.Duration
	for _, w := range windows {
		if !slices.Contains(Modes(), w.Mode) {
			return nil, fmt.Errorf("unknown mode %q; modes are %v", w.Mode, Modes())
		}
		if w.Start < end || w.End <= w.Start {
			return nil, fmt.Errorf("outage from %s to %s: empty, or before the end of the last one", w.Start, w.End)
		}
		end = w.End
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	t := &Target{
		windows: windows, listener: l, address: l.Addr().String(), conns: make(map[net.Conn]struct{}),
	}
	t.now.Store(&state{over: make(chan struct{})})
	return t, nil
}

// Address is "ip:port".
func (t *Target) Address() string { return t.address }

// Seen is the windows that are over, with the times at which they really began and
// ended.
func (t *Target) Seen() []Window {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.seen)
}

// Run serves, and plays the windows since zero, until ctx ends. It closes the
// listener and every connection.
func (t *Target) Run(ctx context.Context, zero time.Time) error {
	t.accept(t.listener)
	err := t.play(ctx, zero)
	close(t.now.Load().over)
	t.shut()
	t.group.Wait()
	return err
}

func (t *Target) play(ctx context.Context, zero time.Time) error {
	wait := func(at time.Duration) bool {
		timer := time.NewTimer(time.Until(zero.Add(at)))
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		}
	}
	for _, w := range t.windows {
		if !wait(w.Start) {
			return nil
		}
		seen := Window{Mode: w.Mode, Start: time.Since(zero)}
		t.now.Store(&state{mode: w.Mode, over: make(chan struct{})})
		if w.Mode == Refuse {
			t.shut()
		}
		if !wait(w.End) {
			return nil
		}
		if w.Mode == Refuse {
			if err := t.reopen(ctx); err != nil {
				return err
			}
		}
		before := t.now.Swap(&state{over: make(chan struct{})})
		seen.End = time.Since(zero)
		close(before.over)
		t.mu.Lock()
		t.seen = append(t.seen, seen)
		t.mu.Unlock()
	}
	<-ctx.Done()
	return nil
}

// shut closes the listener and every connection.
func (t *Target) shut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listener != nil {
		t.listener.Close()
		t.listener = nil
	}
	for c := range t.conns {
		c.Close()
	}
}

// reopen listens on the same address again. A client's connection may happen to
// hold the port for a moment.
func (t *Target) reopen(ctx context.Context) error {
	for {
		l, err := net.Listen("tcp", t.address)
		if err == nil {
			t.mu.Lock()
			t.listener = l
			t.mu.Unlock()
			t.accept(l)
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Millisecond):
		}
	}
}

func (t *Target) accept(l net.Listener) {
	t.group.Add(1)
	go func() {
		defer t.group.Done()
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			t.mu.Lock()
			if t.listener != l { // shut after it accepted this one
				t.mu.Unlock()
				c.Close()
				continue
			}
			t.conns[c] = struct{}{}
			t.group.Add(1)
			t.mu.Unlock()
			go t.serve(c)
		}
	}()
}

func (t *Target) serve(c net.Conn) {
	defer t.group.Done()
	defer func() {
		t.mu.Lock()
		delete(t.conns, c)
		t.mu.Unlock()
		c.Close()
	}()
	good := []byte("HTTP/1.1 200 OK\r\nX-Instance: " + Instance + "\r\nContent-Length: 3\r\n\r\nok\n")
	bad := []byte("HTTP/1.1 500 Internal Server Error\r\nX-Instance: " + Instance + "\r\nContent-Length: 4\r\n\r\nbad\n")
	buf := make([]byte, 4096)
	n := 0
	for {
		m, err := c.Read(buf[n:])
		if err != nil {
			return
		}
		n += m
		if !bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
			if n == len(buf) {
				return
			}
			continue
		}
		last := bytes.Contains(buf[:n], []byte("\r\nConnection: close\r\n"))
		n = 0
		s := t.now.Load()
		answer := good
		switch s.mode {
		case Status500:
			answer = bad
		case Reset:
			c.(*net.TCPConn).SetLinger(0)
			return
		case Hang:
			<-s.over
			return
		}
		if _, err := c.Write(answer); err != nil || last {
			return
		}
	}
}
