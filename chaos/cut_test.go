package chaos

import (
	"strings"
	"testing"

	"showdown"
)

func cutExamples() []example {
	return []example{{
		do: "cut", with: []string{"from", "internet", "to", "front"},
		faked:    map[string]any{"routes": 1, "established_silent": true},
		evidence: "internet to web-1 silent; open connection: connected, no answer",
		facts:    func(f, _ map[string]any) bool { return f["established_silent"] == true },
	}, {
		do: "cut", with: []string{"from", "front", "to", "back"},
		faked:    map[string]any{"routes": 1},
		evidence: "web-1 to web-2 silent",
		facts: func(f, _ map[string]any) bool {
			_, open := f["established_silent"]
			return f["routes"] == 1 && !open // back does not reach front by the rules
		},
	}}
}

// TestCutThatIsNone is not believed in.
func TestCutThatIsNone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.deaf["cut"] = true
		e := w.experiment(nil, act("A", minute, "cut", "", minute, "from", "front", "to", "back"))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.mustHave("A", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"})
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}

// Whoever has ended meanwhile and was asked by nobody can try no route, on which nothing
// is left to undo either.
func TestRoutesWhoseEndsAreGone(t *testing.T) {
	for _, step := range []showdown.Step{
		act("A", minute, "cut", "", minute, "from", "front", "to", "back"),
		act("A", minute, "change-security-group", "", minute, "group", "back", "revoke", "front"),
		act("A", minute, "cut-between-zones", "", minute, "a", "us-east-1a", "b", "us-east-1b"),
	} {
		for _, gone := range []string{"web-1", "web-2"} {
			t.Run(step.Do+" "+gone, func(t *testing.T) {
				bubble(t, func(t *testing.T, w *world) {
					e := w.experiment(nil, step)
					w.meanwhile(90*showdown.Second, w.box(gone).machine.end)
					if err := e.Run(t.Context(), w.zero); err != nil {
						t.Fatal(err)
					}
					if err := e.Rollback(t.Context()); err != nil {
						t.Error(err)
					}
					w.mustHave("A", lasting())
				})
			})
		}
	}
}

// TestCutWhereNothingPasses: a link over which the rules let nothing shows no cut.
func TestCutWhereNothingPasses(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.rules.let["back"] = nil
		e := w.experiment(nil, act("A", minute, "cut", "", minute, "from", "front", "to", "back"))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		evidence := w.event("A", showdown.FaultUnconfirmed).Data["evidence"].(string)
		if !strings.Contains(evidence, "no connection between front and back was answered before") {
			t.Errorf("evidence %q", evidence)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
