//go:build unix

package proxy

import (
	"io"
	"net"
	"syscall"
)

// Socket is a TCP connection whose reads and writes say nothing to Go's scheduler. They
// never block, but on loopback the kernel delivers the bytes within the call, and the
// scheduler would take it for a long one and wake another thread, which costs more than
// the call. One goroutine reads and one writes.
type Socket struct {
	*net.TCPConn
	raw syscall.RawConn // nil where there is none: then it is the plain connection

	reads, writes, asks visit
}

// visit is a call on the socket while the poller lets it.
type visit struct {
	step func(fd uintptr) bool
	p    []byte
	n    int
	err  error
	// looked, sent and rest are the parts of an Ask that were done, and what is left of
	// its request.
	looked, sent bool
	rest         []byte
}

// NewSocket is c as a Socket.
func NewSocket(c *net.TCPConn) *Socket {
	s := &Socket{TCPConn: c}
	raw, err := c.SyscallConn()
	if err != nil {
		return s
	}
	s.raw = raw
	s.reads.step = s.reads.read
	s.writes.step = s.writes.write
	s.asks.step = s.asks.ask
	return s
}

// Read reads, and waits for something to be read.
func (s *Socket) Read(p []byte) (int, error) {
	if s.raw == nil || len(p) == 0 {
		return s.TCPConn.Read(p)
	}
	v := &s.reads
	v.p, v.n, v.err = p, 0, nil
	err := s.raw.Read(v.step)
	if err != nil && isTimeout(err) {
		err = s.lastLook(v, err)
	}
	v.p = nil
	if err != nil {
		return 0, err
	}
	return v.n, v.err
}

// lastLook takes what is there when the deadline has passed. A process that did not run
// for a while learns of the deadline before it learns of what came in time, and its own
// sleep is no silence of the other side.
func (s *Socket) lastLook(v *visit, timeout error) error {
	if err := s.raw.Control(func(fd uintptr) {
		if v.read(fd) {
			timeout = nil
		}
	}); err != nil {
		return err
	}
	return timeout
}

func (v *visit) read(fd uintptr) bool {
	n, err := sockRead(int(fd), v.p)
	switch {
	case err == syscall.EAGAIN:
		return false
	case err != nil:
		v.err = err
	case n == 0:
		v.err = io.EOF
	default:
		v.n = n
	}
	return true
}

// Write writes all of p, unless it fails.
func (s *Socket) Write(p []byte) (int, error) {
	if s.raw == nil || len(p) == 0 {
		return s.TCPConn.Write(p)
	}
	v := &s.writes
	v.p, v.n, v.err = p, 0, nil
	err := s.raw.Write(v.step)
	v.p = nil
	if err == nil {
		err = v.err
	}
	return v.n, err
}

func (v *visit) write(fd uintptr) bool {
	for v.n < len(v.p) {
		n, err := sockWrite(int(fd), v.p[v.n:])
		switch {
		case err == syscall.EAGAIN:
			return false
		case err != nil:
			v.err = err
			return true
		}
		v.n += n
	}
	return true
}

// Ask looks for the connection's end where used is set, sends request and receives the
// first bytes of the answer, in one visit to the poller. The error is that of
// [ErrStale] when nothing was sent because the end had arrived.
func (s *Socket) Ask(request, answer []byte, used bool) (int, error) {
	if s.raw == nil {
		if used && s.Ended() {
			return 0, errStale
		}
		if _, err := s.TCPConn.Write(request); err != nil {
			return 0, err
		}
		return s.TCPConn.Read(answer)
	}
	v := &s.asks
	v.p, v.n, v.err, v.looked, v.sent, v.rest = answer, 0, nil, !used, false, request
	err := s.raw.Read(v.step)
	if err != nil && v.sent && isTimeout(err) {
		err = s.lastLook(v, err)
	}
	v.p = nil
	rest := v.rest
	v.rest = nil
	switch {
	case err != nil && !v.looked:
		return 0, errStale // it was closed on this side
	case err != nil:
		return 0, err
	case v.err == syscall.EAGAIN: // the kernel did not take all at once
		if _, err := s.Write(rest); err != nil {
			return 0, err
		}
		return s.Read(answer)
	}
	return v.n, v.err
}

// ask is called by the poller: first at once, then whenever there may be something to
// read. The poller forgets earlier readiness before the first call, so that an answer
// which arrives at any time after the send wakes the wait.
func (v *visit) ask(fd uintptr) bool {
	if !v.looked {
		v.looked = true
		if _, err := sockRead(int(fd), v.p[:1]); err != syscall.EAGAIN {
			v.err = errStale
			return true
		}
	}
	if v.sent {
		return v.read(fd)
	}
	n, err := sockWrite(int(fd), v.rest)
	switch {
	case err == nil && n == len(v.rest):
		v.sent = true
		return false
	case err == nil || err == syscall.EAGAIN:
		v.rest, v.err = v.rest[max(n, 0):], syscall.EAGAIN
	default:
		v.err = err
	}
	return true
}

// Ended says whether the connection's end has arrived, or a byte that nobody asked for;
// that byte may be consumed.
func (s *Socket) Ended() bool {
	if s.raw == nil {
		return false
	}
	over := false
	var one [1]byte
	err := s.raw.Control(func(fd uintptr) {
		_, err := sockRead(int(fd), one[:])
		over = err != syscall.EAGAIN
	})
	return over || err != nil
}

func lookGone(raw syscall.RawConn) bool {
	over := false
	var one [1]byte
	err := raw.Control(func(fd uintptr) {
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		over = err == nil && n == 0 || err != nil && err != syscall.EAGAIN && err != syscall.EINTR
	})
	return over || err != nil
}
