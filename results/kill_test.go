package results

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"showdown"
)

// recordUntilKilled records requests in the store dir as fast as a lab's, and prints
// how many it has handed over after each batch. It ends when nobody reads that.
func recordUntilKilled(dir string) error {
	s, err := OpenStore(dir)
	if err != nil {
		return err
	}
	r, err := s.Create("killed", &Manifest{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- r.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	hits := traffic(rand.New(rand.NewPCG(1, 1)), 200_000, 2000)
	for n := 0; n+10 <= len(hits); n += 10 {
		r.Hits("base").Append(hits[n : n+10 : n+10])
		r.Event(showdown.Event{T: float64(n), Kind: "batch", Source: "test"})
		if _, err := fmt.Println(n + 10); err != nil {
			break
		}
		<-tick.C
	}
	cancel()
	return <-ran
}

// A process that is killed at any moment leaves a record that reads: all requests from
// the first on without a hole, no torn end that anybody sees, and no end mark.
func TestKilledRecorder(t *testing.T) {
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	want := traffic(rand.New(rand.NewPCG(1, 1)), 200_000, 2000)
	for range 3 {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = []string{"RESULTS_TEST_RECORD_IN=" + dir}
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It dies after so many batches, which is after some blocks.
		after, appended := 120+rng.IntN(80), 0
		lines := bufio.NewScanner(out)
		for range after {
			if !lines.Scan() {
				t.Fatal("the recorder ended by itself")
			}
			if appended, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // "signal: killed", and the pipe is read no more

		s, err := OpenStore(dir)
		if err != nil {
			t.Fatal(err)
		}
		run, err := s.Resolve(Latest)
		if err != nil {
			t.Fatal(err)
		}
		hits, complete := readAll(t, filepath.Join(run.Dir, HitsFile))
		if complete {
			t.Error("the record of a killed process is complete")
		}
		t.Logf("%d of the %d requests handed over by then are in the record", len(hits), appended)
		if len(hits) == 0 {
			t.Error("no request is in the record")
		}
		for i, h := range hits {
			if h != want[i] {
				t.Fatalf("request %d is %+v, want %+v", i, h, want[i])
			}
		}
		if events, complete, err := ReadEvents(filepath.Join(run.Dir, EventsFile)); len(events) == 0 || complete || err != nil {
			t.Errorf("%d events, complete %v, error %v", len(events), complete, err)
		}
		if e := run.Entry(); e.Complete || e.Broken != "" || e.Verdict != "" {
			t.Errorf("entry %+v", e)
		}
	}
}
