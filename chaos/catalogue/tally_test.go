package catalogue

import (
	"testing"
	"time"

	"showdown"
)

// tallied counts n requests of each outcome; those that are ok take ms milliseconds.
func tallied(ms float64, backend string, n map[showdown.Outcome]int) *Tally {
	var t Tally
	for _, o := range showdown.Outcomes() {
		for range n[o] {
			h := showdown.Hit{Outcome: o, Latency: time.Duration(ms * float64(time.Millisecond)), Backend: backend}
			if o == showdown.OK {
				h.Status = 200
			}
			t.add(&h)
		}
	}
	return &t
}

func good(ms float64, backend string, n int) *Tally {
	return tallied(ms, backend, map[showdown.Outcome]int{showdown.OK: n})
}

func TestQuantile(t *testing.T) {
	var many Tally
	for i := 100; i >= 1; i-- {
		many.add(&showdown.Hit{Latency: time.Duration(i) * time.Millisecond})
	}
	many.add(&showdown.Hit{Outcome: showdown.Refused, Latency: time.Hour})
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0, 1}, {0.01, 1}, {0.5, 50}, {0.505, 51}, {0.99, 99}, {1, 100}} {
		if got, ok := many.Quantile(c.q); !ok || got != c.want*time.Millisecond {
			t.Errorf("quantile %v is %v, want %v ms", c.q, got, c.want)
		}
	}
	if _, ok := tallied(0, "", map[showdown.Outcome]int{showdown.Refused: 3}).Quantile(0.5); ok {
		t.Error("failures have a latency")
	}
}

func TestTallyInWords(t *testing.T) {
	mixed := tallied(5, "web-1", map[showdown.Outcome]int{showdown.OK: 60, showdown.Reset: 1, showdown.ResponseTimeout: 139})
	if got := mixed.outcomeText(); got != "response_timeout 139 (70%), ok 60 (30%), reset 1 (<1%)" {
		t.Errorf("outcomes %q", got)
	}
	if got := (&Tally{}).outcomeText(); got != "nothing" {
		t.Errorf("outcomes of nothing %q", got)
	}
	if got := tallied(5, "web-1", map[showdown.Outcome]int{showdown.Refused: 9}).backendText(); got != "nobody" {
		t.Errorf("who refused is said to have answered: %q", got)
	}
	two := good(5, "web-1", 299)
	two.add(&showdown.Hit{Status: 503, Outcome: showdown.HTTP5xx, Backend: "web-2"})
	if got := two.backendText(); got != "web-1 >99%, web-2 <1%" {
		t.Errorf("backends %q", got)
	}
	for d, want := range map[time.Duration]string{
		4810 * time.Microsecond: "4.8", 9949 * time.Microsecond: "9.9", 9960 * time.Microsecond: "10", 333333 * time.Microsecond: "333",
	} {
		if got := milliseconds(d, true); got != want {
			t.Errorf("%v in milliseconds is %q, want %q", d, got, want)
		}
	}
}

func TestGlance(t *testing.T) {
	calm := good(5, "web-1", 90)
	for _, c := range []struct {
		name string
		seen *Tally
		want string
	}{
		{"nothing new", good(6, "web-1", 90), "`ok`"},
		{"noise", good(14, "web-1", 90), "`ok`"},
		{"slow", good(105, "web-1", 90), "`ok` (median 105 ms instead of 5.0)"},
		{"from elsewhere", good(5, "web-2", 90), "`ok` (from web-2)"},
		{"refused", tallied(0, "web-1", map[showdown.Outcome]int{showdown.Refused: 99, showdown.Reset: 1}), "`refused`"},
		{"half", tallied(5, "web-1", map[showdown.Outcome]int{showdown.OK: 50, showdown.Wrong: 50}), "`ok` 50%, `wrong` 50%"},
		{"nothing", &Tally{}, "no request"},
	} {
		if got := c.seen.Glance(calm); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
