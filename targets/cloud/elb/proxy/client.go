package proxy

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// why is what ended a request from outside of its own course.
type why int

const (
	whyNone    why = iota
	whyGone        // the client closed its connection
	whyDrained     // the target's deregistration delay has passed
	whySlow        // the client stopped sending its body
	whyBad         // the client's body is no HTTP
	whyClosed      // the node ends
)

// client is a client's connection. One goroutine serves it; another one sends the rest
// of a request's body where that does not come with the head.
type client struct {
	n *Node
	// known is the connection as it was accepted, and conn as it is used.
	known, conn net.Conn

	in   reader
	port int
	sender
	req  request
	resp response
	out  []byte
	sent uint64 // bytes

	// idle says that no request is under way.
	idle atomic.Bool

	mu      sync.Mutex
	target  *target  // of the request under way
	backend *backend // that it uses
	cancel  context.CancelFunc
	why     why
	// waits is since when the answer is waited for; zero while it is not. looked is when
	// the client was looked at last, see [client.look].
	waits, looked time.Time
}

func newClient(n *Node, conn net.Conn, port int, seed, more uint64) *client {
	c := &client{n: n, known: conn, conn: quick(conn), port: port}
	c.in = newReader(c.conn)
	c.sender.client = host(conn.RemoteAddr())
	c.sender.port = strconv.Itoa(port)
	c.sender.host = net.JoinHostPort(host(conn.LocalAddr()), c.sender.port)
	c.sender.rng = *rand.NewPCG(seed, more)
	c.idle.Store(true)
	return c
}

func host(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().String()
	}
	return a.String()
}

// serve answers one request after the other until the connection ends.
func (c *client) serve() {
	defer c.n.leave(c)
	defer func() {
		_ = c.conn.Close()
		c.n.bytes.Add(c.in.took + c.sent)
	}()
	for first := true; ; first = false {
		if !c.await(first) {
			return
		}
		keep := c.answer()
		c.n.bytes.Add(c.in.took + c.sent)
		c.in.took, c.sent = 0, 0
		if !keep {
			return
		}
		c.in.rest()
	}
}

// await waits for the first bytes of a request. One that is pipelined is there already.
func (c *client) await(first bool) bool {
	if c.in.r < c.in.w {
		return true
	}
	if !first {
		c.idle.Store(true)
		c.n.tell(c.known, http.StateIdle)
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(c.n.patience()))
	if !first && !c.n.keepAlives.Load() {
		return false
	}
	err := c.in.fill()
	c.idle.Store(false)
	if err != nil {
		return false // nothing was asked, so nobody waits for an answer
	}
	c.n.tell(c.known, http.StateActive)
	return true
}

// patience is the idle timeout.
func (n *Node) patience() time.Duration { return time.Duration(n.idle.Load()) }

// dismiss ends the connection if it idles.
func (c *client) dismiss() {
	if c.idle.Load() {
		_ = c.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// answer serves one request, of which something is buffered, and says whether another
// one may follow.
func (c *client) answer() (keep bool) {
	size, err := new(scan).next(c.in.buffered(), requestLimits())
	if size == 0 && err == nil {
		// All of it must be there within the idle timeout, however slowly it trickles.
		_ = c.conn.SetReadDeadline(time.Now().Add(c.n.patience()))
		size, err = c.in.head(requestLimits())
	}
	if err == nil {
		if err = c.req.parse(c.in.buffered()[:size]); err == nil {
			c.in.r += size
			return c.exchange()
		}
	}
	c.refuse(err)
	return false
}

// refuse answers a request that could not be read, and ends the connection.
func (c *client) refuse(err error) {
	status := statusOf(err)
	c.n.count(status)
	if status == StatusClientClosed {
		return
	}
	c.own(status, delivery{close: true})
	c.linger()
}

// statusOf is the answer to a request that could not be read.
func statusOf(err error) int {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return r.status
	case isTimeout(err):
		return http.StatusRequestTimeout
	}
	return StatusClientClosed
}

// own sends an answer of the node itself.
func (c *client) own(status int, d delivery) bool {
	c.out = appendAnswer(c.out[:0], status, c.n.config.Name, d, time.Now())
	return c.flush() == nil
}

// fail answers with an error of the node, and says whether the connection may go on.
func (c *client) fail(status int, whole bool) bool {
	if status == 0 {
		return false // the node ends
	}
	c.n.count(status)
	if status == StatusClientClosed {
		return false
	}
	keep := whole && c.req.keeps() && c.n.keepAlives.Load()
	if !c.own(status, delivery{close: !keep, old: c.req.old, bodyless: c.req.noBody()}) {
		return false
	}
	if !whole {
		c.linger()
	}
	return keep
}

// flush sends what is in c.out.
func (c *client) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.n.patience()))
	n, err := c.conn.Write(c.out)
	c.sent += uint64(n)
	c.out = c.out[:0]
	if cap(c.out) > 2*largeBuffer {
		c.out = nil
	}
	return err
}

// Bounds of what is still received when the node has answered and the client goes on
// sending: an end with unread bytes would be a reset, which may overtake the answer.
const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// linger waits until the client has read the answer and closed.
func (c *client) linger() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(min(lingerTime, c.n.patience())))
	_, _ = io.CopyN(io.Discard, struct{ io.Reader }{c.conn}, lingerBytes)
}

// begin notes what a request waits for, so that it can be ended from outside.
func (c *client) begin(t *target) {
	c.mu.Lock()
	c.target, c.why = t, whyNone
	c.mu.Unlock()
}

// end forgets it, and has what ended the request from outside.
func (c *client) end() why {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target, c.backend, c.cancel, c.waits = nil, nil, nil, time.Time{}
	return c.why
}

// cause is what has ended the request under way from outside so far.
func (c *client) cause() why {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// abort ends the request under way for the reason w, if it goes to t; nil is any. It
// reports whether there was one.
func (c *client) abort(w why, t *target) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.target == nil || t != nil && c.target != t || c.why != whyNone {
		return false
	}
	c.why = w
	if c.cancel != nil {
		c.cancel()
	}
	if c.backend != nil {
		_ = c.backend.conn.Close()
	}
	return true
}

// waiting notes since when the answer is waited for.
func (c *client) waiting(since time.Time) {
	c.mu.Lock()
	c.waits, c.looked = since, since
	c.mu.Unlock()
}

// look ends the request under way when the client has gone. The longer it waits, the
// rarer are the looks, since each is a system call.
func (c *client) look(now time.Time) {
	c.mu.Lock()
	due := !c.waits.IsZero() && now.Sub(c.waits) >= lateness/2 &&
		now.Sub(c.looked) >= min(c.looked.Sub(c.waits), 10*lateness)
	if due {
		c.looked = now
	}
	c.mu.Unlock()
	if due && gone(c.conn) {
		c.abort(whyGone, nil)
	}
}
