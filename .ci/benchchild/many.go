//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync"
	"time"

	"showdown"
	"showdown/play"
	"showdown/results"
	"showdown/targets/cloud/ec2"
)

// The phases of the many machines. What is measured lies in the calm one: before it the
// clients connect, and after it a third of the machines is killed.
const (
	phaseWarm  = "warm"
	phaseCalm  = "calm"
	phaseAfter = "after"
)

// Lengths of lab time: of the first phase, of the last one with a fault and without, and
// when in it the kill comes and how long it lasts.
const (
	warm             = time.Second
	faulty, harmless = 3 * time.Second, 100 * time.Millisecond
	killAt, killFor  = 200 * time.Millisecond, time.Second
)

// manyRun is what a stage on many machines took. Times are lab time in milliseconds.
type manyRun struct {
	// Up is the start of all machines, Steady their steady state, Back the roll back with
	// the steady state after it, Down the teardown.
	Up, Steady, Back, Down float64
	// Hit machines were killed: Dead is from the order until a probe saw all of them
	// refuse, and Again from the order to start them until all answered, of which Boot is
	// the kernel's part in the AWS model.
	Hit               int
	Dead, Again, Boot float64
	// What the calm phase took.
	calm
	// Processes and KiB are all processes once the fault was undone, and the sum of their
	// proportional set sizes. Without a fault they are 0, and so is all that is about it.
	Processes, KiB int
}

// calm is what requests took that nothing disturbed.
type calm struct {
	Seconds float64
	// Good of the Requests were answered well.
	Requests, Good int
	// Self is the CPU seconds of the generator with its recorder and, where there is one,
	// the harness; Others those of all processes that it started.
	Self, Others float64
}

// many plays a stage on many machines, as showdown run does, and says what it took.
func many(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("many", flag.ExitOnError)
	instances := flags.Int("instances", 100, "how many")
	rate := flags.Float64("rate", 1000, "requests per second over all of them")
	long := flags.Duration("for", 4*time.Second, "the length of the calm phase")
	binary := flags.String("showdown", "", "the program whose hidden commands are the spawner and the machines")
	profile := flags.String("profile", string(showdown.Browser), "the clients' profile")
	kill := flags.Bool("kill", true, "kill a third of the machines after the calm phase")
	dir := flags.String("dir", "", "folder of the store")
	flags.Parse(args)
	clock, err := showdown.NewClock(speed)
	if err != nil {
		return err
	}
	store, err := results.OpenStore(*dir)
	if err != nil {
		return err
	}
	h, err := startHarness(ctx, *binary)
	if err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		err = errors.Join(err, h.Close(ending))
	}()
	w := newWatch(*kill)
	_, err = play.Stage(ctx, play.Config{
		Stage: manyStage(clock, *instances, *kill, load{showdown.Profile(*profile), *rate, *long}), Clock: clock, Seed: 1,
		Record:  func(m *results.Manifest) (*results.Recorder, error) { return store.Create("many", m) },
		Backend: h.backend, Lost: h.backend.Lost(), Journal: h.journal, Observers: []play.Observer{w},
	})
	w.looks.Wait()
	if err := errors.Join(err, w.err); err != nil {
		return err
	}
	return w.say(clock, *instances)
}

// manyStage is a stage of one cell in which a third of the machines may be killed.
func manyStage(clock showdown.Clock, instances int, kill bool, l load) *showdown.Stage {
	c := cell(instances)
	c.Traffic = l.traffic(clock, harmless)
	if kill {
		c.Traffic = l.traffic(clock, faulty)
		c.Timeline = []showdown.Step{{
			Letter: "A", Phase: phaseAfter, At: clock.AWS(killAt), Do: "kill", Target: "33% role:web", For: clock.AWS(killFor),
		}}
	}
	return &showdown.Stage{
		Version: showdown.FormatVersion, Journey: "bench", Name: "many", App: "clock", Work: work,
		SLO: showdown.SLO{Availability: 0.9}, Cells: []showdown.Cell{c},
	}
}

// load is the traffic of a hundred clients that know all addresses; calm is how long
// its calm phase is.
type load struct {
	profile showdown.Profile
	rate    float64
	calm    time.Duration
}

// traffic is the load in phases, the last of which has the length after.
func (l load) traffic(clock showdown.Clock, after time.Duration) showdown.Traffic {
	return showdown.Traffic{
		Clients: 100, Profile: l.profile, Timeout: 30 * showdown.Second, Method: "GET", Path: "/",
		Phases: []showdown.Phase{
			{Name: phaseWarm, For: clock.AWS(warm), Rate: l.rate},
			{Name: phaseCalm, For: clock.AWS(l.calm), Rate: l.rate},
			{Name: phaseAfter, For: clock.AWS(after), Rate: l.rate},
		},
	}
}

// watch looks at a stage while it plays.
type watch struct {
	kill  bool // a fault is played
	looks sync.WaitGroup

	mu sync.Mutex // guards all below
	// events has the last event of each kind, and steady the steady states by when.
	events map[showdown.EventKind]showdown.Event
	steady map[string]time.Time
	// phases are the starts of the phases, began and ended what was spent by the ends of
	// the calm one.
	phases       map[string]time.Time
	began, ended family
	memory       family
	hits         []showdown.Hit
	err          error
}

func newWatch(kill bool) *watch {
	return &watch{
		kill: kill, events: map[showdown.EventKind]showdown.Event{}, steady: map[string]time.Time{}, phases: map[string]time.Time{},
	}
}

// Hits keeps the requests, to count them when it is known what is counted.
func (w *watch) Hits(_ string, hits []showdown.Hit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hits = append(w.hits, hits...)
}

// Event looks at the processes at the ends of the phases, beside the play.
func (w *watch) Event(e showdown.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events[e.Kind] = e
	switch e.Kind {
	case showdown.SteadyStateChecked:
		when, _ := e.Data["when"].(string)
		w.steady[when] = e.At
		if e.Data["held"] != true {
			w.err = fmt.Errorf("the steady state %s was not reached: %v", when, e.Data["measured"])
		}
	case showdown.FaultUnconfirmed, showdown.FaultFailed, showdown.FaultNotUndone, showdown.MachineLost:
		w.err = errors.Join(w.err, fmt.Errorf("%s: %v", e.Kind, e.Data))
	case showdown.FaultUndone:
		w.look(resident, &w.memory)
	case showdown.PhaseStarted:
		w.phases[e.Target] = e.At
		switch e.Target {
		case phaseCalm:
			w.look(spentCPU, &w.began)
		case phaseAfter:
			w.look(spentCPU, &w.ended)
		}
	}
}

// look keeps what of finds. w.mu is held.
func (w *watch) look(of func() (family, error), into *family) {
	w.looks.Go(func() {
		f, err := of()
		w.mu.Lock()
		defer w.mu.Unlock()
		*into, w.err = f, errors.Join(w.err, err)
	})
}

// say prints what the stage took.
func (w *watch) say(clock showdown.Clock, instances int) error {
	between := func(from, to time.Time) float64 { return millis(to.Sub(from)) }
	at := func(kind showdown.EventKind) time.Time { return w.events[kind].At }
	confirmed := w.events[showdown.FaultConfirmed]
	targets, _ := confirmed.Data["targets"].([]string)
	r := manyRun{
		Up: between(at(showdown.RunStarted), at(showdown.LabUp)), Steady: between(at(showdown.LabUp), w.steady["before"]),
		Back: between(at(showdown.TrafficEnded), w.steady["after"]), Down: between(w.steady["after"], at(showdown.LabDown)),
		calm: w.calm(), Processes: w.memory.processes, KiB: w.memory.kib,
	}
	seen := []int{w.began.processes, w.ended.processes}
	if w.kill {
		r.Hit, r.Dead = len(targets), between(at(showdown.FaultInjecting), confirmed.At)
		r.Again, r.Boot = between(at(showdown.FaultHealing), at(showdown.FaultUndone)), millis(clock.Lab(ec2.DefaultTimings().StartBoot))
		seen = append(seen, r.Processes)
	}
	// The generator, the reverter and the spawner are there beside the machines.
	for _, n := range seen {
		if want := instances + 3; n != want {
			return fmt.Errorf("there were %d processes at the looks at them, want %d each time", seen, want)
		}
	}
	return say(r)
}

// calm counts the requests of the calm phase, by their intended times.
func (w *watch) calm() calm {
	zero := w.phases[phaseWarm]
	from, to := w.phases[phaseCalm].Sub(zero), w.phases[phaseAfter].Sub(zero)
	c := calm{
		Seconds: w.ended.at.Sub(w.began.at).Seconds(),
		Self:    (w.ended.self - w.began.self).Seconds(), Others: (w.ended.others - w.began.others).Seconds(),
	}
	for _, h := range w.hits {
		if h.Intended >= from && h.Intended < to {
			c.Requests++
			if h.Outcome == showdown.OK {
				c.Good++
			}
		}
	}
	return c
}
