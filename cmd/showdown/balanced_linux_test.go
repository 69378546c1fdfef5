package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

// balancedStage is a name, a load balancer in two zones and an Auto Scaling group behind
// it; %s is its timeline and its claims. Its traffic takes four seconds at speed 60.
const balancedStage = `version: 1
journey: mine
stage: balanced
number: 1
title: A load balancer in two zones, and a group behind it
promise: a zone may fail
app: clock
work: 100
slo: {availability: 90%%, latency: 200ms}
cells:
  - name: base
    topology:
      security_groups:
        - {name: front, inbound: [{from: internet}]}
        - {name: back, inbound: [{from: front}]}
      load_balancers:
        - name: lb
          zones: [us-east-1a, us-east-1b]
          security_groups: [front]
          target_groups:
            - {name: web, deregistration_delay: 20s, health_check: {interval: 10s, timeout: 5s, healthy_threshold: 2}}
      auto_scaling_groups:
        - name: fleet
          template: {type: m5.large, private: true, app_boot: 1s, security_groups: [back]}
          min: 2
          max: 4
          desired: 2
          zones: [us-east-1a, us-east-1b]
          target_groups: [web]
          health_check: ELB
          grace_period: 20s
      hosted_zone:
        name: mine.example
        records: [{name: "@", alias: lb}]
    traffic:
      clients: 50
      profile: fresh
      host: "@"
      timeout: 30s
      phases: [{name: all, for: 4m, rate: 150}]
%s`

// zoneFailure is a zone that fails in a mode, for two of the four minutes.
func zoneFailure(mode string) string {
	return fmt.Sprintf("    timeline:\n      - {letter: Z, at: 20s, do: fail-az, for: 2m, with: {zone: us-east-1b, mode: %s}}\n", mode)
}

// lasting is the stage with traffic that lasts longer than anybody is waited for: what ends
// its run is the test, however late it looks.
func lasting(more string) string {
	return strings.Replace(fmt.Sprintf(balancedStage, more), "for: 4m", "for: 20m", 1)
}

// eventsOf are the events of a run, whose record must be whole.
func (p *program) eventsOf(dir string) []showdown.Event {
	p.t.Helper()
	events, whole, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
	if err != nil || !whole {
		p.t.Fatalf("events whole=%v, %v", whole, err)
	}
	return events
}

// TestBalancedStage plays a zone failure on the whole: users know one name, the node of
// the dead zone leaves its answer, the group replaces what was in it, and all of it is in
// the record.
func TestBalancedStage(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	const claims = `claims:
  - {id: x-well, text: the other zone serves, expect: 'confirmed("Z") and availability(during("Z")) > 50% and availability(since("Z", 100s, 120s)) > 90%'}
`
	p.start("run", p.file("balanced.yaml", fmt.Sprintf(balancedStage, zoneFailure("crash")+claims)), "--speed", "60", "--seed", "3", "--json")
	p.until(func() bool { return p.said(string(showdown.TrafficStarted)) })
	machines, listeners := p.processes("__machine"), p.listeners()
	if code := p.wait(); code != exitHeld {
		t.Errorf("exit code %d, want %d; it said:\n%s\n%s", code, exitHeld, p.stderr.String(), p.stdout.String())
	}
	if len(machines) != 4 {
		t.Errorf("%d machines, want two instances and two nodes", len(machines))
	}
	p.left("a balanced stage", listeners)
	found := map[string]int{}
	for _, e := range p.eventsOf(p.record()) {
		to, _ := e.Data["to"].(string)
		switch e.Kind {
		case showdown.BalancerNode:
			found[fmt.Sprintf("%s in the answer %v", e.Target, e.Data["in_dns"])]++
		case showdown.ScalingLifecycle:
			found[e.Target+" "+to]++
		case showdown.TargetHealth:
			found[e.Target+" "+to]++
		case showdown.ZoneCapacity:
			found[fmt.Sprintf("%s open %v", e.Target, e.Data["open"])]++
		case showdown.MachineLost, showdown.FaultUnconfirmed, showdown.FaultNotUndone, showdown.FaultFailed:
			found[string(e.Kind)]++
		}
	}
	for what, want := range map[string]int{
		"us-east-1b open false": 1, "us-east-1b open true": 1, "fleet-2 Terminating": 1, "fleet-3 Pending": 1, "fleet-3 InService": 1,
		"machine.lost": 0, "fault.unconfirmed": 0, "fault.not_undone": 0, "fault.failed": 0,
	} {
		if found[what] != want {
			t.Errorf("%s: %d times, want %d", what, found[what], want)
		}
	}
	// A check that a busy machine makes late may fail once more than the zone's failure asks for.
	for what, least := range map[string]int{
		"lb-1b in the answer true": 2, "lb-1b in the answer false": 1, "lb-1a in the answer true": 1, "fleet-2 unhealthy": 1,
	} {
		if found[what] < least {
			t.Errorf("%s: %d times, want %d at least", what, found[what], least)
		}
	}
}

// TestInterruptedInAZone ends a run while a zone is down, in every mode and while it comes
// back: it heals, the record is whole, and nothing is left.
func TestInterruptedInAZone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mode   string
		moment showdown.EventKind
	}{
		{"crash", showdown.FaultInjecting},
		{"crash", showdown.FaultConfirmed},
		{"hang", showdown.FaultConfirmed},
		{"blackhole", showdown.FaultConfirmed},
		{"blackhole", showdown.ScalingActivity}, // a replacement is under way
		{"crash, recovery: staggered, spacing: 1m", showdown.FaultHealing},
		{"hang, recovery: dirty, symptoms: 1m", showdown.FaultHealing},
	} {
		name := test.mode + " at " + string(test.moment)
		t.Run(name, func(t *testing.T) {
			p := newProgram(t)
			p.start("run", p.file("balanced.yaml", lasting(zoneFailure(test.mode))), "--speed", "60")
			p.until(func() bool { return p.said(string(test.moment)) })
			listeners := p.listeners()
			p.group(syscall.SIGINT)
			code := p.wait()
			p.left(name, listeners)
			checkInterrupted(t, p, code)
			checkWhole(t, p.record(), true)
			p.nothingToUndo(name)
		})
	}
}

// TestKilledInAZone kills the program itself there: its reverter ends the machines, also
// those that hang and those that nobody can reach, and the record can be read.
func TestKilledInAZone(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"crash", "hang", "blackhole"} {
		t.Run(mode, func(t *testing.T) {
			p := newProgram(t)
			p.start("run", p.file("balanced.yaml", lasting(zoneFailure(mode))), "--speed", "60")
			p.until(func() bool { return p.said(string(showdown.FaultConfirmed)) })
			listeners := p.listeners()
			if err := p.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if code := p.wait(); code != -1 {
				t.Errorf("exit code %d of a program that was killed", code)
			}
			p.left(mode, listeners)
			p.nothingToUndo(mode)
			s, err := analysis.Analyse(p.record())
			if err != nil {
				t.Fatal(err)
			}
			if s.Complete || s.Verdict != showdown.Unknown {
				t.Errorf("complete=%v, verdict %s", s.Complete, s.Verdict)
			}
		})
	}
}

// TestLostNode kills the process of a load balancer's node, which no fault did: the run
// says so and plays on, the control plane takes the node out of the answer, and nothing is
// held on the strength of it. Nobody starts it again: AWS replaces such a node, and when it
// does is not documented.
func TestLostNode(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	const claims = "claims:\n  - {id: x-1, text: it answers, expect: 'availability(whole()) > 10%'}\n"
	p.start("run", p.file("balanced.yaml", fmt.Sprintf(balancedStage, claims)), "--speed", "60", "--json")
	p.until(func() bool { return p.said(string(showdown.PhaseStarted)) })
	k := kill{program: p}
	nodes := k.nodes()
	if len(nodes) != 2 {
		t.Fatalf("%d nodes, want 2", len(nodes))
	}
	listeners := p.listeners()
	if err := syscall.Kill(nodes[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed, dir := time.Now(), p.record()
	// A run that the machine has disturbed as well is played once more, and then with both
	// nodes: what is looked at is the one in which the node was killed.
	if code := p.wait(); code != exitUnknown && p.record() == dir {
		t.Errorf("exit code %d, want %d; it said:\n%s", code, exitUnknown, p.stderr.String())
	}
	p.left("without a node", listeners)
	events := p.eventsOf(dir)
	at := func(kind showdown.EventKind, of string, data string, value any) time.Time {
		t.Helper()
		for _, e := range events {
			if e.Kind == kind && e.Target == of && e.At.After(killed.Add(-time.Second)) && (data == "" || e.Data[data] == value) {
				return e.At
			}
		}
		t.Fatalf("no %s of %s in the record", kind, of)
		return time.Time{}
	}
	lost := slices.IndexFunc(events, func(e showdown.Event) bool { return e.Kind == showdown.MachineLost })
	if lost < 0 {
		t.Fatal("the record has no event of it")
	}
	node := events[lost].Target
	if node != "lb-1a" && node != "lb-1b" {
		t.Errorf("the machine of %s was lost", node)
	}
	if events[lost].Cell != "base" {
		t.Errorf("it is said of the cell %q", events[lost].Cell)
	}
	if out := at(showdown.BalancerNode, node, "in_dns", false); out.Before(events[lost].At) {
		t.Errorf("%s left the answer before it was lost", node)
	}
	s, err := results.ReadSummary(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Complete || s.Verdict != showdown.Unknown || !strings.Contains(strings.Join(s.Reasons, "\n"), "the machine of "+node+" was lost at") {
		t.Errorf("complete=%v, verdict %s, reasons %q", s.Complete, s.Verdict, s.Reasons)
	}
	if s.LabSeconds < 3.9 {
		t.Errorf("the traffic ended after %.2f s, want 4: the run goes on", s.LabSeconds)
	}
}
