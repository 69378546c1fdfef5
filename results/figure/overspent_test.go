package figure

import (
	"math"
	"testing"
)

// What was spent is compared on equal steps, until the budget itself would be a hair.
func TestBudgetsAreComparedOnAScaleThatShowsThem(t *testing.T) {
	for _, c := range []struct {
		times []float64
		log   bool
		// one is how far from the left the budget ends, of a width of 1000.
		one float64
	}{
		{[]float64{0, 0}, false, 980},
		{[]float64{0.4, 0.1}, false, 980},
		{[]float64{80.3, 40.2, 26.8, 0.2}, false, 12},
		{[]float64{803, 2}, true, 255},
	} {
		var all []budget
		for _, v := range c.times {
			all = append(all, budget{allowed: 10, failed: 10 * v})
		}
		x := spentScale(all, 0, 1000)
		if got := x.at(1); x.log != c.log || math.Abs(got-c.one) > 1 {
			t.Errorf("%v: logarithmic %t, the budget ends at %g, want %t and %g", c.times, x.log, got, c.log, c.one)
		}
		for i, v := range c.times {
			if end := x.at(v); end > 1000 || i > 0 && v != c.times[i-1] && x.at(c.times[i-1])-end < 10 {
				t.Errorf("%v: %g ends at %g, the one before at %g", c.times, v, end, x.at(c.times[i-1]))
			}
		}
	}
}

// The stages of a journey differ in how often they spent their budget, on exact counts.
func TestStagesSpendTheirBudgets(t *testing.T) {
	f := build(t, "F11", journeySet(t))
	want := map[string][3]float64{ // of 200/s in 4 lab seconds 1 % may fail
		"one":   {250.0 / 8, 8, 250},
		"two":   {50.0 / 8, 8, 50},
		"three": {0, 8, 0},
	}
	for name, w := range want {
		r := row(t, f, "track", name, "at_s", "0")
		for i, column := range []string{"times_spent", "may_fail", "failed"} {
			if got := number(t, r[column]); math.Abs(got-w[i]) > 1e-6 {
				t.Errorf("%s: %s is %g, want %g", name, column, got, w[i])
			}
		}
	}
	if want := "Stage one spends its error budget 31.2× over, three none of it"; f.Title != want {
		t.Errorf("the title is %q, want %q", f.Title, want)
	}
}
