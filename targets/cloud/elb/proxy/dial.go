package proxy

import (
	"context"
	"net"
	"net/netip"
)

// Dial connects from the address source, with a port that the kernel chooses for the
// destination alone. Probes of idle connections are off: their end is looked for before
// each use.
func Dial(ctx context.Context, source netip.Addr, address string) (*net.TCPConn, error) {
	d := net.Dialer{KeepAlive: -1}
	d.SetMultipathTCP(false)
	if source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		d.Control = bindLate
	}
	c, err := d.DialContext(ctx, "tcp4", address)
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}
