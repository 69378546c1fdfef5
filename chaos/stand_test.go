package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/targets/backend/process"
	"showdown/targets/journal"
	"showdown/targets/lab"
)

// stand is a real lab on the process backend with what an experiment needs beside.
type stand struct {
	t       *testing.T
	clock   showdown.Clock
	cell    showdown.Cell
	lab     *lab.Lab
	backend *process.Backend
	journal *journal.Journal
	load    *countedLoad

	mu     sync.Mutex
	events []showdown.Event
	kinds  chan showdown.EventKind
}

// countedLoad is traffic that is only told, until it is sent.
type countedLoad struct {
	mu   sync.Mutex
	rate float64
	told []Endpoint
}

// send really sends it, to all instances in turn, until ctx ends.
func (l *countedLoad) send(ctx context.Context, source string, to []lab.Endpoint) {
	// From where the lab's clients are: the security groups let nobody else in.
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 100, DialContext: dialer.DialContext}, Timeout: 5 * time.Second,
	}
	defer client.CloseIdleConnections()
	var requests sync.WaitGroup
	defer requests.Wait()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	due, n, last := 0.0, 0, time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			l.mu.Lock()
			due += l.rate * now.Sub(last).Seconds()
			l.mu.Unlock()
			last = now
		}
		for ; due >= 1; due-- {
			n++
			url := "http://" + to[n%len(to)].Address + "/"
			requests.Go(func() {
				// Whether it is answered is not asked here.
				if r, err := client.Get(url); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					_ = r.Body.Close()
				}
			})
		}
	}
}

func (l *countedLoad) Spike(factor float64) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate *= factor
	return func() { l.mu.Lock(); defer l.mu.Unlock(); l.rate /= factor }
}

func (l *countedLoad) SetAddresses(e []Endpoint) { l.mu.Lock(); defer l.mu.Unlock(); l.told = e }

func newStand(t *testing.T, timeline ...showdown.Step) *stand {
	t.Helper()
	one, two := web("web-1"), web("web-2")
	two.ElasticIP, two.Zone = true, "us-east-1b"
	one.AppBoot, two.AppBoot = 2*showdown.Second, 2*showdown.Second
	one.SecurityGroups, two.SecurityGroups = []string{"front"}, []string{"back"}
	return newStandOf(t, showdown.Topology{
		Instances: []showdown.Instance{one, two},
		SecurityGroups: []showdown.SecurityGroup{
			{Name: "front", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}}},
			{Name: "back", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}, {From: "front"}}},
		},
		HostedZone: &showdown.HostedZone{Name: "mine.com", Records: []showdown.RecordSet{
			{Name: "@", TTL: minute, Instances: []string{"web-1", "web-2"}},
			{Name: "one", TTL: minute, Instances: []string{"web-1"}},
		}},
	}, timeline...)
}

// newStandOf is a stand with a topology of its own.
func newStandOf(t *testing.T, topology showdown.Topology, timeline ...showdown.Step) *stand {
	t.Helper()
	if err := process.Supported(); err != nil {
		t.Skip(err)
	}
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{
		t: t, clock: clock, load: &countedLoad{rate: 100}, kinds: make(chan showdown.EventKind, 1000),
		cell: showdown.Cell{
			Name: "base", Timeline: timeline, Topology: topology,
			Traffic: showdown.Traffic{Path: "/", Phases: []showdown.Phase{{Name: "all", For: 10 * minute}}},
		},
	}
	dir, err := journal.Dir()
	if err != nil {
		t.Fatal(err)
	}
	// The race detector lets a process sleep for a second before it ends, which would
	// be a minute of each stop here.
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	run := fmt.Sprintf("chaos-%s-%d", strings.ReplaceAll(t.Name(), "/", "-"), time.Now().UnixNano())
	if s.journal, err = journal.Open(dir, run); err != nil {
		t.Fatal(err)
	}
	// t.Context ends before the clean-up, which needs what it stands on.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(func() {
		cancel()
		if err := s.journal.Close(); err != nil {
			t.Error(err)
		}
	})
	s.backend, err = process.Start(ctx, process.Config{Command: []string{"/proc/self/exe", "spawner"}, Journal: s.journal, Mark: run})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.backend.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	s.up(ctx, run)
	services, stop := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- s.lab.Run(services) }()
	t.Cleanup(func() {
		err := s.lab.Down(ctx)
		stop()
		if err := errors.Join(err, <-ran); err != nil {
			t.Error(err)
		}
	})
	return s
}

// again is the same stand for another test, with another timeline and no events.
func (s *stand) again(t *testing.T, timeline ...showdown.Step) *stand {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t, s.cell.Timeline, s.events = t, timeline, nil
	return s
}

// up waits for a slot: tests of other packages, which run beside, take them too.
func (s *stand) up(ctx context.Context, run string) {
	s.t.Helper()
	for {
		l, err := lab.New(lab.Config{
			Run: run, Cell: s.cell, App: "clock", Work: 100, Clock: s.clock, Seed: 1,
			Backend: s.backend, Journal: s.journal, Emit: s.emit,
		})
		if err == nil {
			err = l.Up(ctx)
		}
		if err == nil {
			s.lab = l
			return
		}
		if !strings.Contains(err.Error(), "are taken by other labs") || !wait(ctx, 100*time.Millisecond) {
			s.t.Fatal(err)
		}
	}
}

func (s *stand) emit(e showdown.Event) {
	s.mu.Lock()
	s.events = append(s.events, e)
	s.mu.Unlock()
	if e.Target != "" {
		s.kinds <- e.Kind
	}
}

// await returns when an event of that kind has come.
func (s *stand) await(kind showdown.EventKind) {
	s.t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for {
		select {
		case k := <-s.kinds:
			if k == kind {
				return
			}
		case <-limit.C:
			s.t.Fatalf("waited in vain for %s", kind)
		}
	}
}

func (s *stand) of(letter string) (events []showdown.Event, kinds []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Target == letter {
			events, kinds = append(events, e), append(kinds, string(e.Kind))
		}
	}
	return events, kinds
}

func (s *stand) experiment() *Experiment {
	s.t.Helper()
	e, err := New(Config{
		Cell: s.cell, Clock: s.clock, Seed: 1, Lab: OnLab(s.lab), Load: s.load, Journal: s.journal,
		Fidelity: s.backend.Fidelity, Emit: s.emit, Source: s.lab.ClientSource(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// finish rolls back and fails unless the lab is again as it was.
func (s *stand) finish(e *Experiment) {
	s.t.Helper()
	if err := e.Rollback(s.t.Context()); err != nil {
		s.t.Error(err)
	}
	if held, err := e.Steady(s.t.Context(), "after"); !held || err != nil {
		s.t.Errorf("after the roll back: steady %t, %v", held, err)
	}
	for _, in := range s.lab.Instances() {
		if in.Type != in.Instance.Type {
			s.t.Errorf("%s is a %s after the roll back", in.Name, in.Type)
		}
	}
}

// zero leaves the preparation its time.
func zero() time.Time { return time.Now().Add(300 * time.Millisecond) }
