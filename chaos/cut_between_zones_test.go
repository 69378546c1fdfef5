package chaos

import (
	"strings"
	"testing"

	"showdown"
)

func cutBetweenZonesExamples() []example {
	return []example{{
		do: "cut-between-zones", with: []string{"a", "us-east-1a", "b", "us-east-1b"}, onlyFaked: true,
		faked: map[string]any{"routes": 2, "reached": 4},
	}}
}

func TestCutBetweenZones(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.rules.let["front"] = []string{showdown.FromInternet, "nodes"} // web-3 in "back" is not let in
		w.run(t, act("A", minute, "cut-between-zones", "", minute, "a", "us-east-1a", "b", "us-east-1b"))
		w.mustHave("A", lasting())
		said := w.evidence("A", showdown.FaultConfirmed)
		for _, want := range []string{"lb-1a to web-3 silent", "lb-1b to web-1 silent", "web-1 to web-3 silent", "clients reach 5 of 5: lb-1a, web-1, web-2, lb-1b, web-3"} {
			if !strings.Contains(said, want) {
				t.Errorf("evidence %q, want %q in it", said, want)
			}
		}
		if strings.Contains(said, "web-3 to web-1") {
			t.Errorf("evidence %q has a way that was closed before", said)
		}
		w.healthy()
	})
}

func TestCutBetweenZonesThatIsNone(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.deaf["cut"] = true
		w.run(t, act("A", minute, "cut-between-zones", "", 5*minute, "a", "us-east-1a", "b", "us-east-1b"))
		w.mustHave("A", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"})
		w.healthy()
	})
}
