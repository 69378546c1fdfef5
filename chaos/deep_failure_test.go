package chaos

import (
	"testing"

	"showdown"
)

func deepFailureExamples() []example {
	return []example{{
		do: "deep-failure", target: "web-1", with: []string{"share", "100%"},
		faked:    map[string]any{"share_500": 1.0, "health_share_500": 0.0},
		evidence: "8 of 8 answers were 500; on the health path 0 of 8",
		facts:    func(f, _ map[string]any) bool { return f["share_500"] == 1.0 && f["health_share_500"] == 0.0 },
	}, {
		do: "deep-failure", target: "web-2", with: []string{"share", "60%"},
		faked:    map[string]any{"health_share_500": 0.0},
		evidence: "of 14 answers were 500; on the health path 0 of 14",
		facts:    func(f, _ map[string]any) bool { s := f["share_500"].(float64); return s > 0 && s <= 1 },
	}}
}

// The two failures lie over each other. A deep failure under a plain one is not seen,
// and its end is not, until the roll back has taken both away.
func TestFailuresOverlap(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "error-500", "web-1", 0),
			act("B", 2*minute, "deep-failure", "web-1", minute),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		for letter, kinds := range map[string][]string{
			"A": {"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed"},
			"B": {"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.not_undone"},
		} {
			w.mustHave(letter, kinds)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.event("B", showdown.FaultUndone)
		w.healthy()
	})
}

// An instance that answers 500 everywhere is there all the same: a freeze under it is
// seen, and so is its end.
func TestFreezeUnderErrorsIsSeen(t *testing.T) {
	for _, action := range []string{"hang", "blackhole", "slow", "packet-delay", "cpu-steal"} {
		t.Run(action, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				e := w.experiment(nil,
					act("A", minute, "error-500", "web-1", 0),
					act("B", 2*minute, action, "web-1", minute),
				)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				w.mustHave("B", lasting())
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				w.healthy()
			})
		})
	}
}
