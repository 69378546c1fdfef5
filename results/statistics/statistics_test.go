package statistics

import (
	"math"
	"slices"
	"strings"
	"testing"
)

var never = math.Inf(1)

func TestMedianOf(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   Median
	}{
		{"one says nothing of the next", []float64{7}, Median{N: 1, Value: 7, Low: 7, High: 7}},
		{"two", []float64{9, 1}, Median{N: 2, Value: 5, Low: 1, High: 9, Confidence: 0.5}},
		{"three", []float64{3, 1, 2}, Median{N: 3, Value: 2, Low: 1, High: 3, Confidence: 0.75}},
		{"five are just too few", []float64{5, 1, 4, 2, 3}, Median{N: 5, Value: 3, Low: 1, High: 5, Confidence: 0.9375}},
		{"six: 1 - 2/64", []float64{6, 1, 5, 2, 4, 3}, Median{N: 6, Value: 3.5, Low: 1, High: 6, Confidence: 0.96875}},
		// 1 - 2 (1 + 10)/1024, the second to the ninth.
		{"ten", []float64{10, 1, 9, 2, 8, 3, 7, 4, 6, 5}, Median{N: 10, Value: 5.5, Low: 2, High: 9, Confidence: 1 - 22.0/1024}},
		{"never among them", []float64{1, 2, never}, Median{N: 3, Value: 2, Low: 1, High: never, Confidence: 0.75}},
		{"mostly never", []float64{1, never, never}, Median{N: 3, Value: never, Low: 1, High: never, Confidence: 0.75}},
		{"never in six", []float64{1, 2, never, never, never, never}, Median{N: 6, Value: never, Low: 1, High: never, Confidence: 0.96875}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := slices.Clone(test.values)
			got := MedianOf(test.values)
			if !near(got.Confidence, test.want.Confidence) {
				t.Errorf("confidence %v, want %v", got.Confidence, test.want.Confidence)
			}
			got.Confidence = test.want.Confidence
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if !slices.Equal(before, test.values) {
				t.Error("the values were put in another order")
			}
		})
	}
	if m := MedianOf(nil); m.N != 0 || !math.IsNaN(m.Value) {
		t.Errorf("nothing has the median %+v", m)
	}
}

// TestConfidenceByCounting counts the interval's ranks over every way in which n values
// can lie below or above the true median.
func TestConfidenceByCounting(t *testing.T) {
	for n := 2; n <= 14; n++ {
		m := MedianOf(ranks(n))
		held := 0
		for sides := range 1 << n {
			below := 0
			for i := range n {
				below += sides >> i & 1
			}
			// With that many below, the median lies between the ranks below and below+1.
			if below >= int(m.Low) && below < int(m.High) {
				held++
			}
		}
		if want := float64(held) / float64(int(1)<<n); !near(m.Confidence, want) {
			t.Errorf("%d values: confidence %v, by counting %v", n, m.Confidence, want)
		}
		if n >= 6 && m.Confidence < Level {
			t.Errorf("%d values: confidence %v", n, m.Confidence)
		}
	}
}

func TestDifferenceOf(t *testing.T) {
	tests := []struct {
		name          string
		first, second []float64
		p, least      float64
		shift         float64
		low, high     float64
		confidence    float64
	}{
		{"one each", []float64{1}, []float64{3}, 1, 1, 2, 2, 2, 0},
		// 2/C(6,3): the smallest there is.
		{"three each, apart", []float64{1, 2, 3}, []float64{11, 12, 13}, 0.1, 0.1, 10, 8, 12, 0.9},
		{"four each, apart", []float64{1, 2, 3, 4}, []float64{11, 12, 13, 14}, 2.0 / 70, 2.0 / 70, 10, 7, 13, 1 - 2.0/70},
		{"five each, apart", []float64{1, 2, 3, 4, 5}, []float64{11, 12, 13, 14, 15}, 2.0 / 252, 2.0 / 252, 10, 7, 13, 1 - 2*4.0/252},
		// 1 5 below 3 4 7: U is 2 of 6; P(U <= 2) = 4/10.
		{"mixed", []float64{1, 5}, []float64{3, 4, 7}, 0.8, 0.2, 2, -2, 6, 0.8},
		{"nothing differs", []float64{4, 4, 4}, []float64{4, 4, 4}, 1, 0.1, 0, 0, 0, 0.9},
		{"never in one of them", []float64{1, 2, 3, 4}, []float64{never, never, never, never}, 2.0 / 70, 2.0 / 70, never, never, never, 1 - 2.0/70},
		{"never in both", []float64{never, never}, []float64{never, never}, 1, 1.0 / 3, 0, 0, 0, 2.0 / 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := DifferenceOf(test.first, test.second)
			if !near(d.P, test.p) || !near(d.LeastP, test.least) {
				t.Errorf("p %v of at least %v, want %v and %v", d.P, d.LeastP, test.p, test.least)
			}
			if d.Shift != test.shift || d.Low != test.low || d.High != test.high || !near(d.Confidence, test.confidence) {
				t.Errorf("shift %v, %v to %v at %v, want %v, %v to %v at %v",
					d.Shift, d.Low, d.High, d.Confidence, test.shift, test.low, test.high, test.confidence)
			}
			if want := strings.HasPrefix(test.name, "nothing differs") || test.name == "never in both"; d.Equal != want {
				t.Errorf("equal: %v", d.Equal)
			}
			if d.Seen() != (test.p < 0.05) || d.Testable() != (test.least < 0.05) {
				t.Errorf("seen %v, testable %v", d.Seen(), d.Testable())
			}
		})
	}
	if d := DifferenceOf(nil, []float64{1}); d.P != 1 || !math.IsNaN(d.Shift) || d.Testable() {
		t.Errorf("against nothing: %+v", d)
	}
}

// TestPByEnumeration deals the values out to the two groups in every possible way and
// counts those that lie at least as far apart.
func TestPByEnumeration(t *testing.T) {
	tests := []struct{ first, second []float64 }{
		{[]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}},
		{[]float64{1, 2, 5, 6}, []float64{3, 4, 7, 8, 9}},
		{[]float64{3.1, 2.7, 9.9, 4.2, 5.5}, []float64{6.1, 7.3, 5.6, 8.8, 10.2, 4.4}},
		{[]float64{1, 9}, []float64{2, 3, 4, 5, 6, 7, 8}},
		{[]float64{1, 1, 2, 2, 3}, []float64{2, 3, 3, 4, 4}}, // ties
		{[]float64{0, 0, 0, 0}, []float64{0, 0, 0, 7, 8}},
		{[]float64{10, 12, never}, []float64{never, never, never, never}},
	}
	for _, test := range tests {
		all := append(slices.Clone(test.first), test.second...)
		n1, seen := len(test.first), u(test.first, test.second)
		ways, below, above := 0, 0, 0
		for dealt := range 1 << len(all) {
			var a, b []float64
			for i, v := range all {
				if dealt>>i&1 == 1 {
					a = append(a, v)
				} else {
					b = append(b, v)
				}
			}
			if len(a) != n1 {
				continue
			}
			ways++
			if u(a, b) <= seen {
				below++
			}
			if u(a, b) >= seen {
				above++
			}
		}
		far := 2 * min(below, above)
		want := min(1, float64(far)/float64(ways))
		if d := DifferenceOf(test.first, test.second); !near(d.P, want) {
			t.Errorf("%v and %v: p = %v, by dealing %d of %d = %v", test.first, test.second, d.P, far, ways, want)
		}
	}
}

// u is Mann and Whitney's statistic: in how many pairs the first is larger, ties half.
func u(a, b []float64) (n float64) {
	for _, x := range a {
		for _, y := range b {
			if x > y {
				n++
			} else if x == y {
				n += 0.5
			}
		}
	}
	return n
}

// TestIntervalAgreesWithTest holds where no two values are equal: the interval leaves
// out 0 exactly when the test sees a difference.
func TestIntervalAgreesWithTest(t *testing.T) {
	first := []float64{0, 1.01, 2.03, 3.07, 4.13, 5.19}
	seen := 0
	for shift := -8.0; shift <= 8; shift += 0.37 {
		second := make([]float64, len(first))
		for i, v := range first {
			second[i] = v*1.001 + shift
		}
		d := DifferenceOf(first, second)
		out := d.Low > 0 || d.High < 0
		if out != d.Seen() {
			t.Errorf("shift %v: %v to %v, p = %v", shift, d.Low, d.High, d.P)
		}
		if d.Seen() {
			seen++
		}
	}
	if seen == 0 {
		t.Error("no difference was seen at any shift")
	}
}

// TestLargeGroups are compared without working out their distribution, and as quickly.
func TestLargeGroups(t *testing.T) {
	for _, n := range []int{mostExact, mostExact + 1, 300} {
		first, second := ranks(n), ranks(n)
		for i := range second {
			second[i] += float64(n) / 3
		}
		d := DifferenceOf(first, second)
		if !near(d.Shift, float64(n)/3) || !d.Seen() || !d.Testable() || d.Confidence < 0.949 || d.Confidence > 0.96 {
			t.Errorf("%d each: %+v", n, d)
		}
		if d.Low <= 0 || d.Low >= d.Shift || d.High <= d.Shift {
			t.Errorf("%d each: %v to %v around %v", n, d.Low, d.High, d.Shift)
		}
		if same := DifferenceOf(first, first); same.Seen() || same.Shift != 0 {
			t.Errorf("%d and themselves: %+v", n, same)
		}
	}
}

func TestHolm(t *testing.T) {
	got := Holm([]float64{0.01, 0.04, 0.03, 0.005})
	want := []float64{0.03, 0.06, 0.06, 0.02}
	for i := range want {
		if !near(got[i], want[i]) {
			t.Errorf("got %v, want %v", got, want)
			break
		}
	}
	if got := Holm([]float64{0.6, 0.7}); got[0] != 1 || got[1] != 1 {
		t.Errorf("above 1: %v", got)
	}
	if len(Holm(nil)) != 0 {
		t.Error("of nothing there is something")
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
