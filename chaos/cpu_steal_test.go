package chaos

import (
	"testing"
	"time"

	"showdown"
)

// An instance whose credits run out, or come back, while its CPU is stolen: only the
// share decides whether the steal is gone.
func TestStealUnderChangingCredits(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, under float64 // what the credits allow
		deaf          bool
		want          showdown.EventKind
	}{
		{"throttled meanwhile", 1, 0.1, false, showdown.FaultUndone},
		{"throttled meanwhile and still stolen", 1, 0.1, true, showdown.FaultNotUndone},
		{"credits came meanwhile", 0.1, 1, false, showdown.FaultUndone},
		{"credits came meanwhile and it is still stolen", 0.1, 1, true, showdown.FaultNotUndone},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.allowed = c.before
				w.deaf["off steal"] = c.deaf
				e := w.experiment(nil, act("A", minute, "cpu-steal", "web-1", 2*minute))
				w.tasks.Go(func() {
					wait(t.Context(), time.Until(w.zero.Add(w.clock.Lab(2*minute))))
					w.mu.Lock()
					w.allowed = c.under
					w.mu.Unlock()
				})
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if got := w.kinds("A"); got[len(got)-1] != string(c.want) {
					t.Errorf("events %v, want %s; %v", got, c.want, w.event("A", showdown.EventKind(got[len(got)-1])).Data["evidence"])
				}
			})
		})
	}
}
