package machine

import (
	"errors"
	"io"
	"net"
	"net/netip"

	"showdown/targets/cloud"
)

// protect replaces who may reach the machine; nil lets everybody in. Connections that
// are open go on, unless their source is cut: they are tracked, as on AWS (EC2 User
// Guide, Security group connection tracking).
func (m *machine) protect(in *cloud.Inbound) error {
	g, err := newGuard(in, m.config.Port)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.guard.Store(g)
	for _, e := range m.endpoints {
		e.protect(g)
	}
	m.conns.each(func(c *conn) { c.heed(m.guard.Load()) })
	return nil
}

// guarded is how the machine keeps out who is not let in: empty while everybody is.
func (m *machine) guarded() string {
	if m.guard.Load() == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.endpoints {
		if e.listener != nil && !e.filtered.Load() {
			return guardSilence
		}
	}
	return guardFilter
}

// protect puts the filter of g on the listener, as far as it may. Without a filter
// the machine judges each connection when it is accepted.
func (e *endpoint) protect(g *guard) {
	e.guard = g
	if e.listener == nil {
		return
	}
	raw, err := e.listener.SyscallConn()
	if err != nil {
		e.filtered.Store(false)
		return
	}
	e.filter(raw)
}

// filter brings a socket's filter to the endpoint's guard.
func (e *endpoint) filter(raw control) {
	var program []instruction
	want := e.guard != nil
	if want {
		program, want = e.guard.filter(e.addr.Addr())
	}
	if want && e.attach(raw, program) == nil {
		e.filtered.Store(true)
		return
	}
	// First the judge at the door, then the old filter comes off: nobody slips through.
	e.filtered.Store(false)
	_ = e.attach(raw, nil)
}

// heed lets the connection fall silent while its source is cut.
func (c *conn) heed(g *guard) {
	if g.cuts(c.remote, c.local) {
		c.cut.close()
	} else {
		c.cut.open()
	}
}

// turnAway keeps a connection that is not let in: it is accepted, because the kernel
// did that, and gets no answer until the client gives up.
func (m *machine) turnAway(c *conn) {
	m.denied.Add(1)
	go func() {
		_, _ = io.Copy(io.Discard, onlyReader{c.TCPConn})
		_ = c.Close()
	}()
}

// onlyReader hides that a connection could do more, so that nothing but reads happen.
type onlyReader struct{ io.Reader }

// remoteOf is the address at the other end of a connection.
func remoteOf(c *net.TCPConn) netip.Addr {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// errNoInbound is the error of an order to protect that says nothing.
var errNoInbound = errors.New("no inbound rules: give them, or take the protection off with off")
