package chaos

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"showdown"
)

// TestFleetActions: what launches, terminates and moves is seen and taken back.
func TestFleetActions(t *testing.T) {
	// An operation ends by itself, and the roll back takes back what it changed.
	changed := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone", "change.undoing", "change.undone"}
	lasting := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.healing", "fault.undone"}
	for _, c := range []struct {
		name  string
		step  showdown.Step
		kinds []string
		facts map[string]any
		story []string // in this order
	}{
		{
			"add-instance", act("A", minute, "add-instance", "web-1", 0, "name", "web-9"), changed,
			map[string]any{"instance": "web-9", "state": "running", "address": "3.0.3.1"},
			[]string{"launch web-9", "fault.confirmed A", "terminate web-9 silently false"},
		},
		{
			"remove-instance", act("A", minute, "remove-instance", "web-1", 0), lasting,
			map[string]any{"address": "1.1.0.0", "leaves": "unreachable"},
			[]string{"terminate web-1 silently true", "fault.confirmed A", "launch web-1"},
		},
		{
			"remove-instance with a refusal", act("A", minute, "remove-instance", "web-1", 0, "leaves", "refusal"), lasting,
			map[string]any{"address": "1.1.0.0", "leaves": "refused"},
			[]string{"terminate web-1 silently false", "fault.confirmed A", "launch web-1"},
		},
		{
			"remap-eip", act("A", minute, "remap-eip", "web-1", 0, "to", "web-2"), changed,
			map[string]any{"address": "1.1.0.0", "instance": "web-2", "answered_before": "web-1"},
			[]string{"associate 1.1.0.0 web-2", "fault.confirmed A", "associate 1.1.0.0 web-1"},
		},
		{
			"allocate-address", act("A", minute, "allocate-address", "", 0, "count", "7"), changed,
			map[string]any{"allocated": 5, "code": "AddressLimitExceeded"},
			nil,
		},
		{
			"allocate-address within the limit", act("A", minute, "allocate-address", "", 0, "count", "2"), changed,
			map[string]any{"allocated": 2, "code": ""},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.instances[0].Elastic, w.instances[0].Instance.ElasticIP = true, true
				e := w.experiment(nil, c.step)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				if got := w.kinds("A"); !slices.Equal(got, c.kinds) {
					t.Errorf("events %v, want %v", got, c.kinds)
				}
				facts, _ := w.event("A", showdown.FaultConfirmed).Data["facts"].(map[string]any)
				for key, want := range c.facts {
					if facts[key] != want {
						t.Errorf("fact %s is %v, want %v", key, facts[key], want)
					}
				}
				at := 0
				for _, what := range c.story {
					i := slices.Index(w.story[at:], what)
					if i < 0 {
						t.Fatalf("%q did not happen after the others in %q", what, w.story)
					}
					at += i
				}
				if len(w.places.allocated) != 0 || len(w.pending) != 0 {
					t.Errorf("left behind: addresses %v, records %v", w.places.allocated, w.pending)
				}
				if held, err := e.Steady(t.Context(), "after"); err != nil || !held {
					t.Errorf("the steady state after the roll back: %t, %v", held, err)
				}
				if in, _ := e.env.instance("web-1"); in.Public != "1.1.0.0" {
					t.Errorf("web-1 is at %s, not at its elastic IP", in.Public)
				}
			})
		})
	}
}

// TestFleetActionsThatFail say so, and leave nothing.
func TestFleetActionsThatFail(t *testing.T) {
	for _, c := range []struct {
		breaks string
		step   showdown.Step
	}{
		{"launch", act("A", minute, "add-instance", "web-1", 0, "name", "web-9")},
		{"terminate", act("A", minute, "remove-instance", "web-1", 0)},
		{"elastic", act("A", minute, "remap-eip", "web-1", 0, "to", "web-2")},
	} {
		t.Run(c.breaks, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				if c.breaks != "elastic" { // an instance without one cannot give it away
					w.broken[c.breaks] = errors.New("no")
				}
				e := w.experiment(nil, c.step)
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				if got := w.kinds("A"); !slices.Equal(got, []string{"fault.planned", "fault.injecting", "fault.failed"}) {
					t.Errorf("events %v", got)
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				w.healthy()
			})
		})
	}
}

// TestARemovedInstanceIsHitOnlyByName: who takes any instance does not take one that is
// gone for good.
func TestARemovedInstanceIsHitOnlyByName(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil,
			act("A", minute, "remove-instance", "web-1", 0),
			act("B", 3*minute, "hang", "all", minute),
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if got := w.event("B", showdown.FaultConfirmed).Data["targets"]; !slices.Equal(got.([]string), []string{"web-2"}) {
			t.Errorf("it hit %v", got)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}

// TestRecordActions: a change counts as in place when it is accepted, and is seen when
// the name server follows.
func TestRecordActions(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.zone(20 * showdown.Second)
		e := w.experiment(nil,
			act("A", minute, "remove-dns-record", "web-1", 0),
			act("B", 2*minute, "restore-dns-record", "web-1", 0),
			act("C", 3*minute, "restore-dns-record", "web-2", 0), // it is there
		)
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		injected, seen := w.when("A", showdown.FaultInjected), w.when("A", showdown.FaultConfirmed)
		if took := w.clock.AWS(seen - injected); took < 19*showdown.Second || took > 22*showdown.Second {
			t.Errorf("the change was seen %s after it was accepted", took)
		}
		facts := w.event("A", showdown.FaultConfirmed).Data["facts"].(map[string]any)
		if facts["records_before"] != 2 || facts["records"] != 1 || facts["address"] != "1.1.0.0" {
			t.Errorf("facts %v", facts)
		}
		if facts := w.event("B", showdown.FaultConfirmed).Data["facts"].(map[string]any); facts["records"] != 2 {
			t.Errorf("facts of the restored record %v", facts)
		}
		if e := w.event("C", showdown.FaultFailed).Data["error"].(string); !strings.Contains(e, "InvalidChangeBatch") {
			t.Errorf("a record that is there was put in: %s", e)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.tasks.Wait()
		if got := w.places.known["@"]; len(got) != 2 || !slices.Contains(got, "1.1.0.0") {
			t.Errorf("the name server says %v", got)
		}
		w.healthy()
	})
}

func TestDNSFails(t *testing.T) {
	for _, mode := range []string{"nxdomain", "servfail", "silent", "slow"} {
		t.Run(mode, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.zone(0)
				e := w.experiment(nil, act("A", minute, "dns-fail", "", minute, "mode", mode))
				if err := e.Run(t.Context(), w.zero); err != nil {
					t.Fatal(err)
				}
				want := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.healing", "fault.undone"}
				if got := w.kinds("A"); !slices.Equal(got, want) {
					t.Errorf("events %v, want %v", got, want)
				}
				if mode == "slow" {
					facts := w.event("A", showdown.FaultConfirmed).Data["facts"].(map[string]any)
					if facts["answer_before_ms"] != 1.0 || facts["answer_ms"] != 101.0 {
						t.Errorf("facts %v", facts)
					}
				}
				if err := e.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
				w.healthy()
			})
		})
	}
}

// TestNamesThatCannotFail are not believed to.
func TestNamesThatCannotFail(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.zone(0)
		w.deaf["names"] = true
		e := w.experiment(nil, act("A", minute, "dns-fail", "", minute))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if got := w.kinds("A"); !slices.Contains(got, "fault.unconfirmed") {
			t.Errorf("events %v", got)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestNoZone: an action on names needs some.
func TestNoZone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.places.domain = ""
		e := w.experiment(nil, act("A", minute, "remove-dns-record", "web-1", 0))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if e := w.event("A", showdown.FaultFailed).Data["error"].(string); !strings.Contains(e, "no hosted zone") {
			t.Errorf("error %s", e)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
