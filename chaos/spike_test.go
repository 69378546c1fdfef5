package chaos

import (
	"slices"
	"strings"
	"testing"

	"showdown"
)

// What the traffic says of itself is no evidence: a machine must have received it.
func TestSpikeIsCountedByTheMachines(t *testing.T) {
	ramp := []showdown.Phase{{Name: "first", For: 4 * minute, Pace: showdown.Ramp, From: 100, To: 100}, {Name: "second", For: 10 * minute, Rate: 100}}
	for _, c := range []struct {
		name     string
		phases   []showdown.Phase
		timeline []showdown.Step
		kind     showdown.EventKind
		evidence string
	}{
		{
			"seen", ramp,
			[]showdown.Step{act("A", 2*minute, "spike", "", minute, "factor", "2")},
			showdown.FaultConfirmed, "200 requests/s received now, 100 requests/s received before",
		},
		{
			"seen to be less", ramp,
			[]showdown.Step{act("A", 2*minute, "spike", "", minute, "factor", "0.5")},
			showdown.FaultConfirmed, "48 requests/s received now, 100 requests/s received before",
		},
		{
			// The plan says that twice as much comes anyway.
			"nothing but the next phase",
			[]showdown.Phase{{Name: "first", For: 2 * minute, Rate: 25}, {Name: "second", For: 10 * minute, Rate: 50}},
			[]showdown.Step{act("A", 2*minute, "spike", "", minute, "factor", "2")},
			showdown.FaultUnconfirmed, "200 requests/s received now",
		},
		{
			"nobody to ask", ramp,
			[]showdown.Step{act("K", minute, "kill", "all", 5*minute), act("A", 2*minute, "spike", "", minute)},
			showdown.FaultUnconfirmed, "an unknown number of requests (no machine could be asked) now",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				e := w.experiment(func(cfg *Config) { cfg.Cell.Traffic.Phases = c.phases }, c.timeline...)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if got := w.kinds("A"); !slices.Contains(got, string(c.kind)) {
					t.Fatalf("events %v, want %s", got, c.kind)
				}
				if got, _ := w.event("A", c.kind).Data["evidence"].(string); !strings.Contains(got, c.evidence) {
					t.Errorf("evidence %q, want %q in it", got, c.evidence)
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				w.when("A", showdown.FaultUndone)
				w.healthy()
			})
		})
	}
}
