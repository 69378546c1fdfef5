package process_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"showdown/targets/backend/process"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// start runs machine number n, which must work.
func (l *lab) start(n int) cloud.Machine {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := l.Start(ctx, config(l.slot, n))
	if err != nil {
		l.t.Fatal(err)
	}
	return m
}

func alive(id cloud.Identity) bool { return journal.Identity(id).Alive() }

func refused(address string) error {
	c, err := net.DialTimeout("tcp4", address, time.Second)
	if err == nil {
		_ = c.Close()
		return fmt.Errorf("%s still listens", address)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return nil
}

// stat is field n, from 1, of /proc/PID/stat; n is above 2.
func stat(t *testing.T, pid, n int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	v, err := strconv.Atoi(fields[n-3])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMachinesAreChildrenOfOneSpawnerInItsOwnSession(t *testing.T) {
	l := newLab(t)
	a, b := l.start(0), l.start(1)
	spawner := l.Spawner().PID
	session := stat(t, spawner, 6)
	if session != spawner || session == stat(t, os.Getpid(), 6) {
		t.Errorf("the spawner's session is %d", session)
	}
	if got := stat(t, spawner, 4); got != os.Getpid() {
		t.Errorf("the spawner's parent is %d", got)
	}
	for _, m := range []cloud.Machine{a, b} {
		pid := m.Identity().PID
		if parent, group, s := stat(t, pid, 4), stat(t, pid, 5), stat(t, pid, 6); parent != spawner || group != pid || s != session {
			t.Errorf("%s: parent %d, group %d, session %d", m.Name(), parent, group, s)
		}
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil || !strings.Contains(string(env), journal.MarkVariable+"="+l.journal.Run()+"\x00") {
			t.Errorf("%s does not carry the mark: %v", m.Name(), err)
		}
	}
	var names []string
	for _, e := range l.journal.Pending() {
		if e.Identity == (journal.Identity{}) || e.Fields["mark"] != l.journal.Run() {
			t.Errorf("journal: %+v", e)
		}
		names = append(names, e.Name)
	}
	if got := strings.Join(names, " "); got != "spawner web-1 web-2" {
		t.Errorf("the journal holds %s", got)
	}
}

func TestCloseReapsEverything(t *testing.T) {
	l := newLab(t)
	machines := []cloud.Machine{l.start(0), l.start(1), l.start(2)}
	if err := machines[1].Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for n, m := range machines {
		if alive(m.Identity()) {
			t.Errorf("%s is alive", m.Name())
		}
		if err := refused(endpoint(l.slot, n)); err != nil {
			t.Error(err)
		}
	}
	if alive(l.Spawner()) {
		t.Error("the spawner is alive")
	}
	if left := l.journal.Pending(); len(left) != 0 {
		t.Errorf("the journal still holds %+v", left)
	}
	if _, err := l.Start(t.Context(), config(l.slot, 0)); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a start afterwards: %v", err)
	}
	if len(l.lost) != 0 {
		t.Error("a machine that was closed counts as lost")
	}
}

func TestAMachineThatDiesIsLost(t *testing.T) {
	l := newLab(t)
	m, other := l.start(0), l.start(1)
	if err := syscall.Kill(m.Identity().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case name := <-l.lost:
		if name != "web-1" {
			t.Errorf("lost %s", name)
		}
	case <-time.After(patience):
		t.Fatal("nobody said that it is lost")
	}
	<-m.Done()
	if _, err := m.Do(t.Context(), cloud.Command{Verb: cloud.Stats}); !errors.Is(err, process.ErrEnded) || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("a command to it: %v", err)
	}
	if err := m.Pause(t.Context()); !errors.Is(err, process.ErrEnded) {
		t.Errorf("its pause: %v", err)
	}
	for _, e := range l.journal.Pending() {
		if e.Name == "web-1" {
			t.Error("the journal still holds it")
		}
	}
	if _, err := other.Do(t.Context(), cloud.Command{Verb: cloud.Stats}); err != nil {
		t.Errorf("the other one: %v", err)
	}
	l.start(0) // its address is free again
}

func TestTheSpawnersDeathIsTheMachinesDeath(t *testing.T) {
	l := newLab(t)
	a, b := l.start(0), l.start(1)
	if err := b.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(l.Spawner().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.Lost():
	case <-time.After(patience):
		t.Fatal("Lost is not closed")
	}
	for n, m := range []cloud.Machine{a, b} {
		<-m.Done()
		if alive(m.Identity()) {
			t.Errorf("%s outlived the spawner", m.Name())
		}
		if err := refused(endpoint(l.slot, n)); err != nil {
			t.Error(err)
		}
		_, err := m.Do(t.Context(), cloud.Command{Verb: cloud.Stats})
		for what, err := range map[string]error{"do": err, "pause": m.Pause(t.Context())} {
			if err != nil && errors.Is(err, process.ErrPaused) {
				continue
			}
			if !errors.Is(err, process.ErrLost) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := m.Kill(t.Context()); err != nil {
			t.Errorf("killing what is gone: %v", err)
		}
	}
	if _, err := l.Start(t.Context(), config(l.slot, 2)); !errors.Is(err, process.ErrLost) {
		t.Errorf("a start: %v", err)
	}
	got := map[string]bool{}
	for range 2 {
		select {
		case name := <-l.lost:
			got[name] = true
		case <-time.After(patience):
			t.Fatal("a machine was lost and nobody said so")
		}
	}
	if !got["web-1"] || !got["web-2"] {
		t.Errorf("lost %v", got)
	}
}

// TestEndingDuringTheSpawnersDeath: who wants a machine to end has what he wants when the
// spawner dies in that moment, and is not told that something is left.
func TestEndingDuringTheSpawnersDeath(t *testing.T) {
	l := newLab(t)
	var machines []cloud.Machine
	for n := range 8 {
		machines = append(machines, l.start(n))
	}
	// It hears no order any more, and dies with all of them in its pipe.
	if err := syscall.Kill(l.Spawner().PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, len(machines))
	for n, m := range machines {
		go func() {
			if n%2 == 0 {
				errs <- m.Kill(context.Background())
			} else {
				errs <- m.Stop(context.Background())
			}
		}()
	}
	if err := syscall.Kill(l.Spawner().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range machines {
		select {
		case err := <-errs:
			if err != nil {
				t.Errorf("an end: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("a call hangs")
		}
	}
	for _, m := range machines {
		if alive(m.Identity()) {
			t.Errorf("%s outlived the spawner", m.Name())
		}
	}
}

func TestCallsDuringTheSpawnersDeathEnd(t *testing.T) {
	l := newLab(t)
	m := l.start(0)
	if err := syscall.Kill(l.Spawner().PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 3)
	go func() {
		_, err := l.Start(context.Background(), config(l.slot, 1))
		errs <- err
	}()
	go func() {
		_, err := m.Do(context.Background(), cloud.Command{Verb: cloud.Stats})
		errs <- err
	}()
	go func() { errs <- m.Pause(context.Background()) }()
	if err := syscall.Kill(l.Spawner().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		select {
		case err := <-errs:
			if !errors.Is(err, process.ErrLost) && !errors.Is(err, process.ErrEnded) && !errors.Is(err, process.ErrPaused) {
				t.Errorf("a call: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("a call hangs")
		}
	}
}

func TestCloseKillsASpawnerThatHangs(t *testing.T) {
	l := newLab(t)
	m := l.start(0)
	if err := syscall.Kill(l.Spawner().PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := l.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	if alive(l.Spawner()) || alive(m.Identity()) {
		t.Error("something is alive")
	}
	if left := l.journal.Pending(); len(left) != 0 {
		t.Errorf("the journal still holds %+v", left)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	l := newLab(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Start(gone, config(l.slot, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), time.Microsecond)
	defer cancel()
	if m, err := l.Start(soon, config(l.slot, 0)); err == nil { // too quick for the clock
		_ = m.Kill(t.Context())
	} else if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a short one: %v", err)
	}
	if left := l.journal.Pending(); len(left) != 1 {
		t.Errorf("the journal holds %+v", left)
	}
	l.start(0)
}

func TestManyAtOnce(t *testing.T) {
	l := newLab(t)
	const n = 20
	machines := make([]cloud.Machine, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			m, err := l.Start(t.Context(), config(l.slot, i))
			if err != nil {
				t.Error(err)
				return
			}
			machines[i] = m
		})
	}
	wait.Wait()
	seen := map[cloud.Identity]bool{}
	for i, m := range machines {
		if m == nil {
			continue
		}
		seen[m.Identity()] = true
		wait.Go(func() {
			if err := m.Pause(t.Context()); err != nil {
				t.Error(err)
			}
			if err := m.Resume(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := m.Do(t.Context(), cloud.Command{Verb: cloud.Stats}); err != nil {
				t.Error(err)
			}
			end := m.Stop
			if i%2 == 0 {
				end = m.Kill
			}
			if err := end(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(seen) != n {
		t.Errorf("%d processes for %d machines", len(seen), n)
	}
}

func TestStartFailsClearly(t *testing.T) {
	needLinux(t)
	dir := t.TempDir()
	for _, c := range []struct {
		name    string
		command []string
		want    string
	}{
		{"no such program", []string{"/nowhere/showdown", "x"}, "no such file"},
		{"a program that ends", []string{"/bin/true"}, "ended before it was ready"},
		{"a program that says nothing", self("silent"), "deadline"},
		{"no command", nil, "needs a command"},
	} {
		j, err := journal.Open(dir, "run-1")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err = process.Start(ctx, process.Config{Command: c.command, Journal: j})
		cancel()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
		if err := j.Close(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestFidelity(t *testing.T) {
	var b *process.Backend
	for _, what := range []string{
		"stop", "kill", "pause", "cut", string(cloud.Protect), string(cloud.Vacate), string(cloud.Connect), string(cloud.Listen), string(cloud.Unlisten), string(cloud.Refuse), string(cloud.Reset),
		string(cloud.Blackhole), string(cloud.Delay), string(cloud.Steal), string(cloud.Errors), string(cloud.Fill),
		string(cloud.Lag), string(cloud.Skew), string(cloud.Leak), string(cloud.Stats),
	} {
		if sentence, ok := b.Fidelity(what); !ok || sentence == "" {
			t.Errorf("nothing is said of %s", what)
		}
	}
	if _, ok := b.Fidelity("meteor"); ok {
		t.Error("a meteor is possible")
	}
}
