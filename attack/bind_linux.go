package attack

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// bindLate lets the kernel choose the source port when the connection is made and
// not when its address is bound: a port is then taken for one destination only, and
// 28,000 connections to each one are possible instead of 28,000 in all.
func bindLate(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	if err != nil {
		return err
	}
	return set
}
