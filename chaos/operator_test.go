package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"showdown"
)

func operatorExamples() []example {
	return []example{{
		do: "operator", target: "web-1", with: []string{"does", "restart", "notices", "20s", "acts", "10s"}, during: "X",
		beside:   []showdown.Step{act("X", showdown.Second, "kill", "web-1", 0)},
		kinds:    []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone"},
		faked:    map[string]any{"acts": "restart", "state": "running"},
		evidence: "DescribeInstances says running of web-1, at 127.",
		facts: func(f, _ map[string]any) bool {
			delay := f["delay_s"].(float64)
			return delay >= 15 && delay < 45 && f["identity_after"] != "" && f["acts"] == "restart"
		},
	}}
}

// A human acts after a delay that depends on the seed, the cell and the letter.
func TestOperatorTakesTime(t *testing.T) {
	seen := map[float64]bool{}
	for _, letter := range []string{"B", "C", "D"} {
		bubble(t, func(t *testing.T, w *world) {
			w.run(
				t,
				act("A", minute, "kill", "web-1", 0),
				within("A", act(letter, 0, "operator", "web-1", 0, "does", "restart", "notices", "1m", "acts", "30s")),
			)
			facts := w.event(letter, showdown.FaultConfirmed).Data["facts"].(map[string]any)
			delay := facts["delay_s"].(float64)
			if delay < 45 || delay >= 135 {
				t.Errorf("%s acted after %g s, which is outside half to one and a half times 90", letter, delay)
			}
			seen[delay] = true
			after := w.clock.AWS(w.when(letter, showdown.FaultInjecting) - w.when("A", showdown.FaultInjected)).Seconds()
			if after < delay-0.5 || after > delay+1 {
				t.Errorf("%s began %g s after the fault, drawn were %g", letter, after, delay)
			}
			if by := w.event("A", showdown.FaultUndone).Data["by"]; by != letter {
				t.Errorf("the kill was ended by %v", by)
			}
			if w.count("restart web-1") != 1 {
				t.Errorf("it happened %q", w.story)
			}
			w.healthy()
		})
	}
	if len(seen) != 3 {
		t.Errorf("delays %v", seen)
	}
}

func TestOperatorMends(t *testing.T) {
	quick := []string{"notices", "20s", "acts", "10s", "target_group", "web", "does"}
	atOnce := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone"}
	for _, c := range []struct {
		fault, does string
		kinds       []string
		said        string
		by          bool // the operator has ended the fault
	}{
		{"kill", "restart", atOnce, "DescribeTargetHealth says healthy in web", true},
		{"hang", "restart", atOnce, "DescribeTargetHealth says healthy in web", true},
		{"kill", "replace", atOnce, "says running of web-1-2, at 3.0.3.1; answered 200 in 1ms; DescribeTargetHealth says healthy in web", true},
		{"hang", "replace", atOnce, "says running of web-1-2", true},
		{"slow", "deregister", append(slices.Clone(atOnce), "change.undoing", "change.undone"), "DescribeTargetHealth says draining of web-1 in web", false},
	} {
		t.Run(c.fault+" "+c.does, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.run(
					t,
					act("A", minute, c.fault, "web-1", 0),
					within("A", act("B", 0, "operator", "web-1", 0, append(slices.Clone(quick), c.does)...)),
				)
				w.mustHave("B", c.kinds)
				if said := w.evidence("B", showdown.FaultConfirmed); !strings.Contains(said, c.said) {
					t.Errorf("evidence %q, want %q in it", said, c.said)
				}
				if by := w.event("A", showdown.FaultUndone).Data["by"]; (by == "B") != c.by {
					t.Errorf("A was ended by %v", by)
				}
				if c.does == "replace" {
					w.before("terminate web-1 silently true", "launch web-1-2")
					w.before("launch web-1-2", "register web web-1-2")
					if w.TargetHealth("web", "web-1-2") != targetHealthy || w.count("register web web-1-2") != 1 {
						t.Errorf("it happened %q", w.story)
					}
					w.given = "web-1"
				}
				w.healthy()
			})
		})
	}
}

// TestOperatorRegisters what was deregistered.
func TestOperatorRegisters(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("A", minute, "deregister", "web-1", 8*minute, "target_group", "web"),
			within("A", act("B", 0, "operator", "web-1", 0, "does", "register", "target_group", "web", "notices", "2m", "acts", "10s")),
		)
		w.mustHave("B", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone"})
		if n := w.count("register web web-1"); n != 1 {
			t.Errorf("registered %d times", n)
		}
		w.healthy()
	})
}

// A fault that ends by itself needs no human.
func TestOperatorComesTooLate(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("A", minute, "kill", "web-1", 3*minute),
			within("A", act("B", 0, "operator", "web-1", 0, "does", "restart", "notices", "5m", "acts", "30s")),
		)
		if got := w.failure("B"); got != "not played: A was over before" {
			t.Errorf("B: %s", got)
		}
		w.healthy()
	})
}

// Whenever a replacement is cut off, the new instance is registered or was never launched.
func TestOperatorCutOff(t *testing.T) {
	for moment := 70 * showdown.Second; moment < 4*minute; moment += 3 * showdown.Second {
		bubble(t, func(t *testing.T, w *world) {
			w.given = "web-1"
			w.cancelAt(
				t, moment, w.clock.Lab(5*minute), act("A", minute, "kill", "web-1", 0),
				within("A", act("B", 0, "operator", "web-1", 0, "target_group", "web", "notices", "20s", "acts", "10s")),
			)
			if launched, joined := w.count("launch web-1-2"), w.count("register web web-1-2"); launched != joined || launched > 1 {
				t.Errorf("cancelled at %s: launched %d times, registered %d times", moment, launched, joined)
			}
		})
		if t.Failed() {
			return
		}
	}
}

func TestOperatorIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.broken["register"] = fmt.Errorf("no")
		w.given = "web-1"
		e := w.experiment(nil, act("A", minute, "kill", "web-1", 0),
			within("A", act("B", 0, "operator", "web-1", 0, "target_group", "web", "notices", "20s", "acts", "10s")))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if got := w.failure("B"); got != "no" {
			t.Errorf("B: %s", got)
		}
		delete(w.broken, "register")
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}
