package chaos

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
)

// Whenever the run is cancelled, the roll back leaves nothing, and undoes each fault
// once.
// An order to kill that is cut off comes through all the same, and what it killed runs
// again in the end.
func TestKillIsCutOff(t *testing.T) {
	for _, step := range []showdown.Step{
		act("A", minute, "kill", "web-1", minute),
		act("A", minute, "fail-az", "", minute, "zone", "us-east-1a", "mode", "crash"),
	} {
		t.Run(step.Do, func(t *testing.T) {
			zoned(t, func(t *testing.T, w *world) {
				w.deaf["kill"] = true
				w.cancelAt(t, minute+showdown.Second, RollbackCap, step)
				if w.count("kill web-1") < 2 || w.count("restart web-1") != 1 {
					t.Errorf("it happened %q", w.story)
				}
			})
		})
	}
}

func TestCancelAtAnyMoment(t *testing.T) {
	timeline := []showdown.Step{
		act("A", 10*showdown.Second, "resize-instance", "web-1", 0, "type", "m5.large"),
		act("B", 20*showdown.Second, "blackhole", "web-2", 20*showdown.Second),
		act("C", 50*showdown.Second, "kill", "web-2", 20*showdown.Second),
		act("D", 60*showdown.Second, "spike", "", 30*showdown.Second),
		act("E", 100*showdown.Second, "stop-instance", "web-2", 60*showdown.Second),
		act("F", 170*showdown.Second, "hang", "all", 10*showdown.Second),
	}
	for moment := -500 * time.Millisecond; moment < 5*time.Second; moment += 67 * time.Millisecond {
		bubble(t, func(t *testing.T, w *world) {
			e := w.experiment(nil, timeline...)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w.tasks.Go(func() {
				wait(ctx, time.Until(w.zero.Add(moment)))
				cancel()
			})
			if err := e.Run(ctx, w.zero); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("run cancelled at %s: %v", moment, err)
			}
			// The roll back has a context of its own.
			if err := e.Rollback(ctx); err != nil {
				t.Errorf("cancelled at %s: %v", moment, err)
			}
			w.tasks.Wait()
			w.healthy()
			for _, undo := range []string{"off blackhole web-2", "spike restored", "pause web-1 false", "pause web-2 false"} {
				if n := w.count(undo); n > 1 {
					t.Errorf("cancelled at %s: %q %d times", moment, undo, n)
				}
			}
			if got, want := w.count("spike restored"), w.count("spike 5"); got != want {
				t.Errorf("cancelled at %s: %d spikes, %d restored", moment, want, got)
			}
			again := len(w.story)
			if err := e.Rollback(t.Context()); err != nil || len(w.story) != again {
				t.Errorf("a second roll back did %v, %v", w.story[again:], err)
			}
			if t.Failed() {
				t.Logf("cancelled at %s:\n%s", moment, strings.Join(w.story, "\n"))
			}
		})
		if t.Failed() {
			return
		}
	}
}

// A fault that lies under another one on the same target is taken back and seen gone
// all the same.
func TestRollbackOfAHiddenFault(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "blackhole", "web-1", 0),
			act("B", 2*minute, "slow", "web-1", 0),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if got := w.kinds("B"); got[len(got)-1] != "fault.unconfirmed" {
			t.Errorf("seen through a blackhole: %v", got)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.before("off delay web-1", "off blackhole web-1")
		w.when("B", showdown.FaultUndone)
		w.healthy()
	})
}

func TestRollbackEndsARunningTimeline(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "kill", "web-1", 0), act("B", 5*minute, "kill", "web-2", 0))
		ran := make(chan error, 1)
		w.tasks.Go(func() { ran <- e.Run(context.Background(), w.zero) })
		wait(t.Context(), time.Until(w.zero.Add(w.clock.Lab(2*minute))))
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-ran; !errors.Is(err, context.Canceled) {
			t.Errorf("run returned %v", err)
		}
		if w.count("kill web-2") != 0 {
			t.Error("the timeline went on")
		}
		w.healthy()
	})
}

// A roll back gives up after its cap and names what is left.
func TestRollbackCap(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "kill", "web-1", 0))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.broken["restart"] = errors.New("no more processes")
		start := time.Now()
		err := e.Rollback(t.Context())
		if err == nil || !strings.Contains(err.Error(), "A: undo kill of web-1: no more processes") {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took > RollbackCap {
			t.Errorf("it took %s", took)
		}
		w.when("A", showdown.FaultNotUndone)
	})
}

// Whenever a run with steps that wait is cancelled, the roll back leaves nothing, and
// undoes each fault once, those inside before what they lie in.
func TestCancelASequenceAtAnyMoment(t *testing.T) {
	timeline := []showdown.Step{
		act("A", 10*showdown.Second, "error-500", "web-1", 60*showdown.Second),
		within("A", act("B", 10*showdown.Second, "slow", "web-2", 0)),
		within("B", act("C", 5*showdown.Second, "hang", "web-2", 0)),
		after("A", act("D", 5*showdown.Second, "stop-instance", "web-1", 20*showdown.Second)),
		within("D", act("E", 5*showdown.Second, "spike", "", 60*showdown.Second)),
		after("D", act("F", 0, "resize-instance", "web-2", 0, "type", "m5.large")),
		within("F", act("G", 0, "cpu-steal", "web-1", 0)),
	}
	for moment := -200 * time.Millisecond; moment < 5*time.Second; moment += 61 * time.Millisecond {
		bubble(t, func(t *testing.T, w *world) {
			e := w.experiment(nil, timeline...)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w.tasks.Go(func() {
				wait(ctx, time.Until(w.zero.Add(moment)))
				cancel()
			})
			if err := e.Run(ctx, w.zero); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
			if err := e.Rollback(ctx); err != nil {
				t.Errorf("roll back: %v", err)
			}
			w.tasks.Wait()
			w.healthy()
			for _, undo := range []string{"off errors web-1", "off delay web-2", "pause web-2 false", "off steal web-1", "spike restored"} {
				if n := w.count(undo); n > 1 {
					t.Errorf("%q %d times", undo, n)
				}
			}
			for _, pair := range [][2]string{{"off delay web-2", "off errors web-1"}, {"pause web-2 false", "off delay web-2"}} {
				if w.count(pair[0]) > 0 {
					w.before(pair[0], pair[1])
				}
			}
			// What waited says that it was not played, or was.
			for _, letter := range []string{"B", "D", "F"} {
				if kinds := w.kinds(letter); len(kinds) == 1 && moment > 0 {
					outer := map[string]string{"B": "A", "D": "A", "F": "D"}[letter]
					if what := map[bool]showdown.EventKind{true: showdown.FaultInjected, false: showdown.FaultUndone}[letter == "B"]; !slices.Contains(w.kinds(outer), string(what)) {
						t.Errorf("%s says nothing, and %s only %v", letter, outer, w.kinds(outer))
					}
				}
			}
			if t.Failed() {
				t.Logf("cancelled at %s:\n%s", moment, strings.Join(w.story, "\n"))
			}
		})
		if t.Failed() {
			return
		}
	}
}

// A condition that stops the experiment stops the steps that wait as well.
func TestStoppedExperimentPlaysNoMore(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(func(c *Config) {
			c.Cell.StopIf = []string{"enough"}
			c.StopIf = func(now time.Duration) (string, bool) { return "enough", now > w.clock.Lab(2*minute) }
		},
			act("A", minute, "hang", "web-1", 5*minute),
			after("A", act("B", 0, "hang", "web-2", 0)),
			within("A", act("C", 30*showdown.Second, "slow", "web-2", 0)),
			within("A", act("D", 3*minute, "slow", "web-1", 0)),
		)
		if err := e.Run(t.Context(), w.zero); !errors.Is(err, ErrStopped) {
			t.Errorf("run: %v", err)
		}
		if got := w.failure("B"); got != "not played: the experiment ended before A was over" {
			t.Errorf("B: %s", got)
		}
		w.before("off delay web-2", "pause web-1 false")
		if kinds := w.kinds("D"); !slices.Equal(kinds, []string{"fault.planned"}) {
			t.Errorf("D: %v", kinds) // its time had not come
		}
		w.healthy()
	})
}
