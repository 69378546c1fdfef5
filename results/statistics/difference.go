package statistics

import (
	"math"
	"slices"
	"sort"

	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
)

// Alpha is the share of comparisons without any difference that the test takes for one.
const Alpha = 0.05

// Difference is how far the values of one group lie above those of another.
type Difference struct {
	// N1 and N2 are how many values the groups have.
	N1, N2 int
	// Shift is the median of all differences between a value of the second group and one
	// of the first (Hodges and Lehmann's estimate). It is NaN where a group is empty, or
	// where never stands against never.
	Shift float64
	// Low and High bound the shift's interval. With one value on each side both are the
	// shift.
	Low, High float64
	// Confidence is how often such an interval holds the true shift: at least [Level]
	// where the groups are large enough, 4 and 4 for one; else that of the interval from
	// the least to the largest difference. 0 with one value on each side.
	Confidence float64
	// P is the chance of groups at least as far apart when nothing differs: Mann and
	// Whitney's test, two-sided (twice the smaller tail), exact up to 25 values on a side.
	// 1 when all values are equal.
	P float64
	// Equal says that all values of both groups are the same: there is nothing to test.
	Equal bool
	// LeastP is the smallest P that groups of this size can have.
	LeastP float64
}

// Testable says that the groups are large enough for the test to find a difference at
// all.
func (d Difference) Testable() bool { return d.LeastP < Alpha }

// Seen says that the groups differ by the test at [Alpha].
func (d Difference) Seen() bool { return d.P < Alpha }

// DifferenceOf compares the values of two groups. Their order does not matter and is
// kept.
func DifferenceOf(first, second []float64) Difference {
	d := Difference{
		N1: len(first), N2: len(second), P: 1, LeastP: 1,
		Shift: math.NaN(), Low: math.NaN(), High: math.NaN(),
	}
	if d.N1 == 0 || d.N2 == 0 {
		return d
	}
	u := stats.UDist{N1: d.N1, N2: d.N2}
	d.LeastP = min(2*tailOf(u)(0), 1)
	sample := func(values []float64) *benchmath.Sample {
		return benchmath.NewSample(slices.Clone(values), &benchmath.Thresholds{CompareAlpha: Alpha})
	}
	d.P = benchmath.AssumeNothing.Compare(sample(first), sample(second)).P
	d.shift(first, second, u)
	d.Equal = slices.Min(first) == slices.Max(first) && slices.Min(second) == slices.Max(second) && first[0] == second[0]
	return d
}

// shift sets the estimate of the shift and its interval.
func (d *Difference) shift(first, second []float64, u stats.UDist) {
	all := make([]float64, 0, len(first)*len(second))
	for _, a := range first {
		for _, b := range second {
			switch {
			case a == b: // also never and never
				all = append(all, 0)
			default:
				all = append(all, b-a)
			}
		}
	}
	slices.Sort(all)
	n := len(all)
	d.Shift, d.Low, d.High = middle(all), all[0], all[n-1]
	if d.N1 == 1 && d.N2 == 1 {
		return
	}
	// The interval leaves out as many differences at each end as chance allows: k is the
	// largest statistic whose lower tail is small enough.
	tail := tailOf(u)
	k := sort.Search((n-1)/2, func(k int) bool { return 2*tail(k+1) > 1-Level })
	d.Low, d.High, d.Confidence = all[k], all[n-1-k], max(0, 1-2*tail(k))
}

// mostExact is the size of groups up to which the distribution is worked out and not
// approximated.
const mostExact = 50

// tailOf is the chance of a statistic of at most k where nothing differs.
func tailOf(u stats.UDist) func(k int) float64 {
	if u.N1 <= mostExact && u.N2 <= mostExact {
		return func(k int) float64 { return u.CDF(float64(k)) }
	}
	n1, n2 := float64(u.N1), float64(u.N2)
	normal := stats.NormalDist{Mu: n1 * n2 / 2, Sigma: math.Sqrt(n1 * n2 * (n1 + n2 + 1) / 12)}
	return func(k int) float64 { return normal.CDF(float64(k) + 0.5) }
}

// Holm corrects p-values for how many there are, by Holm's method: the chance that at
// least one of all the tests finds a difference where nothing differs stays below
// [Alpha] when only corrected values below it count. The order is kept.
func Holm(ps []float64) []float64 {
	order := make([]int, len(ps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case ps[a] < ps[b]:
			return -1
		case ps[a] > ps[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(ps))
	largest := 0.0
	for i, at := range order {
		largest = max(largest, min(1, ps[at]*float64(len(ps)-i)))
		out[at] = largest
	}
	return out
}
