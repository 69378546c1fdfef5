package chaos

import (
	"strings"
	"testing"
	"time"

	"showdown"
)

// A machine that died or was replaced took the fault with it.
func TestTargetReplacedMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "hang", "web-1", 2*minute))
		w.tasks.Go(func() {
			wait(t.Context(), time.Until(w.zero.Add(w.clock.Lab(2*minute))))
			w.mu.Lock()
			defer w.mu.Unlock()
			w.box("web-1").machine.end()
			w.box("web-1").machine = w.newMachine("web-1")
		})
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if w.count("pause web-1 false") != 0 {
			t.Error("a process that never hung was resumed")
		}
		if got := w.event("A", showdown.FaultUndone).Data["evidence"].(string); !strings.Contains(got, "was replaced by") {
			t.Errorf("evidence %q", got)
		}
		w.healthy()
	})
}

// What an operator does by hand ends the fault that it takes back, at that moment.
func TestAnotherActionEndsAFault(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b showdown.Step
	}{
		{"start ends stop", act("A", minute, "stop-instance", "web-1", 0), act("B", 3*minute, "start-instance", "web-1", 0)},
		{"stop ends hang", act("A", minute, "hang", "web-1", 0), act("B", 3*minute, "stop-instance", "web-1", 2*minute)},
		{"resize ends kill", act("A", minute, "kill", "web-1", 0), act("B", 3*minute, "resize-instance", "web-1", 0, "type", "m5.large")},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				e := w.experiment(nil, c.a, c.b)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if by := w.event("A", showdown.FaultUndone).Data["by"]; by != "B" {
					t.Errorf("ended by %v", by)
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				w.healthy()
			})
		})
	}
}
