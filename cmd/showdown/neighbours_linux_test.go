package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// neighbourStage is a lab with names for three lab seconds; it wants the stage's name, and
// the step and the claim that make it another one.
const neighbourStage = `version: 1
journey: mine
stage: %s
number: 1
title: Two servers behind a name
promise: what happens to other labs does not happen to this one
app: clock
work: 100
slo: {availability: 90%%, latency: 100ms}
cells:
  - name: base
    topology:
      instances:
        - {name: web-1, type: m5.large, elastic_ip: true, app_boot: 1s}
        - {name: web-2, type: m5.large, app_boot: 1s}
      hosted_zone:
        name: example.com
        records: [{name: "@", ttl: 20s, instances: [web-1, web-2]}]
    traffic:
      clients: 50
      profile: fresh
      host: "@"
      timeout: 30s
      phases: [{name: all, for: 6m, rate: 120}]
    timeline:
      - {letter: A, at: 90s, for: 60s, %s}
claims:
  - {id: x-1, text: it is as if it were alone, expect: 'confirmed("A") and %s'}
`

// TestThreeAtOnce runs three programs of one user side by side and kills one of them:
// the others hold their claims on addresses of their own, and nothing is left.
func TestThreeAtOnce(t *testing.T) {
	t.Parallel()
	stages := []struct{ name, step, claim string }{
		{"doomed", "do: hang, target: web-1", "availability(whole()) > 0%"},
		{"names", "do: dns-fail", `count(during("A"), "dns") > 0 and availability(before("A", 60s)) > 95%`},
		{"records", "do: remove-dns-record, target: web-2", "availability(whole()) > 95%"},
	}
	first := newProgram(t)
	programs := []*program{first, first.newNeighbour(), first.newNeighbour()}
	for i, p := range programs {
		s := stages[i]
		p.start("run", p.file(s.name+".yaml", fmt.Sprintf(neighbourStage, s.name, s.step, s.claim)), "--speed", strconv.Itoa(soakSpeed), "--json")
	}
	var listeners [][]socket
	slots := map[int]string{}
	for i, p := range programs {
		s := stages[i]
		// From here on its lab is up and its events are in the record.
		p.until(func() bool { return p.said(string(showdown.TrafficStarted)) })
		listeners = append(listeners, p.listeners())
		slot := slotOf(t, p)
		if other, taken := slots[slot]; taken {
			t.Errorf("%s and %s have both slot %d", other, s.name, slot)
		}
		slots[slot] = s.name
		ports := map[string]bool{}
		for _, l := range listeners[i] {
			if !l.address.Addr().Is4() || int(l.address.Addr().As4()[1])/slotSize != slot {
				t.Errorf("%s has slot %d, and a listener elsewhere: %s", s.name, slot, l)
			}
			ports[fmt.Sprintf("%s %d", l.network, l.address.Port())] = true
		}
		// Without these the look for what is left would not see much.
		for _, want := range []string{fmt.Sprintf("tcp %d", cloud.Port), fmt.Sprintf("tcp %d", cloud.DNSPort), fmt.Sprintf("udp %d", cloud.DNSPort)} {
			if !ports[want] {
				t.Errorf("%s does not listen on %s, only on %v", s.name, want, ports)
			}
		}
	}
	doomed := slotOf(t, first)
	if locked := first.lockedSlots(); len(locked) != len(slots) || !slices.Contains(locked, doomed) {
		t.Errorf("locked slots %v, want those of %v", locked, slots)
	}
	if err := syscall.Kill(first.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	first.wait()
	first.gone("the one that was killed", listeners[0])
	if slices.Contains(first.lockedSlots(), doomed) {
		t.Errorf("slot %d of the one that was killed is still locked", doomed)
	}
	for i, p := range programs[1:] {
		if code := p.wait(); code != exitHeld {
			t.Errorf("%s: exit code %d, want %d; it said:\n%s\n%s", stages[i+1].name, code, exitHeld, p.stderr.String(), p.stdout.String())
		}
		if strings.Contains(p.stderr.String(), "healed what") {
			t.Errorf("%s healed a run that it had nothing to do with:\n%s", stages[i+1].name, p.stderr.String())
		}
	}
	for i, p := range programs {
		p.left(stages[i].name, listeners[i])
	}
}

// slotSize is how many second octets a slot has.
const slotSize = 16

// slotOf is the slot of a run's lab, by the addresses in its record. A run that is played
// again, since the machine was disturbed, has a new record whose lab comes up first.
func slotOf(t *testing.T, p *program) int {
	t.Helper()
	slot := 0
	if !eventually(20*time.Second, func() bool { slot = slotIn(t, p.record()); return slot != 0 }) {
		t.Fatalf("no address of an instance is in the record %s", p.record())
	}
	return slot
}

// slotIn is the slot of the addresses in a record; 0 while there are none.
func slotIn(t *testing.T, dir string) int {
	t.Helper()
	events, _, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range events {
		if text, ok := e.Data["private"].(string); ok && e.Kind == showdown.InstanceAddress {
			address, err := netip.ParseAddr(text)
			if err != nil {
				t.Fatal(err)
			}
			if slot := int(address.As4()[1]) / slotSize; slot >= journal.MinSlot && slot <= journal.MaxSlot {
				return slot
			}
		}
	}
	return 0
}
