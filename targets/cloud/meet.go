package cloud

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

// What a connection meets.
const (
	// Answered is an HTTP answer.
	Answered = "answered"
	// Refused is a connection that was refused, or ended without an answer.
	Refused = "refused"
	// Silent is a SYN, or a request on an open connection, that nothing answered in time.
	Silent = "silent"
	// Unreachable is an address to which no packet can be sent.
	Unreachable = "unreachable"
)

// LookHeader marks a request of the lab itself, which looks whether somebody lives at an
// address. A load balancer's node passes every request on to its targets, /healthz too,
// and has no path of its own that says how it is; a request with this header it answers
// itself, so that targets that hang do not look like a dead node. Others do not heed it.
const LookHeader = "X-Showdown-Look"

// Meet is what a connection from the address source to "ip:port" meets until ctx ends:
// it asks for /healthz, which every machine answers without work, so that a connection
// which is accepted and never answered counts as [Silent].
func Meet(ctx context.Context, source, to string) string {
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
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: "+to+"\r\n"+LookHeader+": 1\r\nConnection: close\r\n\r\n"); err != nil {
		return metBy(err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		return metBy(err)
	}
	_ = answer.Body.Close()
	return Answered
}

// metBy is what an error of a connection says about the other side. One that ended
// without an answer was refused by somebody who lives.
func metBy(err error) string {
	var late net.Error
	switch {
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH),
		errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EINVAL):
		return Unreachable
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.As(err, &late) && late.Timeout():
		return Silent
	}
	return Refused
}
