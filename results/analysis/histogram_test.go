package analysis

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestQuantileIsNotRoundedDown compares with the sorted values themselves, where at
// least q of 100 must not exceed the quantile and no smaller value may do.
func TestQuantileIsNotRoundedDown(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 500; n++ {
		var h histogram
		values := make([]time.Duration, n)
		for i := range values {
			// Below 2048 µs the histogram is exact.
			values[i] = time.Duration(rng.IntN(2000)) * time.Microsecond
			h.add(values[i])
		}
		slices.Sort(values)
		for q, perThousand := range map[float64]int{50: 500, 90: 900, 95: 950, 99: 990, 99.9: 999, 100: 1000} {
			rank := (n*perThousand + 999) / 1000
			if got, want := h.quantile(q), values[rank-1]; got != want {
				t.Fatalf("p%g of %d values is %s, want the %d. of them, %s", q, n, got, rank, want)
			}
		}
	}
	if got := (&histogram{}).quantile(99); got != 0 {
		t.Errorf("p99 of nothing is %s", got)
	}
}
