package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
)

// about fails unless an event comes at a moment in lab time, or a few looks of the probe
// after it. What is said of a moment may be a millisecond behind it.
func (w *world) about(letter string, kind showdown.EventKind, want time.Duration) {
	w.t.Helper()
	if got := w.when(letter, kind); got < want-2*time.Millisecond || got > want+10*time.Millisecond {
		w.t.Errorf("%s of %s at %s, want %s", kind, letter, got, want)
	}
}

func (w *world) failure(letter string) string {
	w.t.Helper()
	text, _ := w.event(letter, showdown.FaultFailed).Data["error"].(string)
	return text
}

// Each step of a sequence counts from the real end of the one before, and its length
// from its own start.
func TestSequence(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "stop-instance", "web-1", minute),
			after("A", act("B", 20*showdown.Second, "slow", "web-1", 30*showdown.Second)),
			after("B", act("C", 10*showdown.Second, "resize-instance", "web-1", 0, "type", "m5.large")),
			after("C", act("D", 0, "hang", "web-2", 20*showdown.Second)),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		lab := w.clock.Lab
		// A ends at its time, and is over when the instance answers again.
		w.about("A", showdown.FaultHealing, lab(2*minute))
		over := w.when("A", showdown.FaultUndone)
		if want := lab(2*minute + startTime + bootTime); over < want {
			t.Errorf("A over at %s, before %s", over, want)
		}
		w.about("B", showdown.FaultInjecting, over+lab(20*showdown.Second))
		w.about("B", showdown.FaultHealing, over+lab(50*showdown.Second))
		w.about("C", showdown.FaultInjecting, w.when("B", showdown.FaultUndone)+lab(10*showdown.Second))
		// C ends by itself.
		w.about("D", showdown.FaultInjecting, w.when("C", showdown.FaultUndone))
		w.about("D", showdown.FaultHealing, w.when("D", showdown.FaultInjecting)+lab(20*showdown.Second))
		// The plan is the estimate.
		for letter, want := range map[string]float64{"A": 60, "B": 140, "C": 180, "D": 180} {
			if got := w.event(letter, showdown.FaultPlanned).Data["planned_s"].(float64); got < want-0.001 || got > want+0.001 {
				t.Errorf("%s planned at %g s, want %g", letter, got, want)
			}
		}
		if got := w.event("B", showdown.FaultPlanned).Data["after"]; got != "A" {
			t.Errorf("B is planned after %v", got)
		}
		// It is prepared once it is known when it fires, and before that.
		w.before("fault.undone A", "record B slow web-1")
		w.before("record B slow web-1", "fault.injecting B")
		if n := w.count("record B slow web-1"); n != 1 {
			t.Errorf("B was prepared %d times", n)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}

// A step never fires before its plan, even where the one before was ended early.
func TestSequenceIsNotEarly(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "stop-instance", "web-1", 5*minute),
			act("B", 3*minute, "start-instance", "web-1", 0),
			after("A", act("C", 10*showdown.Second, "hang", "web-2", 10*showdown.Second)),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if by := w.event("A", showdown.FaultUndone).Data["by"]; by != "B" {
			t.Errorf("A ended by %v", by)
		}
		w.about("C", showdown.FaultInjecting, w.clock.Lab(6*minute+10*showdown.Second))
		w.healthy()
	})
}

// A step whose predecessor never came is not played, and says why; others are.
func TestPredecessorThatNeverCame(t *testing.T) {
	for _, c := range []struct {
		name   string
		broken string
		before showdown.Step
		want   string // of B, which is after or during A
		chain  string // of C, which is after B
	}{
		{
			"refused", "stop", act("A", minute, "stop-instance", "web-1", minute),
			"A was never %s: StopInstances refused: Busy: try later", "B was never over: not played: A was never %s: StopInstances refused",
		},
		{
			"in part", "delay", act("A", minute, "slow", "all", minute),
			"A was never %s: ", "B was never over: not played: A was never %s",
		},
	} {
		for _, order := range []struct {
			what string
			wait func(string, showdown.Step) showdown.Step
		}{{"over", after}, {"in place", within}} {
			t.Run(c.name+" "+order.what, func(t *testing.T) {
				bubble(t, func(t *testing.T, w *world) {
					w.broken[c.broken] = &Refusal{"StopInstances", "Busy", "try later"}
					e := w.experiment(nil,
						c.before,
						order.wait("A", act("B", 0, "hang", "web-2", 30*showdown.Second)),
						after("B", act("C", 0, "hang", "web-2", 30*showdown.Second)),
						act("D", 5*minute, "hang", "web-2", 30*showdown.Second),
					)
					if err := e.Run(t.Context(), w.zero); err != nil {
						t.Fatal(err)
					}
					for letter, want := range map[string]string{"B": c.want, "C": c.chain} {
						if got := w.failure(letter); !strings.HasPrefix(got, "not played: "+fmt.Sprintf(want, order.what)) {
							t.Errorf("%s: %q", letter, got)
						}
						if got := w.kinds(letter); !slices.Equal(got, []string{"fault.planned", "fault.failed"}) {
							t.Errorf("%s: %v", letter, got)
						}
					}
					w.when("D", showdown.FaultUndone)
					if err := e.Rollback(t.Context()); err != nil {
						t.Error(err)
					}
					w.healthy()
				})
			})
		}
	}
}

// A predecessor that was in place and did not go away counts as over at its end: the
// record says that it is still there.
func TestPredecessorThatStays(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.deaf["off delay"] = true
		e := w.experiment(nil, act("A", minute, "slow", "web-1", minute), after("A", act("B", 0, "hang", "web-2", minute)))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.about("B", showdown.FaultInjecting, w.when("A", showdown.FaultNotUndone))
		w.when("B", showdown.FaultUndone)
	})
}

// An operation that nobody saw and that leaves nothing is over all the same.
func TestPredecessorThatNobodySaw(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("K", minute, "kill", "all", 0),
			act("A", 2*minute, "tell-clients", "", 0),
			after("A", act("B", minute, "spike", "", minute)),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if kinds := w.kinds("A"); !slices.Contains(kinds, "fault.unconfirmed") {
			t.Errorf("A: %v", kinds)
		}
		w.when("B", showdown.FaultInjected)
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}

// The traffic's end bounds the wait, so that a run comes to its end.
func TestPredecessorThatIsNotOverInTime(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "kill", "web-1", 0),
			after("A", act("B", 0, "hang", "web-2", 0)),
			act("C", 11*minute, "stop-instance", "web-2", 50*showdown.Second),
			after("C", act("D", 10*showdown.Second, "slow", "web-1", 0)), // planned at the very end
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if got, want := time.Since(w.zero), w.clock.Lab(12*minute+bootTime+startTime); got > want {
			t.Errorf("it took %s, want at most %s", got, want)
		}
		if got := w.failure("B"); got != "not played: A was not over when the traffic ended: let A end earlier, or add to the last phase" {
			t.Errorf("B: %s", got)
		}
		if got := w.failure("D"); got != "not played: C was not over when the traffic ended: let C end earlier, or add to the last phase" {
			t.Errorf("D: %s", got)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}

func TestPredecessorThatIsOverTooLate(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", 10*minute, "stop-instance", "web-1", minute),
			after("A", act("B", 50*showdown.Second, "hang", "web-2", 0)),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if got := w.failure("B"); !strings.HasPrefix(got, "not played: A was over so late that its time is 2") || !strings.HasSuffix(got, "s after the traffic's end: add to the last phase") {
			t.Errorf("B: %s", got)
		}
		w.healthy()
	})
}

// The jitter of the record is the one that is played, and what waits follows it.
func TestJitterIsPlayed(t *testing.T) {
	for seed := range uint64(8) {
		bubble(t, func(t *testing.T, w *world) {
			a := jittered(2*minute, act("A", minute, "hang", "one role:web", 30*showdown.Second))
			b := after("A", jittered(minute, act("B", 0, "slow", "web-2", 30*showdown.Second)))
			e := w.experiment(func(c *Config) { c.Seed = seed }, a, b)
			if err := e.Run(t.Context(), w.zero); err != nil {
				t.Fatal(err)
			}
			planned := w.event("A", showdown.FaultPlanned).Data["planned_s"].(float64)
			if planned < 60 || planned >= 180 {
				t.Errorf("planned at %g s", planned)
			}
			w.about("A", showdown.FaultInjecting, w.clock.Lab(showdown.Duration(planned*float64(showdown.Second))))
			w.about("B", showdown.FaultInjecting, w.when("A", showdown.FaultUndone)+w.clock.Lab(jitter(seed, "base", b)))
			w.healthy()
		})
	}
}
