package statistics

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Level is the confidence that intervals are made for.
const Level = 0.95

// Median is the median of repeated measurements with its interval.
type Median struct {
	// N is how many values there were.
	N int
	// Value is the middle value, or the mean of the two middle ones. It is NaN without
	// a value.
	Value float64
	// Low and High bound the interval: two of the values themselves. With one value both
	// are that value.
	Low, High float64
	// Confidence is how often such an interval holds the true median: at least [Level] from
	// 6 values on. With fewer the interval is from the least to the largest value, and
	// its confidence is 1 - 2^(1-n): 50 % of 2, 75 % of 3, 87.5 % of 4, 93.75 % of 5. It
	// is 0 with one value, which says nothing of the next.
	Confidence float64
}

// MedianOf is the median of values. Their order does not matter and is kept.
func MedianOf(values []float64) Median {
	n := len(values)
	if n == 0 {
		return Median{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(values))
	out := Median{N: n, Value: middle(sorted), Low: sorted[0], High: sorted[n-1]}
	if n == 1 {
		return out
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(ranks(n), &benchmath.DefaultThresholds), Level)
	if math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) {
		// The median lies outside all values when all are on one side of it.
		out.Confidence = 1 - math.Pow(2, float64(1-n))
		return out
	}
	// The interval ends at ranks, whatever the values are; never is one of them.
	out.Low, out.High, out.Confidence = sorted[int(s.Lo)-1], sorted[int(s.Hi)-1], s.Confidence
	return out
}

// middle is the median of values in order.
func middle(sorted []float64) float64 {
	n := len(sorted)
	low, high := sorted[(n-1)/2], sorted[n/2]
	if low == high { // also never and never, whose difference is no number
		return low
	}
	return low + (high-low)/2
}

// ranks are 1 to n.
func ranks(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i + 1)
	}
	return out
}
