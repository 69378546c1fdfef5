package machine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"showdown/targets/cloud"
)

// statuses counts what n requests to path are answered, over connections of their own.
func (m *target) statuses(path string, n int) map[int]int {
	m.t.Helper()
	got := map[int]int{}
	for range n {
		r, err := m.get(path)
		if err != nil {
			m.t.Fatal(err)
		}
		got[r.StatusCode]++
	}
	return got
}

// Without Deep a process is broken all through, with it behind a health path that
// stays fine; the two are turned on and off by themselves.
func TestErrorsPlainAndDeep(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	plain, deep := cloud.Command{Verb: cloud.Errors, Share: 1}, cloud.Command{Verb: cloud.Errors, Share: 1, Status: 503, Deep: true}
	off := func(c cloud.Command) cloud.Command { c.Off = true; return c }
	const n = 5
	for _, c := range []struct {
		name         string
		do           cloud.Command
		path, health int // the status of every answer
	}{
		{"deep", deep, 503, 200},
		{"plain over deep", plain, 500, 500},
		{"plain alone", off(deep), 500, 500},
		{"deep over plain", deep, 500, 500},
		{"deep alone", off(plain), 503, 200},
		{"neither", off(deep), 200, 200},
	} {
		web.do(c.do)
		if path, health := web.statuses("/", n), web.statuses("/healthz", n); path[c.path] != n || health[c.health] != n {
			t.Errorf("%s: %v, and %v on the health path; want %d and %d", c.name, path, health, c.path, c.health)
		}
	}
	// Half of the health checks fail as half of the requests do.
	web.do(cloud.Command{Verb: cloud.Errors, Share: 0.5})
	const many = 100 // a half of it lies outside 25 to 75 once in 10^6, and the seed is fixed
	if got := web.statuses("/healthz", many); got[500] < 25 || got[500] > 75 || got[200]+got[500] != many {
		t.Errorf("half of %d: %v", many, got)
	}
	if c := web.do(cloud.Command{Verb: cloud.Stats}); c.Requests != 6*n || c.Errors != 5*n {
		t.Errorf("counters %+v: health checks are neither requests nor errors", c)
	}
}

func TestFill(t *testing.T) {
	s := newSite(t)
	c := s.config("web-1", 0)
	c.Capacity.Credits = &cloud.Credits{Baseline: 0.1, Max: 144, Earned: 10}
	c.Capacity.VCPUs, c.Capacity.Iterations, c.Capacity.Work, c.Capacity.Queue = 1, 1000, 400, 10 // 400 ms a request
	web := s.start(c)
	early := web.mustDial()
	if err := early.send(); err != nil {
		t.Fatal(err)
	}
	for web.do(cloud.Command{Verb: cloud.Stats}).Requests == 0 { // until it has its place
	}
	before := web.do(cloud.Command{Verb: cloud.Stats})
	for range 2 { // filling twice is filling once
		web.do(cloud.Command{Verb: cloud.Fill})
	}
	if path, health := web.statuses("/", 20), web.statuses("/healthz", 5); path[503] != 20 || health[200] != 5 {
		t.Errorf("%v, and %v on the health path", path, health)
	}
	if status, err := early.receive(patience); err != nil || status != 200 {
		t.Errorf("the request that had its place: %d, %v", status, err)
	}
	after := web.do(cloud.Command{Verb: cloud.Stats})
	// Credits are AWS minutes of the CPU, and 0.4 s are 0.4 minutes at speed 60.
	if spent := 10 - after.Balance; after.Rejected-before.Rejected != 20 || after.Busy > 0.401 || spent > 0.401 {
		t.Errorf("counters %+v, want 20 rejected and what one request takes", after)
	}
	web.do(cloud.Command{Verb: cloud.Fill, Off: true})
	web.mustAnswer()
}

// trip is how long a request over l takes.
func (m *target) trip(l *link) time.Duration {
	m.t.Helper()
	at := time.Now()
	m.mustAsk(l)
	return time.Since(at)
}

func TestLag(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	open, idle := web.mustDial(), web.mustDial()
	web.mustAsk(open)
	const delay = 100 * time.Millisecond
	web.do(cloud.Command{Verb: cloud.Lag, Delay: delay})
	for name, l := range map[string]*link{"carried a request": open, "had carried none": idle} {
		if d := web.trip(l); d < 2*delay || d > 20*delay {
			t.Errorf("a connection that was open and %s: %s, want twice %s", name, d, delay)
		}
	}
	// A new one waits for its handshake too, but once.
	fresh := web.mustDial()
	if d := web.trip(fresh); d < 4*delay || d > 40*delay {
		t.Errorf("a new connection: %s, want four times %s", d, delay)
	}
	if d := min(web.trip(fresh), web.trip(fresh)); d < 2*delay || d > 4*delay {
		t.Errorf("its next request: %s, want twice %s", d, delay)
	}
	// Requests are on their way side by side.
	const several = 20
	at := time.Now()
	for range several {
		if err := open.send(); err != nil {
			t.Fatal(err)
		}
	}
	for range several {
		if status, err := open.receive(patience); err != nil || status != 200 {
			t.Fatalf("%d, %v", status, err)
		}
	}
	if d := time.Since(at); d < 2*delay || d > several*delay {
		t.Errorf("%d requests in a row took %s", several, d)
	}
	// What is on its way at the end comes at once, on every connection.
	web.do(cloud.Command{Verb: cloud.Lag, Delay: time.Hour})
	ends := []*link{open, idle, fresh, web.mustDial()}
	for _, l := range ends {
		if err := l.send(); err != nil {
			t.Fatal(err)
		}
	}
	web.do(cloud.Command{Verb: cloud.Lag, Off: true})
	for _, l := range ends {
		if status, err := l.receive(patience); err != nil || status != 200 {
			t.Errorf("afterwards: %d, %v", status, err)
		}
		best := patience
		for range 10 {
			best = min(best, web.trip(l))
		}
		if best > delay {
			t.Errorf("without lag a request still takes %s", best)
		}
	}
}

// Other faults lie over a lag as over anything.
func TestLagUnderOtherFaults(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	web.do(cloud.Command{Verb: cloud.Lag, Delay: 20 * time.Millisecond})
	open := web.mustDial()
	web.mustAsk(open)
	web.do(cloud.Command{Verb: cloud.Blackhole})
	if _, err := open.ask(silence); !timedOut(err) {
		t.Errorf("a blackhole over it: %v, want silence", err)
	}
	web.do(cloud.Command{Verb: cloud.Blackhole, Off: true})
	if status, err := open.receive(patience); err != nil || status != 200 {
		t.Errorf("afterwards: %d, %v", status, err)
	}
	web.do(cloud.Command{Verb: cloud.Reset})
	if _, err := open.ask(patience); !wasReset(err) {
		t.Errorf("a reset over it: %v", err)
	}
}

// A stop lets the answers arrive that are on their way.
func TestStopUnderLag(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	busy := web.mustDial()
	web.mustAsk(busy)
	web.do(cloud.Command{Verb: cloud.Lag, Delay: silence})
	if err := busy.send(); err != nil {
		t.Fatal(err)
	}
	for web.do(cloud.Command{Verb: cloud.Stats}).Requests < 2 { // until the request has arrived
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var stopping sync.WaitGroup
	defer stopping.Wait()
	stopping.Go(func() {
		if err := web.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if status, err := busy.receive(patience); err != nil || status != 200 {
		t.Errorf("the request in flight: %d, %v", status, err)
	}
}
