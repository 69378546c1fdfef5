package chaos

import (
	"strings"
	"testing"

	"showdown"
)

func deregisterExamples() []example {
	return []example{{
		do: "deregister", target: "web-1", with: []string{"target_group", "web"}, onlyFaked: true,
		faked: map[string]any{"health_before": "healthy", "health": "draining"},
	}}
}

// TestDeregister: the operation is over when the target drains, and what it changed is
// taken back later.
func TestDeregister(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.run(t, act("A", minute, "deregister", "web-1", 0, "target_group", "web"))
		w.mustHave("A", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone", "change.undoing", "change.undone"})
		if w.count("deregister web web-1") != 1 || w.count("register web web-1") != 1 {
			t.Errorf("it happened %q", w.story)
		}
		facts := w.event("A", showdown.ChangeUndone).Data["facts"].(map[string]any)
		if facts["health_after"] != "healthy" {
			t.Errorf("facts %v", facts)
		}
		w.healthy()
	})
}

// A target that drains is nothing to look at for the clients, so security groups that
// keep them out do not matter.
func TestDeregisterWhatIsNotThere(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*world)
		kind   showdown.EventKind
		said   string
	}{
		{"never registered", func(w *world) { delete(w.az.health, "web-1") }, showdown.FaultUnconfirmed, "web-1 was not registered in web before"},
		{"accepted and not done", func(w *world) { w.deaf["deregister"] = true }, showdown.FaultUnconfirmed, "DescribeTargetHealth says healthy of web-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				c.change(w)
				w.run(t, act("A", minute, "deregister", "web-1", 4*minute, "target_group", "web"))
				if said := w.evidence("A", c.kind); !strings.Contains(said, c.said) {
					t.Errorf("evidence %q, want %q in it", said, c.said)
				}
				w.healthy()
			})
		})
	}
}

// An instance that its group terminates meanwhile is not registered again.
func TestDeregisteredInstanceIsGone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.meanwhile(2*minute, func() {
			_ = w.TerminateInstance(t.Context(), "web-1", false)
		})
		w.run(t, act("A", minute, "deregister", "web-1", 3*minute, "target_group", "web"))
		w.mustHave("A", lasting())
		if said := w.evidence("A", showdown.FaultUndone); said != "web-1 is terminated, and the fault is gone with it" {
			t.Errorf("evidence %q", said)
		}
		if w.count("register web web-1") != 0 {
			t.Error("it was registered")
		}
	})
}
