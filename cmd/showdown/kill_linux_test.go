package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

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

// TestKilledAnywhere kills the program, a machine's holder or a machine at random
// moments of a run, and looks for what is left: processes, listeners, pending
// journals, an unreadable record. SHOWDOWN_SOAK is how often, 5 by default.
func TestKilledAnywhere(t *testing.T) {
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
	moments := map[string]int{}
	for i := range times {
		moments[killOnce(t, random, i)]++
	}
	var table []string
	for moment, n := range moments {
		table = append(table, fmt.Sprintf("%4d  %s", n, moment))
	}
	slices.Sort(table)
	t.Logf("the moments hit:\n%s", strings.Join(table, "\n"))
}

func killOnce(t *testing.T, random *rand.Rand, number int) (moment string) {
	t.Helper()
	dir := t.TempDir()
	stage := filepath.Join(dir, "kill.yaml")
	if err := os.WriteFile(stage, []byte(killStage), 0o600); err != nil {
		t.Fatal(err)
	}
	runtimeDir := filepath.Join(dir, "runtime")
	if err := os.Mkdir(runtimeDir, 0o700); err != nil {
		t.Fatal(err)
	}
	mark := fmt.Sprintf("SHOWDOWN_TEST=%d-%d", os.Getpid(), number)
	run := func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "showdown", args...)
		cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+runtimeDir, mark)
		return cmd
	}
	cmd := run(t.Context(), "run", stage, "--out", filepath.Join(dir, "runs"), "--speed", "120", "--quiet", "--json")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	after := time.Duration(random.Int64N(int64(3000 * time.Millisecond)))
	victims := []string{"showdown", "spawner", "machine"}
	kind := victims[random.IntN(len(victims))]
	select {
	case err := <-ended:
		t.Fatalf("the run ended before it was killed: %v\n%s", err, output.String())
	case <-time.After(after):
	}
	pid := cmd.Process.Pid
	if kind != "showdown" {
		if found := marked(mark, "__"+kind); len(found) > 0 {
			pid = found[random.IntN(len(found))]
		} else {
			kind = "showdown"
		}
	}
	moment = kind + " killed " + stepOf(filepath.Join(dir, "runs"))
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(60 * time.Second):
		t.Fatalf("%s after %v: the run did not end", moment, after)
	}
	gone := eventually(5*time.Second, func() bool { return len(marked(mark, "")) == 0 })
	if !gone {
		t.Errorf("%s after %v: these processes are left: %v", moment, after, marked(mark, ""))
	}
	checkRecord(t, moment, filepath.Join(dir, "runs"))

	// The next start heals, and finds the machine as it was.
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if out, err := run(ctx, "recover").CombinedOutput(); err != nil {
		t.Errorf("%s after %v: recover: %v\n%s", moment, after, err, out)
	}
	journals, err := filepath.Glob(filepath.Join(runtimeDir, "showdown", "*.journal"))
	if err != nil || len(journals) > 0 {
		t.Errorf("%s after %v: journals are left: %v, %v", moment, after, journals, err)
	}
	return moment
}

// marked is the processes whose environment holds mark and whose command line has
// word in it. Zombies are not processes any more.
func marked(mark, word string) []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err != nil || !slices.Contains(strings.Split(string(environ), "\x00"), mark) {
			continue
		}
		cmdline, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if strings.Contains(string(cmdline), word) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stepOf is how far the youngest run in store had got, by its events.
func stepOf(store string) string {
	runs, _ := filepath.Glob(filepath.Join(store, "*", results.EventsFile))
	if len(runs) == 0 {
		return "before the record was opened"
	}
	events, _, err := results.ReadEvents(runs[len(runs)-1])
	if err != nil || len(events) == 0 {
		return "while the lab came up"
	}
	last := events[len(events)-1]
	for i := len(events) - 1; i >= 0; i-- {
		if strings.HasPrefix(string(events[i].Kind), "fault.") {
			return "after " + string(events[i].Kind) + " " + events[i].Target
		}
	}
	return "after " + string(last.Kind)
}

// checkRecord fails when the run's record cannot be read and analysed.
func checkRecord(t *testing.T, moment, store string) {
	t.Helper()
	runs, _ := filepath.Glob(filepath.Join(store, "*", results.ManifestFile))
	for _, run := range runs {
		if _, err := analysis.Analyse(filepath.Dir(run)); err != nil {
			t.Errorf("%s: the record cannot be analysed: %v", moment, err)
		}
	}
}

// eventually asks for what is to happen until it does or limit is over.
func eventually(limit time.Duration, happened func() bool) bool {
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !happened() {
		if time.Now().After(deadline) {
			return false
		}
		<-tick.C
	}
	return true
}
