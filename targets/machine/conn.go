package machine

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// gate holds everything back while it is shut.
type gate struct {
	mu   sync.Mutex
	shut atomic.Pointer[chan struct{}] // nil while open; the channel is closed at the opening
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut.Load() == nil {
		c := make(chan struct{})
		g.shut.Store(&c)
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c := g.shut.Swap(nil); c != nil {
		close(*c)
	}
}

// wait returns when the gate is open; false when closed was closed first.
func (g *gate) wait(closed <-chan struct{}) bool {
	for {
		c := g.shut.Load()
		if c == nil {
			return true
		}
		select {
		case <-*c:
		case <-closed:
			return false
		}
	}
}

// conn is an accepted connection that falls silent while its machine's gate is shut, or
// while its source is cut.
type conn struct {
	*net.TCPConn
	gate *gate
	cut  gate
	// local and remote are the addresses of its ends.
	local, remote netip.Addr

	closed chan struct{}
	once   sync.Once
	remove func(*conn)
}

// wait returns when both gates are open; false when the connection was closed first.
func (c *conn) wait() bool {
	for {
		if !c.gate.wait(c.closed) || !c.cut.wait(c.closed) {
			return false
		}
		if c.gate.shut.Load() == nil {
			return true
		}
	}
}

// Read reads, but hands nothing on while a gate is shut: neither data nor the end
// that may have come meanwhile.
func (c *conn) Read(p []byte) (int, error) {
	if !c.wait() {
		return 0, net.ErrClosed
	}
	n, err := c.TCPConn.Read(p)
	if !c.wait() {
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	if !c.wait() {
		return 0, net.ErrClosed
	}
	return c.TCPConn.Write(p)
}

// Close closes the connection with an end of file.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.remove(c)
	})
	return c.TCPConn.Close()
}

// reset closes the connection with a reset.
func (c *conn) reset() {
	_ = c.TCPConn.SetLinger(0)
	_ = c.Close()
}

// connections are a machine's open ones.
type connections struct {
	mu  sync.Mutex
	all map[*conn]struct{}
}

// add makes c known; then is called before anybody else sees it.
func (s *connections) add(c *conn, then func()) {
	s.mu.Lock()
	s.all[c] = struct{}{}
	then()
	s.mu.Unlock()
}

// each calls fn with every open connection; none is added meanwhile.
func (s *connections) each(fn func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.all {
		fn(c)
	}
}

func (s *connections) remove(c *conn) {
	s.mu.Lock()
	delete(s.all, c)
	s.mu.Unlock()
}

// at are the open connections to an address, all of them for the zero address.
func (s *connections) at(address netip.Addr) []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*conn
	for c := range s.all {
		if !address.IsValid() || c.local == address {
			out = append(out, c)
		}
	}
	return out
}

// funnel is the listener that the HTTP server sees: connections of all endpoints
// come out of it.
type funnel struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	addr  net.Addr
}

func (f *funnel) Accept() (net.Conn, error) {
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.done:
		return nil, net.ErrClosed
	}
}

// put hands a connection to the server, or closes it when the server has ended.
func (f *funnel) put(c net.Conn) {
	select {
	case f.conns <- c:
	case <-f.done:
		_ = c.Close()
	}
}

func (f *funnel) Close() error   { f.once.Do(func() { close(f.done) }); return nil }
func (f *funnel) Addr() net.Addr { return f.addr }
