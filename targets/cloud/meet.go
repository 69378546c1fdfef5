package cloud

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
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

// Look is what a connection saw, beside what it met.
type Look struct {
	// Connected says that the connection was made, whatever became of the request.
	Connected bool `json:"connected,omitempty"`
	// Status is the HTTP status of an answer, and Body its beginning, 256 bytes at most.
	Status int    `json:"status,omitempty"`
	Body   string `json:"body,omitempty"`
	// Took is how long it took, from the SYN to the end of the answer.
	Took time.Duration `json:"took,omitempty"`
}

// lookedAt is how many bytes of a body a look keeps.
const lookedAt = 256

// healthPath is answered by every machine without work.
const healthPath = "/healthz"

// Meet is what a connection from the address source to "ip:port" meets until ctx ends:
// it asks for /healthz, which every machine answers without work, so that a connection
// which is accepted and never answered counts as [Silent].
func Meet(ctx context.Context, source, to string) string {
	met, _ := LookAt(ctx, source, to, healthPath)
	return met
}

// LookAt is [Meet] with a request for path, and what was seen beside; an empty path is
// /healthz.
func LookAt(ctx context.Context, source, to, path string) (met string, look Look) {
	start := time.Now()
	met = look.at(ctx, source, to, cmp.Or(path, healthPath))
	look.Took = time.Since(start)
	return met, look
}

func (l *Look) at(ctx context.Context, source, to, path string) (met string) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, KeepAlive: -1}
	d.SetMultipathTCP(false)
	c, err := d.DialContext(ctx, "tcp4", to)
	if err != nil {
		return metBy(err)
	}
	defer c.Close()
	l.Connected = true
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // looks come often, and their ports must not stay taken
	}
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	mark := ""
	if path == healthPath {
		mark = LookHeader + ": 1\r\n"
	}
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: "+to+"\r\n"+mark+"Connection: close\r\n\r\n"); err != nil {
		return metBy(err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		return metBy(err)
	}
	defer answer.Body.Close()
	// Who has sent the head of an answer lives; the rest says what it tells.
	body, _ := io.ReadAll(io.LimitReader(answer.Body, lookedAt))
	l.Status, l.Body = answer.StatusCode, string(body)
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
