package attack_test

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/attack"
)

// script is what a server does with a connection. The first request has been read.
type script func(c net.Conn, r *bufio.Reader)

// serve runs a server on an address of its own until the test ends. It does with
// each connection, from its first request on, what the script says, and then closes
// it. Its count is that of the connections.
func serve(t testing.TB, address string, do script) *server {
	t.Helper()
	return serveRaw(t, address, func(c net.Conn) {
		r := bufio.NewReader(c)
		if readRequest(r) == nil {
			do(c, r)
		}
	})
}

type server struct {
	Address  string
	listener net.Listener
	group    sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]bool
	accepted int
}

func (s *server) close() {
	s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.group.Wait()
}

func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

func readRequest(r *bufio.Reader) error {
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err
}

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"

// always answers every request of a connection with the same text.
func always(answer string) script {
	return func(c net.Conn, r *bufio.Reader) {
		for {
			io.WriteString(c, answer)
			if readRequest(r) != nil {
				return
			}
		}
	}
}

// hang never answers, until the client is tired of it.
func hang(c net.Conn, _ *bufio.Reader) { io.Copy(io.Discard, c) }

// unused is an address that refuses connections: below the ports that connections
// come from, so that none of them takes it meanwhile.
const unused = "127.0.0.9:1099"

func clock(t testing.TB, speed float64) showdown.Clock {
	t.Helper()
	c, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sink keeps every request.
type sink struct {
	mu   sync.Mutex
	hits []showdown.Hit
}

func (s *sink) add(hits []showdown.Hit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits = append(s.hits, hits...)
}

// all is the requests by number. They must be gapless.
func (s *sink) all(t testing.TB) []showdown.Hit {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]showdown.Hit, len(s.hits))
	for _, h := range s.hits {
		if h.Seq >= uint64(len(out)) {
			t.Fatalf("request number %d among %d", h.Seq, len(out))
		}
		if out[h.Seq] != (showdown.Hit{}) {
			t.Fatalf("request %d twice", h.Seq)
		}
		out[h.Seq] = h
	}
	return out
}

func counts(hits []showdown.Hit) map[showdown.Outcome]int {
	out := make(map[showdown.Outcome]int)
	for _, h := range hits {
		out[h.Outcome]++
	}
	return out
}

// play runs an attack from now to its end and returns its requests.
func play(t testing.TB, c attack.Config) []showdown.Hit {
	t.Helper()
	var s sink
	c.Sink = s.add
	if c.Clock == (showdown.Clock{}) {
		c.Clock = clock(t, 1)
	}
	a, err := attack.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	return s.all(t)
}

// steady is a traffic of one phase at speed 1.
func steady(profile showdown.Profile, clients int, rate float64, length time.Duration) showdown.Traffic {
	return showdown.Traffic{
		Clients: clients, Profile: profile, Timeout: 2 * showdown.Second,
		Phases: []showdown.Phase{{Name: "steady", Rate: rate, For: showdown.Duration(length)}},
	}
}

// runURL runs an attack on a URL to its end.
func runURL(t testing.TB, ctx context.Context, c attack.URLConfig) []showdown.Hit {
	t.Helper()
	var s sink
	c.Sink = s.add
	a, err := attack.NewURL(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	return s.all(t)
}

// serveRaw runs a server that does something with each connection from its start on.
func serveRaw(t testing.TB, address string, do func(net.Conn)) *server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Address: l.Addr().String(), listener: l, conns: make(map[net.Conn]bool)}
	s.group.Add(1)
	go func() {
		defer s.group.Done()
		s.accept(do)
	}()
	t.Cleanup(s.close)
	return s
}

func (s *server) accept(do func(net.Conn)) {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.accepted++
		s.mu.Unlock()
		s.group.Add(1)
		go func() {
			defer s.group.Done()
			defer c.Close()
			do(c)
		}()
	}
}

// discardLog is for servers whose complaints are expected.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
