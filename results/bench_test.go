package results

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"showdown"
)

// BenchmarkEncode is the cost of a request to the goroutine that writes, sorting and
// checksums included.
func BenchmarkEncode(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	in := batches(traffic(rng, 100_000, 20_000), 400*time.Millisecond)
	b.ReportAllocs()
	for b.Loop() {
		w, err := newHitWriter("hits.bin", &memory{}, "run", "base", func() {})
		if err != nil {
			b.Fatal(err)
		}
		for _, batch := range in {
			w.Append(batch)
			if err := w.flush(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/request")
}

// BenchmarkAppend is the cost of a request to the attack.
func BenchmarkAppend(b *testing.B) {
	w, err := newHitWriter("hits.bin", &memory{}, "run", "base", func() {})
	if err != nil {
		b.Fatal(err)
	}
	batch := traffic(rand.New(rand.NewPCG(1, 2)), 100, 1000)
	b.ReportAllocs()
	for b.Loop() {
		w.Append(batch)
		if w.full() {
			w.mu.Lock()
			w.queue, w.queued = w.queue[:0], 0
			w.mu.Unlock()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(batch)), "ns/request")
}

// BenchmarkDecode is the reading of a million requests: block by block, and in strict
// order.
func BenchmarkDecode(b *testing.B) {
	const n = 1_000_000
	rng := rand.New(rand.NewPCG(1, 2))
	file := written(b, batches(traffic(rng, n, 5000), 500*time.Millisecond)...)
	b.Run("blocks", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := NewHitReader("hits.bin", bytes.NewReader(file))
			if err != nil {
				b.Fatal(err)
			}
			count := 0
			for {
				hits, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
				count += len(hits)
			}
			if count != n {
				b.Fatalf("%d hits", count)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/request")
	})
	b.Run("ordered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := NewHitReader("hits.bin", bytes.NewReader(file))
			if err != nil {
				b.Fatal(err)
			}
			count := 0
			if err := r.EachInOrder(func(hits []showdown.Hit) error { count += len(hits); return nil }); err != nil || count != n {
				b.Fatalf("%d hits, error %v", count, err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/request")
	})
}
