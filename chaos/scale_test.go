package chaos

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"showdown"
)

func scaleExamples() []example {
	return []example{{
		do: "scale", with: []string{"scaling_group", "fleet", "desired", "4"}, onlyFaked: true,
		faked: map[string]any{"desired_before": 2, "in_service_before": 2, "desired": 4, "in_service": 4},
	}}
}

// TestScaleAgain: each is taken back to what it found.
func TestScaleAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("A", minute, "scale", "", 0, "scaling_group", "fleet", "desired", "5"),
			act("B", 4*minute, "scale", "", 0, "scaling_group", "fleet", "desired", "1"),
		)
		w.mustHave("A", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone", "change.undoing", "change.undone"})
		if took := w.clock.AWS(w.when("A", showdown.FaultConfirmed) - w.when("A", showdown.FaultInjected)); took < launchTime-showdown.Second {
			t.Errorf("in service after %s, which is before they were launched", took)
		}
		var asked []string
		for _, what := range w.story {
			if n, ok := strings.CutPrefix(what, "desired fleet "); ok {
				asked = append(asked, n)
			}
		}
		if got := strings.Join(asked, " "); got != "5 1 5 2" {
			t.Errorf("desired %s", got)
		}
		w.healthy()
	})
}

// TestScaleThereAndBack: what the second one found is taken back although the first one's
// start is what the second one asked for.
func TestScaleThereAndBack(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("A", minute, "scale", "", 0, "scaling_group", "fleet", "desired", "4"),
			act("B", 4*minute, "scale", "", 0, "scaling_group", "fleet", "desired", "2"),
		)
		for _, letter := range []string{"A", "B"} {
			if got := w.kinds(letter); got[len(got)-1] != "change.undone" {
				t.Errorf("%s: %v", letter, got)
			}
		}
		w.healthy()
	})
}

// TestScaleThatDoesNotFollow, or is refused, or was so before.
func TestScaleThatDoesNotFollow(t *testing.T) {
	seen := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed"}
	for _, c := range []struct {
		name    string
		change  func(*world)
		desired string
		kinds   []string
		said    string
	}{
		{"no room", func(w *world) { w.deaf["scaling"] = true }, "4", seen, "desired 4, 2 in service of fleet"},
		{"refused", func(w *world) { w.broken["desired"] = errors.New("no") }, "4", []string{"fault.planned", "fault.injecting", "fault.failed"}, ""},
		{"so before", func(*world) {}, "2", seen, "was 2 before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				c.change(w)
				w.run(t, act("A", minute, "scale", "", 0, "scaling_group", "fleet", "desired", c.desired))
				if got := w.kinds("A"); len(got) < len(c.kinds) || !slices.Equal(got[:len(c.kinds)], c.kinds) {
					t.Errorf("events %v, want %v first", got, c.kinds)
				}
				if c.said != "" && !strings.Contains(w.evidence("A", showdown.FaultUnconfirmed), c.said) {
					t.Errorf("evidence %q, want %q in it", w.evidence("A", showdown.FaultUnconfirmed), c.said)
				}
				w.healthy()
			})
		})
	}
}
