package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

func failAZExamples() []example {
	return []example{{
		do: "fail-az", with: []string{"zone", "us-east-1a"}, onlyFaked: true,
		faked: map[string]any{
			"machines": 2, "nodes": 1, "instances": "web-1, web-2", "parts": "instances, balancer, launches", "mode": "blackhole",
			"code": "InsufficientInstanceCapacity",
		},
	}}
}

// zoned runs test with a world of two instances in one zone and one in another.
func zoned(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		other := web("web-3")
		other.Zone = "us-east-1b"
		w := newWorld(t, web("web-1"), web("web-2"), other)
		test(t, w)
		w.tasks.Wait()
	})
}

// run plays a timeline in a zoned world and rolls it back.
func (w *world) run(t *testing.T, timeline ...showdown.Step) {
	t.Helper()
	e := w.experiment(nil, timeline...)
	if err := e.Run(t.Context(), w.zero); err != nil {
		t.Fatal(err)
	}
	if err := e.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
}

func (w *world) evidence(letter string, kind showdown.EventKind) string {
	w.t.Helper()
	said, _ := w.event(letter, kind).Data["evidence"].(string)
	return said
}

// TestZoneFails: each way to die has its own evidence, and each part can be switched off.
func TestZoneFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		with   []string
		want   []string // in the evidence
		never  []string
		undone string // happened once
	}{
		{
			"blackhole", nil,
			[]string{"lb-1a no connection in", "web-1 no connection in", "web-2 no connection in", "a launch in us-east-1a is refused: InsufficientInstanceCapacity"},
			[]string{"web-3", "lb-1b"},
			"off blackhole web-1",
		},
		{
			"crash",
			[]string{"mode", "crash"},
			[]string{"lb-1a connection refused", "web-1 connection refused"},
			[]string{"no connection"},
			"restart web-1",
		},
		{
			"hang",
			[]string{"mode", "hang"},
			[]string{"lb-1a connected, no answer", "web-1 connected, no answer"},
			[]string{"refused;"},
			"pause web-1 false",
		},
		{
			"instances alone",
			[]string{"balancer", "no", "launches", "no"},
			[]string{"web-1 no connection", "web-2 no connection"},
			[]string{"lb-1a", "launch"},
			"off blackhole web-2",
		},
		{
			"nodes alone",
			[]string{"instances", "no", "launches", "no"},
			[]string{"lb-1a no connection"},
			[]string{"web-1", "launch"},
			"off blackhole lb-1a",
		},
		{
			"launches alone",
			[]string{"instances", "no", "balancer", "no"},
			[]string{"a launch in us-east-1a is refused"},
			[]string{"web-1", "lb-1a"},
			"closed us-east-1a false",
		},
		{
			"crash and staggered", []string{"mode", "crash", "recovery", "staggered"}, []string{"web-1 connection refused"}, nil, "restart lb-1a",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			zoned(t, func(t *testing.T, w *world) {
				w.run(t, act("A", minute, "fail-az", "", 2*minute, append([]string{"zone", "us-east-1a"}, c.with...)...))
				w.mustHave("A", lasting())
				said := w.evidence("A", showdown.FaultConfirmed)
				for _, want := range c.want {
					if !strings.Contains(said, want) {
						t.Errorf("evidence %q, want %q in it", said, want)
					}
				}
				for _, never := range c.never {
					if strings.Contains(said, never) {
						t.Errorf("evidence %q with %q", said, never)
					}
				}
				if n := w.count(c.undone); n != 1 {
					t.Errorf("%q %d times", c.undone, n)
				}
				w.healthy()
			})
		})
	}
}

// Whom it hits is on disk before anything happens, and in the events.
func TestZoneFailsInOrder(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.run(t, act("A", minute, "fail-az", "", 2*minute, "zone", "us-east-1a"))
		w.before("record A fail-az", "fault.injecting A")
		w.before("sync", "closed us-east-1a true")
		for _, name := range []string{"web-1", "web-2", "lb-1a"} {
			w.before("closed us-east-1a true", "blackhole "+name)
			w.before("closed us-east-1a false", "off blackhole "+name)
		}
		e := w.event("A", showdown.FaultInjecting)
		if got := e.Data["targets"]; fmt.Sprint(got) != "[lb-1a web-1 web-2]" {
			t.Errorf("targets %v", got)
		}
		if ids := e.Data["identities"].(map[string]string); len(ids) != 3 || ids["lb-1a"] == "" {
			t.Errorf("identities %v", ids)
		}
	})
}

// TestZoneComesBack: clean is at once, dirty is slow for a time, staggered is one after
// the other.
func TestZoneComesBack(t *testing.T) {
	lasts := 2 * minute
	for _, c := range []struct {
		recovery string
		with     []string
		took     showdown.Duration // from the healing to the end
	}{
		{"clean", nil, 0},
		{"dirty", []string{"symptoms", "3m"}, 3 * minute},
		{"staggered", []string{"spacing", "20s"}, 40 * showdown.Second},
	} {
		t.Run(c.recovery, func(t *testing.T) {
			zoned(t, func(t *testing.T, w *world) {
				slow := false
				w.meanwhile(minute+lasts+minute, func() {
					m := w.box("web-1").machine
					m.mu.Lock()
					_, slow = m.on[string(cloud.Delay)]
					m.mu.Unlock()
				})
				w.run(t, act("A", minute, "fail-az", "", lasts, append([]string{"zone", "us-east-1a", "recovery", c.recovery}, c.with...)...))
				w.mustHave("A", lasting())
				took := w.when("A", showdown.FaultUndone) - w.when("A", showdown.FaultHealing)
				if want := w.clock.Lab(c.took); took < want || took > want+20*time.Millisecond {
					t.Errorf("it took %s to come back, want %s", took, want)
				}
				w.tasks.Wait()
				if slow != (c.recovery == "dirty") {
					t.Errorf("a minute after its end web-1 is slow: %t", slow)
				}
				if c.recovery == "staggered" {
					w.before("off blackhole lb-1a", "off blackhole web-1")
					w.before("off blackhole web-1", "off blackhole web-2")
					w.before("off blackhole web-2", "closed us-east-1a false")
				}
				w.healthy()
			})
		})
	}
}

// What a group has terminated, or somebody replaced, is not brought back.
func TestZoneWhoseInstancesAreGone(t *testing.T) {
	for _, mode := range []string{"blackhole", "crash", "hang"} {
		t.Run(mode, func(t *testing.T) {
			zoned(t, func(t *testing.T, w *world) {
				w.meanwhile(2*minute, func() {
					_ = w.TerminateInstance(t.Context(), "web-1", false)
					w.mu.Lock()
					defer w.mu.Unlock()
					w.box("web-2").machine.end()
					w.box("web-2").machine = w.newMachine("web-2")
				})
				w.run(t, act("A", minute, "fail-az", "", 3*minute, "zone", "us-east-1a", "mode", mode))
				w.mustHave("A", lasting())
				said := w.evidence("A", showdown.FaultUndone)
				if !strings.Contains(said, "web-1 is terminated") {
					t.Errorf("evidence %q", said)
				}
				if replaced := strings.Contains(said, "web-2 runs as process"); replaced != (mode != "crash") {
					t.Errorf("evidence %q", said)
				}
				for _, never := range []string{"restart web-1", "restart web-2", "off blackhole web-1", "off blackhole web-2", "pause web-1 false", "pause web-2 false"} {
					if w.count(never) > 0 {
						t.Errorf("%q happened", never)
					}
				}
				w.given = "web-1"
				w.healthy()
			})
		})
	}
}

// An instance that was booting dies with its zone when its machine runs.
func TestZoneTakesWhatIsBooting(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("X", minute-5*showdown.Second, "add-instance", "web-1", 0, "name", "web-9"),
			act("A", minute, "fail-az", "", 3*minute, "zone", "us-east-1a"),
		)
		w.before("fault.confirmed A", "blackhole web-9")
		w.before("blackhole web-9", "off blackhole web-9")
		w.healthy()
	})
}

// While the zone is down nothing is launched there, elsewhere it is.
func TestZoneIsFull(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("A", minute, "fail-az", "", 3*minute, "zone", "us-east-1a"),
			within("A", act("B", 30*showdown.Second, "add-instance", "web-1", 0, "name", "web-8")),
			within("A", act("C", 30*showdown.Second, "add-instance", "web-3", 0, "name", "web-9")),
		)
		if got := w.failure("B"); !strings.Contains(got, noCapacity) {
			t.Errorf("B: %s", got)
		}
		w.when("C", showdown.FaultConfirmed)
		w.healthy()
	})
}

// Nodes look at instances that clients cannot reach; the last zone's take their sight
// with them, and then the machines themselves are asked.
func TestZoneOfClosedInstances(t *testing.T) {
	for _, c := range []struct {
		mode  string
		lone  bool // the other zone has no node
		want  string
		kinds []string
	}{
		{"blackhole", false, "web-2 no connection in", lasting()},
		{"crash", false, "web-2 connection refused", lasting()},
		{"hang", false, "web-2 connected, no answer", lasting()},
		{"blackhole", true, "web-2 no connection in", lasting()},
		{"crash", true, "web-2 process", lasting()},
		{"hang", true, "answers no command in", lasting()},
	} {
		t.Run(fmt.Sprintf("%s alone %t", c.mode, c.lone), func(t *testing.T) {
			zoned(t, func(t *testing.T, w *world) {
				w.dumb = true
				w.close("web-2")
				if c.lone {
					w.az.nodes = w.az.nodes[:1]
					w.zone(0)
				}
				w.run(t, act("A", minute, "fail-az", "", 2*minute, "zone", "us-east-1a", "mode", c.mode))
				w.mustHave("A", c.kinds)
				if said := w.evidence("A", showdown.FaultConfirmed); !strings.Contains(said, c.want) {
					t.Errorf("evidence %q, want %q in it", said, c.want)
				}
				w.healthy()
			})
		})
	}
}

// A zone that did not fail is not believed in.
func TestZoneThatDidNotFail(t *testing.T) {
	for _, deaf := range []string{"blackhole", "gate"} {
		t.Run(deaf, func(t *testing.T) {
			zoned(t, func(t *testing.T, w *world) {
				w.deaf[deaf] = true
				w.run(t, act("A", minute, "fail-az", "", 5*minute, "zone", "us-east-1a"))
				w.mustHave("A", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"})
				w.healthy()
			})
		})
	}
}

// What could not be taken down is taken back all the same.
func TestZoneThatFailedInPart(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.broken["blackhole"] = fmt.Errorf("no")
		w.run(t, act("A", minute, "fail-az", "", 5*minute, "zone", "us-east-1a"))
		w.mustHave("A", []string{"fault.planned", "fault.injecting", "fault.failed", "fault.healing", "fault.undone"})
		w.healthy()
	})
}

// A roll back lets no time pass for symptoms, whenever it comes.
func TestZoneRolledBackAtOnce(t *testing.T) {
	for _, recovery := range []string{"clean", "dirty", "staggered"} {
		for moment := showdown.Duration(0); moment < 9*minute; moment += 17 * showdown.Second {
			zoned(t, func(t *testing.T, w *world) {
				w.cancelAt(t, moment, 100*time.Millisecond, act("A", minute, "fail-az", "", 2*minute, "zone", "us-east-1a", "recovery", recovery, "symptoms", "5m", "spacing", "2m", "mode", "hang"))
				for _, name := range []string{"web-1", "web-2", "lb-1a"} {
					if down, up := w.count("pause "+name+" true"), w.count("pause "+name+" false"); down != up || down > 1 {
						t.Errorf("%s cancelled at %s: %s %d times down, %d times up", recovery, moment, name, down, up)
					}
				}
			})
			if t.Failed() {
				return
			}
		}
	}
}

// The zone ends what it kills, and a machine that it only hides goes on.
func TestZoneEndsAHang(t *testing.T) {
	zoned(t, func(t *testing.T, w *world) {
		w.run(
			t,
			act("A", minute, "hang", "web-1", 5*minute),
			act("B", 2*minute, "fail-az", "", minute, "zone", "us-east-1a", "mode", "crash"),
		)
		if by := w.event("A", showdown.FaultUndone).Data["by"]; by != "B" {
			t.Errorf("the hang was ended by %v: %v", by, w.kinds("A"))
		}
		if !slices.Contains(w.kinds("B"), string(showdown.FaultConfirmed)) {
			t.Errorf("B: %v", w.kinds("B"))
		}
		w.healthy()
	})
}
