package live

import (
	"testing"
	"time"

	"showdown"
)

// BenchmarkHits is what a request costs the attack while a hundred viewers watch: the hub's
// part of it, with a tick five times a second at 800 requests/s.
func BenchmarkHits(b *testing.B) {
	h := NewHub(time.Now)
	h.Stage(testStage(), testClock(b), nil)
	for range 100 {
		v, _, err := h.join("", 0)
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			for {
				select {
				case <-b.Context().Done():
					return
				case <-v.messages:
				}
			}
		}()
	}
	const rate, batch = 800, 16
	h.Event(showdown.Event{At: time.Now(), Cell: showdown.BaseCell, Kind: showdown.PhaseStarted})
	hits := make([]showdown.Hit, batch)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		for i := range hits {
			at := time.Duration(n) * time.Second / rate
			hits[i] = showdown.Hit{Seq: uint64(n), Intended: at, Sent: at, Latency: time.Millisecond}
			n++
		}
		h.Hits(showdown.BaseCell, hits)
		if n%(rate/5) < batch {
			h.mu.Lock()
			h.cells[showdown.BaseCell].zero = time.Now().Add(-time.Duration(n) * time.Second / rate)
			h.mu.Unlock()
			h.tick()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/request")
}
