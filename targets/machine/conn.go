package machine

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"showdown/targets/cloud/elb/proxy"
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
// while its source is cut, and whose packets arrive later while its machine lags. It is
// read and written directly until the machine first lags; from then on what comes and
// goes takes its wires, which cost nothing but a goroutine each when the lag is over.
type conn struct {
	*net.TCPConn
	// quick is the same connection for a node, whose requests are many; nil for others.
	quick *proxy.Socket
	gate  *gate
	cut   gate
	lag   *lag
	born  time.Time // when it was accepted, where the machine lagged then
	// local and remote are the addresses of its ends.
	local, remote netip.Addr
	remove        func(*conn)

	closing, ending sync.Once
	closed          chan struct{} // nobody reads or writes it any more
	gone            chan struct{} // what was written is sent, and it is closed

	in, out atomic.Pointer[wire] // nil until the machine first lags
	mu      sync.Mutex           // guards their making, and the deadline
	until   time.Time            // of reads
	late    *deadline            // the same for those from the wire; nil until there is one
}

func newConn(tcp *net.TCPConn, local netip.Addr, g *gate, l *lag, remove func(*conn)) *conn {
	c := &conn{
		TCPConn: tcp, gate: g, lag: l, local: local, remote: remoteOf(tcp), remove: remove,
		closed: make(chan struct{}), gone: make(chan struct{}),
	}
	if l.now() > 0 {
		c.born = time.Now()
	}
	return c
}

// wait returns when both gates are open; false when done was closed first.
func (c *conn) wait(done <-chan struct{}) bool {
	for {
		if !c.gate.wait(done) || !c.cut.wait(done) {
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
	if !c.wait(c.closed) {
		return 0, net.ErrClosed
	}
	n, err := c.read(p)
	if !c.wait(c.closed) {
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *conn) read(p []byte) (int, error) {
	in := c.in.Load()
	if in == nil {
		if c.lag.now() > 0 {
			in = c.lengthen()
		} else {
			n, err := c.plain().Read(p)
			return c.came(p, n, err)
		}
	}
	return in.read(p, c.closed, c.late.done())
}

// came is what was read without a wire.
func (c *conn) came(p []byte, n int, err error) (int, error) {
	if c.lag.now() == 0 || isTimeout(err) {
		return n, err
	}
	// The lag began while it waited: this has just come, and is late as well.
	in := c.lengthen(packet{data: slices.Clone(p[:n]), end: err, sent: time.Now()}) // never both
	return in.read(p, c.closed, c.late.done())
}

// plain is the connection itself, as it is read and written best.
func (c *conn) plain() net.Conn {
	if c.quick != nil {
		return c.quick
	}
	return c.TCPConn
}

// Ended says whether the end of the connection has arrived, or a byte that nobody asked
// for. Nothing arrives while a gate is shut.
func (c *conn) Ended() bool {
	switch in := c.in.Load(); {
	case c.gate.shut.Load() != nil, c.cut.shut.Load() != nil, c.quick == nil:
		return false
	case in != nil:
		return in.arrived()
	}
	return c.quick.Ended()
}

// Ask looks for the connection's end where used is set, sends request and receives the
// first bytes of the answer: at once, while nothing is wrong with the machine.
func (c *conn) Ask(request, answer []byte, used bool) (int, error) {
	select {
	case <-c.closed:
		return 0, proxy.ErrStale()
	default:
	}
	if c.quick == nil || c.in.Load() != nil || !c.direct() || c.gate.shut.Load() != nil || c.cut.shut.Load() != nil {
		if used && c.Ended() {
			return 0, proxy.ErrStale()
		}
		if _, err := c.Write(request); err != nil {
			return 0, err
		}
		return c.Read(answer)
	}
	n, err := c.quick.Ask(request, answer, used)
	if err == proxy.ErrStale() {
		return n, err
	}
	if !c.wait(c.closed) {
		return 0, net.ErrClosed
	}
	return c.came(answer, n, err)
}

// lengthen makes the wire that what comes takes from now on, with what has come.
func (c *conn) lengthen(came ...packet) *wire {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := newWire(c.lag, c.born)
	for _, p := range came {
		in.put(p, c.closed)
	}
	// The deadline is the reader's; what feeds the wire has none.
	c.late = newDeadline()
	c.late.set(c.until)
	_ = c.TCPConn.SetReadDeadline(time.Time{})
	c.in.Store(in)
	go c.feed(in)
	return in
}

// feed puts on the wire what comes, at the moment at which it does.
func (c *conn) feed(in *wire) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := c.TCPConn.Read(buffer)
		now := time.Now()
		if n > 0 && !in.put(packet{data: slices.Clone(buffer[:n]), sent: now}, c.closed) {
			return
		}
		if err != nil {
			in.put(packet{end: err, sent: now}, c.closed)
			return
		}
	}
}

// SetReadDeadline bounds reads, also one that waits.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	if c.in.Load() != nil {
		c.late.set(t)
		return nil
	}
	return c.TCPConn.SetReadDeadline(t)
}

// SetDeadline bounds reads and writes.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Write writes, or with a lag only sends off: an error of the connection is met by a
// later write then, as it is where a packet is really on its way.
func (c *conn) Write(p []byte) (int, error) {
	if c.direct() {
		if !c.wait(c.closed) {
			return 0, net.ErrClosed
		}
		return c.plain().Write(p)
	}
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	default:
	}
	if !c.sendOff(packet{data: slices.Clone(p), sent: time.Now()}) {
		return 0, net.ErrClosed
	}
	return len(p), nil
}

// ReadFrom keeps what copies to the connection from going around its faults.
func (c *conn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{c}, r) }

// direct says that nothing is on its way, and that nothing has to be: what is written
// now may leave now.
func (c *conn) direct() bool {
	out := c.out.Load()
	return c.lag.now() == 0 && (out == nil || out.idle())
}

// sendOff puts a packet on the wire to the client.
func (c *conn) sendOff(p packet) bool {
	c.mu.Lock()
	out := c.out.Load()
	if out == nil {
		out = newWire(c.lag, time.Time{})
		c.out.Store(out)
		go c.deliver(out)
	}
	c.mu.Unlock()
	return out.put(p, c.gone)
}

// deliver sends what is due, until the end.
func (c *conn) deliver(out *wire) {
	for {
		p, err := out.head(c.gone, nil)
		if err != nil || !c.wait(c.gone) {
			return
		}
		switch p.end {
		case nil:
			_, err = c.TCPConn.Write(p.data)
		case errHalf:
			err = c.TCPConn.CloseWrite()
		default:
			err = p.end
		}
		if err != nil {
			_ = c.end()
			return
		}
		out.take(len(p.data))
	}
}

// The ends that a connection sends off.
var (
	errHalf = errors.New("nothing more is written")
	errFull = errors.New("closed")
)

// CloseWrite says that nothing more comes, after what is on its way.
func (c *conn) CloseWrite() error {
	if c.direct() {
		return c.TCPConn.CloseWrite()
	}
	c.sendOff(packet{end: errHalf, sent: time.Now()})
	return nil
}

// Close closes the connection with an end of file, after what is on its way.
func (c *conn) Close() error {
	first := false
	c.closing.Do(func() { first = true; close(c.closed) })
	switch {
	case !first:
		return nil
	case c.direct():
		return c.end()
	}
	c.sendOff(packet{end: errFull, sent: time.Now()})
	return nil
}

// end closes the connection now, whatever is on its way.
func (c *conn) end() error {
	c.closing.Do(func() { close(c.closed) })
	err := net.ErrClosed
	c.ending.Do(func() {
		close(c.gone)
		c.remove(c)
		err = c.TCPConn.Close()
	})
	return err
}

// reset closes the connection with a reset.
func (c *conn) reset() {
	_ = c.TCPConn.SetLinger(0)
	_ = c.end()
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

// flush waits until what was written to connections that are closed is sent, or until
// limit.
func (s *connections) flush(limit <-chan time.Time) {
	for _, c := range s.at(netip.Addr{}) {
		select {
		case <-c.closed:
		default:
			// Nobody answers on it any more, but the server may have written and not closed yet.
			if out := c.out.Load(); out != nil && !out.drained(c.gone, limit) {
				return
			}
			continue
		}
		select {
		case <-c.gone:
		case <-limit:
			return
		}
	}
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
