package elb

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"showdown/targets/cloud"
)

// world is instances and nodes that exist in memory only. A node behaves like a process:
// it takes its configuration, checks its targets with one ticker and says what it thinks.
type world struct {
	startTakes time.Duration

	mu        sync.Mutex
	instances map[string]*fakeInstance
	machines  []*fakeNode // in the order of their starts
	attached  []string    // by the security groups
	refuse    map[string]error
	given     int
	pid       int
}

// fakeInstance is an instance; fails is what its health check meets, empty when it is fine.
type fakeInstance struct {
	Instance
	fails string
}

const silent = "no answer in time"

func newWorld() *world {
	return &world{startTakes: 2 * time.Millisecond, instances: map[string]*fakeInstance{}, refuse: map[string]error{}}
}

func (w *world) add(name, zone string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instances[name] = &fakeInstance{Instance: Instance{Private: fmt.Sprintf("10.0.0.%d", len(w.instances)+1), Zone: zone, Running: true}}
}

func (w *world) change(name string, f func(*fakeInstance)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w.instances[name])
}

func (w *world) instance(name string) (Instance, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in, ok := w.instances[name]
	if !ok {
		return Instance{}, false
	}
	return in.Instance, true
}

func (w *world) address(zone string) (private, public string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.given++
	return fmt.Sprintf("10.0.1.%d", w.given), fmt.Sprintf("198.51.100.%d", w.given), nil
}

// Attach and Attached are the security groups of a world: the node's own prefix.
func (w *world) Attach(_ context.Context, in Interface) (*cloud.Inbound, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attached = append(w.attached, fmt.Sprint("attach ", in))
	return &cloud.Inbound{Allow: []cloud.Allowed{{From: netip.MustParsePrefix("0.0.0.0/0"), Port: cloud.Port}}}, nil
}

func (w *world) Attached(_ context.Context, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attached = append(w.attached, "attached "+name)
}

func (w *world) Fidelity(string) (string, bool) { return "in memory", true }

func (w *world) Start(ctx context.Context, c cloud.MachineConfig) (cloud.Machine, error) {
	select {
	case <-time.After(w.startTakes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.refuse[c.Name]; err != nil {
		return nil, err
	}
	w.pid++
	m := &fakeNode{
		w: w, c: c, id: cloud.Identity{PID: w.pid, Start: 1}, done: make(chan struct{}), thaw: make(chan struct{}),
		minds: map[targetKey]*mind{}, busy: map[string]int{},
	}
	close(m.thaw)
	m.configs = append(m.configs, c.Balancer)
	w.machines = append(w.machines, m)
	go m.check()
	return m, nil
}

// node is the newest machine of that name.
func (w *world) node(name string) *fakeNode {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range slices.Backward(w.machines) {
		if m.c.Name == name {
			return m
		}
	}
	return nil
}

// look is what a look at a node's public address finds.
func (w *world) look(ctx context.Context, at string) bool {
	w.mu.Lock()
	for _, m := range slices.Backward(w.machines) {
		if m.c.Public[0]+":8080" == at {
			frozen, dead := m.frozen || m.cut, !alive(m)
			w.mu.Unlock()
			if frozen {
				<-ctx.Done()
			}
			return !frozen && !dead
		}
	}
	w.mu.Unlock()
	return false
}

// fakeNode is a node; world.mu guards it.
type fakeNode struct {
	w       *world
	c       cloud.MachineConfig
	id      cloud.Identity
	done    chan struct{}
	thaw    chan struct{} // closed while it is not frozen
	frozen  bool
	cut     bool // no look reaches it
	configs []*cloud.Balancer
	minds   map[targetKey]*mind
	busy    map[string]int // requests in flight, by target
	stats   cloud.BalancerCounters
}

// mind is what the node thinks of a target; drained says that it has said so.
type mind struct {
	registered time.Time
	state      string
	against    int
	drained    bool
}

func (m *fakeNode) Name() string                   { return m.c.Name }
func (m *fakeNode) Identity() cloud.Identity       { return m.id }
func (m *fakeNode) Done() <-chan struct{}          { return m.done }
func (m *fakeNode) Stop(ctx context.Context) error { return m.Kill(ctx) }

func (m *fakeNode) Kill(context.Context) error {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	if alive(m) {
		close(m.done)
	}
	return nil
}

func (m *fakeNode) Pause(context.Context) error {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	if !m.frozen {
		m.frozen, m.thaw = true, make(chan struct{})
	}
	return nil
}

func (m *fakeNode) Resume(context.Context) error {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	if m.frozen {
		m.frozen = false
		close(m.thaw)
	}
	return nil
}

func (m *fakeNode) Do(ctx context.Context, c cloud.Command) (cloud.Counters, error) {
	m.w.mu.Lock()
	thaw := m.thaw
	m.w.mu.Unlock()
	select {
	case <-thaw:
	case <-m.done:
		return cloud.Counters{}, errors.New("the machine has ended")
	case <-ctx.Done():
		return cloud.Counters{}, ctx.Err()
	}
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	switch c.Verb {
	case cloud.Balance:
		m.configs = append(m.configs, c.Balancer)
		m.drain(c.Balancer)
	case cloud.Stats:
		counters := m.stats
		return cloud.Counters{Balancer: &counters}, nil
	}
	return cloud.Counters{}, nil
}

// config is what the node was told last.
func (m *fakeNode) config() *cloud.Balancer {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	return m.configs[len(m.configs)-1]
}

func (m *fakeNode) told() int {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	return len(m.configs)
}

// set changes the node under the world's lock, and drains what has become idle.
func (m *fakeNode) set(f func()) {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	f()
	m.drain(m.configs[len(m.configs)-1])
}

// drain says which draining targets have nothing in flight, and cuts at the deadline.
// world.mu is held.
func (m *fakeNode) drain(c *cloud.Balancer) {
	for _, g := range c.Groups {
		for _, t := range g.Targets {
			mine := m.mind(g.Name, t)
			if !t.Draining || mine.drained {
				continue
			}
			if m.busy[t.Name] == 0 {
				mine.drained = true
				m.say(cloud.Note{Drained: &cloud.DrainedNote{Group: g.Name, Target: t.Name}})
				continue
			}
			time.AfterFunc(time.Until(t.Until), func() {
				m.w.mu.Lock()
				defer m.w.mu.Unlock()
				if !mine.drained && alive(m) {
					mine.drained = true
					m.say(cloud.Note{Drained: &cloud.DrainedNote{Group: g.Name, Target: t.Name, Cut: m.busy[t.Name]}})
				}
			})
		}
	}
}

// say sends a note. world.mu is held: the Balancer only keeps it.
func (m *fakeNode) say(n cloud.Note) {
	n.At = time.Now()
	m.c.Notify(n)
}

// mind is what the node thinks of a target, anew for one that was registered again.
func (m *fakeNode) mind(group string, t cloud.BalancerTarget) *mind {
	key := targetKey{group, t.Name}
	if m.minds[key] == nil || !m.minds[key].registered.Equal(t.Registered) {
		m.minds[key] = &mind{registered: t.Registered, state: cloud.TargetInitial}
		if t.Known {
			m.minds[key].state = cloud.TargetHealthy
		}
	}
	return m.minds[key]
}

// check looks at the targets once an interval, about half an interval after the start
// first: no two zones at the same moment.
func (m *fakeNode) check() {
	wait := m.config().Groups[0].Check.Interval * time.Duration(5+m.c.Zone[len(m.c.Zone)-1]-'a') / 10
	for {
		select {
		case <-m.done:
			return
		case <-time.After(wait):
		}
		m.w.mu.Lock()
		c := m.configs[len(m.configs)-1]
		wait = c.Groups[0].Check.Interval
		for _, g := range c.Groups {
			for _, t := range g.Targets {
				if !t.Draining && !t.Unused && !m.frozen {
					m.see(g, t, m.mind(g.Name, t))
				}
			}
		}
		m.w.mu.Unlock()
	}
}

func (m *fakeNode) see(g cloud.BalancerGroup, t cloud.BalancerTarget, mine *mind) {
	fails := m.w.instances[t.Name].fails
	if fails != silent {
		m.weigh(g, t, mine, fails)
		return
	}
	time.AfterFunc(g.Check.Timeout, func() {
		m.w.mu.Lock()
		defer m.w.mu.Unlock()
		if alive(m) {
			m.weigh(g, t, mine, fails)
		}
	})
}

func (m *fakeNode) weigh(g cloud.BalancerGroup, t cloud.BalancerTarget, mine *mind, fails string) {
	to, need := cloud.TargetHealthy, g.Check.Healthy
	switch {
	case fails != "":
		to, need = cloud.TargetUnhealthy, g.Check.Unhealthy
	case mine.state == cloud.TargetInitial:
		need = g.Check.First
	}
	if mine.state == to {
		mine.against = 0
		return
	}
	if mine.against++; mine.against < need {
		return
	}
	reason := fmt.Sprintf("%d checks passed", need)
	if fails != "" {
		reason = fmt.Sprintf("%d checks failed: %s", need, fails)
	}
	m.say(cloud.Note{Health: &cloud.HealthNote{Group: g.Name, Target: t.Name, From: mine.state, To: to, Reason: reason}})
	mine.state, mine.against = to, 0
}
