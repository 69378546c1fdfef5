package chaos

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// fakeMachine is a machine of a world, whose faults the probe below sees.
type fakeMachine struct {
	w    *world
	name string
	id   cloud.Identity

	mu        sync.Mutex
	paused    bool
	on        map[string]cloud.Command // by slot
	leaks     time.Time                // since when
	done      chan struct{}
	listening bool
}

func (m *fakeMachine) alive() bool {
	select {
	case <-m.done:
		return false
	default:
		return true
	}
}

func (m *fakeMachine) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.alive() {
		close(m.done)
	}
}

// frozen says that the process lives and does nothing.
func (m *fakeMachine) frozen() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.paused && m.alive()
}

func (m *fakeMachine) Name() string               { return m.name }
func (m *fakeMachine) Identity() cloud.Identity   { return m.id }
func (m *fakeMachine) Done() <-chan struct{}      { return m.done }
func (m *fakeMachine) Stop(context.Context) error { m.end(); return nil }

func (m *fakeMachine) Kill(ctx context.Context) error {
	m.w.tell("kill %s", m.name)
	if err := m.w.broken["kill"]; err != nil {
		return err
	}
	if m.w.deaf["kill"] { // the order takes its time, and comes through whoever waits for it
		m.w.later(killTime, m.end)
		select {
		case <-m.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.end()
	return nil
}

// killTime is how long the fake takes to kill where that takes time.
const killTime = 10 * showdown.Second

func (m *fakeMachine) Pause(context.Context) error  { return m.pause(true) }
func (m *fakeMachine) Resume(context.Context) error { return m.pause(false) }

func (m *fakeMachine) pause(on bool) error {
	m.w.tell("pause %s %t", m.name, on)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.alive() {
		return errEnded
	}
	m.paused = on
	return nil
}

var errEnded = errors.New("its process has ended")

func (m *fakeMachine) Do(ctx context.Context, c cloud.Command) (cloud.Counters, error) {
	requests, allowed := m.w.share(m.name)
	if m.frozen() && (c.Verb == cloud.Connect || m.w.dumb) {
		<-ctx.Done()
		return cloud.Counters{}, ctx.Err()
	}
	if c.Verb == cloud.Connect {
		return m.w.connects(ctx, m.name, c), nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.alive() {
		return cloud.Counters{}, errEnded
	}
	if c.Verb == cloud.Stats {
		used := 0.1 + m.on[string(cloud.Leak)].Share*time.Since(m.leaks).Seconds()
		return cloud.Counters{
			Requests: requests, Speed: allowed * (1 - m.on[string(cloud.Steal)].Share), MemoryMiB: 1024 * min(used, 1),
		}, nil
	}
	what := string(c.Verb)
	if c.Off {
		what = "off " + what
	}
	m.w.tell("%s %s", what, m.name)
	if err := m.w.broken[what]; err != nil {
		return cloud.Counters{}, err
	}
	switch {
	case m.w.deaf[what]:
	case c.Off:
		delete(m.on, slot(c))
	default:
		m.on[slot(c)] = c
		if c.Verb == cloud.Leak {
			m.leaks = time.Now()
		}
	}
	return cloud.Counters{}, nil
}

// slot is what a command turns on and off by itself.
func slot(c cloud.Command) string {
	if c.Deep {
		return "deep " + string(c.Verb)
	}
	return string(c.Verb)
}

// The probe.

const (
	roundTrip   = time.Millisecond
	serviceTime = 5 * time.Millisecond
)

func (w *world) look(ctx context.Context, place, path string, p patience) Sight {
	start := time.Now()
	s := w.sight(ctx, showdown.FromInternet, place, path, p)
	s.Took = time.Since(start)
	return s
}

func (w *world) sight(ctx context.Context, from, place, path string, p patience) Sight {
	if place == "" {
		return Sight{Saw: Nowhere}
	}
	m := w.behind(place)
	if m == nil {
		return w.nobody(ctx, place, p)
	}
	m.mu.Lock()
	on, paused, alive := maps.Clone(m.on), m.paused, m.alive()
	m.mu.Unlock()
	if !alive {
		return Sight{Saw: Refused}
	}
	_, cut := on[string(cloud.Blackhole)]
	if out, _ := w.keptOut(from, m.name); cut || out {
		wait(ctx, p.connect)
		return Sight{Saw: Unreachable}
	}
	if paused {
		wait(ctx, p.answer)
		return Sight{Saw: Silent}
	}
	wait(ctx, on[string(cloud.Delay)].Delay+roundTrip+4*on[string(cloud.Lag)].Delay)
	status := http.StatusOK
	if path != healthPath {
		if _, filled := on[string(cloud.Fill)]; filled {
			return Sight{Saw: Answered, Status: http.StatusServiceUnavailable}
		}
		wait(ctx, time.Duration(float64(serviceTime)/(1-on[string(cloud.Steal)].Share)))
		if on["deep errors"].Share > 0 {
			status = http.StatusInternalServerError
		}
	}
	if on[string(cloud.Errors)].Share > 0 {
		status = http.StatusInternalServerError
	}
	told := time.Now().Add(on[string(cloud.Skew)].Delay)
	return Sight{
		Saw: Answered, Status: status, Instance: m.name,
		Body: told.UTC().Format(time.RFC3339Nano) + " " + m.name + "\n",
	}
}

// nobody is what is met at an address behind which no machine is.
func (w *world) nobody(ctx context.Context, place string, p patience) Sight {
	ip, _, _ := net.SplitHostPort(place)
	w.mu.Lock()
	silent := w.places.silent[ip]
	w.mu.Unlock()
	if !silent {
		return Sight{Saw: Refused}
	}
	wait(ctx, p.connect)
	return Sight{Saw: Unreachable}
}

func (w *world) behind(place string) *fakeMachine {
	ip, _, _ := net.SplitHostPort(place)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.instances {
		if b.Public == ip || b.Private == ip {
			return b.machine
		}
	}
	for _, n := range w.az.nodes {
		if strings.HasPrefix(n.Address, ip+":") {
			return n.machine
		}
	}
	return nil
}

func (w *world) open(ctx context.Context, place string, p patience) (connection, Sight) {
	s := w.look(ctx, place, healthPath, p)
	if s.Saw != Answered {
		return nil, s
	}
	return &openConnection{w.behind(place)}, s
}

type openConnection struct{ m *fakeMachine }

func (c *openConnection) ask(_ string, answer time.Duration) Sight {
	c.m.mu.Lock()
	_, cut := c.m.on[string(cloud.Blackhole)]
	took := roundTrip + 2*c.m.on[string(cloud.Lag)].Delay
	c.m.mu.Unlock()
	_, severed := c.m.w.keptOut(showdown.FromInternet, c.m.name)
	if cut || severed || c.m.paused {
		wait(context.Background(), answer)
		return Sight{Saw: Silent, Took: answer}
	}
	wait(context.Background(), took)
	return Sight{Saw: Answered, Status: http.StatusOK, Took: took}
}

func (c *openConnection) close() {}
