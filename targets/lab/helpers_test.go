package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"testing"
	"time"
)

// eventually waits until a condition holds: how soon depends on the machine, that it
// does must not.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// connection is an open connection that has carried a request.
type connection struct{ conn net.Conn }

func dial(t *testing.T, l *Lab, address string) connection {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(l.ClientSource())}, Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := connection{conn}
	if err := c.ask(); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask sends a request over the connection and reads its answer.
func (c connection) ask() error {
	if _, err := fmt.Fprintf(c.conn, "GET / HTTP/1.1\r\nHost: lab\r\n\r\n"); err != nil {
		return err
	}
	if err := c.conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c.conn), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// ended is nil when the other side has ended the connection.
func (c connection) ended() error {
	if err := c.conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	var timeout net.Error
	n, err := c.conn.Read(make([]byte, 1))
	if err == nil || n > 0 || errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("it is open: read %d bytes, %w", n, err)
	}
	return nil
}

func cents(usd float64) int { return int(math.Round(usd * 100)) }
