//go:build unix

package attack

import (
	"io"
	"syscall"
	"time"
)

// exchanger is the state of an exchange on a plain connection. The look for its
// end, the send, and the wait for the first bytes of the answer happen in one
// visit to the network poller: a third of the cost of three calls on the
// connection.
type exchanger struct {
	request []byte
	sent    int
	looked  bool
	waiting bool
	failed  error
	step    func(fd uintptr) bool
}

func (c *conn) prepare() { c.step = c.stepOn }

// send sends request and receives the first bytes of the answer into c.answers.
func (c *conn) send(request []byte, deadline time.Time) error {
	if err := c.tcp.SetReadDeadline(deadline); err != nil {
		return err
	}
	if err := c.uncut(); err != nil {
		return err
	}
	c.request, c.sent, c.looked, c.waiting, c.failed = request, 0, !c.used, false, nil
	c.answers.r, c.answers.w = 0, 0
	err := c.raw.Read(c.step)
	c.request = nil
	switch {
	case c.failed != nil:
		return c.failed
	case err != nil:
		return err
	case !c.waiting:
		// The kernel did not take all at once.
		if err := c.tcp.SetWriteDeadline(deadline); err != nil {
			return err
		}
		if err := c.uncut(); err != nil {
			return err
		}
		_, err := c.tcp.Write(request[c.sent:])
		return err
	}
	return nil
}

// stepOn is called by the poller: first at once, then whenever there may be
// something to read. It says whether the visit is over.
//
// The poller forgets earlier readiness before the first call, so that an answer
// which arrives at any time after the send wakes the wait.
func (c *conn) stepOn(fd uintptr) bool {
	s := int(fd)
	if !c.looked {
		c.looked = true
		if ended(s, c.answers.buf[:1]) {
			c.failed = errStale
			return true
		}
	}
	if !c.waiting {
		n, err := write(s, c.request)
		switch {
		case err == nil && n == len(c.request):
			c.waiting = true
			return false
		case err == nil || err == syscall.EAGAIN:
			c.sent = max(n, 0)
		case c.used && (err == syscall.EPIPE || err == syscall.ECONNRESET):
			// The end came between the look and the send, which took nothing.
			c.failed = errStale
		default:
			c.failed = err
		}
		return true
	}
	n, err := read(s, c.answers.buf)
	switch {
	case err == syscall.EAGAIN:
		return false
	case err != nil:
		c.failed = err
	case n == 0:
		c.failed = io.EOF
	default:
		c.answers.w = n
	}
	return true
}

// ended says whether the connection's end has arrived. The deadline must lie ahead.
func (c *conn) ended() bool {
	var over bool
	err := c.raw.Read(func(fd uintptr) bool {
		over = ended(int(fd), make([]byte, 1))
		return true
	})
	return over || err != nil
}

// ended looks at a socket that nothing is expected on. Its end is one sign, and so
// is a byte that nobody asked for: after either the connection is not used again,
// which is why the byte may be consumed.
func ended(fd int, one []byte) bool {
	_, err := read(fd, one)
	return err != syscall.EAGAIN
}
