package chaos

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
)

func leakExamples() []example {
	killed := slices.Insert(lasting(), 4, "fault.killed")
	return []example{{
		do: "leak", target: "web-1", with: []string{"fills-in", "10m"}, // ended before it is full
		faked:    map[string]any{"memory_before_mib": 102.4},
		evidence: "of 1024 MiB in use, 102.4 before",
		facts: func(f, undone map[string]any) bool {
			return f["memory_before_mib"] == 102.4 && f["memory_mib"].(float64) > 102.4 && undone["killed_after_s"] == nil
		},
	}, {
		do: "leak", target: "web-2", with: []string{"fills-in", "40s"}, kinds: killed, lasts: minute,
		faked:    map[string]any{"memory_before_mib": 102.4},
		evidence: "of 1024 MiB in use, 102.4 before",
		facts: func(_, undone map[string]any) bool {
			after, ok := undone["killed_after_s"].(float64)
			return ok && after >= 40 && after < 60 && undone["identity_after"] != undone["identity"]
		},
	}}
}

// What is free fills in the time that was asked for; then the process dies, once, and
// is down until it is started again.
func TestLeakKillsWhenTheMemoryIsFull(t *testing.T) {
	for _, c := range []struct {
		name  string
		lasts showdown.Duration // 0 is until the roll back
		other []showdown.Step
		// end is the fault's, AWS time; 0 is the roll back's. by is who ended it.
		end showdown.Duration
		by  any
	}{
		{"until its end", 4 * minute, nil, 5*minute + bootTime, nil},
		{"until the roll back", 0, nil, 0, nil},
		{
			"until it is started by hand", 0,
			[]showdown.Step{act("B", 5*minute, "stop-instance", "web-1", minute)},
			6*minute + startTime + bootTime, "B",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				a := act("A", minute, "leak", "web-1", c.lasts, "fills-in", "2m")
				e := w.experiment(nil, append([]showdown.Step{a}, c.other...)...)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				if got, want := w.when("A", showdown.FaultKilled), w.clock.Lab(3*minute); got < want || got > want+10*time.Millisecond {
					t.Errorf("killed at %s, want %s", got, want)
				}
				if n := w.count("kill web-1"); n != 1 {
					t.Errorf("killed %d times", n)
				}
				if want := w.clock.Lab(c.end); c.end > 0 {
					if got := w.when("A", showdown.FaultUndone); got < want || got > want+30*time.Millisecond {
						t.Errorf("over at %s, want %s", got, want)
					}
				}
				undone := w.event("A", showdown.FaultUndone).Data
				facts := undone["facts"].(map[string]any)
				if after, ok := facts["killed_after_s"].(float64); !ok || math.Abs(after-120) > 0.6 {
					t.Errorf("killed after %v AWS s, want 120", facts["killed_after_s"])
				}
				if undone["by"] != c.by {
					t.Errorf("ended by %v, want %v", undone["by"], c.by)
				}
				w.healthy()
			})
		})
	}
}

// Who dies otherwise took the leak with him, and is not started by the leak's end.
func TestLeakEndsWithItsProcess(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "leak", "web-1", 6*minute, "fills-in", "5m"),
			act("B", 2*minute, "kill", "web-1", 2*minute),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.mustHave("A", lasting())
		if undone := w.event("A", showdown.FaultUndone).Data; undone["by"] != "B" {
			t.Errorf("it ended with %v", undone)
		}
		w.mustHave("B", lasting())
		if n := w.count("kill web-1"); n != 1 {
			t.Errorf("killed %d times", n)
		}
		w.healthy()
	})
}

// A kill that fails is tried again, and a process that could not be killed is not
// started.
func TestLeakThatCannotKill(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.broken["kill"] = errEnded
		e := w.experiment(nil, act("A", minute, "leak", "web-1", 4*minute, "fills-in", "2m"))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.mustHave("A", lasting())
		if n := w.count("kill web-1"); n < 2 {
			t.Errorf("the kill was tried %d times", n)
		}
		if n := w.count("restart web-1"); n != 0 {
			t.Errorf("a living process was started %d times", n)
		}
		w.healthy()
	})
}

// A run that is cancelled before the memory is full leaves no killer behind.
func TestLeakIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "leak", "web-1", 0, "fills-in", "5m"))
		ctx, cancel := context.WithDeadline(t.Context(), w.zero.Add(w.clock.Lab(2*minute)))
		defer cancel()
		if err := e.Run(ctx, w.zero); err == nil {
			t.Error("the run was not cancelled")
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		if evidence := w.event("A", showdown.FaultUndone).Data["evidence"].(string); !strings.Contains(evidence, "102.4 MiB in use") {
			t.Errorf("evidence %q", evidence)
		}
		w.healthy()
	})
}

func TestLeakArithmetic(t *testing.T) {
	if got := leakRate(102.4, 1024, 2*time.Second); math.Abs(got-0.45) > 1e-9 {
		t.Errorf("90 %% in 2 s: %g of all per second", got)
	}
	limit := limits{poll: 4 * time.Millisecond, guard: 250 * time.Millisecond}
	for _, c := range []struct {
		used, share float64
		want        time.Duration
	}{
		{100, 0.1, 250 * time.Millisecond}, // 9 s away: a machine may be frozen meanwhile
		{990, 0.1, 100 * time.Millisecond}, // 1 % at 10 % a second
		{999.9, 0.1, 4 * time.Millisecond}, // not more often than that
		{1000, 0.1, 4 * time.Millisecond},  // full, and could not be killed
		{0, 0, 250 * time.Millisecond},     // no leak
		{1000, 0, 250 * time.Millisecond},  // not a number
		{0, math.Inf(1), 4 * time.Millisecond},
	} {
		if got := untilFull(c.used, 1000, c.share, limit); got.Round(time.Microsecond) != c.want {
			t.Errorf("%g of 1000 at %g: look again in %s, want %s", c.used, c.share, got, c.want)
		}
	}
}
