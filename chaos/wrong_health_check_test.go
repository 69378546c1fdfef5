package chaos

import (
	"context"
	"errors"
	"strings"
	"testing"

	"showdown"
)

func wrongHealthCheckExamples() []example {
	return []example{{
		do: "wrong-health-check", with: []string{"target_group", "web"}, onlyFaked: true,
		faked: map[string]any{"path_before": "/healthz", "path": "/nonexistent", "healthy_before": 2, "unhealthy": "web-1"},
	}}
}

func TestWrongHealthCheck(t *testing.T) {
	unseen := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"}
	for _, c := range []struct {
		name   string
		with   []string
		change func(*world)
		kinds  []string
		asked  string
	}{
		{"path", nil, nil, lasting(), "check web /nonexistent"},
		{"matcher", []string{"matcher", "301-302"}, nil, lasting(), "check web 301-302"},
		{"both", []string{"matcher", "404", "path", "/"}, nil, lasting(), "check web /404"},
		{"closed instances", nil, func(w *world) { w.close("web-1"); w.close("web-2") }, lasting(), "check web /nonexistent"},
		{"no change", nil, func(w *world) { w.deaf["check"] = true }, unseen, "check web /nonexistent"},
		{"refused", nil, func(w *world) { w.broken["check"] = errors.New("no") }, []string{"fault.planned", "fault.injecting", "fault.failed"}, "check web /nonexistent"},
		{
			// It is seen as what it is only where users are answered.
			"broken all the same", nil,
			func(w *world) {
				w.meanwhile(65*showdown.Second, func() {
					_ = w.box("web-1").machine.pause(true)
					_ = w.box("web-2").machine.pause(true)
					wait(context.Background(), w.clock.Lab(10*minute))
					_ = w.box("web-1").machine.pause(false)
					_ = w.box("web-2").machine.pause(false)
				})
			},
			unseen, "check web /nonexistent",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				if c.change != nil {
					c.change(w)
				}
				w.run(t, act("A", minute, "wrong-health-check", "", 2*minute, append([]string{"target_group", "web"}, c.with...)...))
				w.mustHave("A", c.kinds)
				if w.count(c.asked) != 1 {
					t.Errorf("%q is not in %q", c.asked, w.story)
				}
				if n := w.count("check web restored"); (n == 1) != (c.name != "refused") {
					t.Errorf("restored %d times", n)
				}
				w.tasks.Wait()
				w.healthy()
			})
		})
	}
}

// The group has eaten the target that was taken for bad: another one shows the end.
func TestWrongHealthCheckWhoseTargetIsGone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("A", minute, "wrong-health-check", "", 5*minute, "target_group", "web"),
			act("B", 4*minute, "remove-instance", "web-1", 0),
		)
		w.mustHave("A", lasting())
		if said := w.evidence("A", showdown.FaultUndone); !strings.Contains(said, "healthy of web-2") {
			t.Errorf("evidence %q", said)
		}
	})
}

// Its process has ended, asked by nobody: another one shows the end too.
func TestWrongHealthCheckWhoseTargetHasDied(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.meanwhile(4*minute, func() {
			w.box("web-1").machine.end()
			w.mu.Lock()
			defer w.mu.Unlock()
			w.az.dead = "web-1"
		})
		w.run(t, act("A", minute, "wrong-health-check", "", 5*minute, "target_group", "web"))
		w.mustHave("A", lasting())
		if said := w.evidence("A", showdown.FaultUndone); !strings.Contains(said, "healthy of web-2") {
			t.Errorf("evidence %q", said)
		}
	})
}
