package chaos

import "testing"

func fillQueueExamples() []example {
	return []example{{
		do: "fill-queue", target: "all",
		faked:    map[string]any{"share_503": 1.0},
		evidence: "5 of 5 answers were 503; the health path answered 200",
		facts:    func(f, _ map[string]any) bool { return f["web-1/share_503"] == 1.0 && f["web-2/share_503"] == 1.0 },
	}}
}

// Errors under a full queue are not what is looked at: a request that finds a worker
// is the end, whatever that answers.
func TestFullQueueEndsUnderADeepFailure(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "fill-queue", "web-1", 2*minute),
			act("B", 2*minute, "deep-failure", "web-1", 0),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.mustHave("A", lasting())
		w.mustHave("B", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed"})
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}
