package journal

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown/targets/command"
)

// undoing is the entry of a command that a shell script takes back.
func undoing(t *testing.T, name, script string, own map[string]string, secrets map[string]string) Entry {
	t.Helper()
	c := command.Command{
		Argv: []string{"/bin/sh", "-c", script}, Dir: t.TempDir(), Env: Environment(own), Secrets: secrets, Timeout: 20 * time.Second,
	}
	e, err := NewCommand(name, map[string]string{"letter": "A"}, c, own)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

func TestHealRunsTheUndoOfADeadRun(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	t.Setenv("SHOWDOWN_GRAFANA_TOKEN", "ours")
	t.Setenv("DOCKER_HOST", "unix:///run/one.sock")
	j := mustOpen(t, dir, "run-1")
	say := func(word string) string {
		return `echo ` + word + ` "$NAME" "$DOCKER_HOST" "${SHOWDOWN_GRAFANA_TOKEN-none}" "${` + MarkVariable + `-none}" >>` + out
	}
	j.must(t, undoing(t, "A run web-1", say("first"), map[string]string{"NAME": "web-1", "TOKEN": "s3cret"}, map[string]string{"TOKEN": "s3cret"}))
	j.must(t, undoing(t, "B run web-2", say("second"), nil, nil))
	j.must(t, undoing(t, "C run web-3", "exit 0", nil, nil))
	if err := j.Done(3); err != nil {
		t.Fatal(err)
	}
	none, err := NewCommand("D run", nil, command.Command{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	j.must(t, none)
	// Whoever heals has another environment.
	t.Setenv("DOCKER_HOST", "unix:///run/two.sock")
	if got := heal(t, dir); len(got) != 0 || read(t, out) != "" {
		t.Fatalf("healed a living run: %v", got)
	}
	j.die()
	got := heal(t, dir)
	if len(got) != 1 || len(got[0].Failed) != 0 || len(got[0].Undone) != 3 {
		t.Fatalf("healed %+v", got)
	}
	if want := "second  unix:///run/one.sock none none\nfirst web-1 unix:///run/one.sock none none\n"; read(t, out) != want {
		t.Errorf("the undo commands said %q, want %q", read(t, out), want)
	}
	if !strings.Contains(strings.Join(got[0].Undone, "\n"), "command D run: it has no undo, nothing was done") {
		t.Errorf("undone %q", got[0].Undone)
	}
	if got := heal(t, dir); len(got) != 0 {
		t.Errorf("healed again: %v", got)
	}
}

// An undo that fails stays for the next time, and those that succeeded are not run again.
func TestHealTriesAFailedUndoAgain(t *testing.T) {
	dir, base := t.TempDir(), t.TempDir()
	out, gate := filepath.Join(base, "out"), filepath.Join(base, "gate")
	j := mustOpen(t, dir, "run-1")
	j.must(t, undoing(t, "A run", "test -e "+gate+" || { echo no s3cret here >&2; exit 7; }; echo first >>"+out, nil, map[string]string{"TOKEN": "s3cret"}))
	j.must(t, undoing(t, "B run", "echo second >>"+out, nil, nil))
	// The owner died while it wrote.
	if _, err := j.file.WriteString(`{"id":1,"do`); err != nil {
		t.Fatal(err)
	}
	j.die()
	for range 2 {
		got := heal(t, dir)
		if len(got) != 1 || len(got[0].Failed) != 1 || !strings.Contains(got[0].Failed[0], "exit status 7: no $TOKEN here") {
			t.Fatalf("healed %+v", got)
		}
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := heal(t, dir); len(got) != 1 || len(got[0].Failed) != 0 {
		t.Errorf("healed %+v", got)
	}
	if read(t, out) != "second\nfirst\n" {
		t.Errorf("undone %q", read(t, out))
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestForget(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, "run-1")
	j.must(t, undoing(t, "A run", "exit 7", nil, nil))
	broken := undoing(t, "B run", "exit 0", nil, nil)
	broken.Fields[undoField] = "{"
	j.must(t, broken)
	j.die()
	if got := heal(t, dir); len(got) != 1 || len(got[0].Failed) != 2 {
		t.Errorf("healed %+v", got)
	}
	got, err := Forget(t.Context(), dir)
	if err != nil || len(got) != 1 || len(got[0].Failed) != 0 || strings.Count(strings.Join(got[0].Undone, "\n"), "forgotten, although") != 2 {
		t.Errorf("forgot %+v, %v", got, err)
	}
	if got := heal(t, dir); len(got) != 0 {
		t.Errorf("healed again: %+v", got)
	}
}

// leader starts a process group of two: its leader, and a child that says its number and
// lives until it is killed. With end the leader ends at once.
func leader(t *testing.T, end bool) (who Identity, child Identity) {
	t.Helper()
	script := "sleep 300 & echo $!; "
	if !end {
		script += "wait"
	}
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { command.KillGroup(cmd.Process.Pid); <-done })
	if who, err = Identify(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 32)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	for _, c := range bytes.TrimSpace(line[:n]) {
		pid = 10*pid + int(c-'0')
	}
	if child, err = Identify(pid); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(done); _, _ = cmd.Process.Wait() }()
	if end {
		<-done
	}
	return who, child
}

// What a command was at when its run died is ended before the undo runs.
func TestHealKillsTheCommandThatRuns(t *testing.T) {
	for name, end := range map[string]bool{"its leader lives": false, "its leader is gone": true} {
		dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
		who, child := leader(t, end)
		j := mustOpen(t, dir, "run-1")
		id := j.must(t, undoing(t, "A run", "echo undone >>"+out, nil, nil))
		if err := j.Started(id, who); err != nil {
			t.Fatal(err)
		}
		j.die()
		got := heal(t, dir)
		if len(got) != 1 || len(got[0].Failed) != 0 || !strings.Contains(got[0].Undone[0], "killed what still ran of it, and ran its undo") {
			t.Errorf("%s: healed %+v", name, got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if !WaitGone(ctx, child) || read(t, out) != "undone\n" {
			t.Errorf("%s: the child lives %t, undone %q", name, child.Alive(), read(t, out))
		}
		cancel()
	}
}

// What a command left running on purpose lives on once the command was over, and so does
// a stranger that was given its number.
func TestHealSparesWhatACommandLeft(t *testing.T) {
	dir := t.TempDir()
	who, child := leader(t, true)
	stranger, other := leader(t, false)
	stranger.Start++
	j := mustOpen(t, dir, "run-1")
	for _, at := range []Identity{who, stranger} {
		id := j.must(t, undoing(t, "A run", "exit 0", nil, nil))
		if err := j.Started(id, at); err != nil {
			t.Fatal(err)
		}
		if at == who {
			if err := j.Started(id, Identity{}); err != nil { // it was over
				t.Fatal(err)
			}
		}
	}
	j.die()
	if got := heal(t, dir); len(got) != 1 || len(got[0].Failed) != 0 {
		t.Errorf("healed %+v", got)
	}
	if !child.Alive() || !other.Alive() {
		t.Errorf("what a command left lives %t, a stranger %t", child.Alive(), other.Alive())
	}
}

// A second healer waits for the first, whose undo takes longer than a healer waits for
// anything else.
func TestHealersWaitForAnUndo(t *testing.T) {
	dir, base := t.TempDir(), t.TempDir()
	out, gate := filepath.Join(base, "out"), filepath.Join(base, "gate")
	j := mustOpen(t, dir, "run-1")
	j.must(t, undoing(t, "A run", "echo begun >>"+out+"; while [ ! -e "+gate+" ]; do sleep 0.02; done", nil, nil))
	j.die()
	// The journal names this process as its owner, which lives; a dead one is wanted.
	data := bytes.Replace([]byte(read(t, j.Path())), []byte(`"owner":{"pid":`), []byte(`"owner":{"pid":1073741824,"was":`), 1)
	if err := os.WriteFile(j.Path(), data, 0o600); err != nil {
		t.Fatal(err)
	}
	results := make(chan []Healed, 2)
	go func() {
		healed, _ := Heal(t.Context(), dir)
		results <- healed
	}()
	for read(t, out) == "" {
		if !pause(t.Context(), healPoll) {
			t.Fatal("the first healer did not begin")
		}
	}
	go func() {
		healed, _ := Heal(t.Context(), dir)
		results <- healed
	}()
	pause(t.Context(), healWait+200*time.Millisecond)
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	all := append(<-results, <-results...)
	if len(all) != 1 || len(all[0].Failed) != 0 || read(t, out) != "begun\n" {
		t.Errorf("healed %+v, undone %q", all, read(t, out))
	}
}

func TestJournalsOfCommandsAreTheirOwners(t *testing.T) {
	j := mustOpen(t, t.TempDir(), "run-1")
	j.must(t, undoing(t, "A run", "exit 0", map[string]string{"TOKEN": "s3cret"}, nil))
	info, err := os.Stat(j.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a journal that may hold secrets has the mode %v, %v", info.Mode(), err)
	}
	if !strings.Contains(read(t, j.Path()), "s3cret") {
		t.Error("the undo lost its environment")
	}
	_ = j.Done(1)
}
