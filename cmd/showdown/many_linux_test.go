package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
)

// manyInstances are those of manyStage, and manyHit how many of them are a third by its
// selector: 33 %.
const manyInstances, manyHit = 100, 33

// manyStage has a hundred small instances in three zones, and clients that know all
// their addresses. The rate is low and the speed with it, so that two busy cores carry
// it with the race detector.
func manyStage() string {
	var b strings.Builder
	b.WriteString(`version: 1
journey: mine
stage: many
number: 1
title: A hundred instances, and a third of them killed
promise: nothing is left of any of them
app: clock
work: 22.258
speed: 6
slo: {availability: 50%, latency: 1s}
cells:
  - name: base
    topology:
      instances:
`)
	for i := range manyInstances {
		fmt.Fprintf(&b, "        - {name: web-%d, role: web, type: %s, zone: us-east-1%c, app_boot: 0s}\n",
			i+1, [2]string{"t2.micro", "t2.nano"}[i%2], "abc"[i%3])
	}
	b.WriteString(`    traffic:
      clients: 100
      profile: browser
      timeout: 60s
      phases: [{name: all, for: 30s, rate: 200}]
    timeline:
      - {letter: A, at: 9s, do: kill, target: '33% role:web', for: 6s}
claims:
  - {id: x-1, text: the others answer meanwhile, expect: 'availability(during("A")) > 50%'}
`)
	return b.String()
}

// TestManyMachines plays a stage on a hundred machines: all come up, a third of them is
// killed and comes back, and nothing is left of any.
func TestManyMachines(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("run", p.file("many.yaml", manyStage()), "--seed", "7", "--json")
	// Looking at so many takes a while, and must be over before the kill.
	p.until(func() bool { return p.said(string(showdown.LabUp)) })
	machines, listeners := p.processes("__machine"), p.listeners()
	// Each listens at its private address and at its public one.
	if len(machines) != manyInstances || len(listeners) < 2*manyInstances {
		t.Errorf("%d machines and %d listeners, want %d and two for each", len(machines), len(listeners), manyInstances)
	}
	if code := p.wait(); code != exitHeld {
		t.Errorf("exit code %d, want %d; it said:\n%s", code, exitHeld, p.stderr.String())
	}
	p.left("a hundred machines", listeners)
	checkMany(t, p)
}

// checkMany fails unless the record tells of every machine that was hit that it was
// seen dead and seen back.
func checkMany(t *testing.T, p *program) {
	t.Helper()
	events, complete, err := results.ReadEvents(filepath.Join(p.record(), results.EventsFile))
	if err != nil || !complete {
		t.Fatalf("events complete=%v, %v", complete, err)
	}
	kinds := map[showdown.EventKind]int{}
	listening := map[string]bool{}
	evidence := map[showdown.EventKind][]string{}
	for _, e := range events {
		kinds[e.Kind]++
		switch e.Kind {
		case showdown.InstanceListening:
			listening[e.Target] = true
		case showdown.FaultConfirmed, showdown.FaultUndone:
			text, _ := e.Data["evidence"].(string)
			evidence[e.Kind] = strings.Split(text, " | ")
			if targets, _ := e.Data["targets"].([]any); len(targets) != manyHit {
				t.Errorf("%s: %d targets, want %d", e.Kind, len(targets), manyHit)
			}
		case showdown.SteadyStateChecked:
			if e.Data["held"] != true {
				t.Errorf("the steady state %v did not hold: %v", e.Data["when"], e.Data["measured"])
			}
		}
	}
	for kind, want := range map[showdown.EventKind]int{
		showdown.FaultInjected: 1, showdown.FaultConfirmed: 1, showdown.FaultUndone: 1, showdown.SteadyStateChecked: 2,
		showdown.InstanceListening: manyHit, showdown.MachineLost: 0, showdown.FaultUnconfirmed: 0, showdown.FaultNotUndone: 0,
	} {
		if kinds[kind] != want {
			t.Errorf("%d times %s, want %d", kinds[kind], kind, want)
		}
	}
	for kind, want := range map[showdown.EventKind]string{
		showdown.FaultConfirmed: "connection refused", showdown.FaultUndone: "answered 200",
	} {
		seen := map[string]bool{}
		for _, text := range evidence[kind] {
			name, saw, _ := strings.Cut(text, ": ")
			seen[name] = strings.Contains(saw, want)
		}
		if len(seen) != manyHit {
			t.Errorf("%s: evidence of %d instances, want %d", kind, len(seen), manyHit)
		}
		for name, ok := range seen {
			if !ok || !listening[name] {
				t.Errorf("%s of %s: %q was seen=%v, it was started again=%v", kind, name, want, ok, listening[name])
			}
		}
	}
	s, err := results.ReadSummary(p.record())
	if err != nil {
		t.Fatal(err)
	}
	if !s.Complete || s.Verdict != showdown.Held {
		t.Errorf("complete=%v, verdict %s, reasons %q", s.Complete, s.Verdict, s.Reasons)
	}
}
