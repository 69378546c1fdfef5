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
)

// program is a showdown that runs as a user's does: a process of its own, in a
// process group of its own, with a folder for its runs and one for its journals.
type program struct {
	t              *testing.T
	dir, mark      string
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
	p := &program{t: t, dir: t.TempDir()}
	p.mark = fmt.Sprintf("SHOWDOWN_TEST=%d-%d", os.Getpid(), programs.Add(1))
	if err := os.Mkdir(filepath.Join(p.dir, "runtime"), 0o700); err != nil {
		t.Fatal(err)
	}
	return p
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
	p.cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+filepath.Join(p.dir, "runtime"), "SHOWDOWN_OUT="+p.runs(), p.mark)
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

// left fails when processes, listeners or journals of the runs are left. listeners
// are those that were there before.
func (p *program) left(when string, listeners []string) {
	p.t.Helper()
	if !eventually(5*time.Second, func() bool { return len(p.processes("")) == 0 }) {
		p.t.Errorf("%s: these processes are left: %v", when, p.processes(""))
	}
	open := listening()
	for _, inode := range listeners {
		if slices.Contains(open, inode) {
			p.t.Errorf("%s: a listener is left: socket %s", when, inode)
		}
	}
	if journals := p.journals(); len(journals) > 0 {
		p.t.Errorf("%s: journals are left: %v", when, journals)
	}
}

func (p *program) journals() []string {
	found, err := filepath.Glob(filepath.Join(p.dir, "runtime", "showdown", "*.journal*"))
	if err != nil {
		p.t.Error(err)
	}
	return found
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

// listeners are the listening sockets of the program's processes, by inode.
func (p *program) listeners() []string {
	open := listening()
	var mine []string
	for _, pid := range p.processes("") {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, link := range links {
			target, _ := os.Readlink(link)
			inode := strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")
			if slices.Contains(open, inode) {
				mine = append(mine, inode)
			}
		}
	}
	return mine
}

// listening are the inodes of all listening TCP sockets.
func listening() []string {
	const listen = "0A"
	var inodes []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, _ := os.ReadFile(table)
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) > 9 && f[3] == listen {
				inodes = append(inodes, f[9])
			}
		}
	}
	return inodes
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
