package proxy

import "syscall"

// bindAddressNoPort is IP_BIND_ADDRESS_NO_PORT of <linux/in.h>.
const bindAddressNoPort = 24

// bindLate lets the kernel choose the source port when the connection is made: a port is
// then taken for one target only.
func bindLate(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, bindAddressNoPort, 1)
	})
	if err != nil {
		return err
	}
	return set
}
