package chaos

import (
	"slices"
	"strings"
	"testing"

	"showdown"
)

func instanceRefreshExamples() []example {
	return []example{{
		do: "instance-refresh", with: []string{"scaling_group", "fleet"}, onlyFaked: true,
		kinds: []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone"},
		faked: map[string]any{"status": "Successful", "type_before": "t2.micro"},
	}}
}

func TestInstanceRefresh(t *testing.T) {
	atOnce := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone"}
	for _, c := range []struct {
		name      string
		lasts     showdown.Duration
		with      []string
		deaf      bool
		kinds     []string
		refreshes string
	}{
		{"to the end", 0, nil, false, atOnce, ""},
		{"within its time", 5 * minute, nil, false, atOnce, ""},
		{"another type", 0, []string{"type", "m5.large"}, false, append(slices.Clone(atOnce), "change.undoing", "change.undone"), "m5.large t2.micro"},
		{"another type for a time", 5 * minute, []string{"type", "m5.large"}, false, lasting(), "m5.large t2.micro"},
		{"failed", 0, nil, true, []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed"}, ""},
		{"late", minute, nil, false, []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.deaf["refresh"] = c.deaf
				w.run(t, act("A", minute, "instance-refresh", "", c.lasts, append([]string{"scaling_group", "fleet"}, c.with...)...))
				if got := w.kinds("A"); len(got) < len(c.kinds) || !slices.Equal(got[:len(c.kinds)], c.kinds) {
					t.Errorf("events %v, want %v", got, c.kinds)
				}
				if got := strings.TrimSpace(strings.Join(w.az.refreshes, " ")); got != c.refreshes {
					t.Errorf("refreshes to %q, want %q", got, c.refreshes)
				}
				if slices.Contains(c.kinds, "fault.confirmed") {
					took := w.event("A", showdown.FaultConfirmed).Data["facts"].(map[string]any)["took_s"].(float64)
					if took < refreshTime.Seconds()-1 || took > refreshTime.Seconds()+2 {
						t.Errorf("it took %g s", took)
					}
				}
				w.healthy()
			})
		})
	}
}

// A refresh that comes to no end holds up neither the end of the run nor its roll back.
func TestInstanceRefreshWithoutEnd(t *testing.T) {
	step := act("A", minute, "instance-refresh", "", 0, "scaling_group", "fleet", "type", "m5.large")
	t.Run("until the traffic ends", func(t *testing.T) {
		bubble(t, func(t *testing.T, w *world) {
			w.deaf["refreshing"] = true
			w.run(t, step)
			most := w.clock.Lab(12*minute) + limitsAt(w.clock, 0).operation // the traffic's length
			if took := w.when("A", showdown.FaultUnconfirmed); took > most {
				t.Errorf("it was waited for until %s, at most %s is wanted", took, most)
			}
			if w.count("cancel refresh fleet") != 1 || strings.Join(w.az.refreshes, " ") != "m5.large t2.micro" {
				t.Errorf("it happened %q", w.story)
			}
			w.healthy()
		})
	})
	t.Run("interrupted", func(t *testing.T) {
		bubble(t, func(t *testing.T, w *world) {
			w.deaf["refreshing"] = true
			w.cancelAt(t, 2*minute, w.clock.Lab(minute), step)
			if w.count("cancel refresh fleet") != 1 || strings.Join(w.az.refreshes, " ") != "m5.large t2.micro" {
				t.Errorf("it happened %q", w.story)
			}
		})
	})
}
