package catalogue

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"showdown"
)

const timeout = 100 * time.Millisecond

func at(seconds float64) *time.Duration {
	d := time.Duration(seconds * float64(time.Second))
	return &d
}

func TestWindows(t *testing.T) {
	sec := func(s float64) time.Duration { return *at(s) }
	for _, c := range []struct {
		name    string
		lives   map[string]*life
		repairs bool
		want    []window
	}{
		{
			"a fault that is healed",
			map[string]*life{"A": {injecting: at(3), injected: at(3.01), healing: at(7), undone: at(7.1)}},
			false,
			[]window{{name: before, after: -1, until: sec(3)}, {name: during, after: sec(3), before: sec(6.9)}},
		},
		{
			"a fault that stays until the end of the traffic",
			map[string]*life{"A": {injecting: at(3), injected: at(3.01), healing: at(10.2), undone: at(10.3)}},
			false,
			[]window{{name: before, after: -1, until: sec(3)}, {name: during, after: sec(3), before: sec(9.9)}},
		},
		{
			"an operation that ends by itself",
			map[string]*life{"A": {injecting: at(3), injected: at(3.01), undone: at(4.5)}},
			false,
			[]window{{name: before, after: -1, until: sec(3)}, {name: during, after: sec(3), before: sec(4.4)}},
		},
		{
			"one that is over at once",
			map[string]*life{"A": {injecting: at(3), injected: at(3.5), undone: at(3.6)}},
			false,
			[]window{{name: before, after: -1, until: sec(3)}, {name: after, due: sec(3.6), after: sec(3.6), before: sec(9.9)}},
		},
		{
			"one that mends something and takes its time to",
			map[string]*life{"A": {injecting: at(3), injected: at(4), healing: at(7)}},
			true,
			[]window{{name: before, after: -1, until: sec(3)}, {name: during, due: sec(4), after: sec(4), before: sec(6.9)}},
		},
		{
			"one that kills on the way",
			map[string]*life{"A": {injecting: at(3), injected: at(3.01), killed: at(5), healing: at(7)}},
			false,
			[]window{
				{name: before, after: -1, until: sec(3)},
				{name: untilKilled, after: sec(3), until: sec(5)},
				{name: onceKilled, after: sec(5), before: sec(6.9)},
			},
		},
		{
			"one behind another that prepares it",
			map[string]*life{"A": {injecting: at(3), injected: at(3.01), healing: at(7)}, "X": {injected: at(1), undone: at(8)}},
			false,
			[]window{{name: before, after: -1, until: sec(3), due: sec(1.1)}, {name: during, after: sec(3), before: sec(6.9)}},
		},
		{"one that was not played", map[string]*life{"A": {failure: "no"}}, false, nil},
		{"one that nobody knows", nil, false, nil},
	} {
		if got := windows(c.lives, "A", c.repairs, timeout, 10*time.Second); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// A request belongs to the window in which it ended.
func TestWindowOfARequest(t *testing.T) {
	calm := window{name: before, after: -1, until: 3 * time.Second, due: time.Second}
	fault := window{name: during, after: 3 * time.Second, before: 7 * time.Second}
	for _, c := range []struct {
		sent, took  float64
		calm, fault bool
	}{
		{0.9, 0.2, false, false}, // what prepared it is still on its way
		{1, 0, true, false},
		{2.9, 0.1, true, false},
		{2.9, 0.2, false, true}, // on its way when the fault began
		{3, 0.1, false, true},
		{6.9, 3, false, true},
		{7, 0.1, false, false}, // what becomes of it depends on what comes then
	} {
		h := showdown.Hit{Intended: *at(c.sent), Sent: *at(c.sent), Latency: *at(c.took)}
		if calm.has(&h) != c.calm || fault.has(&h) != c.fault {
			t.Errorf("sent at %v for %v: before %v, during %v", c.sent, c.took, calm.has(&h), fault.has(&h))
		}
	}
}

func TestLives(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	event := func(cell, letter string, t float64, kind showdown.EventKind, data map[string]any) showdown.Event {
		return showdown.Event{T: t, Cell: cell, Kind: kind, Target: letter, Data: data}
	}
	facts := func(pairs ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1]
		}
		return map[string]any{"facts": out, "evidence": "seen"}
	}
	all := lives([]showdown.Event{
		event("leak", "A", 60, showdown.FaultInjecting, nil),
		event("kill", "A", 66, showdown.FaultInjecting, nil),
		event("leak", "A", 61.2, showdown.FaultInjected, nil),
		event("leak", "A", 63, showdown.FaultConfirmed, facts("memory_mib", 900.0, "state", "running")),
		event("leak", "A", 120, showdown.FaultKilled, nil),
		event("leak", "web-1", 120, showdown.InstanceState, nil),
		event("leak", "A", 180, showdown.FaultHealing, nil),
		event("leak", "A", 186, showdown.FaultUndone, facts("memory_mib", 800.0, "state", "running", "killed_after_s", 59.0, "address_after", "127.0.0.1")),
		event("leak", "A", 300, showdown.FaultUndone, nil), // a second roll back
		event("leak", "B", 200, showdown.FaultUnconfirmed, map[string]any{"evidence": "nothing"}),
		event("leak", "C", 200, showdown.FaultFailed, map[string]any{"error": "no"}),
	}, "leak", clock)
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, []string{"A", "B", "C"}) {
		t.Fatalf("lives of %v", got)
	}
	a := all["A"]
	for _, c := range []struct {
		name string
		got  *time.Duration
		want time.Duration
	}{
		{"injecting", a.injecting, time.Second},
		{"injected", a.injected, 1020 * time.Millisecond},
		{"killed", a.killed, 2 * time.Second},
		{"healing", a.healing, 3 * time.Second},
		{"undone", a.undone, 3100 * time.Millisecond},
	} {
		if c.got == nil || *c.got != c.want {
			t.Errorf("%s at %v, want %v", c.name, c.got, c.want)
		}
	}
	if !a.confirmed || a.evidence != "seen" || all["B"].confirmed || all["B"].evidence != "nothing" || all["C"].failure != "no" {
		t.Errorf("A %+v, B %+v, C %+v", a, all["B"], all["C"])
	}
	if got := a.facts; !reflect.DeepEqual(got, map[string]any{"memory_mib": 900.0, "state": "running"}) {
		t.Errorf("facts %v", got)
	}
	if got := a.news(); !reflect.DeepEqual(got, map[string]any{"killed_after_s": 59.0}) {
		t.Errorf("news %v", got)
	}
}
