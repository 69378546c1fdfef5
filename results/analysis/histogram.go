package analysis

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Bounds of a histogram: latencies are kept in microseconds, up to ten minutes, with
// three significant digits, so a percentile is off by at most one in a thousand.
const (
	histogramMax    = int64(10 * time.Minute / time.Microsecond)
	histogramDigits = 3
)

// histogram collects lengths of real time. It is mergeable, and its size does not
// depend on how many it holds. The zero histogram is empty and ready.
type histogram struct {
	h   *hdrhistogram.Histogram
	max time.Duration
}

func (g *histogram) add(d time.Duration) {
	if g.h == nil {
		g.h = hdrhistogram.New(1, histogramMax, histogramDigits)
	}
	if d > g.max {
		g.max = d
	}
	us := (int64(d) + 500) / 1000
	// A value beyond the bounds counts as the bound; max has it exactly.
	_ = g.h.RecordValue(min(max(us, 0), histogramMax))
}

func (g *histogram) merge(o *histogram) {
	if o.h == nil {
		return
	}
	if g.h == nil {
		g.h = hdrhistogram.New(1, histogramMax, histogramDigits)
	}
	g.h.Merge(o.h)
	g.max = max(g.max, o.max)
}

// reset empties the histogram and keeps its memory.
func (g *histogram) reset() {
	if g.h != nil {
		g.h.Reset()
	}
	g.max = 0
}

func (g *histogram) count() uint64 {
	if g.h == nil {
		return 0
	}
	return uint64(g.h.TotalCount())
}

// quantile is the smallest value that at least q of 100 values do not exceed; 0 when
// there is none.
func (g *histogram) quantile(q float64) time.Duration {
	n := float64(g.count())
	if n == 0 {
		return 0
	}
	if q >= 100 {
		return g.max
	}
	// The library rounds the rank to the nearest, and so down as often as up: the 168th
	// of 170 values would be a p99 that only 98.8 % keep. It is asked for a whole rank.
	rank := max(math.Ceil(q/100*n-1e-6), 1)
	return min(time.Duration(g.h.ValueAtQuantile(100*rank/n))*time.Microsecond, g.max)
}
