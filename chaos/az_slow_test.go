package chaos

import (
	"strings"
	"testing"

	"showdown"
)

func azSlowExamples() []example {
	return []example{{
		do: "az-slow", with: []string{"zone", "us-east-1a", "latency", "20ms"}, onlyFaked: true,
		faked: map[string]any{"zone": "us-east-1a", "machines": 3},
	}}
}

// TestSlowZone: the zone's machines and its node are slow, the others are not, and what is
// launched there meanwhile is slow too.
func TestSlowZone(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.close("web-2")
		w.run(
			t,
			act("A", minute, "az-slow", "", 3*minute, "zone", "us-east-1a", "latency", "20ms"),
			act("X", 2*minute, "add-instance", "web-1", 0, "name", "web-9"),
		)
		w.mustHave("A", lasting())
		said := w.evidence("A", showdown.FaultConfirmed)
		for _, want := range []string{"lb-1a 81ms, 1ms before", "web-1 81ms, 1ms before", "web-2 81ms, 1ms before"} {
			if !strings.Contains(said, want) {
				t.Errorf("evidence %q, want %q in it", said, want)
			}
		}
		if strings.Contains(said, "web-3") || strings.Contains(said, "lb-1b") {
			t.Errorf("evidence %q names the other zone", said)
		}
		if w.count("lag web-9") != 1 || w.count("off lag web-9") != 1 || w.count("off lag web-1") != 1 {
			t.Errorf("it happened %q", w.story)
		}
		w.healthy()
	})
}

func TestSlowZoneThatIsNone(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.deaf["lag"] = true
		w.run(t, act("A", minute, "az-slow", "", 6*minute, "zone", "us-east-1a"))
		w.mustHave("A", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"})
		w.healthy()
	})
}

// A machine that was replaced is not slow any more, and is left alone.
func TestSlowZoneWhoseMachinesAreGone(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("A", minute, "az-slow", "", 4*minute, "zone", "us-east-1a", "latency", "20ms"),
			act("B", 2*minute, "remove-instance", "web-1", 0),
		)
		w.mustHave("A", lasting())
		if said := w.evidence("A", showdown.FaultUndone); !strings.Contains(said, "web-1 lost its process") || w.count("off lag web-1") != 0 {
			t.Errorf("evidence %q, story %q", said, w.story)
		}
	})
}
