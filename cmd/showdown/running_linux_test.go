package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// runningExample is a running system of the examples, on ports of its own.
type runningExample struct {
	*program
	script string
	base   int
}

// newExample starts the system of examples/NAME and ends it with the test.
func newExample(t *testing.T, name string, env ...string) *runningExample {
	t.Helper()
	script, err := filepath.Abs("../../examples/" + name + "/system.sh")
	if err != nil {
		t.Fatal(err)
	}
	e := &runningExample{program: newProgram(t), script: script, base: freePorts(t)}
	e.env = append(env, "BASE_PORT="+strconv.Itoa(e.base), "SYSTEM_DIR="+filepath.Join(e.dir, "system"), "GORACE=atexit_sleep_ms=0")
	e.system("up")
	t.Cleanup(func() { e.system("down") })
	for n := 1; n <= 2; n++ {
		if !eventually(20*time.Second, func() bool { return e.answers(n) }) {
			t.Fatalf("web-%d does not answer", n)
		}
	}
	return e
}

// freePorts is a port after which two are free.
func freePorts(t *testing.T) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		free := true
		for n := 1; n <= 2; n++ {
			next, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port+n))
			if free = free && err == nil; err == nil {
				_ = next.Close()
			}
		}
		_ = l.Close()
		if free {
			return port
		}
	}
	t.Fatal("no three ports in a row are free")
	return 0
}

// system runs the example's script. It is a test's own process group, like a user's.
func (e *runningExample) system(args ...string) {
	e.t.Helper()
	cmd := exec.Command(e.script, args...)
	cmd.Env = append(os.Environ(), e.env...)
	// What it starts keeps no pipe of the test's.
	said, err := os.CreateTemp(e.dir, "said-*")
	if err != nil {
		e.t.Fatal(err)
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(said.Name())
		e.t.Fatalf("%s %v: %v\n%s", e.script, args, err, text)
	}
}

// stage is the example's stage file on the example's ports.
func (e *runningExample) stage(edits ...string) string {
	e.t.Helper()
	data, err := os.ReadFile(filepath.Join(filepath.Dir(e.script), "stage.yaml"))
	if err != nil {
		e.t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), "./system.sh,", e.script+",")
	for n := 1; n <= 2; n++ {
		for _, documented := range []int{18080, 18090} {
			text = strings.ReplaceAll(text, "127.0.0.1:"+strconv.Itoa(documented+n), "127.0.0.1:"+strconv.Itoa(e.base+n))
		}
	}
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			e.t.Fatalf("%q is not in the stage", edits[i])
		}
		text = strings.ReplaceAll(text, edits[i], edits[i+1])
	}
	return e.file("stage.yaml", text)
}

func (e *runningExample) url(n int) string { return fmt.Sprintf("http://127.0.0.1:%d/", e.base+n) }

// answers says whether web-N answers now.
func (e *runningExample) answers(n int) bool {
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url(n), http.NoBody)
	if err != nil {
		e.t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// holds plays the example and fails unless its claims hold and all is as before. A run
// that a neighbour disturbed is played once more.
func (e *runningExample) holds() {
	e.t.Helper()
	for try := range 2 {
		e.start("run", e.stage(), "--seed", "1", "--json")
		code := e.wait()
		if code == exitUnknown && try == 0 {
			e.t.Logf("it is played again:\n%s", e.stdout.String())
			continue
		}
		if code != exitHeld {
			e.t.Fatalf("exit code %d; it said:\n%s\n%s", code, e.stderr.String(), e.stdout.String())
		}
		break
	}
	s, err := results.ReadSummary(e.record())
	if err != nil {
		e.t.Fatal(err)
	}
	if s.Verdict != showdown.Held || !s.Complete || s.Speed != 1 || len(s.Claims) != 3 {
		e.t.Errorf("%s, complete %t, speed %g, %d claims", s.Verdict, s.Complete, s.Speed, len(s.Claims))
	}
	var names []string
	for _, b := range s.Backends {
		names = append(names, b.Name)
	}
	if slices.Sort(names); !slices.Equal(names, []string{"web-1", "web-2"}) {
		e.t.Errorf("the backends are %q", names)
	}
	for i, target := range []string{"web-1", "web-2"} {
		if f := s.Faults[i]; !f.Confirmed || !f.Undone || f.Target != target || f.Action != "run" || f.Failed == 0 || f.Facts["undo_exit"] != 0.0 {
			e.t.Errorf("fault %+v", f)
		}
	}
	if !e.answers(1) || !e.answers(2) {
		e.t.Error("the system is not as it was before")
	}
	e.left("after the example", nil)
}

func TestProcessesExample(t *testing.T) {
	t.Parallel()
	newExample(t, "processes").holds()
}

func TestContainersExample(t *testing.T) {
	t.Parallel()
	host := dockerHost(t)
	e := newExample(t, "containers", "DOCKER_HOST="+host)
	e.holds()
	// The middle of a fault: docker's pause outlives showdown, and is taken back.
	e.start("run", e.stage("for: 20s", "for: 60s", "for: 4s", "for: 40s", "at: 11s", "at: 45s"), "--quiet")
	e.until(func() bool { return e.said(string(showdown.FaultConfirmed)) })
	e.kill(e.cmd.Process.Pid)
	if code := e.wait(); code != -1 {
		t.Fatalf("exit code %d before it was killed:\n%s", code, e.stderr.String())
	}
	if !eventually(20*time.Second, func() bool { return e.answers(1) }) {
		t.Error("the paused container was not let go on")
	}
	e.healedByReverter()
}

// dockerHost is the address of a docker daemon: the one that there is, or one that the
// test starts where it may.
func dockerHost(t *testing.T) string {
	t.Helper()
	answers := func(host string) bool {
		cmd := exec.Command("docker", "info")
		cmd.Env = append(os.Environ(), "DOCKER_HOST="+host)
		return cmd.Run() == nil
	}
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("no docker on this machine: the example with containers is not played")
	}
	there := os.Getenv("DOCKER_HOST")
	if there == "" {
		there = "unix:///var/run/docker.sock"
	}
	if answers(there) {
		return there
	}
	daemon, err := exec.LookPath("dockerd")
	if err != nil || os.Getuid() != 0 {
		t.Skip("no docker on this machine: no daemon answers at " + there + ", and none can be started (dockerd and root are needed)")
	}
	dir, err := os.MkdirTemp("", "showdown-docker-*") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	host := "unix://" + filepath.Join(dir, "d.sock")
	cmd := exec.Command(daemon, "--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"),
		"--pidfile", filepath.Join(dir, "d.pid"), "--host", host, "--iptables=false", "--ip6tables=false", "--bridge=none")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		// The daemon leaves the host's network namespace mounted.
		_ = syscall.Unmount(filepath.Join(dir, "exec", "netns", "default"), syscall.MNT_DETACH)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	over := func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}
	if !eventually(60*time.Second, func() bool { return over() || answers(host) }) || over() {
		text, _ := os.ReadFile(log.Name())
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		t.Skip("no docker on this machine: dockerd does not run here: " + lines[len(lines)-1])
	}
	return host
}

func (e *runningExample) kill(pids ...int) {
	e.t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			e.t.Error(err)
		}
	}
}

// healedByReverter waits until what the run left is undone, and fails where anything is
// left to undo.
func (e *runningExample) healedByReverter() {
	e.t.Helper()
	if !eventually(20*time.Second, func() bool { return len(e.journals()) == 0 }) {
		e.t.Errorf("journals are left: %v", e.journals())
	}
	e.nothingToUndo("after the reverter")
}

// lasting is the example in which web-1 is frozen for a minute.
func (e *runningExample) lasting() string {
	return e.stage("for: 16s", "for: 90s", "for: 3s", "for: 60s", "at: 9s", "at: 20s", "at: 3s", "at: 1s")
}

// frozen says whether the process of web-N is stopped.
func (e *runningExample) frozen(n int) bool {
	pid, err := os.ReadFile(filepath.Join(e.dir, "system", fmt.Sprintf("web-%d.pid", n)))
	if err != nil {
		e.t.Fatal(err)
	}
	status, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(pid)), "status"))
	return err == nil && strings.Contains(string(status), "(stopped)")
}

// TestKillDuringACommandsFault kills showdown at several moments of a fault that its user's
// command has made. Whoever is left takes it back.
func TestKillDuringACommandsFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind string
		reverter   bool // is killed too
		by         []string
	}{
		{"the reverter, as soon as the fault is there", "", false, nil},
		{"the reverter, in its middle", string(showdown.FaultConfirmed), false, nil},
		{"recover", string(showdown.FaultConfirmed), true, []string{"recover"}},
		{"the next run", string(showdown.FaultConfirmed), true, []string{"run", "--quiet"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newExample(t, "processes")
			e.start("run", e.lasting(), "--json")
			e.until(func() bool { return e.frozen(1) && (c.kind == "" || e.said(c.kind)) })
			if e.over() {
				t.Fatalf("the run ended:\n%s", e.stderr.String())
			}
			victims := []int{e.cmd.Process.Pid}
			if c.reverter {
				reverters := e.processes(reverterCommand)
				if len(reverters) != 1 {
					t.Fatalf("%d reverters", len(reverters))
				}
				victims = append(reverters, victims...)
			}
			e.kill(victims...)
			if code := e.wait(); code != -1 {
				t.Fatalf("exit code %d before it was killed", code)
			}
			if c.reverter {
				if !e.frozen(1) || len(e.journals()) != 1 {
					t.Errorf("with nobody left, web-1 is frozen %t, journals %v", e.frozen(1), e.journals())
				}
				args := c.by
				if args[0] == "run" {
					args = append(args, e.stage("for: 16s", "for: 1s", "for: 3s", "for: 200ms", "at: 3s", "at: 0s", "at: 9s", "at: 100ms"))
				}
				e.start(args...)
				e.wait()
				if said := e.stdout.String() + e.stderr.String(); !strings.Contains(said, "ran its undo") && args[0] == "recover" {
					t.Errorf("it said:\n%s", said)
				}
			}
			if !eventually(20*time.Second, func() bool { return !e.frozen(1) && e.answers(1) && e.answers(2) }) {
				t.Error("web-1 is frozen still")
			}
			e.healedByReverter()
		})
	}
}

// TestUndoThatFails ends with exit code 5, keeps every other run from starting, and is
// given up when its user says so.
func TestUndoThatFails(t *testing.T) {
	t.Parallel()
	e := newExample(t, "processes")
	stage := e.stage("for: 3s", "for: 1s", "for: 16s", "for: 4s", "at: 9s", "at: 2s", "at: 3s", "at: 1s", "thaw, web-1", "no-such-word, web-1")
	e.start("run", stage, "--json")
	if code := e.wait(); code != exitNotUndone {
		t.Errorf("exit code %d, want %d:\n%s", code, exitNotUndone, e.stderr.String())
	}
	if said := e.stderr.String(); !strings.Contains(said, "exit status 2") || !strings.Contains(said, "recover") {
		t.Errorf("it said:\n%s", said)
	}
	s, err := results.ReadSummary(e.record())
	if err != nil {
		t.Fatal(err)
	}
	if s.Faults[0].Undone || !s.Faults[0].Confirmed {
		t.Errorf("fault %+v", s.Faults[0])
	}
	for _, command := range [][]string{{"recover"}, {"run", stage}} {
		e.start(command...)
		if code := e.wait(); code != exitNotUndone {
			t.Errorf("%v: exit code %d, want %d:\n%s", command, code, exitNotUndone, e.stderr.String())
		}
	}
	e.start("recover", "--forget")
	if code := e.wait(); code != exitHeld || !strings.Contains(e.stdout.String(), "forgotten, although its undo") {
		t.Errorf("forget: exit code %d:\n%s", code, e.stdout.String())
	}
	e.nothingToUndo("after it was given up")
}

// TestInterruptDuringACommandsFault takes the fault back before it exits.
func TestInterruptDuringACommandsFault(t *testing.T) {
	t.Parallel()
	e := newExample(t, "processes")
	e.start("run", e.lasting(), "--json")
	e.until(func() bool { return e.said(string(showdown.FaultConfirmed)) })
	e.group(syscall.SIGINT)
	if code := e.wait(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d:\n%s", code, exitInterrupted, e.stderr.String())
	}
	if e.frozen(1) || !e.answers(1) {
		t.Error("web-1 is frozen still")
	}
	e.left("after an interrupt", nil)
}

// secretStage is a stage whose commands say what they were told in confidence.
const secretStage = `version: 1
journey: mine
stage: secret
title: Commands that talk
cells:
  - name: base
    targets: [{name: web-1, url: "%[1]s"}]
    traffic: {clients: 2, phases: [{name: all, for: 2s, rate: 20}]}
    steady_state: {within: 1s}
    timeline:
      - letter: A
        at: 200ms
        for: 500ms
        do: {run: [sh, -c, 'echo "out $TOKEN"; echo "err $TOKEN" >&2; touch %[2]s'], env: {TOKEN: "Bearer $MY_SECRET"}}
        undo: {run: [sh, -c, 'rm %[2]s; echo "undo $TOKEN" >&2'], env: {TOKEN: $MY_SECRET}}
        probe: {run: [sh, -c, 'echo "look $TOKEN"; test -e %[2]s'], env: {TOKEN: $MY_SECRET}}
      - letter: B
        at: 1200ms
        for: 200ms
        do: {run: [sh, -c, 'echo "denied to $TOKEN" >&2; exit 3'], env: {TOKEN: $MY_SECRET}}
        undo: {run: [sh, -c, 'test -n "$TOKEN"'], env: {TOKEN: $MY_SECRET}}
        probe: {run: [sh, -c, 'echo "$TOKEN" >&2; exit 1'], env: {TOKEN: $MY_SECRET}}
`

// TestSecretsStayOutOfTheRecord looks for a value of the environment in all that a run
// writes and says.
func TestSecretsStayOutOfTheRecord(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery"
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	p := newProgram(t)
	p.env = []string{"MY_SECRET=" + secret}
	p.start("run", p.file("secret.yaml", fmt.Sprintf(secretStage, server.URL, filepath.Join(p.dir, "broken"))), "--json")
	code := p.wait()
	if said := p.stdout.String() + p.stderr.String(); strings.Contains(said, secret) || !strings.Contains(said, "denied to $MY_SECRET") {
		t.Errorf("exit code %d; it said:\n%s", code, said)
	}
	all := 0
	err := filepath.WalkDir(p.runs(), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), secret) {
			t.Errorf("%s holds the secret", path)
		}
		all += strings.Count(string(data), "Bearer $MY_SECRET")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Once in the stage, and in both outputs of the command.
	if all != 3 {
		t.Errorf("the record has the secret's name %d times, want 3", all)
	}
	p.left("after commands that talk", nil)
}
