package chaos

import (
	"slices"
	"testing"
	"time"

	"showdown"
)

// What lies in a fault is taken back before it, whichever end comes first.
func TestDuring(t *testing.T) {
	at := func(letter string, length showdown.Duration, target string) showdown.Step {
		return within("A", act(letter, 30*showdown.Second, "slow", target, length))
	}
	lab := func(w *world, d showdown.Duration) time.Duration { return w.clock.Lab(d) }
	for _, c := range []struct {
		name  string
		inner showdown.Step
		ends  showdown.Duration // after A was in place
	}{
		{"with it", at("B", 0, "web-2"), 3 * minute},
		{"longer than it", at("B", 8*minute, "web-2"), 3 * minute},
		{"shorter than it", at("B", minute, "web-2"), 90 * showdown.Second},
		{"on the same target", at("B", 0, "web-1"), 3 * minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				outer := act("A", minute, "error-500", "web-1", 3*minute)
				e := w.experiment(nil, outer, c.inner)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				in := w.when("A", showdown.FaultInjected)
				w.about("B", showdown.FaultInjecting, in+lab(w, 30*showdown.Second))
				w.about("B", showdown.FaultHealing, in+lab(w, c.ends))
				w.before("off delay "+string(c.inner.Target), "off errors web-1")
				w.before("fault.healing B", "fault.healing A")
				for _, letter := range []string{"A", "B"} {
					if kinds := w.kinds(letter); kinds[len(kinds)-1] != "fault.undone" {
						t.Errorf("%s: %v", letter, kinds)
					}
				}
				if got := w.event("B", showdown.FaultPlanned).Data["during"]; got != "A" {
					t.Errorf("B is planned during %v", got)
				}
				w.healthy() // before a roll back
			})
		})
	}
}

// What lies in something that lies in something is taken back first of all.
func TestDuringInDuring(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "error-500", "web-1", 3*minute),
			within("A", act("B", 10*showdown.Second, "slow", "web-2", 0)),
			within("B", act("C", 10*showdown.Second, "cpu-steal", "web-2", 0)),
			within("C", act("D", 5*minute, "hang", "web-2", 0)),
			after("C", act("E", 10*showdown.Second, "hang", "web-2", 10*showdown.Second)),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.before("off steal web-2", "off delay web-2")
		w.before("off delay web-2", "off errors web-1")
		if got := w.failure("D"); got != "not played: A was over before" {
			t.Errorf("D: %s", got)
		}
		if kinds := w.kinds("D"); !slices.Equal(kinds, []string{"fault.planned", "fault.failed"}) {
			t.Errorf("D: %v", kinds)
		}
		w.about("E", showdown.FaultInjecting, w.when("C", showdown.FaultUndone)+w.clock.Lab(10*showdown.Second))
		w.healthy()
	})
}

// Where another action ends the outer one, what lies in it ends first; the ender itself
// goes on.
func TestAnotherActionEndsWhatOthersLieIn(t *testing.T) {
	for _, c := range []struct {
		name  string
		ender showdown.Step
	}{
		{"from outside", act("C", 3*minute, "stop-instance", "web-1", minute)},
		{"from inside", within("A", act("C", 2*minute, "stop-instance", "web-1", minute))},
		{"from further inside", within("B", act("C", minute, "stop-instance", "web-1", minute))},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				e := w.experiment(nil,
					act("A", minute, "hang", "web-1", 0),
					within("A", act("B", minute, "slow", "web-2", 0)),
					within("A", act("D", 90*showdown.Second, "error-500", "web-2", 0)),
					c.ender,
				)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if by := w.event("A", showdown.FaultUndone).Data["by"]; by != "C" {
					t.Errorf("A ended by %v", by)
				}
				w.about("A", showdown.FaultUndone, w.when("C", showdown.FaultInjected))
				w.before("off errors web-2", "fault.undone A")
				if kinds := w.kinds("C"); kinds[len(kinds)-1] != "fault.undone" || !slices.Contains(kinds, "fault.confirmed") {
					t.Errorf("C: %v", kinds)
				}
				w.about("C", showdown.FaultHealing, w.clock.Lab(4*minute))
				if goesOn := c.ender.During == "B"; goesOn != (w.count("off delay web-2") == 0) {
					t.Errorf("B is taken back %d times, though C lies in it: %t", w.count("off delay web-2"), goesOn)
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				w.healthy()
			})
		})
	}
}

// A fault that is over by itself takes along what lies in it.
func TestDuringAnOperationThatEndsItself(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "resize-instance", "web-1", 0, "type", "m5.large"),
			within("A", act("B", 10*showdown.Second, "slow", "web-2", 0)),
			within("A", act("C", 5*minute, "hang", "web-2", 0)),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.about("B", showdown.FaultHealing, w.when("A", showdown.FaultUndone))
		w.when("B", showdown.FaultUndone)
		if got := w.failure("C"); got != "not played: A was over before" {
			t.Errorf("C: %s", got)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}

// What is in the middle of its doing when the outer one ends is cut off and taken back.
func TestDuringIsCutOff(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "slow", "web-1", minute),
			within("A", act("B", 30*showdown.Second, "resize-instance", "web-2", 0, "type", "m5.large")),
			after("B", act("C", 0, "hang", "web-1", 10*showdown.Second)),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		want := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"}
		if got := w.kinds("B"); !slices.Equal(got, want) {
			t.Errorf("B: %v, want %v", got, want)
		}
		if got := w.event("B", showdown.FaultUnconfirmed).Data["interrupted"]; got != true {
			t.Errorf("B was interrupted: %v", got)
		}
		w.about("B", showdown.FaultHealing, w.clock.Lab(2*minute))
		w.about("C", showdown.FaultInjecting, w.when("B", showdown.FaultUndone))
		w.healthy() // before a roll back
	})
}
