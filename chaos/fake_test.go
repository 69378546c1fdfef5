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
	rules     rules
	az        zonal
	tasks     sync.WaitGroup
	// broken are the things that fail: "stop", "journal", a verb, "off delay".
	broken map[string]error
	// deaf are verbs that are accepted and do nothing: "blackhole", "off blackhole".
	deaf map[string]bool
	// dumb says that a frozen machine answers no command, as real ones do. Tests of what
	// happens beside it need no such patience.
	dumb bool
	// given is an instance that may be gone at the end: somebody has given it up.
	given string
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
	w.balance()
	w.zone(0)
	w.guard()
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
