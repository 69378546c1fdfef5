package machine

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"showdown/targets/apps/clock"
	"showdown/targets/cloud"
	"showdown/targets/cloud/elb/proxy"
)

// newConnGrace is how long a graceful stop waits for the request of a connection
// that was accepted and has not said anything yet.
const newConnGrace = 50 * time.Millisecond

// apps are the applications that a machine can run; now is the machine's clock.
func apps() map[string]func(name string, now func() time.Time) http.Handler {
	return map[string]func(string, func() time.Time) http.Handler{
		"clock": clock.Handler,
	}
}

// machine is a running machine.
type machine struct {
	config cloud.MachineConfig
	app    http.Handler
	header []string // the value of X-Instance
	cpu    *cpu
	server application
	funnel *funnel
	conns  *connections
	gate   *gate
	lag    *lag
	memory *memory
	states states
	// node is what a load balancer's node serves in place of an application; nil for an
	// instance. notes are what it says on its own, kept until somebody listens.
	node *node
	// program is the application of one's own that the machine runs in place of a built-in
	// one; nil without.
	program *program
	notes   cloud.Outbox[cloud.Note]
	noted   atomic.Bool

	metrics         *http.Server
	metricsListener net.Listener

	requests, rejected, errors, denied atomic.Uint64

	// guard is who may reach the machine; nil lets everybody in.
	guard atomic.Pointer[guard]
	// attach puts a filter on a listener: attachFilter, but for tests.
	attach func(raw control, program []instruction) error

	resetting atomic.Bool  // each connection is reset
	delay     atomic.Int64 // nanoseconds added to each answer
	skew      atomic.Int64 // nanoseconds by which the clock is ahead
	failures  *failures

	mu                 sync.Mutex // held while a verb takes effect
	endpoints          map[netip.Addr]*endpoint
	blackhole, refused bool
	vacating, vacated  bool
	down               bool // its own program has ended
	closed             bool

	// life ends with the machine, and with it what orders still wait for.
	life context.Context
	end  context.CancelFunc
}

// newMachine checks c and makes its machine, which listens nowhere yet.
func newMachine(c cloud.MachineConfig, at time.Time) (*machine, error) {
	if c.Name == "" || c.Port < 1 || c.Port > 65534 {
		return nil, fmt.Errorf("machine %q: it needs a name and a port from 1 to 65534, not %d", c.Name, c.Port)
	}
	if c.Balancer != nil {
		c.Capacity = cloud.Capacity{VCPUs: 1, Iterations: 1} // nothing asks for it
	}
	if c.Program != nil {
		c.Capacity.Work = 0 // it takes what it takes of the computer's CPU
	}
	app, ok := apps()[c.App]
	if !ok && c.Balancer == nil && c.Program == nil {
		known := slices.Sorted(maps.Keys(apps()))
		return nil, fmt.Errorf("machine %s: unknown application %q; known: %s", c.Name, c.App, strings.Join(known, ", "))
	}
	pool, err := newPool(c.Capacity, c.Speed, at)
	if err != nil {
		return nil, fmt.Errorf("machine %s: %w", c.Name, err)
	}
	g, err := newGuard(c.Inbound, c.Port)
	if err != nil {
		return nil, fmt.Errorf("machine %s: %w", c.Name, err)
	}
	key := fnv.New64a()
	_, _ = io.WriteString(key, c.Name)
	m := &machine{
		config: c, header: []string{c.Name}, cpu: newCPU(pool),
		funnel:    &funnel{conns: make(chan net.Conn), done: make(chan struct{}), addr: &net.TCPAddr{Port: c.Port}},
		conns:     &connections{all: map[*conn]struct{}{}},
		gate:      &gate{},
		lag:       newLag(),
		memory:    &memory{total: float64(c.Capacity.MemoryMiB)},
		states:    states{changed: make(chan struct{}, 1), of: map[net.Conn]http.ConnState{}},
		endpoints: map[netip.Addr]*endpoint{},
		refused:   c.Refuse,
		attach:    attachFilter,
		failures:  &failures{rng: rand.New(rand.NewPCG(c.Seed, key.Sum64()))},
	}
	m.guard.Store(g)
	m.life, m.end = context.WithCancel(context.Background())
	quiet := log.New(io.Discard, "", 0) // what clients do wrong is theirs to record
	if c.Balancer == nil {
		if c.Program == nil {
			m.app = app(c.Name, m.now)
		}
		m.server = &http.Server{Handler: m, ErrorLog: quiet, ConnState: m.states.note}
	} else {
		if m.node, err = newNode(m); err != nil {
			return nil, fmt.Errorf("machine %s: %w", c.Name, err)
		}
		m.server = m.node
	}
	m.metrics = &http.Server{Handler: m.metricsHandler(), ErrorLog: quiet, ReadHeaderTimeout: 5 * time.Second}
	return m, nil
}

// listen binds all addresses of the configuration, and the metrics' port.
func (m *machine) listen() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range append([]string{m.config.Private}, m.config.Public...) {
		if err := m.bind(text); err != nil {
			return err
		}
	}
	private, err := netip.ParseAddr(m.config.Private)
	if err != nil {
		return err
	}
	m.metricsListener, err = net.Listen("tcp4", netip.AddrPortFrom(private, uint16(m.config.Port+1)).String())
	return err
}

// serve serves until close; it blocks.
func (m *machine) serve() error {
	m.mu.Lock()
	if !m.closed {
		m.node.check(m.life)
	}
	m.mu.Unlock()
	scraped := make(chan error, 1)
	go func() { scraped <- m.metrics.Serve(m.metricsListener) }()
	var errs []error
	for _, err := range []error{m.server.Serve(m.funnel), <-scraped} {
		if !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// bind adds an endpoint; m.mu is held. An address that is bound already is no error.
func (m *machine) bind(text string) error {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return fmt.Errorf("address %q: %w", text, err)
	}
	if m.closed {
		return net.ErrClosed
	}
	if m.endpoints[addr] != nil {
		return nil
	}
	e := &endpoint{
		addr:   netip.AddrPortFrom(addr, uint16(m.config.Port)),
		guard:  m.guard.Load(),
		attach: m.attach,
		mode:   refusing,
	}
	e.take = func(c *net.TCPConn) { m.take(c, e) }
	if err := e.set(m.mode()); err != nil {
		e.shut()
		return err
	}
	m.endpoints[addr] = e
	return nil
}

// take receives a connection that was accepted at an endpoint.
func (m *machine) take(tcp *net.TCPConn, at *endpoint) {
	c := newConn(tcp, at.addr.Addr(), m.gate, m.lag, m.conns.remove)
	if m.node != nil {
		c.quick = proxy.NewSocket(tcp)
	}
	// Known before the faults are looked at, so that a reset or a cut which begins
	// between the two finds either the connection here or itself there.
	m.conns.add(c, func() { c.heed(m.guard.Load()) })
	if m.resetting.Load() {
		c.reset()
		return
	}
	// Behind a filter, who gets here was let in when it came.
	if !at.filtered.Load() && !m.guard.Load().admits(c.remote, c.local) {
		m.turnAway(c)
		return
	}
	m.funnel.put(c)
}

// ServeHTTP answers a request as this machine does: it waits for the CPU, fails or
// lets the application answer, and waits the added delay. /healthz is answered by
// the server itself, whatever the CPU does and however many requests wait: it tells
// that the process lives and is not broken all through. So does the health path of a
// program of one's own, which answers it.
func (m *machine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()[clock.InstanceHeader] = m.header
	if m.asksHealth(r) {
		m.slow(r)
		if status, failed := m.failures.draw(true); failed {
			http.Error(w, http.StatusText(status), status)
			return
		}
		m.tellHealth(w, r)
		return
	}
	m.requests.Add(1)
	if !m.cpu.work(r.Context()) {
		m.rejected.Add(1)
		m.slow(r)
		http.Error(w, "too many requests wait for the CPU", http.StatusServiceUnavailable)
		return
	}
	m.slow(r)
	if status, failed := m.failures.draw(false); failed {
		m.errors.Add(1)
		http.Error(w, http.StatusText(status), status)
		return
	}
	m.app.ServeHTTP(w, r)
}

// slow waits the added delay.
func (m *machine) slow(r *http.Request) {
	d := time.Duration(m.delay.Load())
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// now is the machine's own clock.
func (m *machine) now() time.Time { return time.Now().Add(time.Duration(m.skew.Load())) }

// drain closes the listeners and waits until the requests in flight are answered, at
// most for limit. A machine that answers nothing any more is not waited for.
func (m *machine) drain(limit time.Duration) {
	m.mu.Lock()
	silent := m.blackhole
	m.shutEndpoints()
	m.mu.Unlock()
	if silent {
		return
	}
	m.quiesce(limit)
}

// close ends everything at once.
func (m *machine) close() {
	m.end()
	m.mu.Lock()
	m.shutEndpoints()
	m.node.rest()
	m.mu.Unlock()
	_ = m.server.Close()
	_ = m.funnel.Close()
	for _, c := range m.conns.at(netip.Addr{}) {
		_ = c.end()
	}
	_ = m.metrics.Close()
	if m.metricsListener != nil {
		_ = m.metricsListener.Close()
	}
}

func (m *machine) shutEndpoints() {
	m.closed = true
	for addr, e := range m.endpoints {
		e.shut()
		delete(m.endpoints, addr)
	}
}

// states counts the HTTP server's connections by what they do.
type states struct {
	mu      sync.Mutex
	of      map[net.Conn]http.ConnState
	changed chan struct{}
}

func (s *states) note(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	switch state {
	case http.StateNew, http.StateActive:
		s.of[c] = state
	default:
		delete(s.of, c)
	}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// count is how many connections have a request in flight, and how many have not said
// anything yet.
func (s *states) count() (active, silent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, state := range s.of {
		if state == http.StateActive {
			active++
		} else {
			silent++
		}
	}
	return active, silent
}
