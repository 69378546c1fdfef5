package main

import (
	"path/filepath"
	"testing"

	"showdown"
	"showdown/results"
)

// groupsStage offers 1,200 requests/s in all: two groups.
const groupsStage = `version: 1
journey: mine
stage: groups
number: 1
title: Three cells, more than the machine carries at once
promise: they are played all the same
app: clock
work: 10
slo: {availability: 50%, latency: 100ms}
cells:
  - name: base
    topology: {instances: [{name: web-1, type: m5.large, app_boot: 1s}]}
    traffic: {clients: 20, timeout: 60s, phases: [{name: all, lab: 1s, rate: 400}]}
  - name: second
    topology: {instances: [{name: web-1, type: m5.large, app_boot: 1s}]}
    traffic: {clients: 20, timeout: 60s, phases: [{name: all, lab: 1s, rate: 600}]}
    timeline: [{letter: A, at: 6s, do: kill, target: web-1, for: 12s}]
  - name: third
    topology: {instances: [{name: web-1, type: m5.large, app_boot: 1s}]}
    traffic: {clients: 20, timeout: 60s, phases: [{name: all, lab: 1s, rate: 200}]}
claims:
  - {id: x-all, text: every cell was played, expect: 'requests(whole()) == 400 and requests(whole("second")) == 600 and requests(whole("third")) == 200'}
  - {id: x-seen, text: the fault of the second group lies where it was planned, expect: 'outage("second/A") between 5s and 60s and availability(before("second/A", 5s)) > 90%'}
`

// TestCellsInGroups: the first and the third cell are played side by side, the second
// after them with a zero of its own, in which its faults and requests agree.
func TestCellsInGroups(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("run", p.file("groups.yaml", groupsStage), "--speed", "60", "--json")
	if code := p.wait(); code != exitHeld {
		t.Fatalf("exit code %d:\n%s\n%s", code, p.stdout.String(), p.stderr.String())
	}
	p.left("a run in groups", nil)
	m, err := results.ReadManifest(p.record())
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Zeros) != 1 || !m.ZeroOf("second").After(m.Zero) || !m.ZeroOf("third").Equal(m.Zero) || len(m.Cost) != 3 {
		t.Errorf("the run's zero is %s, those of cells %v; %d bills", m.Zero, m.Zeros, len(m.Cost))
	}
	events, complete, err := results.ReadEvents(filepath.Join(p.record(), results.EventsFile))
	if err != nil || !complete {
		t.Fatalf("events complete %t, %v", complete, err)
	}
	at := map[string]int{} // places in the log
	for i, e := range events {
		at[string(e.Kind)+" "+e.Cell] = i
		if e.Kind == showdown.TrafficStarted && (e.T < -10 || e.T > 10) {
			t.Errorf("the traffic of %s starts at %g s of its clock", e.Cell, e.T)
		}
	}
	for _, first := range []string{"lab.down base", "lab.down third"} {
		if at[first] == 0 || at[first] > at["traffic.started second"] {
			t.Errorf("%s is event %d, the second group's traffic starts with event %d", first, at[first], at["traffic.started second"])
		}
	}
}
