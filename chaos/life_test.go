package chaos

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

const minute = showdown.Minute

// bubble runs test with a world of two web instances.
func bubble(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		second := web("web-2")
		second.ElasticIP = true
		w := newWorld(t, web("web-1"), second)
		test(t, w)
		w.tasks.Wait()
	})
}

func act(letter string, at showdown.Duration, do, target string, lasts showdown.Duration, with ...string) showdown.Step {
	s := showdown.Step{Letter: letter, At: at, Do: do, Target: showdown.Selector(target), For: lasts}
	if len(with) > 0 {
		s.With = map[string]string{}
		for i := 0; i+1 < len(with); i += 2 {
			s.With[with[i]] = with[i+1]
		}
	}
	return s
}

func after(letter string, s showdown.Step) showdown.Step { s.After = letter; return s }

func within(letter string, s showdown.Step) showdown.Step { s.During = letter; return s }

func jittered(by showdown.Duration, s showdown.Step) showdown.Step { s.Jitter = by; return s }

func TestLifeOfAFaultInOrder(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "blackhole", "web-1", minute))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"fault.planned A", "record A blackhole web-1", "sync",
			"fault.injecting A", "blackhole web-1", "fault.injected A", "fault.confirmed A",
			"fault.healing A", "off blackhole web-1", "done A blackhole web-1", "fault.undone A",
		}
		if !slices.Equal(w.story, want) {
			t.Errorf("it happened\n%s\nnot\n%s", strings.Join(w.story, "\n"), strings.Join(want, "\n"))
		}
		if facts := w.event("A", showdown.FaultConfirmed).Data["facts"].(map[string]any); facts["established_silent"] != true {
			t.Errorf("facts %v", facts)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}

// Times are those of the plan, whatever the steps before took.
func TestTimelineIsAbsolute(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		late := act("D", 30*showdown.Second, "slow", "web-2", minute, "latency", "50ms")
		late.Phase = "second"
		e := w.experiment(nil,
			act("A", minute, "blackhole", "web-1", 30*showdown.Second), // seen only after 350 ms of lab time
			act("B", minute+showdown.Second, "hang", "web-2", 30*showdown.Second),
			act("C", minute+2*showdown.Second, "spike", "", 10*showdown.Second),
			late,
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			letter string
			kind   showdown.EventKind
			want   showdown.Duration // AWS seconds
		}{
			{"A", showdown.FaultInjecting, 60},
			{"A", showdown.FaultHealing, 90},
			{"B", showdown.FaultInjecting, 61},
			{"B", showdown.FaultHealing, 91},
			{"C", showdown.FaultInjecting, 62},
			{"C", showdown.FaultHealing, 72},
			{"D", showdown.FaultInjecting, 150},
			{"D", showdown.FaultHealing, 210},
		} {
			want := w.clock.Lab(c.want * showdown.Second)
			if got := w.when(c.letter, c.kind); got < want || got > want+time.Millisecond {
				t.Errorf("%s of %s at %s, planned at %s", c.kind, c.letter, got, want)
			}
		}
		w.healthy()
	})
}

func TestEveryActionIsSeenAndUndone(t *testing.T) {
	full := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.healing", "fault.undone"}
	atOnce := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone"}
	done := map[string]bool{}
	for _, c := range append([]fakeRow{
		{step: act("A", minute, "stop-instance", "web-1", 2*minute), kinds: full, facts: map[string]any{"state": "stopped", "address_before": "1.1.0.0"}},
		{step: act("A", minute, "kill", "web-1", 2*minute), kinds: full, facts: map[string]any{"address_before": "1.1.0.0"}},
		{step: act("A", minute, "hang", "web-1", 2*minute), kinds: full, facts: nil},
		{step: act("A", minute, "blackhole", "one role:web", 2*minute), kinds: full, facts: nil},
		{step: act("A", minute, "slow", "all", 2*minute, "latency", "40ms"), kinds: full, facts: map[string]any{"round_trip_ms": 41.0, "round_trip_before_ms": 1.0}},
		{step: act("A", minute, "cpu-steal", "web-1", 2*minute, "share", "75%"), kinds: full, facts: map[string]any{"service_ms": 21.0, "service_before_ms": 6.0, "speed": 0.25}},
		{step: act("A", minute, "error-500", "50%", 2*minute), kinds: full, facts: map[string]any{"share_500": 1.0}},
		{step: act("A", minute, "spike", "", 2*minute, "factor", "3"), kinds: full, facts: map[string]any{"rate_before": 100.0, "rate": 300.0}},
		{step: act("A", minute, "tell-clients", "", 0), kinds: atOnce, facts: map[string]any{"addresses": 2}},
		{step: act("A", minute, "start-instance", "web-1", 0), kinds: atOnce, facts: map[string]any{"state": "running"}},
		{
			step:  act("A", minute, "resize-instance", "web-1", 0, "type", "m5.large"),
			kinds: append(slices.Clone(atOnce), "change.undoing", "change.undone"),
			facts: map[string]any{"type_before": "t2.micro", "type_after": "m5.large", "address_before": "1.1.0.0", "address_after": "2.0.0.1"},
		},
		{
			step: act("A", minute, "resize-instance", "web-1", 3*minute, "type", "m5.large"), kinds: full,
			facts: map[string]any{"type_before": "t2.micro", "type_after": "m5.large"},
		},
		{
			step: act("A", minute, "modify-instance-type", "web-1", 0, "type", "m5.large"), kinds: atOnce,
			facts: map[string]any{"accepted": false, "code": "IncorrectInstanceState", "type_after": "t2.micro"},
		},
	}, fakeRows(examples())...) {
		done[c.step.Do] = true
		t.Run(c.step.Do, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				e := w.experiment(nil, append(slices.Clone(c.beside), c.step)...)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				if got := w.kinds("A"); !slices.Equal(got, c.kinds) {
					t.Errorf("events %v, want %v", got, c.kinds)
				}
				facts := w.event("A", showdown.FaultConfirmed).Data["facts"].(map[string]any)
				for key, want := range c.facts {
					if facts[key] != want {
						t.Errorf("fact %s is %v, want %v", key, facts[key], want)
					}
				}
				w.healthy()
			})
		})
	}
	for name := range deeds() {
		if !done[name] {
			t.Errorf("%s was not tried: give it an example", name)
		}
	}
}

// fakeRow is an action played in the world of the fakes.
type fakeRow struct {
	step  showdown.Step
	kinds []string
	facts map[string]any
	// beside are steps that are played too.
	beside []showdown.Step
}

// Addresses at which nobody answers are told all the same, and nothing was seen of it.
func TestTellingDeadAddressesIsUnconfirmed(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("K", minute, "kill", "all", 0), act("A", 2*minute, "tell-clients", "", 0))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if got := w.kinds("A"); !slices.Contains(got, string(showdown.FaultUnconfirmed)) {
			t.Errorf("events %v, want fault.unconfirmed", got)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}

// A stop is felt when it begins, and is over when the instance answers again, at a
// new address where it has no elastic IP.
func TestStopForATime(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "stop-instance", "web-1", 2*minute))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		lab := w.clock.Lab
		if got := w.when("A", showdown.FaultInjected); got > lab(minute)+5*time.Millisecond {
			t.Errorf("in place at %s, long after it was felt at %s", got, lab(minute))
		}
		want := lab(3*minute + startTime + bootTime)
		if got := w.when("A", showdown.FaultUndone); got < want || got > want+10*time.Millisecond {
			t.Errorf("undone at %s, want %s", got, want)
		}
		facts := w.event("A", showdown.FaultUndone).Data["facts"].(map[string]any)
		if facts["address_before"] != "1.1.0.0" || facts["address_after"] != "2.0.0.1" {
			t.Errorf("addresses %v, %v", facts["address_before"], facts["address_after"])
		}
		w.healthy()
	})
}

func TestStopShorterThanItsOperation(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "stop-instance", "web-1", 5*showdown.Second))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		want := w.clock.Lab(minute + stopTime + startTime + bootTime)
		if got := w.when("A", showdown.FaultUndone); got < want || got > want+20*time.Millisecond {
			t.Errorf("undone at %s, want %s: EC2 starts no instance that is stopping", got, want)
		}
		w.healthy()
	})
}

// The outage of a resize ends with its operation.
func TestResizeEndsItself(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "resize-instance", "web-1", 0, "type", "m5.large"))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		want := w.clock.Lab(minute + stopTime + modifyTime + startTime + bootTime)
		if got := w.when("A", showdown.FaultUndone); got < want || got > want+10*time.Millisecond {
			t.Errorf("answers again at %s, want %s", got, want)
		}
		if w.box("web-1").Type != "m5.large" {
			t.Errorf("type %s before the roll back", w.box("web-1").Type)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.healthy()
	})
}

func TestModifyAcceptedWhileStopped(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "stop-instance", "web-1", 3*minute),
			act("B", 2*minute, "modify-instance-type", "web-1", 0, "type", "m5.large"),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		facts := w.event("B", showdown.FaultConfirmed).Data["facts"].(map[string]any)
		if facts["accepted"] != true || facts["type_after"] != "m5.large" {
			t.Errorf("facts %v", facts)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.healthy()
	})
}

func TestFaultThatNobodySaw(t *testing.T) {
	for _, c := range []struct {
		step showdown.Step
		deaf string
	}{
		{act("A", minute, "blackhole", "web-1", minute), "blackhole"},
		{act("A", minute, "slow", "web-1", minute), "delay"},
		{act("A", minute, "cpu-steal", "web-1", minute), "steal"},
		{act("A", minute, "error-500", "web-1", minute), "errors"},
		{act("A", minute, "deep-failure", "web-1", minute), "errors"},
		{act("A", minute, "fill-queue", "web-1", minute), "fill"},
		{act("A", minute, "packet-delay", "web-1", minute), "lag"},
		{act("A", minute, "clock-skew", "web-1", minute), "skew"},
		{act("A", minute, "leak", "web-1", minute), "leak"},
		{act("A", minute, "spike", "", minute), "spike"},
	} {
		t.Run(c.step.Do, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.deaf[c.deaf] = true
				e := w.experiment(nil, c.step)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				want := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"}
				if got := w.kinds("A"); !slices.Equal(got, want) {
					t.Errorf("events %v, want %v", got, want)
				}
				w.healthy()
			})
		})
	}
}

// An undo that is accepted and does nothing is seen; the roll back tries again.
func TestUndoThatDidNotHelp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.deaf["off delay"] = true
		e := w.experiment(nil, act("A", minute, "slow", "web-1", minute))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		kinds := w.kinds("A")
		if kinds[len(kinds)-1] != "fault.not_undone" {
			t.Errorf("events %v", kinds)
		}
		if err := e.Rollback(t.Context()); err == nil || !strings.Contains(err.Error(), "slow of web-1 is still there") {
			t.Errorf("roll back says %v", err)
		}
		if len(w.pending) != 1 {
			t.Errorf("the journal forgot it: %v", w.pending)
		}
		w.deaf["off delay"] = false
		delete(w.box("web-1").machine.on, "delay")
		if err := e.Rollback(t.Context()); err != nil {
			t.Errorf("second roll back: %v", err)
		}
		w.healthy()
	})
}

func TestActionThatFailed(t *testing.T) {
	for _, c := range []struct {
		name   string
		broken string
		step   showdown.Step
		want   []string
	}{
		{"refused stop", "stop", act("A", minute, "stop-instance", "web-1", minute), []string{"fault.planned", "fault.injecting", "fault.failed"}},
		{"command", "delay", act("A", minute, "slow", "all", minute), []string{"fault.planned", "fault.injecting", "fault.failed", "fault.healing", "fault.undone"}},
		{"journal", "journal", act("A", minute, "kill", "web-1", minute), []string{"fault.planned", "fault.failed"}},
		{"events", "sync", act("A", minute, "kill", "web-1", minute), []string{"fault.planned", "fault.failed"}},
		{"resize", "modify", act("A", minute, "resize-instance", "web-1", 3*minute, "type", "m5.large"), []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.broken[c.broken] = &Refusal{"StopInstances", "InsufficientInstanceCapacity", "try later"}
				e := w.experiment(nil, c.step, act("B", 8*minute, "hang", "web-2", minute))
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if got := w.kinds("A"); !slices.Equal(got, c.want) {
					t.Errorf("events %v, want %v", got, c.want)
				}
				if c.broken != "journal" && c.broken != "sync" {
					w.when("B", showdown.FaultUndone) // the run goes on
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				w.healthy()
			})
		})
	}
}

func TestOverlappingFaultsOnOneTarget(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "slow", "web-1", 0),
			act("B", 2*minute, "hang", "web-1", 0),
			act("C", 3*minute, "spike", "", 4*minute),
			act("D", 4*minute, "kill", "web-2", 0),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.before("pause web-1 false", "off delay web-1")
		w.healthy()
	})
}
