package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// world is a lab, its traffic, a journal and a probe without sockets or processes,
// for tests in a bubble of testing/synctest. It keeps EC2's rules: a stop ends the
// machine at once and the state some time later, a start gives a new public address
// where there is no elastic IP, a type changes only while stopped.
type world struct {
	t     *testing.T
	clock showdown.Clock
	zero  time.Time

	mu        sync.Mutex
	instances []*box
	story     []string // what happened, in order
	events    []showdown.Event
	at        []time.Duration // of events
	pending   map[int]journal.Entry
	nextPID   int
	rate      float64
	arrived   float64 // requests until since
	since     time.Time
	allowed   float64 // by the instances' credits, of full speed
	told      []Endpoint
	places    places
	tasks     sync.WaitGroup
	// broken are the things that fail: "stop", "journal", a verb, "off delay".
	broken map[string]error
	// deaf are verbs that are accepted and do nothing: "blackhole", "off blackhole".
	deaf map[string]bool
}

// AWS times of the fake.
const (
	stopTime   = 40 * showdown.Second
	modifyTime = 2 * showdown.Second
	startTime  = 18 * showdown.Second
	bootTime   = 13 * showdown.Second
)

type box struct {
	Instance
	machine   *fakeMachine
	addresses int
	added     bool // since the beginning
}

func newWorld(t *testing.T, instances ...showdown.Instance) *world {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, clock: clock, rate: 100, since: time.Now(), allowed: 1, pending: map[int]journal.Entry{},
		broken: map[string]error{}, deaf: map[string]bool{},
	}
	for i, in := range instances {
		b := &box{Instance: Instance{
			Instance: in, State: "running", Type: in.Type, Elastic: in.ElasticIP,
			Private: fmt.Sprintf("10.0.0.%d", i+1), Public: fmt.Sprintf("1.%d.0.0", i+1),
		}}
		b.machine = w.newMachine(in.Name)
		w.instances = append(w.instances, b)
	}
	w.zone(0)
	return w
}

func web(name string) showdown.Instance {
	return showdown.Instance{Name: name, Role: "web", Zone: "us-east-1a", Type: "t2.micro"}
}

func (w *world) newMachine(name string) *fakeMachine {
	w.nextPID++
	return &fakeMachine{
		w: w, name: name, id: cloud.Identity{PID: 100 + w.nextPID, Start: uint64(w.nextPID)},
		on: map[string]cloud.Command{}, done: make(chan struct{}), listening: true,
	}
}

// tell adds to the story.
func (w *world) tell(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.story = append(w.story, fmt.Sprintf(format, args...))
}

func (w *world) emit(e showdown.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
	w.at = append(w.at, time.Since(w.zero))
	w.story = append(w.story, strings.TrimSpace(string(e.Kind)+" "+e.Target))
}

func (w *world) box(name string) *box {
	for _, b := range w.instances {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// wait lets lab time pass; false says that ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (w *world) later(d showdown.Duration, do func()) {
	w.tasks.Go(func() {
		wait(context.Background(), w.clock.Lab(d))
		do()
	})
}

// The lab.

func (w *world) Instances() []Instance {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Instance
	for _, b := range w.instances {
		out = append(out, b.Instance)
	}
	return out
}

func (w *world) Machine(name string) (cloud.Machine, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.box(name)
	if b == nil || b.machine == nil || !b.machine.alive() {
		return nil, false
	}
	return b.machine, true
}

func (w *world) RestartMachine(ctx context.Context, name string) error {
	w.tell("restart %s", name)
	if err := w.broken["restart"]; err != nil {
		return err
	}
	if !wait(ctx, w.clock.Lab(bootTime)) {
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.box(name); b.machine == nil || !b.machine.alive() {
		b.machine = w.newMachine(name)
	}
	return nil
}

func (w *world) refuse(operation, state string) error {
	return &Refusal{Operation: operation, Code: "IncorrectInstanceState", Message: "it is " + state}
}

func (w *world) StopInstance(_ context.Context, name string) error {
	w.tell("stop %s", name)
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.box(name)
	if err := w.broken["stop"]; err != nil {
		return err
	}
	switch b.State {
	case "stopped", "stopping":
		return nil
	case "pending":
		return w.refuse("StopInstances", b.State)
	}
	b.State = "stopping"
	if b.machine != nil {
		b.machine.end()
		b.machine = nil
	}
	w.later(stopTime, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		b.State = "stopped"
		if !b.Elastic {
			b.Public = ""
		}
	})
	return nil
}

func (w *world) StartInstance(_ context.Context, name string) error {
	w.tell("start %s", name)
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.box(name)
	switch {
	case w.broken["start"] != nil:
		return w.broken["start"]
	case b.State == "running" || b.State == "pending":
		return nil
	case b.State != "stopped":
		return w.refuse("StartInstances", b.State)
	}
	b.State = "pending"
	if !b.Elastic {
		b.addresses++
		b.Public = fmt.Sprintf("2.0.0.%d", b.addresses)
	}
	w.later(startTime, func() {
		w.mu.Lock()
		b.State = "running"
		w.mu.Unlock()
		w.later(bootTime, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if b.State == "running" && b.machine == nil {
				b.machine = w.newMachine(name)
			}
		})
	})
	return nil
}

func (w *world) ModifyInstanceType(ctx context.Context, name, instanceType string) error {
	w.tell("modify %s %s", name, instanceType)
	state := func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if b := w.box(name); b.State != "stopped" {
			return w.refuse("ModifyInstanceAttribute", b.State)
		}
		return w.broken["modify"]
	}
	if err := state(); err != nil {
		return err
	}
	if !wait(ctx, w.clock.Lab(modifyTime)) {
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.box(name).Type = instanceType
	return nil
}

func (w *world) ResizeInstance(ctx context.Context, name, instanceType string) error {
	if err := w.StopInstance(ctx, name); err != nil {
		return err
	}
	if !wait(ctx, w.clock.Lab(stopTime)+time.Millisecond) {
		return ctx.Err()
	}
	if err := w.ModifyInstanceType(ctx, name, instanceType); err != nil {
		return err
	}
	return w.StartInstance(ctx, name)
}

// The traffic.

func (w *world) Spike(factor float64) func() {
	w.tell("spike %g", factor)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.multiply(factor)
	return func() {
		w.tell("spike restored")
		w.mu.Lock()
		defer w.mu.Unlock()
		w.multiply(1 / factor)
	}
}

// multiply changes the rate, unless the traffic is deaf. mu is held.
func (w *world) multiply(factor float64) {
	if w.deaf["spike"] {
		return
	}
	w.arrived = w.received()
	w.since, w.rate = time.Now(), w.rate*factor
}

// received is how many requests have come until now. mu is held.
func (w *world) received() float64 { return w.arrived + w.rate*time.Since(w.since).Seconds() }

// share is how many of them an instance got, since they take turns, and what its
// credits allow of its speed.
func (w *world) share(name string) (requests uint64, allowed float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.instances, func(b *box) bool { return b.Name == name })
	return (uint64(w.received()+1e-6) + uint64(len(w.instances)-1-i)) / uint64(len(w.instances)), w.allowed
}

func (w *world) SetAddresses(endpoints []Endpoint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = endpoints
}

// The journal.

func (w *world) Record(e journal.Entry) (int, error) {
	if err := w.broken["journal"]; err != nil {
		return 0, err
	}
	w.tell("record %s", e.Name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nextPID++
	w.pending[w.nextPID] = e
	return w.nextPID, nil
}

func (w *world) Done(id int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e, ok := w.pending[id]; ok {
		w.story = append(w.story, "done "+e.Name)
		delete(w.pending, id)
	}
	return nil
}

func (w *world) Sync() error {
	w.tell("sync")
	return w.broken["sync"]
}

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
		case b.State == terminated && b.added:
		case b.State != "running" || b.machine == nil || !b.machine.alive():
			w.t.Errorf("%s is %s, its machine is %v", b.Name, b.State, b.machine)
		case b.machine.paused || len(b.machine.on) > 0:
			w.t.Errorf("%s is still under %v, paused %t", b.Name, b.machine.on, b.machine.paused)
		case b.Type != b.Instance.Instance.Type:
			w.t.Errorf("%s is still a %s", b.Name, b.Type)
		}
	}
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
