package machine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"
	"time"

	"showdown/targets/cloud"
)

// defaultLook is how long a connection is waited for when the order does not say it.
const defaultLook = time.Second

// connect opens a connection from the machine's private address, asks for /healthz
// and says what it met within the order's delay.
func (m *machine) connect(ctx context.Context, c cloud.Command) (*cloud.Counters, error) {
	to, err := netip.ParseAddrPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("address %q: write it like 127.19.0.4:8080: %w", c.Address, err)
	}
	if c.Delay < 0 {
		return nil, fmt.Errorf("delay %s is negative", c.Delay)
	}
	if c.Delay == 0 {
		c.Delay = defaultLook
	}
	ctx, cancel := context.WithTimeout(ctx, c.Delay)
	defer cancel()
	return &cloud.Counters{Met: meet(ctx, m.config.Private, to.String())}, nil
}

// meet is what a connection from source to an address meets until ctx ends.
func meet(ctx context.Context, source, to string) string {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, KeepAlive: -1}
	d.SetMultipathTCP(false)
	c, err := d.DialContext(ctx, "tcp4", to)
	if err != nil {
		return metBy(err)
	}
	defer c.Close()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // looks come often, and their ports must not stay taken
	}
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: "+to+"\r\nConnection: close\r\n\r\n"); err != nil {
		return metBy(err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		return metBy(err)
	}
	_ = answer.Body.Close()
	return cloud.Answered
}

// metBy is what an error of a connection says about the other side. One that ended
// without an answer was refused by somebody who lives.
func metBy(err error) string {
	var late net.Error
	switch {
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH),
		errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EINVAL):
		return cloud.Unreachable
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.As(err, &late) && late.Timeout():
		return cloud.Silent
	}
	return cloud.Refused
}
