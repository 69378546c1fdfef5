package attack

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// errStale is the error of a connection whose end had arrived before the request
// was sent. Nothing was sent.
var errStale = errors.New("connection ended before the request was sent")

// conn is one connection of one client.
type conn struct {
	// Conn is what requests are written to: tcp, or TLS on top of it.
	net.Conn
	tcp      *net.TCPConn
	raw      syscall.RawConn
	plain    bool
	endpoint *endpoint
	lines    *lines
	// used says that an exchange was completed on the connection.
	used bool
	// carried counts those exchanges, and made is when the connection was.
	carried int
	made    time.Time
	// fetched is when a name server gave the address; zero for one that was told.
	fetched time.Time
	answers answerReader
	// instance is the last X-Instance seen, so that it is a string once.
	instance string
	// out holds the request that a scenario filled in last.
	out []byte
	exchanger
}

// exchange sends a request and reads its answer, both until the deadline. The error
// errStale says that nothing was sent.
func (c *conn) exchange(request []byte, deadline time.Time, noBody bool) (answer, error) {
	var err error
	if c.plain {
		err = c.send(request, deadline)
	} else {
		err = c.sendSecure(request, deadline)
	}
	if err != nil {
		return answer{}, err
	}
	ans, err := c.answers.read(noBody)
	if err == nil {
		c.used = true
		c.carried++
	}
	return ans, err
}

func (c *conn) sendSecure(request []byte, deadline time.Time) error {
	if err := c.until(deadline); err != nil {
		return err
	}
	if c.used && c.ended() {
		return errStale
	}
	_, err := c.Write(request)
	return err
}

// until sets the deadline of the connection, unless all were cut.
func (c *conn) until(deadline time.Time) error {
	if err := c.tcp.SetDeadline(deadline); err != nil {
		return err
	}
	return c.uncut()
}

// uncut takes a deadline back that was set after the lines were cut.
func (c *conn) uncut() error {
	if c.lines.cut.Load() {
		return c.tcp.SetDeadline(past())
	}
	return nil
}

// close ends the connection.
func (c *conn) close() {
	c.lines.remove(c)
	c.tcp.Close()
}

// past is a deadline that ends every wait.
func past() time.Time { return time.Unix(1, 0) }

// lines makes the connections of an attack, and knows them all, so that the attack
// can end without waiting for answers.
type lines struct {
	dialer net.Dialer
	// cut says that no request has time left.
	cut atomic.Bool

	mu   sync.Mutex
	open map[*conn]struct{}
}

// newLines makes connections from the address source; nil is any.
func newLines(source net.IP) *lines {
	l := &lines{open: make(map[*conn]struct{})}
	// Probes of an idle connection would be system calls for each connection, and
	// its end is looked for before each send anyway.
	l.dialer.KeepAlive = -1
	if source != nil {
		l.dialer.LocalAddr = &net.TCPAddr{IP: source}
		l.dialer.Control = bindLate
	}
	return l
}

// dial connects to e until the deadline; secure is nil for a connection without
// TLS. The phase says what failed.
func (l *lines) dial(ctx context.Context, e *endpoint, secure *tls.Config, deadline time.Time) (*conn, phase, error) {
	d := l.dialer
	d.Deadline = deadline
	nc, err := d.DialContext(ctx, "tcp", e.Address)
	if err != nil {
		return nil, connecting, err
	}
	tcp := nc.(*net.TCPConn)
	raw, err := tcp.SyscallConn()
	if err != nil {
		tcp.Close()
		return nil, connecting, err
	}
	c := &conn{Conn: tcp, tcp: tcp, raw: raw, plain: secure == nil, endpoint: e, lines: l, made: time.Now()}
	c.answers.buf = make([]byte, smallBuffer)
	c.answers.source = tcp
	c.prepare()
	l.add(c)
	if secure == nil {
		return c, connecting, nil
	}
	err = c.until(deadline)
	if err == nil {
		t := tls.Client(tcp, e.named(secure))
		c.Conn, c.answers.source = t, t
		err = t.Handshake()
	}
	if err != nil {
		c.close()
		return nil, handshaking, err
	}
	return c, handshaking, nil
}

func (l *lines) add(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
}

func (l *lines) remove(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// cutAll lets the time of every request run out now.
func (l *lines) cutAll() {
	l.cut.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.tcp.SetDeadline(past())
	}
}

// closeAll ends every connection.
func (l *lines) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.tcp.Close()
	}
	clear(l.open)
}
