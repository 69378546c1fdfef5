package analysis

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// bigRun records a run of about n requests as they would finish: with noise in their
// latencies, an outage, and out of order.
func bigRun(t testing.TB, n int) string {
	t.Helper()
	stage := testStage()
	cell := &stage.Cells[0]
	stage.Cells = stage.Cells[:1]
	cell.Traffic.Phases = []showdown.Phase{
		{Name: "calm", Lab: showdown.LabDuration(time.Duration(n/1000) * time.Second), Rate: 900},
		{Name: "ladder", Lab: showdown.LabDuration(time.Duration(n/100_000) * time.Second), Pace: showdown.Steps, Steps: []float64{1000, 3000, 6000}},
	}
	stage.Claims = []showdown.Claim{
		{ID: "1", Expect: `outage("A") between 45s and 180s`},
		{ID: "2", Expect: `availability(after("A", 5m)) > 99% and p99(during("A", 1m)) < 100ms`},
		{ID: "3", Expect: `knee("ladder") > 1 and share(whole(), "web-1") > 20%`},
	}
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	hits := hitsOf(cell.Traffic, clock, func(at time.Duration) (showdown.Outcome, time.Duration) {
		latency := time.Duration(random.ExpFloat64()*400_000) + 300*time.Microsecond
		if at > 2*time.Second && at < 4*time.Second || random.IntN(1000) == 0 {
			return showdown.ResponseTimeout, 80 * time.Millisecond
		}
		return showdown.OK, latency
	})
	for i := range hits {
		h := &hits[i]
		h.Client, h.Status, h.BytesIn, h.Reused = uint32(i%100), 200, 42, true
		h.Backend = fmt.Sprintf("web-%d", i%3+1)
		h.Sent = h.Intended + time.Duration(random.IntN(300))*time.Microsecond
	}
	slices.SortFunc(hits, func(a, b showdown.Hit) int { return cmp.Compare(a.Sent+a.Latency, b.Sent+b.Latency) })
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rec, err := store.Create("whatsthetime-vertical", &results.Manifest{
		Journey: "whatsthetime", Stage: "vertical", Spec: stage, Speed: 60, Started: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range life("base", "A", 120, 240, 241) {
		rec.Event(e)
	}
	for part := range slices.Chunk(hits, 5000) {
		rec.Hits("base").Append(part)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	return rec.Dir()
}

// BenchmarkAnalyse analyses a record of a million requests from its file.
func BenchmarkAnalyse(b *testing.B) {
	dir := bigRun(b, 1_000_000)
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		s, err := Analyse(dir)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(s.Requests.Scheduled), "requests")
	}
}

// TestMemoryIsFlat holds that ten times the requests do not take more memory.
func TestMemoryIsFlat(t *testing.T) {
	allocated := func(n int) float64 {
		dir := bigRun(t, n)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		if _, err := Analyse(dir); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	small, big := allocated(10_000), allocated(100_000)
	if big > 2*small+4e6 {
		t.Errorf("allocated %.1f MB for 100,000 requests and %.1f MB for 10,000", big/1e6, small/1e6)
	}
}
