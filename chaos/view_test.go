package chaos

import (
	"context"
	"slices"
	"strings"
	"testing"

	"showdown"
)

// TestActionsOnClosedInstances: what clients cannot reach is looked at by a node, and one
// without a public address from where the clients are.
func TestActionsOnClosedInstances(t *testing.T) {
	for _, step := range []showdown.Step{
		act("A", minute, "kill", "web-2", 2*minute),
		act("A", minute, "hang", "web-2", 2*minute),
		act("A", minute, "blackhole", "web-2", 2*minute),
		act("A", minute, "slow", "web-2", 2*minute),
		act("A", minute, "cpu-steal", "web-2", 2*minute),
		act("A", minute, "error-500", "web-2", 2*minute),
		act("A", minute, "deep-failure", "web-2", 2*minute),
		act("A", minute, "fill-queue", "web-2", 2*minute),
		act("A", minute, "packet-delay", "web-2", 2*minute),
		act("A", minute, "clock-skew", "web-2", 2*minute),
		act("A", minute, "leak", "web-2", 2*minute, "fills-in", "10m"),
		act("A", minute, "stop-instance", "web-2", 2*minute),
		act("A", minute, "resize-instance", "web-2", 3*minute, "type", "m5.large"),
		act("A", minute, "remove-instance", "web-2", 2*minute, "leaves", "refusal"),
	} {
		for _, closed := range []bool{true, false} {
			t.Run(step.Do+map[bool]string{true: " closed", false: " private"}[closed], func(t *testing.T) {
				bubble(t, func(t *testing.T, w *world) {
					w.box("web-2").Elastic, w.box("web-2").Instance.Instance.ElasticIP = false, false
					if w.close("web-2"); !closed {
						w.guard()
						w.box("web-2").Closed = false
					}
					w.run(t, step)
					w.mustHave("A", lasting())
					w.healthy()
				})
			})
		}
	}
}

// Where no node can look nothing is believed, and the fault is taken back all the same.
func TestNobodyCanLook(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.close("web-2")
		w.meanwhile(50*showdown.Second, func() { w.az.nodes[0].machine.end(); w.az.nodes[1].machine.end() })
		w.meanwhile(90*showdown.Second+5*minute, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, n := range w.az.nodes {
				n.machine = w.newMachine(n.Name)
			}
		})
		w.run(t, act("A", minute, "kill", "web-2", 7*minute))
		if got := w.kinds("A"); !slices.Contains(got, string(showdown.FaultUnconfirmed)) {
			t.Errorf("events %v", got)
		}
		if said := w.evidence("A", showdown.FaultUnconfirmed); !strings.Contains(said, "no node of a load balancer could look at it") {
			t.Errorf("evidence %q", said)
		}
		w.healthy()
	})
}

// A node that is frozen is passed over, and one in another zone is asked first.
func TestNodesThatLook(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.close("web-2")
		e := w.experiment(nil)
		look := func() Sight {
			return e.env.lookAt(context.Background(), "web-2", healthPath, patience{e.env.limit.connect, e.env.limit.answer})
		}
		if names := (fromNodes{e.env, "us-east-1a"}).order(); names[0].Name != "lb-1b" {
			t.Errorf("order %v", names)
		}
		e.env.strike("lb-1b", true)
		if names := (fromNodes{e.env, "us-east-1a"}).order(); names[0].Name != "lb-1a" {
			t.Errorf("order with lb-1b down %v", names)
		}
		e.env.strike("lb-1b", false)
		_ = w.az.nodes[1].machine.pause(true)
		if s := look(); !s.Good() {
			t.Errorf("with a frozen node: %s", s)
		}
		w.az.nodes[0].machine.end()
		if s := look(); s.Saw != Unseen {
			t.Errorf("with none: %s", s)
		}
	})
}

// An Auto Scaling group terminates what is broken: the fault is gone with it, at once.
func TestInstanceIsReplacedMeanwhile(t *testing.T) {
	for _, step := range []showdown.Step{
		act("A", minute, "kill", "web-1", 3*minute),
		act("A", minute, "hang", "web-1", 3*minute),
		act("A", minute, "blackhole", "web-1", 3*minute),
		act("A", minute, "error-500", "web-1", 3*minute),
		act("A", minute, "leak", "web-1", 3*minute, "fills-in", "30s"),
		act("A", minute, "stop-instance", "web-1", 3*minute),
		act("A", minute, "resize-instance", "web-1", 3*minute, "type", "m5.large"),
	} {
		t.Run(step.Do, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.given = "web-1"
				w.meanwhile(3*minute, func() { _ = w.TerminateInstance(context.Background(), "web-1", false) })
				w.run(t, step)
				if said := w.evidence("A", showdown.FaultUndone); !strings.Contains(said, "and the fault is gone with it") && !strings.Contains(said, "and the fault with it") {
					t.Errorf("evidence %q", said)
				}
				if took := w.when("A", showdown.FaultUndone) - w.when("A", showdown.FaultHealing); w.clock.AWS(took) > showdown.Second {
					t.Errorf("it took %s to find out", took)
				}
				for _, never := range []string{"restart web-1", "start web-1", "pause web-1 false", "off blackhole web-1"} {
					if w.count(never) > 0 && never != "start web-1" {
						t.Errorf("%q happened", never)
					}
				}
				w.healthy()
			})
		})
	}
}

// Who is on the way out is not chosen: nothing can be done to it any more.
func TestOneOfThoseThatStay(t *testing.T) {
	for _, gone := range []string{"web-1", "web-2"} {
		bubble(t, func(t *testing.T, w *world) {
			w.given = gone
			w.meanwhile(50*showdown.Second, func() { _ = w.TerminateInstance(context.Background(), gone, false) })
			w.run(t, act("A", minute, "kill", "one", minute))
			w.mustHave("A", lasting())
			if hit := w.event("A", showdown.FaultInjected).Data["targets"].([]string); slices.Contains(hit, gone) {
				t.Errorf("hit %v", hit)
			}
			w.healthy()
		})
	}
}

// It may also be terminated while it is brought back.
func TestInstanceIsReplacedWhileItIsMended(t *testing.T) {
	for _, step := range []showdown.Step{
		act("A", minute, "kill", "web-1", 2*minute),
		act("A", minute, "stop-instance", "web-1", 2*minute),
	} {
		t.Run(step.Do, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.given = "web-1"
				w.meanwhile(3*minute+5*showdown.Second, func() { _ = w.TerminateInstance(context.Background(), "web-1", false) })
				w.run(t, step)
				w.mustHave("A", lasting())
				if took := w.when("A", showdown.FaultUndone) - w.when("A", showdown.FaultHealing); w.clock.AWS(took) > 2*minute {
					t.Errorf("it took %s to find out", took)
				}
			})
		})
	}
}

// Whenever a run with these actions is cancelled, everything is back and was undone once.
func TestCancelZonesAtAnyMoment(t *testing.T) {
	timeline := []showdown.Step{
		act("A", 10*showdown.Second, "fail-az", "", 30*showdown.Second, "zone", "us-east-1a", "mode", "crash", "recovery", "dirty", "symptoms", "20s"),
		act("B", 15*showdown.Second, "scale", "", 0, "scaling_group", "fleet", "desired", "4"),
		act("C", 100*showdown.Second, "wrong-health-check", "", 20*showdown.Second, "target_group", "web"),
		act("D", 110*showdown.Second, "deregister", "web-2", 0, "target_group", "web"),
		act("E", 120*showdown.Second, "az-slow", "", 20*showdown.Second, "zone", "us-east-1a"),
		act("F", 150*showdown.Second, "cut-between-zones", "", 20*showdown.Second, "a", "us-east-1a", "b", "us-east-1b"),
		act("G", 180*showdown.Second, "remove-component", "", 20*showdown.Second, "component", "elb", "balancer", "lb"),
		act("H", 180*showdown.Second, "remove-component", "", 20*showdown.Second, "component", "asg", "scaling_group", "fleet"),
		act("I", 240*showdown.Second, "remove-component", "", 20*showdown.Second, "component", "route53", "host", "www"),
		act("J", 280*showdown.Second, "instance-refresh", "", 0, "scaling_group", "fleet", "type", "m5.large"),
	}
	for moment := -5 * showdown.Second; moment < 400*showdown.Second; moment += 4 * showdown.Second {
		zoned(t, func(t *testing.T, w *world) {
			w.cancelAt(t, moment, RollbackCap, timeline...)
			for do, undo := range map[string]string{
				"closed us-east-1a true": "closed us-east-1a false", "check web /nonexistent": "check web restored",
				"remove balancer lb": "balancer lb restored", "remove name www": "name www restored",
				"suspend fleet 9": "resume fleet 9", "deregister web web-2": "register web web-2",
				"cut zones us-east-1a us-east-1b": "uncut zones us-east-1a us-east-1b", "lag web-1": "off lag web-1",
			} {
				if done, undone := w.count(do), w.count(undo); done != undone || done > 1 {
					t.Errorf("cancelled at %s: %q %d times, %q %d times", moment, do, done, undo, undone)
				}
			}
		})
		if t.Failed() {
			return
		}
	}
}
