package chaos

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"showdown"
	"showdown/targets/cloud"
)

// frontal is a lab of processes whose first instance stands for a load balancer's node:
// its machine may connect to the other one, which the clients cannot reach.
type frontal struct {
	onLab
	mu     sync.Mutex
	closed map[string]bool
}

func (f *frontal) ZoneNames() []string { return []string{"us-east-1a", "us-east-1b"} }

func (f *frontal) gate(zone string, closed bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed[zone] = closed
	return nil
}
func (f *frontal) CloseZone(zone string) error { return f.gate(zone, true) }
func (f *frontal) OpenZone(zone string) error  { return f.gate(zone, false) }

func (f *frontal) TryLaunch(_ context.Context, zone string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed[zone] {
		return &Refusal{Operation: "RunInstances", Code: noCapacity}
	}
	return nil
}

func (f *frontal) Nodes() []Node {
	in, _ := f.Instance("web-1")
	return []Node{{Name: "lb-1a", Zone: in.Zone, Address: address(in.Public, cloud.Port), InDNS: true}}
}

func (f *frontal) RestartNode(ctx context.Context, _ string) error {
	return f.RestartMachine(ctx, "web-1")
}

func (f *frontal) CutZones(ctx context.Context, _, _ string) error {
	return f.Cut(ctx, "front", "back")
}

func (f *frontal) UncutZones(ctx context.Context, _, _ string) error {
	return f.Uncut(ctx, "front", "back")
}

func (f *frontal) NodeMachine(name string) (cloud.Machine, bool) {
	if name != "lb-1a" {
		return nil, false
	}
	return f.Machine("web-1")
}

// TestFromInsideOnProcesses: machines really look at one that keeps the clients out, and
// a zone of such machines really fails.
func TestFromInsideOnProcesses(t *testing.T) {
	s := newStand(t)
	if err := OnLab(s.lab).(onLab).Revoke(t.Context(), "back", showdown.FromInternet); err != nil {
		t.Fatal(err)
	}
	const soon, while = showdown.Second, 20 * showdown.Second
	zone := []string{"zone", "us-east-1b"}
	for _, c := range []struct {
		step     showdown.Step
		evidence string
	}{
		{act("A", soon, "kill", "web-2", while), "connection refused"},
		{act("A", soon, "hang", "web-2", while), "connected, no answer"},
		{act("A", soon, "blackhole", "web-2", while), "new connection from a node: no connection in"},
		{act("A", soon, "slow", "web-2", while, "latency", "120ms"), "round trip 12"},
		{act("A", soon, "error-500", "web-2", while), "8 of 8 answers were 500; on the health path 8 of 8"},
		{act("A", soon, "deep-failure", "web-2", while), "8 of 8 answers were 500; on the health path 0 of 8"},
		{act("A", soon, "fill-queue", "web-2", while), "5 of 5 answers were 503"},
		{act("A", soon, "packet-delay", "web-2", while), "new connection from a node: answered 200"},
		{act("A", soon, "clock-skew", "web-2", while), "it tells a time"},
		{act("A", soon, "cpu-steal", "web-2", while), "speed 0.20 of full"},
		{act("A", soon, "fail-az", "", while, zone...), "web-2 no connection in"},
		{act("A", soon, "fail-az", "", while, append(slices.Clone(zone), "mode", "hang")...), "web-2 connected, no answer in"},
		{act("A", soon, "fail-az", "", while, append(slices.Clone(zone), "mode", "crash", "recovery", "dirty", "symptoms", "30s")...), "web-2 connection refused; a launch in us-east-1b is refused: " + noCapacity},
		{act("A", soon, "az-slow", "", while, zone...), "web-2 20"},
		{act("A", soon, "cut-between-zones", "", while, "a", "us-east-1a", "b", "us-east-1b"), "lb-1a to web-2 silent"},
	} {
		t.Run(c.step.Do, func(t *testing.T) {
			s := s.again(t, c.step)
			front := &frontal{onLab: OnLab(s.lab).(onLab), closed: map[string]bool{}}
			// The groups are those of the lab after the change, which keeps the clients out.
			s.cell.Topology.LoadBalancers = []showdown.LoadBalancer{{Name: "lb", Zones: []string{"us-east-1a"}, SecurityGroups: []string{"front"}}}
			e, err := New(Config{
				Cell: s.cell, Clock: s.clock, Seed: 1, Lab: front, Load: s.load, Journal: s.journal,
				Fidelity: s.backend.Fidelity, Emit: s.emit, Source: s.lab.ClientSource(),
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Run(t.Context(), zero()); err != nil {
				t.Fatal(err)
			}
			if err := e.Rollback(t.Context()); err != nil {
				t.Error(err)
			}
			events, kinds := s.of("A")
			if !slices.Equal(kinds, lasting()) {
				t.Errorf("events %v", kinds)
			}
			for _, ev := range events {
				said, _ := ev.Data["evidence"].(string)
				if ev.Kind == showdown.FaultConfirmed && !strings.Contains(said, c.evidence) {
					t.Errorf("evidence %q, want %q in it", said, c.evidence)
				}
			}
			if held, err := e.Steady(t.Context(), "after"); !held || err != nil {
				t.Errorf("after the roll back: steady %t, %v", held, err)
			}
		})
	}
}
