package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
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
	"showdown/results/analysis"
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

// TestKilledAnywhere kills the program, its helpers or a machine at random moments of
// a run, and looks for what is left: processes, listeners, pending journals, an
// unreadable record. SHOWDOWN_SOAK is how often, 5 by default.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	times := 5
	if n, err := strconv.Atoi(os.Getenv("SHOWDOWN_SOAK")); err == nil && n > 0 {
		times = n
	}
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("SHOWDOWN_SOAK_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("SHOWDOWN_SOAK_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	// Each victim gets its turn, in another order each time.
	var victims []string
	moments := map[string]int{}
	for range times {
		if len(victims) == 0 {
			victims = []string{"showdown", "showdown and reverter", "spawner", "machine"}
			random.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		}
		moments[killOnce(t, random, victims[0])]++
		victims = victims[1:]
	}
	var table []string
	for moment, n := range moments {
		table = append(table, fmt.Sprintf("%4d  %s", n, moment))
	}
	slices.Sort(table)
	t.Logf("the moments hit:\n%s", strings.Join(table, "\n"))
}

// killMoment lets a random time pass: three in ten fall before the traffic, one in ten
// after it, the others between, where there is always a step before, in effect or
// behind.
func killMoment(p *program, random *rand.Rand) {
	const comingUp, played = 400 * time.Millisecond, 2500 * time.Millisecond
	draw := func(d time.Duration) time.Duration { return time.Duration(random.Int64N(int64(d))) }
	var after time.Duration
	switch n := random.IntN(10); {
	case n < 3:
		after = draw(comingUp)
	case n < 4:
		after = draw(comingUp)
		p.until(func() bool { return p.said("traffic.ended") })
	default:
		after = comingUp + draw(played)
	}
	select {
	case <-p.ended:
	case <-time.After(after):
	}
}

func killOnce(t *testing.T, random *rand.Rand, victim string) (moment string) {
	t.Helper()
	p := newProgram(t)
	p.start("run", p.file("kill.yaml", killStage), "--speed", "120", "--json")
	killMoment(p, random)
	var pids []int
	switch victim {
	case "showdown":
		pids = []int{p.cmd.Process.Pid}
	case "showdown and reverter":
		pids = append(p.processes("__reverter"), p.cmd.Process.Pid)
	default:
		// One that is not there yet, or no more, is nobody's victim.
		if found := p.processes("__" + victim); len(found) > 0 {
			pids = []int{found[random.IntN(len(found))]}
		}
	}
	moment = victim + " killed " + stepOf(p.record())
	listeners := p.listeners()
	at := time.Now()
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	code := p.wait()
	if victim == "showdown and reverter" {
		// The machines die with their holder, and the journal waits for the next run:
		// it heals and is none the worse.
		p.start("run", p.file("next.yaml", nextStage), "--speed", "120", "--json")
		if next := p.wait(); next != exitHeld {
			t.Errorf("%s: the next run exits %d:\n%s", moment, next, p.stderr.String())
		}
	} else {
		checkKilled(t, p, moment, victim, code, at)
	}
	p.left(moment, listeners)
	return moment
}

// checkKilled fails when the record of a run is not what is left of it after one of
// its processes was killed.
func checkKilled(t *testing.T, p *program, moment, victim string, code int, at time.Time) {
	t.Helper()
	dir := p.record()
	if dir == "" {
		return
	}
	s, err := analysis.Analyse(dir)
	if err != nil {
		// Killed between making the folder and what is in it.
		if code < 0 && errors.Is(err, os.ErrNotExist) {
			return
		}
		t.Errorf("%s: the record cannot be analysed: %v", moment, err)
		return
	}
	if victim == "showdown" {
		m, err := results.ReadManifest(dir)
		if err != nil || s.Complete || m.Zero.IsZero() {
			return
		}
		// A second of the record may be missing, and requests that had no answer yet.
		const missing = time.Second + 250*time.Millisecond
		played := min(at.Sub(m.Zero), 2500*time.Millisecond).Seconds()
		const noise = 0.5
		if lost := played - s.LabSeconds; lost > missing.Seconds()+noise {
			t.Errorf("%s: the last %.2f s of the record are missing", moment, lost)
		}
		return
	}
	if !s.Complete {
		t.Errorf("%s: the run went on, and its record is not complete", moment)
	}
	events, _, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
	if err != nil {
		t.Fatal(err)
	}
	lost := slices.ContainsFunc(events, func(e showdown.Event) bool {
		return e.Kind == showdown.MachineLost && e.T < s.LabSeconds*s.Speed
	})
	switch {
	case code == exitNotUndone:
		t.Errorf("%s: the run says that something is left:\n%s", moment, p.stderr.String())
	case lost && s.Verdict == showdown.Held:
		t.Errorf("%s: the verdict is held, without a machine", moment)
	case lost && victim == "spawner" && (code != exitError || !strings.Contains(p.stderr.String(), "has died")):
		t.Errorf("%s: exit code %d, want %d and the reason:\n%s", moment, code, exitError, p.stderr.String())
	}
}

// stepOf is how far the run in dir had got, by its events.
func stepOf(dir string) string {
	if dir == "" {
		return "before the record was opened"
	}
	events, _, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
	if err != nil || len(events) == 0 {
		return "while the lab came up"
	}
	last := events[len(events)-1]
	for i := len(events) - 1; i >= 0 && last.Kind != showdown.RunEnded && last.Kind != showdown.TrafficEnded; i-- {
		if strings.HasPrefix(string(events[i].Kind), "fault.") {
			return "after " + string(events[i].Kind) + " " + events[i].Target
		}
	}
	return "after " + string(last.Kind)
}
