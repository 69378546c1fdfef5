package proxy_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/elb/proxy"
)

// patience bounds every wait of a test that is expected to end at once.
const patience = 10 * time.Second

// origin is a target whose answers a test writes by hand. It keeps what it received.
type origin struct {
	t        testing.TB
	listener net.Listener
	name     string
	// serve answers one request; nil answers 200 with the target's name. It returns false
	// to close the connection.
	serve func(o *origin, c net.Conn, r *http.Request) bool

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	raw      []byte // all that came
	conns    map[net.Conn]bool
}

func newOrigin(t testing.TB, name string, serve func(*origin, net.Conn, *http.Request) bool) *origin {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &origin{t: t, listener: l, name: name, serve: serve, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			o.mu.Lock()
			o.conns[c] = true
			o.mu.Unlock()
			all.Go(func() { o.handle(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		o.hangUp()
		all.Wait()
	})
	return o
}

// hangUp closes all connections.
func (o *origin) hangUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for c := range o.conns {
		_ = c.Close()
	}
}

// tee keeps what a target receives.
type tee struct {
	net.Conn
	o *origin
}

func (c tee) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.o.mu.Lock()
	c.o.raw = append(c.o.raw, p[:n]...)
	c.o.mu.Unlock()
	return n, err
}

func (o *origin) handle(c net.Conn) {
	defer func() {
		_ = c.Close()
		o.mu.Lock()
		delete(o.conns, c)
		o.mu.Unlock()
	}()
	in := bufio.NewReader(tee{c, o})
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		o.mu.Lock()
		o.requests = append(o.requests, r)
		o.mu.Unlock()
		if o.serve != nil {
			if !o.serve(o, c, r) {
				return
			}
			continue
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		o.mu.Lock()
		o.bodies = append(o.bodies, string(body))
		o.mu.Unlock()
		text := o.name + " " + string(body)
		if _, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Instance: %s\r\n\r\n", len(text), o.name); err != nil {
			return
		}
		if r.Method != http.MethodHead {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

func (o *origin) address() string { return o.listener.Addr().String() }

// received is how many requests came, and all bytes.
func (o *origin) received() (int, string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.requests), string(o.raw)
}

func (o *origin) last() *http.Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.requests) == 0 {
		return nil
	}
	return o.requests[len(o.requests)-1]
}

// says is a target that answers every request with text and keeps the connection.
func says(text string) func(*origin, net.Conn, *http.Request) bool {
	return func(_ *origin, c net.Conn, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		_, err := io.WriteString(c, text)
		return err == nil
	}
}

// balancer is a configuration with one group, "web", of these targets, all healthy.
func balancer(origins ...*origin) cloud.Balancer {
	b := cloud.Balancer{
		Name: "web", Idle: 5 * time.Second, Connect: time.Second, Secret: "s",
		Listeners: []cloud.BalancerListener{{Port: 8080, Forward: []showdown.Forward{{TargetGroup: "web", Weight: 1}}}},
		Groups: []cloud.BalancerGroup{{
			Name: "web", Algorithm: showdown.RoundRobin, CrossZone: true,
			Check: cloud.BalancerCheck{
				Path: "/healthz", Interval: time.Hour, Timeout: time.Second,
				Healthy: 5, Unhealthy: 2, First: 1, Matcher: "200",
			},
		}},
	}
	for _, o := range origins {
		b.Groups[0].Targets = append(b.Groups[0].Targets, cloud.BalancerTarget{
			Name: o.name, Address: o.address(), Zone: "us-east-1a", Registered: time.Unix(1, 0), Known: true,
		})
	}
	return b
}

// running is a node that serves.
type running struct {
	*proxy.Node
	t       testing.TB
	address string

	mu    sync.Mutex
	notes []cloud.Note
	noted chan struct{}
}

func config(b cloud.Balancer) proxy.Config {
	return proxy.Config{
		Name: "web-1a", Zone: "us-east-1a", Private: "127.0.0.1", Speed: 60, Seed: 1, Balancer: b,
	}
}

func start(t testing.TB, b cloud.Balancer) *running { return startWith(t, config(b)) }

func startWith(t testing.TB, c proxy.Config) *running {
	t.Helper()
	r := &running{t: t, noted: make(chan struct{}, 1000)}
	c.Notify = func(n cloud.Note) {
		r.mu.Lock()
		r.notes = append(r.notes, n)
		r.mu.Unlock()
		r.noted <- struct{}{}
	}
	var err error
	if r.Node, err = proxy.New(c); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		// A test may be over before it has begun to run.
		if err := r.Run(ctx); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	all.Go(func() {
		if err := r.Serve(l, 8080); err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = r.Close()
		all.Wait()
		if n := r.Counters().ActiveConnections; n != 0 {
			t.Errorf("%d connections are counted as active after the end", n)
		}
	})
	return r
}

// errors asserts the node's own answers, by status.
func (r *running) errors(want map[int]uint64) {
	r.t.Helper()
	got := r.Counters().Errors
	for status := range got {
		if got[status] != want[status] {
			r.t.Errorf("the node counts %v own answers, want %v", got, want)
			return
		}
	}
	if len(got) != len(want) {
		r.t.Errorf("the node counts %v own answers, want %v", got, want)
	}
}

// eventually asks until there is no error any more.
func eventually(t testing.TB, ask func() error) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	end := time.After(patience)
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-end:
			t.Fatal(err)
		}
	}
}

// line is a client connection that a test speaks by hand.
type line struct {
	net.Conn
	t  testing.TB
	in *bufio.Reader
}

func (r *running) dial() *line {
	r.t.Helper()
	c, err := net.Dial("tcp4", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	r.t.Cleanup(func() { _ = c.Close() })
	return &line{Conn: c, t: r.t, in: bufio.NewReader(c)}
}

func (l *line) send(text string) {
	l.t.Helper()
	if _, err := io.WriteString(l.Conn, text); err != nil {
		l.t.Fatal(err)
	}
}

// answer reads one answer, for a request with that method.
func (l *line) answer(method string) (*http.Response, string, error) {
	r, err := http.ReadResponse(l.in, &http.Request{Method: method})
	if err != nil {
		return nil, "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return r, string(body), err
}

// must is an answer that must come whole with that status.
func (l *line) must(method string, status int) (*http.Response, string) {
	l.t.Helper()
	r, body, err := l.answer(method)
	if err != nil {
		l.t.Fatalf("no answer, want %d: %v", status, err)
	}
	if r.StatusCode != status {
		l.t.Fatalf("answer %d %q, want %d", r.StatusCode, body, status)
	}
	return r, body
}

// ends asserts that the connection ends without another byte.
func (l *line) ends() {
	l.t.Helper()
	if b, err := l.in.ReadByte(); err == nil {
		l.t.Fatalf("byte %q where the connection should end", b)
	} else if isTimeout(err) {
		l.t.Fatal("the connection stays open")
	}
}

func isTimeout(err error) bool {
	t, ok := err.(net.Error)
	return ok && t.Timeout()
}

// get asks over a new connection.
func (r *running) get(headers ...string) (*http.Response, string) {
	r.t.Helper()
	l := r.dial()
	defer l.Close()
	l.send("GET / HTTP/1.1\r\nHost: web\r\n" + strings.Join(headers, "") + "\r\n")
	answer, body, err := l.answer(http.MethodGet)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer, body
}

// spread is how many of n requests each target answers.
func (r *running) spread(n int, headers ...string) map[string]int {
	r.t.Helper()
	out := map[string]int{}
	for range n {
		a, _ := r.get(headers...)
		out[a.Header.Get("X-Instance")+" "+strconv.Itoa(a.StatusCode)]++
	}
	return out
}
