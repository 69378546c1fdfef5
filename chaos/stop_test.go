package chaos

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"showdown"
)

func TestStopIf(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(func(c *Config) {
			c.Cell.StopIf = []string{"availability(whole()) < 50%"}
			c.StopIf = func(now time.Duration) (string, bool) {
				return "availability(whole()) < 50%", now > w.clock.Lab(2*minute)
			}
		}, act("A", minute, "kill", "web-1", 0), act("B", 5*minute, "kill", "web-2", 0))
		err := e.Run(t.Context(), w.zero)
		if !errors.Is(err, ErrStopped) {
			t.Fatalf("run returned %v", err)
		}
		stopped := w.event("", showdown.ExperimentStopped)
		if stopped.Data["condition"] != "availability(whole()) < 50%" {
			t.Errorf("data %v", stopped.Data)
		}
		if at := w.when("", showdown.ExperimentStopped); at > w.clock.Lab(2*minute)+200*time.Millisecond {
			t.Errorf("stopped at %s", at)
		}
		if w.count("kill web-2") != 0 {
			t.Error("the timeline went on")
		}
		w.healthy()
	})
}

// The conditions are asked as long as there is traffic, also behind the last step.
func TestStopIfAfterTheTimeline(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(func(c *Config) {
			c.Cell.StopIf = []string{"x"}
			c.StopIf = func(now time.Duration) (string, bool) { return "x", now > w.clock.Lab(9*minute) }
		}, act("A", minute, "kill", "web-1", 0))
		if err := e.Run(t.Context(), w.zero); !errors.Is(err, ErrStopped) {
			t.Fatalf("run returned %v", err)
		}
		w.healthy()
	})
}

func TestSteady(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil)
		if held, err := e.Steady(t.Context(), "before"); !held || err != nil {
			t.Errorf("held %t, %v", held, err)
		}
		_ = w.box("web-2").machine.pause(true)
		if held, err := e.Steady(t.Context(), "after"); held || err != nil {
			t.Errorf("held %t, %v with a frozen instance", held, err)
		}
		last := w.events[len(w.events)-1]
		if last.Kind != showdown.SteadyStateChecked || last.Data["held"] != false || last.Data["when"] != "after" {
			t.Errorf("event %+v", last)
		}
		if measured := last.Data["measured"].(string); !strings.Contains(measured, "web-1: 10 good answers in a row") || !strings.Contains(measured, "web-2: 0 of 10") {
			t.Errorf("measured %q", measured)
		}
	})
}

// A group that is still at work terminates instances while somebody looks at them.
func TestSteadyPassesOverWhoGoesMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil)
		_ = w.box("web-2").machine.pause(true)
		w.tasks.Go(func() {
			wait(context.Background(), w.clock.Lab(30*showdown.Second))
			_ = w.TerminateInstance(context.Background(), "web-2", true)
		})
		if held, err := e.Steady(t.Context(), "after"); !held || err != nil {
			t.Errorf("held %t, %v", held, err)
		}
		last := w.events[len(w.events)-1]
		if measured := last.Data["measured"].(string); !strings.Contains(measured, "web-2: terminated meanwhile") {
			t.Errorf("measured %q", measured)
		}
	})
}

// What a warm pool keeps is stopped, and nobody waits for its answers or chooses it.
func TestWarmPoolIsLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.az.aside, w.given = "web-2", "web-2"
		_ = w.TerminateInstance(t.Context(), "web-2", true)
		w.box("web-2").State = "stopped"
		e := w.experiment(nil)
		if held, err := e.Steady(t.Context(), "before"); !held || err != nil {
			t.Errorf("held %t, %v", held, err)
		}
		w.run(t, act("A", minute, "kill", "all", minute))
		w.mustHave("A", lasting())
		if hit := w.event("A", showdown.FaultInjected).Data["targets"].([]string); len(hit) != 1 || hit[0] != "web-1" {
			t.Errorf("hit %v", hit)
		}
	})
}

// Nobody from outside can look at an instance that its security groups close.
func TestSteadyPassesClosedInstancesOver(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.az.nodes = nil
		e := w.experiment(nil)
		_ = w.box("web-2").machine.pause(true)
		w.box("web-2").Closed = true
		if held, err := e.Steady(t.Context(), "before"); !held || err != nil {
			t.Errorf("held %t, %v", held, err)
		}
		last := w.events[len(w.events)-1]
		if measured := last.Data["measured"].(string); !strings.Contains(measured, "web-2: its security groups keep the internet out") {
			t.Errorf("measured %q", measured)
		}
	})
}

// Where there is a load balancer its nodes look, and are looked at.
func TestSteadyAsksANodeForClosedInstances(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.close("web-2")
		e := w.experiment(nil)
		measured := func(want bool) string {
			t.Helper()
			if held, err := e.Steady(t.Context(), "before"); held != want || err != nil {
				t.Errorf("held %t, %v, want %t", held, err, want)
			}
			return w.events[len(w.events)-1].Data["measured"].(string)
		}
		if got := measured(true); !strings.Contains(got, "web-2: 10 good answers") || !strings.Contains(got, "lb-1a: 10 good answers") {
			t.Errorf("measured %q", got)
		}
		_ = w.box("web-2").machine.pause(true)
		if got := measured(false); !strings.Contains(got, "web-2: 0 of 10") {
			t.Errorf("measured %q", got)
		}
		_ = w.box("web-2").machine.pause(false)
		w.az.nodes[1].machine.end()
		if got := measured(false); !strings.Contains(got, "lb-1b: 0 of 10 good answers in a row, then connection refused") {
			t.Errorf("measured %q", got)
		}
		w.az.nodes[1].InDNS = false // nobody is sent there
		measured(true)
	})
}

func TestSteadyCancelled(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil)
		_ = w.box("web-1").machine.pause(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if held, err := e.Steady(ctx, "before"); held || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("held %t, %v", held, err)
		}
	})
}
