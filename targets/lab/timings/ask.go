package timings

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"showdown/targets/cloud"
)

// client is a connection to a load balancer's node.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

// dial connects to a node as the lab's clients do.
func (s *stand) dial(ctx context.Context, address string) (*client, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(s.ClientSource())}}
	conn, err := d.DialContext(ctx, "tcp4", address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReader(conn)}, nil
}

// answer is what came back for a request.
type answer struct {
	status   int
	instance string
	cookies  []*http.Cookie
	took     time.Duration
}

// ask sends a request and waits for its answer until ctx ends.
func (c *client) ask(ctx context.Context, cookies ...*http.Cookie) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://timings/", nil)
	if err != nil {
		return answer{}, err
	}
	for _, k := range cookies {
		r.AddCookie(k)
	}
	defer context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })()
	began := time.Now()
	if err := r.Write(c.conn); err != nil {
		return answer{}, err
	}
	resp, err := http.ReadResponse(c.in, r)
	if err != nil {
		return answer{}, err
	}
	a := answer{resp.StatusCode, resp.Header.Get("X-Instance"), resp.Cookies(), time.Since(began)}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return a, err
}

// once asks a node over a connection of its own.
func (s *stand) once(ctx context.Context, address string) (answer, error) {
	c, err := s.dial(ctx, address)
	if err != nil {
		return answer{}, err
	}
	defer c.conn.Close()
	return c.ask(ctx)
}

// expect is once for an answer that has to have a status.
func (s *stand) expect(ctx context.Context, address string, status int) (answer, error) {
	a, err := s.once(ctx, address)
	if err == nil && a.status != status {
		err = fmt.Errorf("status %d, not %d", a.status, status)
	}
	return a, err
}

// silent is how long a node keeps a connection whose client says nothing.
func (s *stand) silent(ctx context.Context, address string) (time.Duration, error) {
	began := time.Now()
	c, err := s.dial(ctx, address)
	if err != nil {
		return 0, err
	}
	defer c.conn.Close()
	defer context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := c.conn.Read(make([]byte, 1)); err == nil {
		return 0, fmt.Errorf("the node answered what was not asked")
	}
	return time.Since(began), context.Cause(ctx)
}

// load is requests to the nodes of a load balancer in turn, as many a lab second as it
// is told.
type load struct {
	rate atomic.Int64
	wake chan struct{}
}

func newLoad(rate int64) *load {
	l := &load{wake: make(chan struct{}, 1)}
	l.rate.Store(rate)
	return l
}

// set changes the rate; 0 is none.
func (l *load) set(rate int64) {
	l.rate.Store(rate)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run sends until ctx ends. What fails is sent again over a new connection, later.
func (l *load) run(ctx context.Context, s *stand, balancer string) {
	nodes := s.nodesOf(balancer)
	clients := make([]*client, len(nodes))
	defer func() {
		for _, c := range clients {
			if c != nil {
				_ = c.conn.Close()
			}
		}
	}()
	epoch, rate := time.Now(), l.rate.Load()
	for k := 0; ctx.Err() == nil; {
		due := epoch.Add(time.Hour)
		if rate > 0 {
			due = epoch.Add(time.Duration(k) * time.Second / time.Duration(rate))
		}
		wait, cancel := context.WithDeadline(ctx, due)
		select {
		case <-l.wake:
			cancel()
			epoch, rate, k = time.Now(), l.rate.Load(), 0
			continue
		case <-wait.Done():
			cancel()
		}
		if ctx.Err() != nil {
			return
		}
		i := k % len(nodes)
		k++
		if clients[i] == nil {
			clients[i], _ = s.dial(ctx, nodes[i].Address)
		}
		if clients[i] == nil {
			continue
		}
		if _, err := clients[i].ask(ctx); err != nil {
			_ = clients[i].conn.Close()
			clients[i] = nil
		}
	}
}

// Commands to machines: refuse closes the listeners, fail answers 500.
var (
	refuse = cloud.Command{Verb: cloud.Refuse}
	fail   = cloud.Command{Verb: cloud.Errors, Share: 1, Status: http.StatusInternalServerError}
	// blackhole lets no packet be answered.
	blackhole = cloud.Command{Verb: cloud.Blackhole}
)

// off takes a command back.
func off(c cloud.Command) cloud.Command {
	c.Off = true
	return c
}
