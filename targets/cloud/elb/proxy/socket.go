package proxy

import (
	"errors"
	"net"
	"syscall"
)

// errStale is the error of a connection whose end had arrived before anything was sent
// on it.
var errStale = errors.New("connection ended before the request was sent")

// asker is a connection that can look for its end, send, and receive the first bytes of
// the answer at once. used says that there is something to look for.
type asker interface {
	Ask(request, answer []byte, used bool) (int, error)
}

// ask is the same for every connection.
func ask(c net.Conn, request, answer []byte, used bool) (int, error) {
	if a, ok := c.(asker); ok {
		return a.Ask(request, answer, used)
	}
	if used && ended(c) {
		return 0, errStale
	}
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	return c.Read(answer)
}

// ErrStale is the error of an Ask on a connection whose end has arrived.
func ErrStale() error { return errStale }

// ended says whether the end of a connection has arrived on which nothing is expected: a
// byte that nobody asked for is one as well. The byte may be consumed.
func ended(c net.Conn) bool {
	if e, ok := c.(interface{ Ended() bool }); ok {
		return e.Ended()
	}
	return false
}

// gone says whether the peer of a connection has closed or reset it. What it has sent
// stays where it is. It is false where the system cannot be asked.
func gone(c net.Conn) bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	return err == nil && lookGone(raw)
}

// quick is c as a [Socket] where it is a plain connection, else c itself.
func quick(c net.Conn) net.Conn {
	if tcp, ok := c.(*net.TCPConn); ok {
		return NewSocket(tcp)
	}
	return c
}
