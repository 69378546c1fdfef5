package proxy

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// overslept is how late a deadline must be noticed to be taken for a sleep of this process,
// and secondTry is how long a connection may take then.
const (
	overslept = 3 * time.Millisecond
	secondTry = lateness
)

// Dial connects from the address source, with a port that the kernel chooses for the
// destination alone. Probes of idle connections are off: their end is looked for before
// each use. Where this process slept over the deadline, it learns of that before it
// learns of the connection, so it tries again for a moment.
func Dial(ctx context.Context, source netip.Addr, address string) (*net.TCPConn, error) {
	c, err := dial(ctx, source, address)
	if end, ok := ctx.Deadline(); err != nil && ok && isTimeout(err) && time.Since(end) > overslept {
		again, cancel := context.WithTimeout(context.WithoutCancel(ctx), secondTry)
		defer cancel()
		return dial(again, source, address)
	}
	return c, err
}

func dial(ctx context.Context, source netip.Addr, address string) (*net.TCPConn, error) {
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
