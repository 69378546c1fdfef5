package chaos

import (
	"slices"
	"time"

	"showdown"
)

// Questions of tests.

// kinds are the kinds of events about a letter, with when they came.
func (w *world) kinds(letter string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, e := range w.events {
		if e.Target == letter {
			out = append(out, string(e.Kind))
		}
	}
	return out
}

// when is the lab time of the first event of that kind about a letter.
func (w *world) when(letter string, kind showdown.EventKind) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, e := range w.events {
		if e.Target == letter && e.Kind == kind {
			return w.at[i]
		}
	}
	w.t.Errorf("no %s of %q among %v", kind, letter, w.story)
	return -1
}

func (w *world) event(letter string, kind showdown.EventKind) showdown.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Target == letter && e.Kind == kind {
			return e
		}
	}
	w.t.Fatalf("no %s of %q among %v", kind, letter, w.story)
	return showdown.Event{}
}

// mustHave fails unless the events about a letter are of those kinds.
func (w *world) mustHave(letter string, kinds []string) {
	w.t.Helper()
	if got := w.kinds(letter); !slices.Equal(got, kinds) {
		w.t.Errorf("events of %s are %v, want %v", letter, got, kinds)
	}
}

// count is how often something happened.
func (w *world) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range w.story {
		if s == what {
			n++
		}
	}
	return n
}

// before fails unless a happened before b.
func (w *world) before(a, b string) {
	w.t.Helper()
	i, j := slices.Index(w.story, a), slices.Index(w.story, b)
	if i < 0 || j < 0 || i > j {
		w.t.Errorf("%q (at %d) is not before %q (at %d) in %q", a, i, b, j, w.story)
	}
}

// healthy fails unless everything is as it was at the beginning.
func (w *world) healthy() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.instances {
		switch {
		case b.State == terminated && (b.added || b.Name == w.given):
		case b.State != "running" || b.machine == nil || !b.machine.alive():
			w.t.Errorf("%s is %s, its machine is %v", b.Name, b.State, b.machine)
		case b.machine.paused || len(b.machine.on) > 0:
			w.t.Errorf("%s is still under %v, paused %t", b.Name, b.machine.on, b.machine.paused)
		case b.Type != b.Instance.Instance.Type:
			w.t.Errorf("%s is still a %s", b.Name, b.Type)
		}
	}
	w.balanced()
	if w.rate < 99.9 || w.rate > 100.1 {
		w.t.Errorf("the rate is still %g", w.rate)
	}
	if len(w.pending) > 0 {
		w.t.Errorf("the journal still holds %v", w.pending)
	}
}

// experiment is the experiment of a timeline in the world, with its start in a
// second.
func (w *world) experiment(change func(*Config), timeline ...showdown.Step) *Experiment {
	w.t.Helper()
	c := Config{
		Cell: showdown.Cell{
			Name: "base", Timeline: timeline,
			Traffic: showdown.Traffic{Phases: []showdown.Phase{{Name: "first", For: 2 * showdown.Minute}, {Name: "second", For: 10 * showdown.Minute}}},
		},
		Clock: w.clock, Seed: 1, Lab: w, Load: w, Journal: w, Emit: w.emit, Sync: w.Sync, probe: w, asker: w,
	}
	c.Cell.Topology = w.topology()
	for _, b := range w.instances {
		c.Cell.Topology.Instances = append(c.Cell.Topology.Instances, b.Instance.Instance)
	}
	if change != nil {
		change(&c)
	}
	e, err := New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.zero = time.Now().Add(time.Second)
	return e
}
