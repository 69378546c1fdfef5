package proxy

import (
	"net"
	"syscall"
)

// ended says whether the end of a connection has arrived on which nothing is expected: a
// byte that nobody asked for is one as well. The byte may be consumed.
func ended(c net.Conn) bool {
	if e, ok := c.(interface{ Ended() bool }); ok {
		return e.Ended()
	}
	return Ended(c)
}

// Ended is the look at a plain connection. It is false where the system cannot be asked.
func Ended(c net.Conn) bool {
	raw := rawOf(c)
	return raw != nil && lookEnded(raw)
}

// gone says whether the peer of a connection has closed or reset it. What it has sent
// stays where it is. It is false where the system cannot be asked.
func gone(c net.Conn) bool {
	raw := rawOf(c)
	return raw != nil && lookGone(raw)
}

func rawOf(c net.Conn) syscall.RawConn {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
