package process_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"showdown/targets/backend/process"
	"showdown/targets/cloud"
	"showdown/targets/journal"
	"showdown/targets/machine"
)

// self is this binary in one of the roles of [TestMain].
func self(role string, args ...string) []string {
	return append([]string{"/proc/self/exe", role}, args...)
}

// TestMain lets the test's own binary play every part.
func TestMain(m *testing.M) {
	// The race detector lets a process wait for a second before it ends.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	if len(os.Args) < 2 {
		os.Exit(m.Run())
	}
	var err error
	switch ctx := context.Background(); os.Args[1] {
	case "spawner":
		err = process.SpawnerMain(ctx, os.Stdin, os.Stdout, self("machine"))
	case "machine":
		err = machine.Main(ctx, os.Stdin, os.Stdout)
	case "reverter":
		err = process.ReverterMain(ctx, os.Stdin, os.Args[2])
	case "owner":
		err = owner(ctx, os.Args[2:])
	case "silent": // a spawner that is none
		_, _ = os.Stdin.Read(make([]byte, 1))
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, os.Args[1], err)
		os.Exit(1)
	}
	os.Exit(0)
}

// patience bounds every wait of a test that is expected to end at once.
const patience = 20 * time.Second

func needLinux(t testing.TB) {
	t.Helper()
	if err := process.Supported(); err != nil {
		t.Skip(err)
	}
}

// acquireSlot waits for a slot while other tests on this computer hold them all.
func acquireSlot(t testing.TB) int {
	t.Helper()
	dir, err := journal.Dir()
	if err != nil {
		t.Fatal(err)
	}
	var slot *journal.Slot
	eventually(t, 3*patience, func() error {
		slot, err = journal.AcquireSlot(dir)
		return err
	})
	t.Cleanup(func() { _ = slot.Release() })
	return slot.Number()
}

// eventually asks until there is no error any more.
func eventually(t testing.TB, limit time.Duration, ask func() error) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	end := time.After(limit)
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-end:
			t.Fatal(err)
		}
	}
}

// config is a machine with one address, number n of the slot.
func config(slot, n int) cloud.MachineConfig {
	address, err := journal.Flat(slot, journal.RolePrivate, n)
	if err != nil {
		panic(err)
	}
	return cloud.MachineConfig{
		Name: fmt.Sprintf("web-%d", n+1), Lab: "base", App: "clock", Port: cloud.Port, Speed: 60,
		Private:  address.String(),
		Capacity: cloud.Capacity{Type: "m5.large", VCPUs: 2, Iterations: 28470, Work: 1, Queue: 100},
	}
}

func endpoint(slot, n int) string {
	return net.JoinHostPort(config(slot, n).Private, fmt.Sprint(cloud.Port))
}

// lab is a backend that a test owns.
type lab struct {
	*process.Backend
	t       testing.TB
	slot    int
	dir     string
	journal *journal.Journal
	lost    chan string
}

func newLab(t testing.TB) *lab {
	t.Helper()
	needLinux(t)
	l := &lab{t: t, slot: acquireSlot(t), dir: t.TempDir(), lost: make(chan string, 200)}
	var err error
	if l.journal, err = journal.Open(l.dir, fmt.Sprintf("test-%d-%d", os.Getpid(), l.slot)); err != nil {
		t.Fatal(err)
	}
	l.Backend, err = process.Start(context.Background(), process.Config{
		Command: self("spawner"), Journal: l.journal, Stderr: os.Stderr,
		OnLost: func(name string, _ cloud.Identity) { l.lost <- name },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

func (l *lab) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		l.t.Error(err)
	}
	if err := l.journal.Close(); err != nil {
		l.t.Error(err)
	}
}
