package timings

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"showdown/targets/backend/process"
	"showdown/targets/journal"
	"showdown/targets/machine"
)

// TestMain is also the spawner and the machines: the backend runs this binary again.
func TestMain(m *testing.M) {
	// The race detector lets a process wait for a second before it ends.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	var err error
	switch ctx := context.Background(); {
	case len(os.Args) > 1 && os.Args[1] == "timings-test-spawner":
		err = process.SpawnerMain(ctx, os.Stdin, os.Stdout, []string{os.Args[0], "timings-test-machine"})
	case len(os.Args) > 1 && os.Args[1] == "timings-test-machine":
		err = machine.Main(ctx, os.Stdin, os.Stdout)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestPlays plays a real lab: every timing that its scripts list is taken, and nothing is
// left. How long anything took is the page's.
func TestPlays(t *testing.T) {
	if err := process.Supported(); err != nil {
		t.Skipf("needs machines as processes: %v", err)
	}
	stage, err := Stage()
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Stage: stage, Seed: 1, Say: func(string) {}}
	if c.Journal, err = journal.Open(t.TempDir(), "timingstest"); err != nil {
		t.Fatal(err)
	}
	backend, err := process.Start(t.Context(), process.Config{
		Command: []string{os.Args[0], "timings-test-spawner"}, Journal: c.Journal, Stderr: os.Stderr,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := backend.Close(ctx); err != nil {
			t.Error(err)
		}
		if left := c.Journal.Pending(); len(left) > 0 {
			t.Errorf("left in the journal: %v", left)
		}
		if err := c.Journal.Close(); err != nil {
			t.Error(err)
		}
	})
	c.Backend = backend
	got, err := c.perform(t.Context(), []scene{{"requests", 60, []part{
		{giveUp, []string{connectGivenUp, answerGivenUp, clientClosed}},
		{cutOff, []string{cutLeaves, cutAnswered}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{connectGivenUp: 12, answerGivenUp: 12, clientClosed: 12, cutLeaves: 6, cutAnswered: 12} {
		if values := got.samples.values(key{name, 60}); len(values) != n {
			t.Errorf("%q has %d values, want %d", name, len(values), n)
		}
	}
	// A script whose list is too short is found, and the lab is taken down all the same.
	_, err = c.perform(t.Context(), []scene{{"requests", 60, []part{{giveUp, []string{answerGivenUp, clientClosed}}}}})
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
