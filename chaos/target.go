package chaos

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// effect is what one action does to one target, or to the traffic. Each target has
// its own, so it may keep what it learns. Its methods are called one at a time. It may
// also be [guarded] or [ended].
type effect interface {
	// ready looks at the target before anything happens: what the evidence compares
	// with. It changes nothing.
	ready(ctx context.Context) error
	// inject puts the fault in place and returns when it is.
	inject(ctx context.Context) error
	// confirm says what the probe saw, and whether that is the fault.
	confirm(ctx context.Context) (evidence string, ok bool)
	// left says what is there to be undone after confirm, or after an inject that
	// failed.
	left() remains
	// undo takes back what inject did, as far as it came. It may be called again
	// after an error, and is never called after it succeeded.
	undo(ctx context.Context) error
	// gone says what the probe saw after the undo, and whether the fault is gone.
	gone(ctx context.Context) (evidence string, ok bool)
}

// guarded is an effect that does more while it lasts, as a leak that fills the memory
// in the end.
type guarded interface {
	// guard returns when nothing more can happen, or when ctx ends; killed says in a few
	// words why it has ended the process of the target, and is empty where it has not. It
	// runs between confirm and undo, and [ended] may be asked meanwhile.
	guard(ctx context.Context) (killed string)
}

// wide is an effect that hits several machines and has no target of its own. It finds out
// whom in ready, and again in inject.
type wide interface {
	// victims are the processes that it hits, by the names of their instances and nodes.
	victims() map[string]cloud.Identity
	// moved says that these are not any more the ones that ready found.
	moved() bool
}

// remains is what an action leaves behind once it has been seen.
type remains int

const (
	// leavesNothing: the action is over and there is nothing to take back.
	leavesNothing remains = iota
	// leavesChange: the fault ended by itself, and what it changed for good is taken back
	// at the end of its time or at the roll back.
	leavesChange
	// leavesFault: the fault lasts until it is undone.
	leavesFault
)

// env is what all effects of an experiment share.
type env struct {
	cell  showdown.Cell
	clock showdown.Clock
	lab   Lab
	load  Load
	probe prober
	asker asker
	limit limits
	zero  time.Time
	emit  func(showdown.Event)
	// tasks are operations under way.
	tasks sync.WaitGroup

	mu sync.Mutex
	// segments are the plan of the traffic where somebody has changed it; nil is that of the cell.
	segments []showdown.Segment
	// known are the last public addresses that were seen, by instance: a stopped
	// instance may have none, and what it had is a fact of the next start.
	known map[string]string
	// down are the nodes that a fault of ours keeps down.
	down map[string]bool
	// rollingBack says that the experiment is over and everything is taken back.
	rollingBack bool
}

// strike notes that a fault of ours keeps a node down, or does so no more.
func (e *env) strike(node string, on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.down == nil {
		e.down = map[string]bool{}
	}
	e.down[node] = on
}

func (e *env) struck(node string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.down[node]
}

// haste notes that everything is taken back, or no more.
func (e *env) haste(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rollingBack = on
}

// hurry says that the experiment is rolled back: what only lets time pass for users to
// see is left out then.
func (e *env) hurry() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.rollingBack
}

// path is what the cell's clients ask for: a request that costs the work that theirs
// do.
func (e *env) path() string {
	if e.cell.Traffic.Path == "" {
		return "/"
	}
	return e.cell.Traffic.Path
}

// instances are the lab's instances now.
func (e *env) instances() []Instance {
	now := e.lab.Instances()
	e.note(now...)
	return now
}

// note keeps the addresses of instances, for the time when they have none.
func (e *env) note(now ...Instance) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, in := range now {
		if in.Public != "" {
			e.known[in.Name] = in.Public
		}
	}
}

func (e *env) lastAddress(name string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known[name]
}

// until looks again and again until what it looks for is there, ctx ends, or limit
// of lab time has passed. It looks at least once.
func (e *env) until(ctx context.Context, limit time.Duration, look func() bool) bool {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(e.limit.poll)
	defer tick.Stop()
	for {
		if look() {
			return true
		}
		select {
		case <-deadline.C: // also where a look was so long that the next tick is due as well
			return false
		default:
		}
		select {
		case <-ctx.Done():
			return false
		case <-deadline.C:
			return false
		case <-tick.C:
		}
	}
}

// target is an instance that an action hits, or the traffic where name is empty.
type target struct {
	*env
	name string
	// before is the instance when the action fired.
	before Instance
	// machine is the process behind it then, nil where none ran.
	machine  cloud.Machine
	identity cloud.Identity
	// facts are what claims may ask for.
	facts map[string]any
	// lasts is how long the action lasts in lab time, 0 until the roll back; delay is what
	// it waited beyond its time.
	lasts time.Duration
	delay showdown.Duration
}

// aim is the target of that name as it is now.
func (e *env) aim(name string) (*target, error) {
	t := &target{env: e, name: name, facts: map[string]any{}}
	if name == "" {
		return t, nil
	}
	now, ok := e.instance(name)
	if !ok {
		return nil, fmt.Errorf("instance %s does not exist any more", name)
	}
	t.before = now
	if now.Public == "" {
		t.before.Public = e.lastAddress(name)
	}
	t.facts["address_before"] = t.before.Public
	t.facts["type_before"] = now.Type
	t.facts["state_before"] = now.State
	if m, ok := e.lab.Machine(name); ok {
		t.machine, t.identity = m, m.Identity()
		t.facts["identity"] = t.identity.String()
	}
	return t, nil
}

func (e *env) instance(name string) (Instance, bool) {
	now, ok := e.lab.Instance(name)
	if ok {
		e.note(now)
	}
	return now, ok
}

// control asks something of the machine that the action hits, in bounded time. It
// fails when none ran.
func (t *target) control(ctx context.Context, ask func(context.Context, cloud.Machine) error) error {
	if t.machine == nil {
		return fmt.Errorf("no process runs behind %s, which is %s", t.name, t.before.State)
	}
	ctx, cancel := context.WithTimeout(ctx, t.limit.command)
	defer cancel()
	return ask(ctx, t.machine)
}

// command sends a command to the machine that the action hits.
func (t *target) command(ctx context.Context, c cloud.Command) (counters cloud.Counters, err error) {
	err = t.control(ctx, func(ctx context.Context, m cloud.Machine) error {
		counters, err = m.Do(ctx, c)
		return err
	})
	return counters, err
}

// inMachine is what an effect on a machine leaves: nothing where none ran.
func (t *target) inMachine() remains {
	if t.machine == nil {
		return leavesNothing
	}
	return leavesFault
}

// replaced says in words that the machine that was hit runs no more, so that what
// was done to it is gone with it.
func (t *target) replaced() (words string, yes bool) {
	if t.machine == nil {
		return "", false
	}
	now, ok := t.lab.Machine(t.name)
	switch {
	case !ok:
		return fmt.Sprintf("process %s of %s is gone, and the fault with it", t.identity, t.name), true
	case now.Identity() != t.identity:
		return fmt.Sprintf("process %s of %s was replaced by %s, and the fault is gone with it", t.identity, t.name, now.Identity()), true
	}
	return "", false
}

func (t *target) patience() patience { return patience{t.limit.connect, t.limit.answer} }

// perished says in words that the instance that was hit is gone for good.
func (t *target) perished() (words string, yes bool) {
	now, ok := t.instance(t.name)
	if ok && !ending(now) {
		return "", false
	}
	state := terminated
	if ok {
		state = now.State
	}
	return fmt.Sprintf("%s is %s, and the fault is gone with it", t.name, state), true
}

// look looks once at the instance's present address.
func (t *target) look(ctx context.Context) Sight {
	return t.lookAt(ctx, t.name, healthPath, t.patience())
}

// see looks until want is met, at most limit of lab time. The last look is returned.
func (t *target) see(ctx context.Context, limit time.Duration, want func(Sight) bool) (Sight, bool) {
	var last Sight
	ok := t.until(ctx, limit, func() bool {
		last = t.look(ctx)
		return want(last)
	})
	return last, ok
}

// answers waits until the instance answers, and says so. An error is an answer: it is
// another fault's, and the process that gives it is there.
func (t *target) answers(ctx context.Context, limit time.Duration) (string, bool) {
	s, ok := t.see(ctx, limit, Sight.answered)
	return s.String(), ok
}

// mustAnswer fails when the instance gives no answer before an action that wants to be
// seen by the lack of one.
func (t *target) mustAnswer(ctx context.Context) error {
	if s := t.look(ctx); !s.answered() {
		return fmt.Errorf("%s gave no answer before: %s", t.name, s)
	}
	return nil
}

// mustServe fails when the instance gives no good answer to a request like the
// clients', before an action that wants to be seen by a bad one.
func (t *target) mustServe(ctx context.Context) error {
	var last Sight
	for range roundTrips {
		if last = t.ask(ctx); last.Good() {
			return nil
		}
	}
	return fmt.Errorf("%s gave no good answer to a client's request before: %s", t.name, last)
}

// ask looks once as the clients do, with a request that costs the work of theirs.
func (t *target) ask(ctx context.Context) Sight {
	return t.lookAt(ctx, t.name, t.path(), patience{t.limit.connect, t.limit.request})
}

// notYet fails when the instance already shows what the evidence of an action will
// be.
func (t *target) notYet(ctx context.Context, evidence Sighting) error {
	if s := t.look(ctx); s.Saw == evidence || s.Saw == Nowhere {
		return fmt.Errorf("%s was in that state before: %s", t.name, s)
	}
	return nil
}

// state waits until the instance is in one of the states.
func (t *target) state(ctx context.Context, states ...string) (string, error) {
	var now Instance
	reached := false
	t.until(ctx, t.limit.operation, func() bool {
		now, _ = t.instance(t.name)
		reached = slices.Contains(states, now.State)
		return reached || now.State == terminated
	})
	if !reached {
		return now.State, fmt.Errorf("wait for %s to be %s: it is %s", t.name, states[0], now.State)
	}
	return now.State, nil
}
