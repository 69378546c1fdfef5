package chaos

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"showdown"
)

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
			s := s.again(t, append(slices.Clone(c.beside), c.step)...)
			if c.sent {
				ctx, stop := context.WithCancel(t.Context())
				var sending sync.WaitGroup
				defer sending.Wait()
				defer stop()
				sending.Go(func() { s.load.send(ctx, s.lab.ClientSource(), s.lab.Endpoints()) })
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
	for _, x := range examples() {
		done[x.do] = done[x.do] || x.onlyFaked
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
	// beside are steps that are played too.
	beside []showdown.Step
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

// A sequence with real machines: what waits follows what really happens.
func TestSequenceOnProcesses(t *testing.T) {
	s := newStand(t,
		act("A", showdown.Second, "kill", "web-1", 40*showdown.Second),
		within("A", act("B", 10*showdown.Second, "slow", "web-2", 0, "latency", "40ms")),
		after("A", act("C", 10*showdown.Second, "hang", "web-1", 20*showdown.Second)),
		after("C", act("D", 0, "tell-clients", "", 0)),
	)
	e := s.experiment()
	if err := e.Run(t.Context(), zero()); err != nil {
		t.Fatal(err)
	}
	// Times are the wall clock's, so that only the order is asserted.
	place := map[string]int{}
	s.mu.Lock()
	for i, ev := range s.events {
		if strings.HasPrefix(string(ev.Kind), "fault.") {
			place[ev.Target+" "+string(ev.Kind)] = i + 1
		}
	}
	s.mu.Unlock()
	order := []string{
		"A fault.injected", "B fault.injecting", "B fault.confirmed", "B fault.healing", "A fault.healing", "A fault.undone",
		"C fault.injecting", "C fault.confirmed", "C fault.undone", "D fault.injecting", "D fault.undone",
	}
	for i := range order[1:] {
		if a, b := place[order[i]], place[order[i+1]]; a == 0 || b <= a {
			t.Errorf("%s (at %d) is not before %s (at %d)", order[i], a, order[i+1], b)
		}
	}
	if place["B fault.undone"] == 0 || place["A fault.confirmed"] == 0 {
		t.Errorf("events %v", place)
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
