package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// example is the folder of an example with everything in it that has to be built, in a
// place of the test's own.
func example(t *testing.T, name string) string {
	t.Helper()
	from, to := filepath.Join("..", "..", "examples", name), t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if name == "go" {
		build := exec.Command("go", "build", "-o", filepath.Join(to, "server"), ".")
		build.Dir = from
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build the example: %v\n%s", err, out)
		}
	}
	return to
}

// held runs a stage until its claims hold, three times at most: a neighbour that takes the
// processors is no finding about a program.
func (p *program) held(args ...string) *results.Summary {
	p.t.Helper()
	const tries = 3
	for try := 1; ; try++ {
		p.start(append([]string{"run", "--json"}, args...)...)
		code := p.wait()
		if code == exitHeld {
			break
		}
		if try == tries || code == exitError || code == exitUsage || code == exitNotUndone {
			p.t.Fatalf("exit code %d:\n%s%s", code, p.stderr.String(), p.stdout.String())
		}
		p.t.Logf("exit code %d, played again:\n%s", code, p.stderr.String())
	}
	s, err := results.ReadSummary(p.record())
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// TestExamplesOfOnesOwn plays the examples whose instances run a Python and a Go server:
// they come to a verdict, a fault is seen in them, and nothing of them is left.
func TestExamplesOfOnesOwn(t *testing.T) {
	for _, test := range []struct {
		name   string
		faults int
		logs   []string
	}{
		{"python", 1, []string{"web-1.log", "web-2.log", "web-3.log"}},
		{"go", 2, []string{"fleet-1.log", "fleet-2.log", "fleet-3.log", "fleet-4.log"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := example(t, test.name)
			p := newProgram(t)
			s := p.held(filepath.Join(dir, "stage.yaml"), "--speed", "120")
			p.left("the example", nil)
			if len(s.Faults) != test.faults || len(s.Claims) != 2 {
				t.Errorf("%d faults and %d claims", len(s.Faults), len(s.Claims))
			}
			for _, f := range s.Faults {
				if !f.Confirmed || f.RecoveredS == nil {
					t.Errorf("fault %s: confirmed %v, %s", f.Letter, f.Confirmed, f.Evidence)
				}
			}
			if len(s.Fidelity) != 3 || !strings.Contains(s.Fidelity[0], "server") {
				t.Errorf("what differs from AWS: %q", s.Fidelity)
			}
			for _, name := range test.logs {
				log, err := os.ReadFile(filepath.Join(p.record(), "logs", "base", name))
				if err != nil || !strings.Contains(string(log), "serves on") {
					t.Errorf("%s: %q, %v", name, log, err)
				}
			}
		})
	}
}

// escaping is a stage whose programs have a child that leaves their process group.
const escaping = `version: 1
journey: mine
stage: own
title: Programs of one's own with children that run away
app:
  command: [sh, -c, "setsid sleep 98765 & exec ./server"]
  health: /healthz
  env: {CONFIDENTIAL: $SECRET_OF_THE_TEST}
cells:
  - name: base
    topology:
      instances:
        - {name: web-1, type: t3.micro}
        - {name: web-2, type: t3.micro}
        - {name: web-3, type: t3.micro, app: clock}
    traffic:
      profile: address-list
      clients: 20
      phases: [{name: all, for: 10m, rate: 200}]
    timeline:
      - {letter: A, at: 20s, do: hang, target: web-1, for: 1m}
      - {letter: B, at: 2m, do: kill, target: web-2, for: 1m}
      - {letter: C, at: 4m, do: stop-instance, target: web-1}
`

const theSecret = "the-secret-of-the-test"

// TestNothingIsLeftOfPrograms kills what holds the programs, at some moment of a run, and
// looks for them and for their children that ran away.
func TestNothingIsLeftOfPrograms(t *testing.T) {
	t.Parallel()
	dir := example(t, "go")
	path := filepath.Join(dir, "own.yaml")
	if err := os.WriteFile(path, []byte(escaping), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, victim := range []string{"nobody", "showdown", "spawner", "machine", "showdown and reverter", "an interrupt"} {
		t.Run(victim, func(t *testing.T) {
			p := newProgram(t)
			p.env = []string{"SECRET_OF_THE_TEST=" + theSecret, "GORACE=atexit_sleep_ms=0"}
			p.start("run", path, "--speed", "120", "--json")
			p.until(func() bool { return p.said(string(showdown.FaultConfirmed)) })
			p.until(func() bool { return len(p.processes("./server")) >= 2 && len(p.processes("98765")) >= 2 })
			listeners := p.listeners()
			kill := func(pids ...int) {
				if len(pids) == 0 {
					t.Fatal("there is no victim")
				}
				for _, pid := range pids {
					if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
						t.Fatal(err)
					}
				}
			}
			switch victim {
			case "nobody":
			case "showdown":
				kill(p.cmd.Process.Pid)
			case "an interrupt":
				p.group(syscall.SIGINT)
			case "showdown and reverter":
				kill(append(p.processes("\x00__reverter"), p.cmd.Process.Pid)...)
			default:
				kill(p.processes("\x00__" + victim)[0])
			}
			code := p.wait()
			switch victim {
			case "showdown and reverter":
				// The programs died with their machines. What ran away from them waits for the
				// next start, as the journal does.
				if !eventually(endWait, func() bool { return len(p.processes("./server")) == 0 }) {
					t.Errorf("left: %v", p.processes("./server"))
				}
				p.start("recover")
				if code := p.wait(); code != exitHeld {
					t.Errorf("recover exits %d: %s", code, p.stderr.String())
				}
				p.gone(victim, listeners)
			case "showdown":
				p.healed(victim, listeners)
			default:
				p.left(victim, listeners)
			}
			if want := map[string][]int{"nobody": {exitHeld}, "showdown": {-1}, "spawner": {exitError}, "an interrupt": {exitInterrupted}}[victim]; want != nil && !slices.Contains(want, code) {
				t.Errorf("exit code %d, want %v:\n%s", code, want, p.stderr.String())
			}
			p.nothingToUndo(victim)
			withoutSecret(t, p.dir)
		})
	}
}

// withoutSecret fails when a file in dir holds the secret of the test.
func withoutSecret(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), theSecret) {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files were looked at, %v", files, err)
	}
}

var failing atomic.Int64

// TestProgramsThatFail says what is wrong with a program, its last words and what to do.
func TestProgramsThatFail(t *testing.T) {
	t.Parallel()
	const stage = `version: 1
journey: mine
stage: failing
title: A program that fails
app: {command: [sh, -c, %q], ready: 500ms, health: /healthz}
cells:
  - name: base
    topology: {instances: [{name: web-1, type: t3.micro}, {name: web-2, type: t3.micro}]}
    traffic: {phases: [{name: all, for: 5m, rate: 200}]}
`
	dir := example(t, "go")
	for name, test := range map[string]struct {
		script string
		code   int
		want   []string
	}{
		"ends at once":    {"echo no database; exit 3", exitError, []string{"exit status 3", "    no database\n", "stay in the foreground"}},
		"listens nowhere": {"echo here I am; exec sleep 98765", exitError, []string{"was not ready within 500ms", "nothing listens on port", "    here I am\n", "ready: 30s"}},
		"is not there":    {"exec ./nothing", exitError, []string{"not found", "exit status 127"}},
		"takes no flags":  {"exec ./server -unused", exitHeld, nil}, // it takes no flags, and is well
	} {
		t.Run(name, func(t *testing.T) {
			p := newProgram(t)
			path := filepath.Join(dir, fmt.Sprintf("failing-%d.yaml", failing.Add(1)))
			if err := os.WriteFile(path, fmt.Appendf(nil, stage, test.script), 0o600); err != nil {
				t.Fatal(err)
			}
			p.start("run", path, "--speed", "120", "--quiet", "--json")
			if code := p.wait(); code != test.code {
				t.Errorf("exit code %d, want %d:\n%s", code, test.code, p.stderr.String())
			}
			for _, want := range test.want {
				if !strings.Contains(p.stderr.String(), want) {
					t.Errorf("it says\n%s, want %q in it", p.stderr.String(), want)
				}
			}
			p.left(name, nil)
			if s, err := results.ReadSummary(p.record()); err != nil || (s.Verdict == showdown.Held) != (test.code == exitHeld) {
				t.Errorf("the record: %v, %v", s, err)
			}
		})
	}
}

// TestProgramThatEndsInTheRun: a program that crashes by itself is said, and spoils the
// verdict.
func TestProgramThatEndsInTheRun(t *testing.T) {
	t.Parallel()
	dir := example(t, "go")
	path := filepath.Join(dir, "mortal.yaml")
	stage := strings.NewReplacer(
		"setsid sleep 98765 & exec ./server", "./server & sleep 1.5; echo out of luck; kill -9 $!; exit 9",
		"for: 10m", "for: 5m", "  env: {CONFIDENTIAL: $SECRET_OF_THE_TEST}\n", "",
	).Replace(escaping[:strings.Index(escaping, "    timeline:")])
	if err := os.WriteFile(path, []byte(stage), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t)
	p.start("run", path, "--speed", "120", "--json")
	if code := p.wait(); code != exitUnknown {
		t.Errorf("exit code %d, want %d:\n%s", code, exitUnknown, p.stderr.String())
	}
	p.left("a program that ended", nil)
	s, err := results.ReadSummary(p.record())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(s.Reasons, func(r string) bool {
		return strings.HasPrefix(r, "the program of web-1 ended by itself at ") && strings.HasSuffix(r, ": exit status 9")
	}) {
		t.Errorf("the reasons are %q", s.Reasons)
	}
	events, _, err := results.ReadEvents(filepath.Join(p.record(), results.EventsFile))
	if err != nil {
		t.Fatal(err)
	}
	ends := 0
	for _, e := range events {
		if e.Kind == showdown.ProgramEnded {
			ends++
			if text, _ := e.Data["output"].(string); !strings.HasSuffix(text, "out of luck") {
				t.Errorf("its last words are %q", text)
			}
		}
		if e.Kind == showdown.MachineLost {
			t.Errorf("the machine of %s was lost with it", e.Target)
		}
	}
	if ends != 2 {
		t.Errorf("%d programs ended, want 2", ends)
	}
}

// TestDraftRuns: what init writes runs, and holds.
func TestDraftRuns(t *testing.T) {
	t.Parallel()
	dir := example(t, "go")
	for _, args := range [][]string{
		{"--fault", "kill"},
		{"--app", "./server", "--health", "/healthz", "--instances", "2", "--fault", "hang"},
		{"--instances", "1", "--zones", "1", "--fault", "blackhole"},
		{"--fault", "fail-az"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			p := newProgram(t)
			path := filepath.Join(dir, "draft.yaml")
			p.start(append([]string{"init", path, "--no-input", "--force"}, args...)...)
			if code := p.wait(); code != exitHeld {
				t.Fatalf("init exits %d: %s", code, p.stderr.String())
			}
			p.start("check", path)
			if code := p.wait(); code != exitHeld || !strings.Contains(p.stdout.String(), "is good") {
				t.Fatalf("check exits %d: %s%s", code, p.stdout.String(), p.stderr.String())
			}
			if s := p.held(path, "--speed", "120"); len(s.Claims) != 3 || !s.Faults[0].Confirmed {
				t.Errorf("%d claims, %+v", len(s.Claims), s.Faults)
			}
			p.left("a draft", nil)
		})
	}
}

// wideInstances are those of wideStage, in wideZones zones behind two load balancers.
const wideInstances, wideZones = 100, 3

// wideStage is a stage as a user would have it made: a hundred instances.
func wideStage() string {
	var instances, shop, api strings.Builder
	for i := range wideInstances {
		fmt.Fprintf(&instances, "        - {name: web-%d, type: t3.micro, zone: us-east-1%c, private: true}\n", i+1, "abc"[i%wideZones])
		group := &shop
		if i%2 == 1 {
			group = &api
		}
		fmt.Fprintf(group, "web-%d, ", i+1)
	}
	return `version: 1
journey: mine
stage: wide
title: A hundred instances in three zones behind two load balancers
speed: 6
slo: {availability: 50%, latency: 1s}
cells:
  - name: base
    topology:
      instances:
` + instances.String() + `      load_balancers:
        - {name: shop, zones: [us-east-1a, us-east-1b, us-east-1c], target_groups: [{name: shop, instances: [` + shop.String() + `]}]}
        - {name: api, zones: [us-east-1a, us-east-1b, us-east-1c], target_groups: [{name: api, instances: [` + api.String() + `]}]}
      hosted_zone: {name: wide.example, records: [{name: "@", alias: shop}, {name: api, alias: api}]}
    traffic:
      clients: 60
      timeout: 60s
      cohorts:
        - {name: shoppers, share: 50%, host: "@"}
        - {name: programs, share: 50%, host: api}
      phases: [{name: all, for: 1m, rate: 240}]
    timeline:
      - {letter: A, at: 20s, do: kill, target: web-1, for: 20s}
claims:
  - {id: x-1, text: the others answer meanwhile, expect: 'confirmed("A") and availability(during("A")) > 80%'}
`
}

// TestAnyTopology plays a stage of a user's own with a hundred instances.
func TestAnyTopology(t *testing.T) {
	p := newProgram(t)
	begin := time.Now()
	s := p.held(p.file("wide.yaml", wideStage()))
	t.Logf("played in %s", time.Since(begin).Round(time.Second))
	p.left("a hundred instances", nil)
	answered := 0
	for _, b := range s.Backends {
		if strings.HasPrefix(b.Name, "web-") && b.OK > 0 {
			answered++
		}
	}
	if answered != wideInstances {
		t.Errorf("%d instances answered somebody, want %d", answered, wideInstances)
	}
	if len(s.Cohorts) != 2 || len(s.Fidelity) != 0 {
		t.Errorf("%d cohorts, and %q", len(s.Cohorts), s.Fidelity)
	}
	if s.Cost == nil || len(s.Cost.Items) < 2 {
		t.Errorf("the bill is %+v", s.Cost)
	}
}
