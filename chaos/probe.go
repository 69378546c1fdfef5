package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"showdown/targets/apps/clock"
	"showdown/targets/cloud"
)

// healthPath is answered by every instance without work, so that looking costs no
// capacity.
const healthPath = "/healthz"

// bodyKept is how many bytes of an answer's body a look keeps.
const bodyKept = 256

// Sighting is what a probe met at an address.
type Sighting string

// The sightings.
const (
	// Answered is an HTTP answer, whatever its status.
	Answered Sighting = "answered"
	// Refused is a connection that was refused.
	Refused Sighting = "refused"
	// Reset is a connection that ended before the answer.
	Reset Sighting = "reset"
	// Unreachable is a connection that was not made in time: no packet came back.
	Unreachable Sighting = "unreachable"
	// Silent is a connection that was made, or was open, and gave no answer in time.
	Silent Sighting = "silent"
	// Nowhere is an instance without an address to look at.
	Nowhere Sighting = "nowhere"
	// Unseen is an instance that only machines of the lab could look at, and none did.
	Unseen Sighting = "unseen"
)

// Sight is one look of a probe.
type Sight struct {
	Saw Sighting
	// Status is the HTTP status of an answer.
	Status int
	// Instance is the instance that says it answered; empty where none does.
	Instance string
	// Body is the beginning of an answer's body, 256 bytes at most.
	Body string
	// Took is how long the look took.
	Took time.Duration
	// Err is what the socket said where there was no answer.
	Err error
}

// Good says that the look met a healthy answer.
func (s Sight) Good() bool { return s.Saw == Answered && s.Status == http.StatusOK }

// worked says that the instance did the work of a request, be the answer an error:
// 503 is said before it.
func (s Sight) worked() bool { return s.Saw == Answered && s.Status != http.StatusServiceUnavailable }

// answered says that the process behind the instance answers, whatever it says.
func (s Sight) answered() bool { return s.Saw == Answered }

// String is the look in a few words, for evidence: "connection refused".
func (s Sight) String() string {
	took := s.Took.Round(100 * time.Microsecond)
	switch s.Saw {
	case Answered:
		return fmt.Sprintf("answered %d in %s", s.Status, took)
	case Refused:
		return "connection refused"
	case Reset:
		return "connection ended without an answer"
	case Unreachable:
		return fmt.Sprintf("no connection in %s", took)
	case Silent:
		return fmt.Sprintf("connected, no answer in %s", took)
	case Nowhere:
		return "no public address"
	case Unseen:
		return "no node of a load balancer could look at it"
	default:
		return "not looked at yet"
	}
}

// prober looks at instances from outside.
type prober interface {
	// look asks for path over a new connection.
	look(ctx context.Context, address, path string, patience patience) Sight
	// open makes a connection that has carried a request, to be asked again later.
	open(ctx context.Context, address string, patience patience) (connection, Sight)
}

// connection is an open connection of a probe.
type connection interface {
	// ask sends one more request over the connection.
	ask(path string, answer time.Duration) Sight
	close()
}

// patience is how long a probe waits for a connection and for an answer.
type patience struct{ connect, answer time.Duration }

// tcpProbe looks with sockets of its own: no pool, no retry, one connection a look.
type tcpProbe struct {
	// source is the address that connections come from; empty leaves it to the system.
	source string
}

func (p tcpProbe) look(ctx context.Context, address, path string, wait patience) Sight {
	start := time.Now()
	conn, s := p.dial(ctx, address, wait.connect)
	if conn == nil {
		return s
	}
	defer conn.close()
	stop := context.AfterFunc(ctx, func() { conn.Conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	s = conn.request(path, true, wait.answer)
	s.Took = time.Since(start)
	return s
}

func (p tcpProbe) open(ctx context.Context, address string, wait patience) (connection, Sight) {
	conn, s := p.dial(ctx, address, wait.connect)
	if conn == nil {
		return nil, s
	}
	if s = conn.ask(healthPath, wait.answer); s.Saw != Answered {
		conn.close()
		return nil, s
	}
	return conn, s
}

func (p tcpProbe) dial(ctx context.Context, address string, wait time.Duration) (*tcpConnection, Sight) {
	if address == "" {
		return nil, Sight{Saw: Nowhere}
	}
	start := time.Now()
	// Keep-alive packets would be answered by the kernel of a frozen process and say
	// nothing here.
	dialer := net.Dialer{Timeout: wait, KeepAlive: -1}
	if p.source != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(p.source)}
	}
	conn, err := dialer.DialContext(ctx, "tcp4", address)
	if err != nil {
		return nil, Sight{Saw: sighting(err, Unreachable), Took: time.Since(start), Err: err}
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// A probe comes and goes often; without this its ports stay taken for a minute.
		_ = tcp.SetLinger(0)
	}
	return &tcpConnection{Conn: conn, reader: bufio.NewReaderSize(conn, 1024), host: address}, Sight{}
}

type tcpConnection struct {
	net.Conn
	reader *bufio.Reader
	host   string
}

func (c *tcpConnection) ask(path string, answer time.Duration) Sight {
	return c.request(path, false, answer)
}

func (c *tcpConnection) close() { _ = c.Conn.Close() }

func (c *tcpConnection) request(path string, last bool, answer time.Duration) Sight {
	start := time.Now()
	saw := func(err error) Sight {
		return Sight{Saw: sighting(err, Silent), Took: time.Since(start), Err: err}
	}
	if err := c.Conn.SetDeadline(start.Add(answer)); err != nil {
		return saw(err)
	}
	text := "GET " + path + " HTTP/1.1\r\nHost: " + c.host + "\r\nUser-Agent: showdown-probe\r\n"
	if path == healthPath {
		text += cloud.LookHeader + ": 1\r\n" // a load balancer's node answers it itself
	}
	if last {
		text += "Connection: close\r\n"
	}
	if _, err := io.WriteString(c.Conn, text+"\r\n"); err != nil {
		return saw(err)
	}
	answered, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return saw(err)
	}
	defer answered.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answered.Body, bodyKept))
	if err == nil {
		_, err = io.Copy(io.Discard, answered.Body)
	}
	if err != nil {
		return saw(err)
	}
	return Sight{
		Saw: Answered, Status: answered.StatusCode, Body: string(body), Took: time.Since(start),
		Instance: answered.Header.Get(clock.InstanceHeader),
	}
}

// sighting sorts an error of a socket; late is what a deadline means at this point.
func sighting(err error, late Sighting) Sighting {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return late
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return Unreachable
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return late
	}
	return Reset
}

// address is the place of an instance's application.
func address(ip string, port int) string {
	if ip == "" {
		return ""
	}
	return net.JoinHostPort(ip, strconv.Itoa(port))
}
