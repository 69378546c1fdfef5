package compare

import (
	"os"
	"strings"
	"testing"
)

// TestDocs holds that every number that a bound can name is documented, and that what the
// documentation writes as a bound is one.
func TestDocs(t *testing.T) {
	data, err := os.ReadFile("../../docs/compare.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	names, _ := BoundNumbers()
	for _, n := range names {
		if !strings.Contains(text, "`"+n+"`") {
			t.Errorf("docs/compare.md does not explain %s", n)
		}
	}
	for _, b := range []string{
		"p99 > +10%", "availability < -0.1%", "recovered(A) > +5s", "p99 > -10%", "response_p99 > +50ms", "longest_outage > +2s", "no-eip.lost > +0%", "goodput < -5%",
		"latency_ms.service.p90 > +5ms",
	} {
		if _, err := ParseBound(b); err != nil || !strings.Contains(text, b) {
			t.Errorf("%s: %v", b, err)
		}
	}
}
