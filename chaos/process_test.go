package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
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
func (l *countedLoad) send(ctx context.Context, to []lab.Endpoint) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Timeout: 5 * time.Second}
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
	if err := process.Supported(); err != nil {
		t.Skip(err)
	}
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	one, two := web("web-1"), web("web-2")
	two.ElasticIP, two.Zone = true, "us-east-1b"
	one.AppBoot, two.AppBoot = 2*showdown.Second, 2*showdown.Second
	s := &stand{
		t: t, clock: clock, load: &countedLoad{rate: 100}, kinds: make(chan showdown.EventKind, 1000),
		cell: showdown.Cell{
			Name: "base", Timeline: timeline,
			Topology: showdown.Topology{
				Instances: []showdown.Instance{one, two},
				HostedZone: &showdown.HostedZone{Name: "mine.com", Records: []showdown.RecordSet{
					{Name: "@", TTL: minute, Instances: []string{"web-1", "web-2"}},
					{Name: "one", TTL: minute, Instances: []string{"web-1"}},
				}},
			},
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

func TestEveryActionOnProcesses(t *testing.T) {
	const soon, while = showdown.Second, 20 * showdown.Second
	lasting := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.healing", "fault.undone"}
	atOnce := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone"}
	s := newStand(t)
	done := map[string]bool{}
	for _, c := range append([]processRow{
		{step: act("A", soon, "kill", "web-1", while), kinds: lasting, evidence: "connection refused"},
		{step: act("A", soon, "hang", "web-1", while), kinds: lasting, evidence: "connected, no answer"},
		{
			step: act("A", soon, "blackhole", "role:web", while), kinds: lasting, evidence: "new connection: no connection in",
			facts: func(f, _ map[string]any) bool {
				return f["web-1/established_silent"] == true && f["web-2/established_silent"] == true
			},
		},
		{
			step: act("A", soon, "slow", "web-2", while, "latency", "120ms"), kinds: lasting, evidence: "round trip",
			facts: func(f, _ map[string]any) bool { return f["round_trip_ms"].(float64) >= 120 },
		},
		{
			step: act("A", soon, "cpu-steal", "web-1", while, "share", "80%"), kinds: lasting, evidence: "speed 0.20 of full, 1.00 before",
			facts: func(f, _ map[string]any) bool { return f["service_ms"].(float64) >= 20 },
		},
		{
			step: act("A", soon, "error-500", "all", while), kinds: lasting, evidence: "8 of 8 answers were 500; on the health path 8 of 8",
			facts: func(f, _ map[string]any) bool { return f["share_500"] == 1.0 },
		},
		{
			step: act("A", minute, "spike", "", while, "factor", "4"), kinds: lasting, evidence: "requests/s received before", sent: true,
			facts: func(f, _ map[string]any) bool {
				ratio := f["rate"].(float64) / f["rate_before"].(float64)
				return ratio > 4*0.65 && ratio < 4*1.35
			},
		},
		{
			step: act("A", soon, "tell-clients", "", 0), kinds: atOnce, evidence: "web-2 is 127.",
			facts: func(f, _ map[string]any) bool { return f["addresses"] == 2 },
		},
		{
			step: act("A", soon, "stop-instance", "web-1", 90*showdown.Second), kinds: lasting, evidence: "DescribeInstances says stopped; ",
			facts: func(f, undone map[string]any) bool {
				return f["state"] == "stopped" && undone["address_after"] != f["address_before"] && undone["address_after"] != ""
			},
		},
		{
			step: act("A", soon, "stop-instance", "web-2", 90*showdown.Second), kinds: lasting, evidence: "DescribeInstances says stopped; ",
			facts: func(f, undone map[string]any) bool { return undone["address_after"] == f["address_before"] },
		},
		{
			step: act("A", soon, "resize-instance", "web-1", 0, "type", "m5.large"), kinds: append(slices.Clone(atOnce), "change.undoing", "change.undone"),
			evidence: "DescribeInstances says m5.large, running; answered 200",
			facts:    func(f, _ map[string]any) bool { return f["type_before"] == "t2.micro" && f["type_after"] == "m5.large" },
		},
		{
			step: act("A", soon, "modify-instance-type", "web-1", 0, "type", "m5.large"), kinds: atOnce, evidence: "IncorrectInstanceState",
			facts: func(f, _ map[string]any) bool {
				return f["code"] == "IncorrectInstanceState" && f["type_after"] == "t2.micro" && f["accepted"] == false
			},
		},
	}, processRows(examples())...) {
		done[c.step.Do] = true
		t.Run(c.step.Do+" "+string(c.step.Target), func(t *testing.T) {
			s := s.again(t, c.step)
			if c.sent {
				ctx, stop := context.WithCancel(t.Context())
				var sending sync.WaitGroup
				defer sending.Wait()
				defer stop()
				sending.Go(func() { s.load.send(ctx, s.lab.Endpoints()) })
			}
			e := s.experiment()
			if held, err := e.Steady(t.Context(), "before"); !held || err != nil {
				t.Fatalf("steady %t, %v", held, err)
			}
			if err := e.Run(t.Context(), zero()); err != nil {
				t.Fatal(err)
			}
			s.finish(e)
			events, kinds := s.of("A")
			if !slices.Equal(kinds, c.kinds) {
				t.Errorf("events %v, want %v", kinds, c.kinds)
			}
			var confirmed, undone map[string]any
			for _, ev := range events {
				facts, _ := ev.Data["facts"].(map[string]any)
				switch ev.Kind {
				case showdown.FaultConfirmed, showdown.FaultUnconfirmed:
					confirmed = facts
					if got := ev.Data["evidence"].(string); !strings.Contains(got, c.evidence) {
						t.Errorf("evidence %q, want %q in it", got, c.evidence)
					}
				case showdown.FaultUndone:
					undone = facts
				case showdown.FaultFailed, showdown.FaultNotUndone:
					t.Errorf("%s: %v, %v", ev.Kind, ev.Data["error"], ev.Data["evidence"])
				}
			}
			if c.facts != nil && confirmed != nil && !c.facts(confirmed, undone) {
				t.Errorf("facts %v, then %v", confirmed, undone)
			}
		})
	}
	for name := range deeds() {
		// Starting what was stopped is a test of its own.
		if !done[name] && name != "start-instance" {
			t.Errorf("%s was not tried: give it an example", name)
		}
	}
}

// processRow is an action played on processes.
type processRow struct {
	step     showdown.Step
	kinds    []string
	evidence string
	facts    func(confirmed, undone map[string]any) bool
	sent     bool // the traffic is
}

func TestStartByHandOnProcesses(t *testing.T) {
	s := newStand(t, act("A", showdown.Second, "stop-instance", "web-1", 0), act("B", 80*showdown.Second, "start-instance", "web-1", 0))
	e := s.experiment()
	if err := e.Run(t.Context(), zero()); err != nil {
		t.Fatal(err)
	}
	events, _ := s.of("A")
	if last := events[len(events)-1]; last.Kind != showdown.FaultUndone || last.Data["by"] != "B" {
		t.Errorf("the stop ended with %s %v", last.Kind, last.Data)
	}
	for _, ev := range events {
		facts, _ := ev.Data["facts"].(map[string]any)
		if ev.Kind == showdown.FaultConfirmed && facts["state"] != "stopped" {
			t.Errorf("facts %v", facts)
		}
	}
	events, _ = s.of("B")
	facts, _ := events[len(events)-1].Data["facts"].(map[string]any)
	if facts["address_before"] == facts["address_after"] || facts["address_before"] == "" {
		t.Errorf("addresses %v and %v", facts["address_before"], facts["address_after"])
	}
	s.finish(e)
}

// The process that hangs is killed by somebody else: nothing is left to resume, and
// the roll back says so.
func TestProcessDiesWhileItHangs(t *testing.T) {
	s := newStand(t, act("A", showdown.Second, "hang", "web-1", 0))
	e := s.experiment()
	if err := e.Run(t.Context(), zero()); err != nil {
		t.Fatal(err)
	}
	m, ok := s.lab.Machine("web-1")
	if !ok {
		t.Fatal("no machine")
	}
	victim, err := os.FindProcess(m.Identity().PID)
	if err == nil {
		err = victim.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	<-m.Done()
	if err := e.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	events, _ := s.of("A")
	last := events[len(events)-1]
	if evidence, _ := last.Data["evidence"].(string); last.Kind != showdown.FaultUndone || !strings.Contains(evidence, "is gone, and the fault with it") {
		t.Errorf("it ended with %s %v", last.Kind, last.Data)
	}
}

// A run is cancelled in the middle of an operation, and with faults in place.
func TestCancelOnProcesses(t *testing.T) {
	s := newStand(t,
		act("A", showdown.Second, "resize-instance", "web-1", 0, "type", "m5.large"),
		act("B", showdown.Second, "blackhole", "web-2", 0),
		act("C", 2*showdown.Second, "slow", "web-2", 0),
	)
	e := s.experiment()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx, zero()) }()
	s.await(showdown.FaultConfirmed)
	cancel()
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Errorf("run returned %v", err)
	}
	s.finish(e)
}
