package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"showdown/targets/journal"
)

const (
	// reapWait bounds the end: machines are killed, and the kernel needs no longer.
	reapWait = 2 * time.Second
	// orphanPoll is how often the end looks for what machines have left behind.
	orphanPoll = 5 * time.Millisecond
	// sendWait bounds the write of an order into a machine's pipe, which is full only
	// when the machine has not read for many orders.
	sendWait = 100 * time.Millisecond
)

// SpawnerMain is the spawner's life: it starts machines, passes lines and signals
// on, and reports, until standard input ends or ctx does; then it kills what is left
// and returns. machine is the command line of a machine. It must be the main
// function of a process of its own, since it reaps every child of the process.
func SpawnerMain(ctx context.Context, stdin io.Reader, stdout io.Writer, machine []string) error {
	if len(machine) == 0 {
		return errors.New("spawner: no command line for machines")
	}
	// All forks come from this thread, which lives as long as the process: a child's
	// parent-death signal is sent when the thread that forked it ends.
	runtime.LockOSThread()
	// What a machine leaves behind becomes a child of this process, which ends it.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("spawner: become the parent of orphans: %w", err)
	}
	s := &spawner{
		command: machine, out: stdout, children: map[int]*grandchild{}, byPID: map[int]*grandchild{},
		empty: make(chan struct{}, 1),
		// Machines are small servers beside many others: little heap, few threads.
		env: withEnv(os.Environ(), "GOMAXPROCS=2", "GOGC=50", "GOMEMLIMIT=64MiB"),
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGCHLD)
	defer signal.Stop(signals)
	go func() {
		for range signals {
			s.reap()
		}
	}()
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		in := bufio.NewReader(stdin)
		for {
			data, err := in.ReadBytes('\n')
			if err != nil {
				return
			}
			lines <- data
		}
	}()
	s.report(report{Ready: true})
	for {
		select {
		case data, open := <-lines:
			if !open {
				return s.end()
			}
			s.serve(data)
		case <-ctx.Done():
			return s.end()
		}
	}
}

// spawner holds the machines' processes.
type spawner struct {
	command, env []string

	outMu sync.Mutex
	out   io.Writer

	// mu is held while a process is signalled or reaped, so that no signal ever goes
	// to a number that was given out again.
	mu       sync.Mutex
	children map[int]*grandchild // by the backend's number
	byPID    map[int]*grandchild
	empty    chan struct{} // told when the last one is reaped
	families bool          // a machine with processes of its own was started
}

// grandchild is a machine's process, seen from the spawner.
type grandchild struct {
	number, pid int
	stdin       *os.File
	family      bool
	stopped     bool
	// waiting are the requests to be answered when the process has stopped or
	// continued.
	waitStop, waitCont []int
	exited             chan struct{}
	exit               string
}

func (s *spawner) report(r report) {
	data, err := json.Marshal(r)
	if err != nil {
		return
	}
	s.outMu.Lock()
	defer s.outMu.Unlock()
	_, _ = s.out.Write(append(data, '\n')) // nobody there: stdin ends as well
}

func (s *spawner) reply(id int, err error) {
	r := report{ID: id}
	if err != nil {
		r.Error = err.Error()
	}
	s.report(r)
}

func (s *spawner) serve(data []byte) {
	var r request
	if err := json.Unmarshal(data, &r); err != nil {
		return
	}
	switch r.Op {
	case opStart:
		who, err := s.fork(r)
		if err != nil {
			s.reply(r.ID, err)
			return
		}
		s.report(report{ID: r.ID, Identity: &who})
	case opSend:
		s.reply(r.ID, s.send(r))
	case opSignal:
		if later, err := s.signal(r); err != nil || !later {
			s.reply(r.ID, err)
		}
	default:
		s.reply(r.ID, fmt.Errorf("unknown operation %q", r.Op))
	}
}

// fork starts a machine's process and gives it its configuration.
func (s *spawner) fork(r request) (journal.Identity, error) {
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return journal.Identity{}, err
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return journal.Identity{}, errors.Join(err, inRead.Close(), inWrite.Close())
	}
	defer inRead.Close()
	defer outWrite.Close()
	s.mu.Lock()
	// Not os/exec: its own waiting would compete with the reaper.
	pid, err := syscall.ForkExec(s.command[0], s.command, &syscall.ProcAttr{
		Env:   s.env,
		Files: []uintptr{inRead.Fd(), outWrite.Fd(), 2},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	var who journal.Identity
	if err == nil {
		who, err = journal.Identify(pid)
	}
	if err != nil {
		if pid > 0 {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		s.mu.Unlock()
		return who, errors.Join(fmt.Errorf("run %s: %w", s.command[0], err), inWrite.Close(), outRead.Close())
	}
	c := &grandchild{number: r.Machine, pid: pid, stdin: inWrite, family: r.Family, exited: make(chan struct{})}
	s.children[c.number], s.byPID[pid] = c, c
	s.families = s.families || c.family
	s.mu.Unlock()
	go s.follow(c, outRead)
	err = c.write(r.Line)
	if err != nil {
		// It ended at once; the report of its end says how.
		return who, nil
	}
	return who, nil
}

// follow passes a machine's lines on, and its end after the last of them.
func (s *spawner) follow(c *grandchild, out *os.File) {
	lines := bufio.NewReader(out)
	for {
		data, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		if json.Valid(data) {
			s.report(report{Machine: c.number, Line: data})
		}
	}
	_ = out.Close()
	<-c.exited
	s.report(report{Machine: c.number, Exit: c.exit})
}

func (c *grandchild) write(line []byte) error {
	if err := c.stdin.SetWriteDeadline(time.Now().Add(sendWait)); err != nil {
		return err
	}
	_, err := c.stdin.Write(append(append([]byte{}, line...), '\n'))
	return err
}

func (s *spawner) send(r request) error {
	s.mu.Lock()
	c := s.children[r.Machine]
	s.mu.Unlock()
	if c == nil {
		return ErrEnded
	}
	if err := c.write(r.Line); err != nil {
		return fmt.Errorf("it does not read its orders: %w", err)
	}
	return nil
}

// signal sends a signal to a machine's process group. later says that the reply
// comes when the kernel reports the effect.
func (s *spawner) signal(r request) (later bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.children[r.Machine]
	if c == nil {
		return false, ErrEnded
	}
	switch r.Signal {
	case signalTerm:
		err = unix.Kill(-c.pid, unix.SIGTERM)
	case signalKill:
		err = unix.Kill(-c.pid, unix.SIGKILL)
	case signalStop:
		defer c.spread(unix.SIGSTOP)
		if err = unix.Kill(-c.pid, unix.SIGSTOP); err == nil && !c.stopped {
			c.waitStop = append(c.waitStop, r.ID)
			return true, nil
		}
	case signalCont:
		c.spread(unix.SIGCONT)
		if err = unix.Kill(-c.pid, unix.SIGCONT); err == nil && c.stopped {
			c.waitCont = append(c.waitCont, r.ID)
			return true, nil
		}
	default:
		err = fmt.Errorf("unknown signal %q", r.Signal)
	}
	return false, err
}

// reap collects every change of state that the kernel has to tell.
func (s *spawner) reap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG|unix.WUNTRACED|unix.WCONTINUED, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			s.endOrphans()
			return
		}
		c := s.byPID[pid]
		if c == nil {
			continue
		}
		switch {
		case status.Stopped():
			c.stopped = true
			s.answer(&c.waitStop, nil)
		case status.Continued():
			c.stopped = false
			s.answer(&c.waitStop, nil) // stopped and continued before we looked
			s.answer(&c.waitCont, nil)
		default:
			s.bury(c, status)
		}
	}
}

func (s *spawner) answer(ids *[]int, err error) {
	for _, id := range *ids {
		s.reply(id, err)
	}
	*ids = nil
}

func (s *spawner) bury(c *grandchild, status unix.WaitStatus) {
	delete(s.children, c.number)
	delete(s.byPID, c.pid)
	if status.Signaled() {
		c.exit = "signal: " + status.Signal().String()
	} else {
		c.exit = fmt.Sprintf("exit status %d", status.ExitStatus())
	}
	_ = c.stdin.Close()
	s.answer(&c.waitStop, ErrEnded)
	s.answer(&c.waitCont, ErrEnded)
	close(c.exited)
	if len(s.children) == 0 {
		select {
		case s.empty <- struct{}{}:
		default:
		}
	}
}

// end kills every machine and returns when all are reaped.
func (s *spawner) end() error {
	s.mu.Lock()
	for _, c := range s.children {
		_ = unix.Kill(-c.pid, unix.SIGKILL)
	}
	s.mu.Unlock()
	limit := time.NewTimer(reapWait)
	defer limit.Stop()
	again := time.NewTicker(orphanPoll)
	defer again.Stop()
	for {
		s.mu.Lock()
		left := len(s.children) + s.endOrphans()
		s.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-s.empty:
		case <-again.C:
		case <-limit.C:
			return fmt.Errorf("spawner: %d machines were killed and are still there", left)
		}
	}
}
