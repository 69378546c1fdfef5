package elb

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
)

// noHost is a request that every server has to answer with 400 itself (RFC 9112, section
// 3.2): it asks the node, and not a target behind it, which may hang while the node is
// fine. In the node's counters it is such an error.
const noHost = "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"

// look says whether the node at "ip:port" lives.
func (c Config) look(ctx context.Context, address string) bool {
	if c.Look != nil {
		return c.Look(ctx, address)
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(c.Source)}, KeepAlive: -1}
	d.SetMultipathTCP(false)
	conn, err := d.DialContext(ctx, "tcp4", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // looks come often, and their ports must not stay taken
	}
	if _, err := io.WriteString(conn, noHost); err != nil {
		return false
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // it has said what was asked
	return true
}
