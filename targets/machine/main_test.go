package machine_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"showdown/targets/backend/process"
	"showdown/targets/cloud"
	"showdown/targets/journal"
	"showdown/targets/machine"
)

// TestMain lets the test's own binary be spawner and machine, as the real one is.
func TestMain(m *testing.M) {
	// The race detector lets a process wait for a second before it ends.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	if len(os.Args) > 1 {
		var err error
		switch os.Args[1] {
		case "spawner":
			err = process.SpawnerMain(context.Background(), os.Stdin, os.Stdout, []string{"/proc/self/exe", "machine"})
		case "machine":
			err = machine.Main(context.Background(), os.Stdin, os.Stdout)
		case "program":
			err = ownProgram(os.Args[2])
		default:
			os.Exit(m.Run())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, os.Args[1], err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// patience bounds every wait of a test that is expected to end at once.
const patience = 20 * time.Second

// site is a backend with a slot of its own.
type site struct {
	t       testing.TB
	backend *process.Backend
	journal *journal.Journal
	slot    int
	lost    chan string
}

func newSite(t testing.TB) *site {
	t.Helper()
	if err := process.Supported(); err != nil {
		t.Skip(err)
	}
	shared, err := journal.Dir()
	if err != nil {
		t.Fatal(err)
	}
	slot := acquireSlot(t, shared)
	t.Cleanup(func() { _ = slot.Release() })
	s := &site{t: t, slot: slot.Number(), lost: make(chan string, 100)}
	s.journal, err = journal.Open(t.TempDir(), fmt.Sprintf("test-%d-%d", os.Getpid(), s.slot))
	if err != nil {
		t.Fatal(err)
	}
	s.backend, err = process.Start(context.Background(), process.Config{
		Command: []string{"/proc/self/exe", "spawner"}, Journal: s.journal, Stderr: os.Stderr,
		OnLost: func(name string, _ cloud.Identity) { s.lost <- name },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.backend.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := s.journal.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// acquireSlot waits for a slot while other tests on this computer hold them all.
func acquireSlot(t testing.TB, dir string) *journal.Slot {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	limit := time.After(3 * patience)
	for {
		slot, err := journal.AcquireSlot(dir)
		if err == nil {
			return slot
		}
		select {
		case <-again.C:
		case <-limit:
			t.Fatal(err)
		}
	}
}

func (s *site) address(role journal.Role, n int) string {
	s.t.Helper()
	a, err := journal.Address(s.slot, role, 0, n)
	if err != nil {
		s.t.Fatal(err)
	}
	return a.String()
}

// config is a quick machine with one private and one public address.
func (s *site) config(name string, n int) cloud.MachineConfig {
	return cloud.MachineConfig{
		Name: name, Lab: "base", App: "clock", Port: cloud.Port, Speed: 60, Seed: 1,
		Private: s.address(journal.RolePrivate, n), Public: []string{s.address(journal.RolePublic, n)},
		Capacity: cloud.Capacity{Type: "m5.large", VCPUs: 2, Iterations: 28470, Work: 1, Queue: 100},
	}
}

// target is a started machine and how to reach it.
type target struct {
	cloud.Machine
	t       testing.TB
	address string // public, with port
	config  cloud.MachineConfig
}

func (s *site) start(c cloud.MachineConfig) *target {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	m, err := s.backend.Start(ctx, c)
	if err != nil {
		s.t.Fatal(err)
	}
	return &target{Machine: m, t: s.t, config: c, address: net.JoinHostPort(c.Public[0], fmt.Sprint(c.Port))}
}

// do carries out a command that must work.
func (m *target) do(c cloud.Command) cloud.Counters {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	counters, err := m.Do(ctx, c)
	if err != nil {
		m.t.Fatal(err)
	}
	return counters
}

// get asks over a connection of its own.
func (m *target) get(path string) (*http.Response, error) {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := c.Get("http://" + m.address + path)
	if err == nil {
		_ = r.Body.Close()
	}
	return r, err
}

// mustAnswer is the probe of a machine in which nothing is broken.
func (m *target) mustAnswer() {
	m.t.Helper()
	r, err := m.get("/")
	if err != nil || r.StatusCode != 200 || r.Header.Get("X-Instance") != m.Name() {
		m.t.Fatalf("a healthy machine answers %v, %v", r, err)
	}
}
