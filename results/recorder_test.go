package results

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

func newRecorder(t *testing.T, cells ...string) *Recorder {
	t.Helper()
	s, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	spec := &showdown.Stage{Journey: "whatsthetime", Name: "vertical", Title: "A bigger instance"}
	for _, c := range cells {
		spec.Cells = append(spec.Cells, showdown.Cell{Name: c})
	}
	r, err := s.Create("whatsthetime-vertical", &Manifest{Journey: "whatsthetime", Stage: "vertical", Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readAll(t *testing.T, path string) (hits []showdown.Hit, complete bool) {
	t.Helper()
	r, err := OpenHits(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.EachInOrder(func(b []showdown.Hit) error { hits = append(hits, b...); return nil }); err != nil {
		t.Fatal(err)
	}
	return hits, r.Complete()
}

// Several goroutines append and report while the recorder writes, and all of it is
// there in the end.
func TestRecorder(t *testing.T) {
	r := newRecorder(t, "base", "no-eip")
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- r.Run(ctx) }()

	want := map[string][]showdown.Hit{}
	for i, cell := range []string{"base", "no-eip", "late-cell"} {
		want[cell] = traffic(rand.New(rand.NewPCG(1, uint64(i))), 25000, 5000)
	}
	var appending sync.WaitGroup
	for cell, hits := range want {
		appending.Go(func() {
			for _, b := range batches(hits, 20*time.Millisecond) {
				r.Hits(cell).Append(b)
			}
		})
		appending.Go(func() {
			for i := range 100 {
				r.Event(showdown.Event{T: float64(i), Cell: cell, Kind: "test", Source: "test", Data: map[string]any{"i": i}})
				if i%25 == 0 {
					if err := r.Sync(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	appending.Wait()
	r.Event(showdown.Event{T: math.Inf(1), Kind: "impossible"})
	r.Event(showdown.Event{T: 1, Kind: "odd", Data: map[string]any{"x": math.NaN()}})
	cancel()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	zero := time.Date(2026, 11, 23, 10, 15, 1, 0, time.UTC)
	if err := r.SetManifest(func(m *Manifest) { m.Zero = zero }); err != nil {
		t.Fatal(err)
	}
	r.Event(showdown.Event{T: 9, Kind: showdown.RunEnded, Data: map[string]any{"reason": "finished"}})
	err := r.Close()
	if err == nil || !strings.Contains(err.Error(), "1 events are not in the record") {
		t.Errorf("error %v does not say that one event could not be written", err)
	}
	if again := r.Close(); !errors.Is(again, err) {
		t.Errorf("a second Close returned %v", again)
	}

	files, err := HitFiles(r.Dir())
	if err != nil || len(files) != 3 {
		t.Fatalf("files %v, error %v", files, err)
	}
	for cell, path := range files {
		hits, complete := readAll(t, path)
		if !slices.Equal(hits, want[cell]) || !complete {
			t.Errorf("cell %s: %d hits of %d, complete %v", cell, len(hits), len(want[cell]), complete)
		}
	}
	events, complete, err := ReadEvents(filepath.Join(r.Dir(), EventsFile))
	if err != nil || !complete || len(events) != 302 {
		t.Fatalf("%d events, complete %v, error %v", len(events), complete, err)
	}
	next := map[string]float64{}
	for _, e := range events[:300] {
		if e.T != next[e.Cell] || e.Data["i"] != e.T {
			t.Fatalf("event %+v out of order, want t %g", e, next[e.Cell])
		}
		next[e.Cell]++
	}
	if odd := events[300]; odd.Kind != "odd" || odd.Data["unrecordable"] == nil {
		t.Errorf("the odd event became %+v", odd)
	}
	m, err := ReadManifest(r.Dir())
	if err != nil || !m.Zero.Equal(zero) || m.Run != r.ID() || len(m.Spec.Cells) != 2 {
		t.Errorf("manifest %+v, error %v", m, err)
	}
}

// What was appended is in the files within less than a second, without an end: so
// much a death at any moment leaves.
func TestRecordIsReadableWhileItIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, "base")
		ran := make(chan error, 1)
		go func() { ran <- r.Run(t.Context()) }()
		want := traffic(rand.New(rand.NewPCG(1, 1)), 500, 200)
		r.Hits("base").Append(slices.Clone(want))
		r.Event(showdown.Event{Kind: showdown.RunStarted})
		<-time.After(900 * time.Millisecond)
		synctest.Wait()
		hits, complete := readAll(t, filepath.Join(r.Dir(), HitsFile))
		if !slices.Equal(hits, want) || complete {
			t.Errorf("%d hits of %d, complete %v", len(hits), len(want), complete)
		}
		if events, complete, err := ReadEvents(filepath.Join(r.Dir(), EventsFile)); len(events) != 1 || complete || err != nil {
			t.Errorf("%d events, complete %v, error %v", len(events), complete, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

// A block's worth of requests is written without waiting for the clock.
func TestFullBlockIsWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, "base")
		ran := make(chan error, 1)
		go func() { ran <- r.Run(t.Context()) }()
		r.Hits("base").Append(make([]showdown.Hit, writeBlockHits))
		synctest.Wait()
		if hits, _ := readAll(t, filepath.Join(r.Dir(), HitsFile)); len(hits) != writeBlockHits {
			t.Errorf("%d hits are written", len(hits))
		}
		if err := errors.Join(r.Close(), <-ran); err != nil {
			t.Error(err)
		}
	})
}

// A disk that is full in the middle of a block: the blocks before it stay, the file
// has no torn end, and the error says where, why, what to do and how much is missing.
func TestDiskFull(t *testing.T) {
	for _, limit := range []int{1000, 1500, 2000, 5000} {
		m := &memory{limit: limit, err: &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}}
		w, err := newHitWriter("runs/r/hits.bin", m, "r", "base", func() {})
		if err != nil {
			t.Fatal(err)
		}
		all := traffic(rand.New(rand.NewPCG(1, 1)), 2000, 200)
		kept := 0
		for part := range slices.Chunk(all, 100) {
			w.Append(slices.Clone(part))
			if err := w.flush(); err != nil {
				break
			}
			kept += 100
		}
		w.Append(slices.Clone(all[:7]))
		err = w.finish()
		for _, want := range []string{"write runs/r/hits.bin: no space left on device", "--out"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("error %v, want %q in it", err, want)
			}
		}
		if want := "107 requests are not in the record"; !strings.HasSuffix(err.Error(), want) {
			t.Errorf("error %v, want %q at its end", err, want)
		}
		if !errors.Is(err, syscall.ENOSPC) || !m.closed {
			t.Errorf("error %v, closed %v", err, m.closed)
		}
		got, r, err := collect(t, m.Bytes())
		if err != nil || r.Complete() || !slices.Equal(got, all[:kept]) {
			t.Errorf("limit %d: %d hits of %d, complete %v, error %v", limit, len(got), kept, r.Complete(), err)
		}
	}
}

// Run stops at a disk that fails, so that a run is not played for nothing, and Close
// says it again.
func TestRunReturnsADiskThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, "base")
		w := r.Hits("base")
		w.file.Close()
		m := &memory{limit: 10, err: syscall.ENOSPC}
		w.file = m
		ran := make(chan error, 1)
		go func() { ran <- r.Run(t.Context()) }()
		w.Append(traffic(rand.New(rand.NewPCG(1, 1)), 50, 200))
		if err := <-ran; !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Run returned %v", err)
		}
		if err := r.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Close returned %v", err)
		}
	})
}

// The event log tries again what a full disk did not take: the end of the run is what
// matters most.
func TestEventsComeAfterTheDiskHasRoomAgain(t *testing.T) {
	m := &memory{limit: 100, err: syscall.ENOSPC}
	l := &eventLog{path: "events.ndjson", file: m}
	for range 5 {
		l.append(showdown.Event{Kind: "x", Source: "test"})
	}
	if err := l.flush(); !errors.Is(err, syscall.ENOSPC) || m.Len() != 0 {
		t.Fatalf("error %v with %d bytes written", err, m.Len())
	}
	l.append(showdown.Event{Kind: showdown.RunEnded})
	m.err = nil
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	if events, complete, err := readEvents("events.ndjson", &m.Buffer); len(events) != 6 || !complete || err != nil {
		t.Errorf("%d events, complete %v, error %v", len(events), complete, err)
	}
}

// A really full file system, as a user meets it.
func TestRealDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := mountSmall(dir); err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { unmount(t, dir) })
	s, err := OpenStore(filepath.Join(dir, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Create("full", &Manifest{Spec: &showdown.Stage{Cells: []showdown.Cell{{Name: "base"}}}})
	if err != nil {
		t.Fatal(err)
	}
	sent := traffic(rand.New(rand.NewPCG(1, 1)), 200_000, 5000)
	for part := range slices.Chunk(sent, 5000) {
		r.Hits("base").Append(slices.Clone(part))
		if err = r.flush(all); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), r.Dir()) {
		t.Fatalf("error %v", err)
	}
	if err := r.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close returned %v", err)
	}
	hits, complete := readAll(t, filepath.Join(r.Dir(), HitsFile))
	if len(hits) == 0 || len(hits)%5000 != 0 || complete || !slices.Equal(hits, sent[:len(hits)]) {
		t.Errorf("%d hits, complete %v", len(hits), complete)
	}
	if e := (Run{ID: r.ID(), Dir: r.Dir()}).Entry(); e.Complete || e.Broken != "" {
		t.Errorf("entry %+v", e)
	}
}

func TestBadCellName(t *testing.T) {
	r := newRecorder(t)
	for _, name := range []string{"", ".", "..", "a/b", "../up"} {
		r.Hits(name).Append([]showdown.Hit{{}})
	}
	if err := r.Run(t.Context()); err != nil {
		t.Log(err) // it returns at the first tick
	} else {
		t.Error("Run kept quiet")
	}
	if err := r.Close(); err == nil || !strings.Contains(err.Error(), `record cell "../up"`) {
		t.Errorf("Close returned %v", err)
	}
}
