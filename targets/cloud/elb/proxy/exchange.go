package proxy

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// exchange carries a request, whose head was read, to a target and its answer back. It
// says whether another request may follow.
func (c *client) exchange() (keep bool) {
	now := time.Now()
	r := &c.req
	b := newBody(&c.in, &r.framing, false)
	switch {
	case r.looks:
		d := delivery{close: !r.keeps() || !b.done(), old: r.old, bodyless: r.noBody()}
		return c.own(http.StatusOK, d) && !d.close
	case r.forwarders > maxForwarders:
		return c.fail(StatusTooManyForwarders, b.done())
	}
	g, to := c.n.pickGroup(c.port)
	if to.sticky != nil {
		to.name = to.sticky.bound(to.key, r.fields, g.name, now)
	}
	c.out = c.sender.appendRequest(c.out[:0], r, now)
	if err := c.prime(&b); err != nil {
		c.refuse(err)
		return false
	}
	way, status := c.n.route(g, to.name, now)
	if status != 0 {
		return c.fail(status, b.done())
	}
	c.begin(way.target)
	e := exchange{client: c, route: way, body: b, chunked: r.chunked, binding: to}
	keep = e.run()
	c.n.release(way.target)
	return keep
}

// prime adds to c.out what has come of the body. Of a chunked one the first piece is
// waited for: a body that is no HTTP from the start reaches no target.
func (c *client) prime(b *body) error {
	if c.req.expects && !b.done() && c.in.r == c.in.w {
		// At once and without asking the target (Elastic Load Balancing User Guide, How it
		// works: HTTP 100 Continue).
		_ = c.conn.SetWriteDeadline(time.Now().Add(c.n.patience()))
		if _, err := io.WriteString(c.conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return io.ErrUnexpectedEOF
		}
	}
	chunked := c.req.chunked
	for first := true; ; {
		p, err := b.piece()
		switch {
		case err != nil:
			return err
		case len(p) > 0:
			c.out = appendChunk(c.out, p, chunked)
			first = false
		case b.done():
			if chunked {
				c.out = append(c.out, "0\r\n\r\n"...)
			}
			return nil
		case !chunked || !first:
			return nil
		default:
			_ = c.conn.SetReadDeadline(time.Now().Add(c.n.patience()))
			if err := b.more(); err != nil {
				return err
			}
		}
	}
}

// binding is how a request and its answer stick to a target.
type binding struct {
	sticky *stickiness
	key    sealer
	// name is the target that the client's cookie names; empty where none does.
	name string
}

// exchange is a request under way to its target.
type exchange struct {
	*client
	route
	backend *backend
	body    body // what is left to send of the request's
	chunked bool
	binding binding
	// request and response are bytes that were sent to the target and came from it.
	request, response uint64
	// began says that the client has got something of the answer.
	began bool

	pump struct {
		sync.WaitGroup
		mu       sync.Mutex
		on, stop bool
		whole    bool // all of the request was sent
		out      []byte
	}
}

// run sends the request, and gets the answer to the client.
func (e *exchange) run() (keep bool) {
	e.pump.whole = e.body.done()
	e.request = uint64(len(e.out))
	var err error
	for stale := true; stale; stale = err == errStale && e.backend.used {
		// A connection whose end has arrived is replaced: nothing was sent on it.
		if e.backend != nil {
			_ = e.backend.conn.Close()
		}
		now := time.Now()
		var status int
		if e.backend, status = e.connect(now); e.backend == nil {
			e.end()
			return e.fail(status, e.body.done())
		}
		keep, err = e.converse(now)
	}
	e.stopPump()
	why := e.end()
	if e.far {
		e.n.far.Add(e.request + e.response)
	}
	if err == nil {
		return keep
	}
	_ = e.backend.conn.Close()
	if e.began {
		return false // what is missing of the answer is seen by the client
	}
	return e.fail(failed(why, err), e.pump.whole)
}

// converse sends the request over e.backend and receives the answer.
func (e *exchange) converse(now time.Time) (keep bool, err error) {
	b := e.backend
	_ = b.conn.SetDeadline(now.Add(e.n.patience()))
	if e.pump.whole {
		e.waiting(now)
		n, err := ask(b.conn, e.out, b.in.buf, b.used)
		if err != nil {
			return false, err
		}
		b.in.r, b.in.w = 0, n
		b.in.took += uint64(n)
		return e.receive()
	}
	if b.used && ended(b.conn) {
		return false, errStale
	}
	if _, err := b.conn.Write(e.out); err != nil {
		return false, err
	}
	e.startPump()
	return e.receive()
}

// failed is the node's answer to a request that failed with err.
func failed(w why, err error) int {
	switch w {
	case whyGone:
		return StatusClientClosed
	case whyClosed:
		return 0
	case whySlow:
		return http.StatusRequestTimeout
	case whyBad:
		return http.StatusBadRequest
	case whyDrained:
		return http.StatusBadGateway
	}
	if isTimeout(err) {
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// connect takes a connection to the target out of its pool, or makes one.
func (e *exchange) connect(now time.Time) (*backend, int) {
	b := e.route.target.pool.take()
	if b == nil {
		ctx, cancel := context.WithDeadline(context.Background(), now.Add(time.Duration(e.n.connect.Load())))
		defer cancel()
		if !e.use(nil, cancel) {
			return nil, failed(e.cause(), nil)
		}
		e.waiting(now)
		e.n.opened.Add(1)
		conn, err := e.n.config.Dial(ctx, e.address)
		if err != nil {
			return nil, failed(e.cause(), err)
		}
		conn = quick(conn)
		b = &backend{conn: conn, in: newReader(conn)}
	}
	if !e.use(b, nil) {
		_ = b.conn.Close()
		return nil, failed(e.cause(), net.ErrClosed)
	}
	return b, 0
}

// use notes what the request uses from now on; false when it was ended.
func (c *client) use(b *backend, cancel context.CancelFunc) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.backend, c.cancel = b, cancel
	return c.why == whyNone
}

// receive reads the answer and hands it on. The error is of an answer that was not whole;
// keep is whether the client's connection may go on.
func (e *exchange) receive() (keep bool, err error) {
	b := e.backend
	for {
		size, err := b.in.head(responseLimits())
		if err != nil {
			return false, err
		}
		if err := e.resp.parse(b.in.buffered()[:size]); err != nil {
			return false, err
		}
		b.in.r += size
		if e.resp.status >= 200 {
			break
		}
		if e.resp.status == http.StatusSwitchingProtocols {
			return false, errResponse("a protocol was switched that nobody asked for")
		}
		// 100 Continue was said before, and nobody asks for the others.
	}
	e.waiting(time.Time{})
	sent := e.sentAll()
	d := deliver(&e.req, &e.resp, sent && e.req.keeps() && e.n.keepAlives.Load())
	now := time.Now()
	e.out = d.appendResponse(e.out[:0], &e.resp)
	if s := e.binding.sticky; s != nil && s.binds(e.binding.name != "", e.resp.fields) {
		e.out = s.appendCookies(e.out, e.n.value(s, e.route.target, now), now)
	}
	e.out = append(e.out, "\r\n"...)
	body := newBody(&b.in, &e.resp.framing, true)
	if d.bodyless {
		body.state = bodyDone
	}
	again := e.resp.keeps() && body.state != bodyClose && sent
	err = e.relay(&body, d)
	e.response, b.in.took = b.in.took, 0
	switch {
	case err == errClient:
		_ = b.conn.Close()
		return false, nil
	case err != nil:
		if d.untilClose && e.began {
			// Without a reset it would look like the end of the body.
			if tcp, ok := e.conn.(interface{ SetLinger(int) error }); ok {
				_ = tcp.SetLinger(0)
			}
		}
		return false, err
	case again && b.in.r == b.in.w && e.settle():
		e.route.target.pool.put(b, time.Now())
	default:
		_ = b.conn.Close()
	}
	return !d.close, nil
}

// settle takes the connection out of reach of who would end the request; false when
// somebody has.
func (e *exchange) settle() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.client.backend, e.client.target = nil, nil
	return e.why == whyNone
}

// errClient is the error of a client that does not take its answer.
var errClient = &refusal{StatusClientClosed, "the client does not take the answer"}

// relay hands the body of an answer on, piece by piece, behind the head in e.out.
func (e *exchange) relay(b *body, d delivery) error {
	for !b.done() {
		p, err := b.piece()
		switch {
		case err != nil:
			return err
		case len(p) > 0:
			e.out = appendChunk(e.out, p, d.chunked)
			if len(e.out) < largeBuffer {
				continue
			}
			if e.flushAnswer() != nil {
				return errClient
			}
		case !b.done():
			if e.flushAnswer() != nil {
				return errClient
			}
			_ = e.backend.conn.SetReadDeadline(time.Now().Add(e.n.patience()))
			if err := b.more(); err != nil {
				return err
			}
		}
	}
	if d.chunked && !d.bodyless {
		e.out = append(e.out, "0\r\n\r\n"...)
	}
	if e.flushAnswer() != nil {
		return errClient
	}
	return nil
}

func (e *exchange) flushAnswer() error {
	e.began = e.began || len(e.out) > 0
	return e.flush()
}
