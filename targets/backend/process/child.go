package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// child is a machine: one child process of the spawner.
type child struct {
	b      *Backend
	number int
	name   string
	entry  int

	first  chan cloud.Answer // ready, or why not
	notes  *notes            // what it says on its own; nil drops it
	done   chan struct{}     // closed when the process has ended
	over   chan struct{}     // closed when the journal knows it too
	exit   string            // how it ended; written before done is closed
	asked  atomic.Bool       // somebody here wants the end
	wanted bool              // somebody did when it came; written before done is closed

	mu      sync.Mutex
	who     cloud.Identity
	paused  bool
	nextID  int
	answers map[int]chan cloud.Answer
}

var _ cloud.Machine = (*child)(nil)

func (m *child) Name() string          { return m.name }
func (m *child) Done() <-chan struct{} { return m.done }

func (m *child) Identity() cloud.Identity {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.who
}

func (m *child) setIdentity(who journal.Identity) {
	m.mu.Lock()
	m.who = cloud.Identity(who)
	m.mu.Unlock()
}

// watch waits for the end of the process, and tells journal and lab.
func (m *child) watch() {
	defer close(m.over)
	<-m.done
	// An error leaves the entry pending: the next heal finds the process gone.
	_ = m.b.cfg.Journal.Done(m.entry)
	if m.wanted || m.b.cfg.OnLost == nil {
		return
	}
	m.b.cfg.OnLost(m.name, m.Identity())
}

func (m *child) answer(a cloud.Answer) {
	if a.Note != nil {
		m.notes.put(*a.Note)
		return
	}
	if a.ID == 0 {
		select {
		case m.first <- a:
		default:
		}
		return
	}
	m.mu.Lock()
	c := m.answers[a.ID]
	m.mu.Unlock()
	if c != nil {
		select {
		case c <- a:
		default:
		}
	}
}

// ended reports whether the process has ended.
func (m *child) ended() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// gone is the error of a call to a machine that has ended.
func (m *child) gone() error { return m.b.lostOr(fmt.Errorf("%w: %s", ErrEnded, m.exit)) }

func (m *child) signal(ctx context.Context, name string) error {
	_, err := m.b.call(ctx, request{Op: opSignal, Machine: m.number, Signal: name})
	if err != nil && m.ended() {
		return m.gone()
	}
	return err
}

// endedWith reports whether the process has ended although it could not be told to: by
// itself, or, which takes a moment, with the spawner, whose loss is the error then.
func (m *child) endedWith(ctx context.Context, err error) bool {
	if !errors.Is(err, ErrLost) {
		return m.ended()
	}
	ctx, cancel := context.WithTimeout(ctx, spawnWait)
	defer cancel()
	select {
	case <-m.done:
	case <-ctx.Done():
	}
	return m.ended()
}

// Stop asks the machine to shut down and returns when its process has ended. A
// machine that has ended already is no error; one that ctx did not give enough time
// is killed, and the error says so.
func (m *child) Stop(ctx context.Context) error {
	m.asked.Store(true)
	if m.ended() {
		return nil
	}
	if err := m.signal(ctx, signalTerm); err != nil {
		if m.endedWith(ctx, err) {
			return nil
		}
		return errors.Join(fmt.Errorf("stop %s: %w", m.name, err), m.Kill(context.WithoutCancel(ctx)))
	}
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		err := fmt.Errorf("stop %s: killed, it did not end in time: %w", m.name, context.Cause(ctx))
		return errors.Join(err, m.Kill(context.WithoutCancel(ctx)))
	}
}

// Kill ends the process at once and returns when it is gone. A machine that has
// ended already is no error.
func (m *child) Kill(ctx context.Context) error {
	m.asked.Store(true)
	if err := m.signal(ctx, signalKill); err != nil && !m.endedWith(ctx, err) {
		return fmt.Errorf("kill %s: %w", m.name, err)
	}
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("kill %s: %w", m.name, context.Cause(ctx))
	}
}

// discard kills a machine that did not start as it should, whatever became of ctx.
func (m *child) discard(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spawnWait)
	defer cancel()
	err := m.Kill(ctx)
	if err == nil {
		<-m.over
	}
	return err
}

// Pause freezes the process and returns when the kernel says that it is stopped.
func (m *child) Pause(ctx context.Context) error {
	m.setPaused(true)
	if err := m.signal(ctx, signalStop); err != nil {
		m.setPaused(false)
		return fmt.Errorf("pause %s: %w", m.name, err)
	}
	return nil
}

// Resume lets a frozen process run on.
func (m *child) Resume(ctx context.Context) error {
	if err := m.signal(ctx, signalCont); err != nil {
		return fmt.Errorf("resume %s: %w", m.name, err)
	}
	m.setPaused(false)
	return nil
}

func (m *child) setPaused(paused bool) {
	m.mu.Lock()
	m.paused = paused
	m.mu.Unlock()
}

// Do carries out a command and returns when the machine says that it is in effect.
func (m *child) Do(ctx context.Context, c cloud.Command) (cloud.Counters, error) {
	counters, err := m.do(ctx, c)
	if err != nil {
		return counters, fmt.Errorf("%s on %s: %w", c.Verb, m.name, err)
	}
	return counters, nil
}

func (m *child) do(ctx context.Context, c cloud.Command) (cloud.Counters, error) {
	m.mu.Lock()
	if m.paused {
		m.mu.Unlock()
		return cloud.Counters{}, ErrPaused
	}
	m.nextID++
	id, answer := m.nextID, make(chan cloud.Answer, 1)
	m.answers[id] = answer
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.answers, id)
		m.mu.Unlock()
	}()
	order, err := json.Marshal(cloud.Order{ID: id, Command: c})
	if err != nil {
		return cloud.Counters{}, err
	}
	if _, err := m.b.call(ctx, request{Op: opSend, Machine: m.number, Line: order}); err != nil {
		if m.ended() {
			err = m.gone()
		}
		return cloud.Counters{}, err
	}
	select {
	case a := <-answer:
		switch {
		case a.Error != "":
			return cloud.Counters{}, errors.New(a.Error)
		case a.Counters != nil:
			return *a.Counters, nil
		}
		return cloud.Counters{}, nil
	case <-m.done:
		return cloud.Counters{}, m.gone()
	case <-ctx.Done():
		return cloud.Counters{}, context.Cause(ctx)
	}
}
