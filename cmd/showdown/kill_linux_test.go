package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
	"showdown/targets/cloud"
	"showdown/targets/journal"
	"showdown/targets/journeys"
)

// killStage takes a second or so and has an action of every way to break a machine.
const killStage = `version: 1
journey: mine
stage: kill
number: 1
title: Two instances, and everything that can be done to one
promise: nothing is left, whatever kills the run
app: clock
work: 100
slo: {availability: 90%, latency: 100ms}
cells:
  - name: base
    topology:
      instances:
        - {name: web-1, role: web, type: m5.large, elastic_ip: true, app_boot: 1s}
        - {name: web-2, role: web, type: t2.micro, app_boot: 1s}
    traffic:
      clients: 10
      profile: address-list
      timeout: 30s
      phases: [{name: all, for: 5m, rate: 200}]
    timeline:
      - {letter: A, at: 10s, do: hang, target: web-1, for: 30s}
      - {letter: B, at: 50s, do: blackhole, target: web-1, for: 30s}
      - {letter: C, at: 90s, do: kill, target: web-1, for: 20s}
      - {letter: D, at: 150s, do: error-500, target: web-2, for: 20s}
      - {letter: E, at: 180s, do: stop-instance, target: web-2}
`

// nextStage is what is run after a kill: a second of traffic.
const nextStage = `version: 1
journey: mine
stage: next
number: 1
title: One instance that is left alone
promise: it answers
app: clock
work: 100
slo: {availability: 90%, latency: 100ms}
cells:
  - name: base
    topology:
      instances:
        - {name: web-1, role: web, type: m5.large, elastic_ip: true, app_boot: 1s}
    traffic:
      clients: 10
      profile: browser
      timeout: 30s
      phases: [{name: all, for: 2m, rate: 100}]
`

// wellClaim is what nextStage must hold where nothing is left of another run.
const wellClaim = `
claims:
  - {id: x-well, text: it answers, expect: 'availability(whole()) > 95%'}
`

// kill is one run that is killed.
type kill struct {
	*program
	stage  *showdown.Stage
	victim string
	// dir is the record of the run, as it was found at the moment of the kill; empty
	// where there was none.
	dir string
	// answered says that every machine of the first labs was seen to listen.
	answered bool
}

// once plays the stage, kills the victim near the moment that is aimed at, which is
// any where that is nil, checks what is left, and returns where the kill hit.
func (k *kill) once(path string, aim *place, random *rand.Rand) []place {
	k.t.Helper()
	k.env = []string{"GORACE=atexit_sleep_ms=0"} // else each process stays for a second
	k.start("run", path, "--speed", strconv.Itoa(soakSpeed), "--json")
	k.await(aim, random)
	// The victim is frozen first: what is looked at takes longer than some moments do.
	pids, over, at := k.victims(random), k.over(), time.Now()
	if over {
		pids = nil // a process that has been waited for may have left its number to another one
	}
	k.signal(pids, syscall.SIGSTOP)
	k.look()
	listeners := k.listeners()
	k.signal(pids, syscall.SIGKILL)
	code := k.wait()
	var places []place
	if !over && len(pids) > 0 {
		places = everyPlace(k.stage, k.seen(), at)
	}
	when := fmt.Sprintf("%s killed in stage %s, %v", k.victim, k.stage.Name, places)
	if k.victim == "showdown and reverter" {
		// The machines die with their holder, and the journal waits for the next run.
		k.gone(when, listeners)
	} else {
		k.checkRun(when, code)
		k.healed(when, listeners)
	}
	k.checkRecord(when, at, code)
	k.next(when)
	k.left(when+", and the next run", listeners)
	k.nothingToUndo(when)
	return places
}

func (k *kill) signal(pids []int, s syscall.Signal) {
	k.t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			k.t.Fatal(err)
		}
	}
}

// next fails unless the next run holds its claim, or the one after it: what is left of a
// run that was killed stays, and a neighbour that takes the processors does not.
func (k *kill) next(when string) {
	k.t.Helper()
	const tries = 2
	for try := range tries {
		k.start("run", k.file("next.yaml", nextStage+wellClaim), "--speed", strconv.Itoa(soakSpeed), "--json")
		code := k.wait()
		if code == exitHeld {
			return
		}
		if try == tries-1 || code == exitNotUndone || code == exitError {
			k.t.Errorf("%s: the next run exits %d:\n%s\n%s", when, code, k.stderr.String(), k.stdout.String())
			return
		}
		k.t.Logf("%s: the next run exits %d, it is played again:\n%s", when, code, k.stderr.String())
	}
}

// await lets time pass until the moment of the kill.
func (k *kill) await(aim *place, random *rand.Rand) {
	k.t.Helper()
	// How long a place lasts once it shows, about.
	const short, long = 20 * time.Millisecond, 300 * time.Millisecond
	draw := func(d time.Duration) time.Duration { return time.Duration(random.Int64N(int64(d))) }
	pause := draw(k.length())
	if aim != nil {
		pause = draw(long)
		if aim.row == rowLab || aim.row == rowSteady && aim.column == in || aim.row == rowEnding && aim.column != before || goesOn(aim.row) {
			pause = draw(short)
		}
		k.until(func() bool {
			k.dir = k.record()
			if aim.row == rowSteady || *aim == (place{rowLab, after}) {
				k.look()
			}
			return slices.Contains(everyPlace(k.stage, k.seen(), time.Now()), *aim)
		})
	}
	select {
	case <-k.ended:
	case <-time.After(pause):
	}
}

// length is about how long the stage takes from its command to its end.
func (k *kill) length() time.Duration {
	const start, group, end = 300 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond
	clock, _ := showdown.NewClock(soakSpeed) // a constant
	length := start + end
	for _, members := range journeys.Groups(k.stage, clock) {
		longest := time.Duration(0)
		for _, i := range members {
			longest = max(longest, k.stage.Cells[i].Traffic.Length(clock))
		}
		length += group + longest
	}
	return length
}

// victims are the processes that are killed.
func (k *kill) victims(random *rand.Rand) []int {
	switch k.victim {
	case "showdown":
		return []int{k.cmd.Process.Pid}
	case "showdown and reverter":
		return append(k.processes("__reverter"), k.cmd.Process.Pid)
	}
	// One that is not there yet, or no more, is nobody's victim.
	found := k.processes("__" + k.victim)
	if k.victim == "node" {
		found = k.nodes()
	}
	if len(found) == 0 {
		return nil
	}
	return []int{found[random.IntN(len(found))]}
}

// nodes are the processes of load balancer nodes: they listen at the addresses of such.
func (k *kill) nodes() []int {
	k.t.Helper()
	var pids []int
	for pid, sockets := range k.listenersOf("__machine") {
		if slices.ContainsFunc(sockets, func(s socket) bool { return isNode(s.address.Addr()) }) {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// isNode says whether an address is that of a load balancer's node in some slot.
func isNode(a netip.Addr) bool {
	first, err := journal.Address(journal.MinSlot, journal.RoleBalancer, 0, 0)
	if err != nil || !a.Is4() {
		return false
	}
	const roles = 16 // the second octet is 16 x slot + role
	x, y := a.As4(), first.As4()
	return x[0] == y[0] && x[1] >= y[1] && x[1]%roles == y[1]%roles
}

// look sees what there is of the run. What a run records before its traffic it keeps to
// itself until then, so its labs are looked at.
func (k *kill) look() {
	k.dir = k.record()
	if k.dir == "" || k.answered {
		return
	}
	m, err := results.ReadManifest(k.dir)
	if err != nil || !m.Zero.IsZero() {
		return
	}
	machines, listening := 0, 0
	clock, _ := showdown.NewClock(soakSpeed) // a constant
	for _, i := range journeys.Groups(k.stage, clock)[0] {
		machines += machinesOf(k.stage.Cells[i].Topology)
	}
	for _, sockets := range k.listenersOf("__machine") {
		if slices.ContainsFunc(sockets, func(s socket) bool { return s.address.Port() == cloud.Port }) {
			listening++
		}
	}
	k.answered = listening >= machines
}

// machinesOf is how many machines a lab comes up with.
func machinesOf(t showdown.Topology) int {
	n := len(t.AllInstances())
	for _, b := range t.LoadBalancers {
		n += len(b.Zones)
	}
	return n
}

// seen is what is known of the run by now.
func (k *kill) seen() seen {
	s := seen{answering: k.answered}
	if k.dir == "" {
		return s
	}
	var err error
	if s.manifest, err = results.ReadManifest(k.dir); err != nil {
		s.manifest = nil // just being made
		return s
	}
	// What cannot be read of a record that is being written is checked at its end.
	s.events, s.whole, _ = results.ReadEvents(filepath.Join(k.dir, results.EventsFile))
	if !s.whole {
		return s
	}
	if summary, err := results.ReadSummary(k.dir); err == nil && summary.Complete {
		if info, err := os.Stat(filepath.Join(k.dir, results.SummaryFile)); err == nil {
			s.judged = info.ModTime()
		}
	}
	return s
}

// checkRun fails when a run that could go on, or end by itself, did not do so well.
func (k *kill) checkRun(when string, code int) {
	k.t.Helper()
	if strings.HasPrefix(k.victim, "showdown") || k.dir == "" {
		return
	}
	s, err := analysis.Analyse(k.dir)
	if err != nil {
		return // which checkRecord says
	}
	if !s.Complete {
		k.t.Errorf("%s: the run went on, and its record is not complete", when)
	}
	events, _, err := results.ReadEvents(filepath.Join(k.dir, results.EventsFile))
	if err != nil {
		k.t.Fatal(err)
	}
	lost := slices.ContainsFunc(events, func(e showdown.Event) bool {
		return e.Kind == showdown.MachineLost && e.T < s.LabSeconds*s.Speed
	})
	switch {
	case code == exitNotUndone:
		k.t.Errorf("%s: the run says that something is left:\n%s", when, k.stderr.String())
	case lost && s.Verdict == showdown.Held:
		k.t.Errorf("%s: the verdict is held, without a machine", when)
	case lost && k.victim == "spawner" && (code != exitError || !strings.Contains(k.stderr.String(), "has died")):
		k.t.Errorf("%s: exit code %d, want %d and the reason:\n%s", when, code, exitError, k.stderr.String())
	}
}

// checkRecord fails when the record cannot be read, or when more than the last second of
// it is missing.
func (k *kill) checkRecord(when string, at time.Time, code int) {
	k.t.Helper()
	if k.dir == "" {
		return
	}
	s, err := analysis.Analyse(k.dir)
	if err != nil {
		// Killed between making the folder and what is in it.
		if code >= 0 || !errors.Is(err, os.ErrNotExist) {
			k.t.Errorf("%s: the record cannot be analysed: %v", when, err)
		}
		return
	}
	m, err := results.ReadManifest(k.dir)
	if err != nil {
		k.t.Fatalf("%s: %v", when, err)
	}
	if s.Complete || m.Zero.IsZero() {
		return
	}
	// A second of the record may be missing, and requests that had no answer yet.
	const missing, noise = time.Second + 250*time.Millisecond, 500 * time.Millisecond
	clock, _ := showdown.NewClock(soakSpeed) // a constant
	var played time.Duration
	for _, i := range journeys.Groups(k.stage, clock)[0] {
		played = max(played, min(at.Sub(m.Zero), k.stage.Cells[i].Traffic.Length(clock)))
	}
	if lost := played.Seconds() - s.LabSeconds; lost > (missing + noise).Seconds() {
		k.t.Errorf("%s: the last %.2f s of the record are missing", when, lost)
	}
}
