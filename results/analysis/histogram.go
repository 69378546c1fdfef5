package analysis

import (
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

func (g *histogram) count() uint64 {
	if g.h == nil {
		return 0
	}
	return uint64(g.h.TotalCount())
}

// quantile is the value below which q of 100 values lie; 0 when there is none.
func (g *histogram) quantile(q float64) time.Duration {
	if g.h == nil {
		return 0
	}
	if q >= 100 {
		return g.max
	}
	return min(time.Duration(g.h.ValueAtQuantile(q))*time.Microsecond, g.max)
}
