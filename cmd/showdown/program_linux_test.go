package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"showdown/results"
	"showdown/targets/journal"
)

// program is a showdown that runs as a user's does: a process of its own, in a
// process group of its own, with a folder for its runs and one for its journals.
type program struct {
	t         *testing.T
	dir, mark string
	// runtime is where its journals and its slots' locks are; several may share it, as
	// the programs of one user do.
	runtime string
	// env are further variables of its environment.
	env            []string
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan struct{}
}

var programs atomic.Int64

// endWait is how long a run that was told to end may take: its roll back is bounded
// by a minute.
const endWait = 90 * time.Second

// newProgram is a place for runs of one test; start runs one in it.
func newProgram(t *testing.T) *program {
	t.Helper()
	dir := t.TempDir()
	p := &program{t: t, dir: dir, runtime: filepath.Join(dir, "runtime")}
	p.mark = fmt.Sprintf("SHOWDOWN_TEST=%d-%d", os.Getpid(), programs.Add(1))
	if err := os.Mkdir(p.runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	return p
}

// newNeighbour is a place for runs of the same user: other runs and processes, the
// same journals and slots.
func (p *program) newNeighbour() *program {
	p.t.Helper()
	n := newProgram(p.t)
	n.runtime = p.runtime
	return n
}

func (p *program) runs() string { return filepath.Join(p.dir, "runs") }

func (p *program) file(name, content string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func (p *program) start(args ...string) {
	p.t.Helper()
	p.cmd = exec.Command("showdown", args...)
	p.cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+p.runtime, "SHOWDOWN_OUT="+p.runs(), p.mark)
	p.cmd.Env = append(p.cmd.Env, p.env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.stdout.Reset()
	p.stderr.Reset()
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	p.ended = ended
	cmd := p.cmd
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	p.t.Cleanup(func() {
		select {
		case <-ended:
		default:
			_ = cmd.Process.Kill()
			<-ended
		}
	})
}

// wait returns the exit code, -1 when a signal ended the program.
func (p *program) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(endWait):
		p.t.Fatalf("the run did not end; it said:\n%s", p.stderr.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *program) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// until waits for what is to happen while the program runs, or for its end.
func (p *program) until(happened func() bool) {
	p.t.Helper()
	if !eventually(endWait, func() bool { return p.over() || happened() }) {
		p.t.Fatal("what the test waits for did not happen")
	}
}

// group sends a signal to the program's process group, as a terminal does.
func (p *program) group(s syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		p.t.Fatal(err)
	}
}

// left fails when processes, listeners, journals or locked slots of the runs are left.
// listeners are those that were there before.
func (p *program) left(when string, listeners []socket) {
	p.t.Helper()
	p.gone(when, listeners)
	p.unlocked(when)
	if journals := p.journals(); len(journals) > 0 {
		p.t.Errorf("%s: journals are left: %v", when, journals)
	}
}

// healed is left for a program that was killed: before it has its reverter, it has
// nothing to undo and leaves a journal without entries, which the next run removes.
func (p *program) healed(when string, listeners []socket) {
	p.t.Helper()
	p.gone(when, listeners)
	p.unlocked(when)
	for _, path := range p.journals() {
		if text, err := os.ReadFile(path); err != nil || bytes.Count(text, []byte("\n")) > 1 {
			p.t.Errorf("%s: a journal with entries is left: %s\n%s", when, path, text)
		}
	}
}

// nothingToUndo fails when showdown recover finds something.
func (p *program) nothingToUndo(when string) {
	p.t.Helper()
	p.start("recover")
	if code := p.wait(); code != exitHeld || p.stdout.String() != "nothing to undo\n" {
		p.t.Errorf("%s: recover exits %d:\n%s%s", when, code, p.stdout.String(), p.stderr.String())
	}
}

// unlocked fails when the lock of a slot is held.
func (p *program) unlocked(when string) {
	p.t.Helper()
	if locked := p.lockedSlots(); len(locked) > 0 {
		p.t.Errorf("%s: these slots are still locked: %v", when, locked)
	}
}

// gone fails when processes or listeners of the runs are left.
func (p *program) gone(when string, listeners []socket) {
	p.t.Helper()
	if !eventually(5*time.Second, func() bool { return len(p.processes("")) == 0 }) {
		p.t.Errorf("%s: these processes are left: %v", when, p.processes(""))
	}
	open := listening()
	for _, s := range listeners {
		if slices.Contains(open, s) {
			p.t.Errorf("%s: a listener is left: %s", when, s)
		}
	}
}

func (p *program) journals() []string {
	found, err := filepath.Glob(filepath.Join(p.runtime, "showdown", "*.journal*"))
	if err != nil {
		p.t.Error(err)
	}
	return found
}

// lockedSlots are the numbers of the slots whose lock somebody holds. A lock that is
// free is held for the moment of the look.
func (p *program) lockedSlots() []int {
	p.t.Helper()
	var locked []int
	for slot := journal.MinSlot; slot <= journal.MaxSlot; slot++ {
		f, err := os.OpenFile(filepath.Join(p.runtime, "showdown", fmt.Sprintf("slot-%02d.lock", slot)), os.O_RDWR, 0)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			p.t.Fatal(err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			locked = append(locked, slot)
		}
		_ = f.Close() // which unlocks it
	}
	return locked
}

// record is the folder of the youngest run that is no journey; empty when there is
// none.
func (p *program) record() string {
	var youngest string
	var at time.Time
	for _, pattern := range []string{"*", "*/*"} {
		found, _ := filepath.Glob(filepath.Join(p.runs(), pattern, results.ManifestFile))
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && info.ModTime().After(at) {
				youngest, at = filepath.Dir(path), info.ModTime()
			}
		}
	}
	return youngest
}

// said says whether the record of the youngest run has an event in it by now.
func (p *program) said(kind string) bool {
	dir := p.record()
	if dir == "" {
		return false
	}
	data, _ := os.ReadFile(filepath.Join(dir, results.EventsFile))
	return bytes.Contains(data, []byte(`"kind":"`+kind+`"`))
}

// processes are those that carry the mark and have word in their command line.
// Zombies are not processes any more.
func (p *program) processes(word string) []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err != nil || !slices.Contains(strings.Split(string(environ), "\x00"), p.mark) {
			continue
		}
		cmdline, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if strings.Contains(string(cmdline), word) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// eventually asks for what is to happen until it does or limit is over.
func eventually(limit time.Duration, happened func() bool) bool {
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !happened() {
		if time.Now().After(deadline) {
			return false
		}
		<-tick.C
	}
	return true
}
