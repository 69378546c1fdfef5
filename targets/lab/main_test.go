package lab

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/targets/backend/process"
	"showdown/targets/journal"
	"showdown/targets/machine"
)

// TestMain is also the spawner and the machines: the backend runs this binary again.
func TestMain(m *testing.M) {
	// The race detector lets a process wait for a second before it ends, which would be
	// minutes of each stop here.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	var err error
	switch ctx := context.Background(); {
	// Whatever follows: a child that took itself for the test would start all of it again.
	case len(os.Args) > 1 && os.Args[1] == "lab-test-spawner":
		err = process.SpawnerMain(ctx, os.Stdin, os.Stdout, []string{os.Args[0], "lab-test-machine"})
	case len(os.Args) > 1 && os.Args[1] == "lab-test-machine":
		err = machine.Main(ctx, os.Stdin, os.Stdout)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bench is a real backend with its journal, and what a lab said on it.
type bench struct {
	t       *testing.T
	clock   showdown.Clock
	journal *journal.Journal
	backend *process.Backend

	mu     sync.Mutex
	events []showdown.Event
	times  []time.Time
}

func newBench(t *testing.T, speed float64) *bench {
	t.Helper()
	if err := process.Supported(); err != nil {
		t.Skipf("needs machines as processes: %v", err)
	}
	clock, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, clock: clock}
	if b.journal, err = journal.Open(t.TempDir(), "labtest"); err != nil {
		t.Fatal(err)
	}
	if b.backend, err = process.Start(t.Context(), process.Config{
		Command: []string{os.Args[0], "lab-test-spawner"}, Journal: b.journal, Stderr: os.Stderr,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := b.backend.Close(ctx); err != nil {
			t.Errorf("close the backend: %v", err)
		}
		if left := b.journal.Pending(); len(left) > 0 {
			t.Errorf("left in the journal: %v", left)
		}
		path := b.journal.Path()
		if err := b.journal.Close(); err != nil {
			t.Errorf("close the journal: %v", err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the journal %s is left: %v", filepath.Base(path), err)
		}
	})
	return b
}

func (b *bench) emit(e showdown.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, e)
	b.times = append(b.times, time.Now())
}

// last is the time of the last event of a kind about an instance.
func (b *bench) last(kind showdown.EventKind, target string, is func(map[string]any) bool) (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.events) - 1; i >= 0; i-- {
		if e := b.events[i]; e.Kind == kind && e.Target == target && (is == nil || is(e.Data)) {
			return b.times[i], true
		}
	}
	return time.Time{}, false
}

// lab is a lab of instances that is up and runs until the test ends.
func (b *bench) lab(instances ...showdown.Instance) *Lab {
	b.t.Helper()
	return b.labOf(showdown.Topology{Region: "us-east-1", Instances: instances})
}

// labOf is a lab of a topology that is up and runs until the test ends.
func (b *bench) labOf(topology showdown.Topology) *Lab {
	b.t.Helper()
	l, err := New(Config{
		Run: "labtest", App: "clock", Work: 222.58, Clock: b.clock, Seed: 11,
		Cell:    showdown.Cell{Name: "base", Topology: topology},
		Backend: b.backend, Journal: b.journal, Emit: b.emit,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := l.Up(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	b.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("run: %v", err)
		}
		if err := l.Down(context.Background()); err != nil {
			b.t.Errorf("down: %v", err)
		}
	})
	return l
}

// get asks an address once, from the lab's own source of clients, on a connection of
// its own; it returns the name of the instance that answered.
func get(ctx context.Context, l *Lab, address string) (instance string, err error) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(l.ClientSource())}}
	transport := &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		return "", err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %s", resp.Status)
	}
	return resp.Header.Get("X-Instance"), nil
}

func endpoint(t *testing.T, l *Lab, name string) string {
	t.Helper()
	for _, e := range l.Endpoints() {
		if e.Name == name {
			return e.Address
		}
	}
	t.Fatalf("%s has no endpoint", name)
	return ""
}

func refused(err error) bool { return err != nil && strings.Contains(err.Error(), "refused") }
