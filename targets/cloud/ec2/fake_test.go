package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"showdown/targets/cloud"
)

// fakeBackend runs machines that exist in memory only and behave like processes: an
// address has one owner, a frozen machine answers nothing, a dead one is dead.
type fakeBackend struct {
	// startTakes and stopTakes are how long a machine needs, in lab time.
	startTakes, stopTakes time.Duration

	mu      sync.Mutex
	started []cloud.MachineConfig
	owners  map[string]*fakeMachine // by address
	refuse  error                   // the next start fails with it
	pid     int
	lost    chan struct{}
	cut     map[string]bool // private addresses that no packet reaches
}

func newFakeBackend() *fakeBackend {
	return &fakeBackend{
		startTakes: 4 * time.Millisecond, stopTakes: time.Millisecond,
		owners: map[string]*fakeMachine{}, lost: make(chan struct{}), cut: map[string]bool{},
	}
}

func (b *fakeBackend) Fidelity(string) (string, bool) { return "in memory", true }

func (b *fakeBackend) Lost() <-chan struct{} { return b.lost }

func (b *fakeBackend) Start(ctx context.Context, c cloud.MachineConfig) (cloud.Machine, error) {
	select {
	case <-time.After(b.startTakes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refuse; err != nil {
		b.refuse = nil
		return nil, err
	}
	b.pid++
	m := &fakeMachine{b: b, c: c, id: cloud.Identity{PID: b.pid, Start: 1}, done: make(chan struct{}), thaw: make(chan struct{})}
	close(m.thaw)
	if c.Capacity.Credits != nil {
		m.launch = c.Capacity.Credits.Launch
		m.balance = m.launch + c.Capacity.Credits.Earned
	}
	m.addresses = append([]string{c.Private}, c.Public...)
	m.refusing = c.Refuse
	if err := m.bindAll(); err != nil {
		return nil, err
	}
	b.started = append(b.started, c)
	return m, nil
}

func (b *fakeBackend) refuseNext(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = err
}

func (b *fakeBackend) bind(m *fakeMachine, address string) error {
	if owner := b.owners[address]; owner != nil {
		return fmt.Errorf("listen on %s: address in use by %s", address, owner.c.Name)
	}
	b.owners[address] = m
	return nil
}

// cutOff lets no packet reach a private address any more, or lets them through again.
func (b *fakeBackend) cutOff(address string, cut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cut[address] = cut
}

// reach is the instance status check's question.
func (b *fakeBackend) reach(ctx context.Context, address string) bool {
	b.mu.Lock()
	cut := b.cut[address]
	b.mu.Unlock()
	if cut {
		<-ctx.Done()
	}
	return !cut
}

// silence is what answers gives for an address at which nothing answers and nothing
// refuses.
const silence = "(silence)"

// answers is the name of the machine that answers at address; empty is refused.
func (b *fakeBackend) answers(address string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.owners[address]; m != nil {
		if m.vacated {
			return silence
		}
		return m.c.Name
	}
	return ""
}

func (b *fakeBackend) machine(name string) *fakeMachine {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.owners {
		if m.c.Name == name {
			return m
		}
	}
	return nil
}

func (b *fakeBackend) configs(name string) []cloud.MachineConfig {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.started), func(c cloud.MachineConfig) bool { return c.Name != name })
}

type fakeMachine struct {
	b       *fakeBackend
	c       cloud.MachineConfig
	id      cloud.Identity
	done    chan struct{}
	thaw    chan struct{} // closed while the machine is not frozen
	frozen  bool
	balance float64
	launch  float64 // of the balance
	// addresses are what the machine was started with; while it refuses it has none.
	addresses []string
	refusing  bool
	// vacated says that it keeps its addresses and answers nothing.
	vacated bool
	// stopAsked is when Stop was called first.
	stopAsked time.Time
}

func (m *fakeMachine) bindAll() error {
	if m.refusing {
		return nil
	}
	for _, a := range m.addresses {
		if err := m.b.bind(m, a); err != nil {
			return err
		}
	}
	return nil
}

func (m *fakeMachine) Name() string             { return m.c.Name }
func (m *fakeMachine) Identity() cloud.Identity { return m.id }
func (m *fakeMachine) Done() <-chan struct{}    { return m.done }

func (m *fakeMachine) setBalance(launch, credits float64) {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	m.launch, m.balance = launch, credits
}

func (m *fakeMachine) awake(ctx context.Context) error {
	m.b.mu.Lock()
	thaw := m.thaw
	m.b.mu.Unlock()
	select {
	case <-thaw:
		return nil
	case <-m.done:
		return errors.New("the machine has ended")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *fakeMachine) Stop(ctx context.Context) error {
	m.b.mu.Lock()
	m.stopAsked = time.Now()
	m.b.mu.Unlock()
	if err := m.awake(ctx); err != nil {
		return m.Kill(ctx)
	}
	m.release()
	<-time.After(m.b.stopTakes)
	return m.Kill(ctx)
}

func (m *fakeMachine) release() {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	for a, owner := range m.b.owners {
		if owner == m {
			delete(m.b.owners, a)
		}
	}
}

func (m *fakeMachine) Kill(context.Context) error {
	m.release()
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	if alive(m) {
		close(m.done)
	}
	return nil
}

func (m *fakeMachine) Pause(context.Context) error {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	if !m.frozen {
		m.frozen, m.thaw = true, make(chan struct{})
	}
	return nil
}

func (m *fakeMachine) Resume(context.Context) error {
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	if m.frozen {
		m.frozen = false
		close(m.thaw)
	}
	return nil
}

func (m *fakeMachine) Do(ctx context.Context, c cloud.Command) (cloud.Counters, error) {
	if err := m.awake(ctx); err != nil {
		return cloud.Counters{}, err
	}
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	switch c.Verb {
	case cloud.Listen:
		return cloud.Counters{}, m.b.bind(m, c.Address)
	case cloud.Unlisten:
		if m.b.owners[c.Address] != m && !m.vacated {
			return cloud.Counters{}, fmt.Errorf("%s is not listening on %s", m.c.Name, c.Address)
		}
		if m.b.owners[c.Address] == m {
			delete(m.b.owners, c.Address)
		}
	case cloud.Refuse:
		if m.refusing && c.Off {
			m.refusing = false
			return cloud.Counters{}, m.bindAll()
		}
	case cloud.Vacate:
		m.vacated = true
	case cloud.Stats:
		return cloud.Counters{Balance: m.balance, Launch: m.launch, Speed: 1}, nil
	}
	return cloud.Counters{}, nil
}

// fakeAddresses counts: 10.0.0.n private, 198.51.100.n public, 203.0.113.n elastic.
type fakeAddresses struct {
	mu                       sync.Mutex
	private, public, elastic int
}

func (a *fakeAddresses) next(n *int, prefix string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*n++
	return fmt.Sprintf("%s.%d", prefix, *n), nil
}

func (a *fakeAddresses) Private(string) (string, error) { return a.next(&a.private, "10.0.0") }
func (a *fakeAddresses) Public() (string, error)        { return a.next(&a.public, "198.51.100") }
func (a *fakeAddresses) Elastic() (string, error)       { return a.next(&a.elastic, "203.0.113") }
