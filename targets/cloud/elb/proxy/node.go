package proxy

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// Config is what a node needs.
type Config struct {
	// Name and Zone are the node's.
	Name, Zone string
	// Private is the address that the node connects from.
	Private string
	// Speed is the clock's, and Seed that of everything the node draws.
	Speed float64
	Seed  uint64
	// Balancer is the configuration to begin with.
	Balancer cloud.Balancer
	// Notify takes what the node says on its own, one note at a time and in order; nil
	// drops it. It may call the node.
	Notify func(cloud.Note)
	// ConnState is told what client connections do, as that of an http.Server; nil is
	// nobody.
	ConnState func(net.Conn, http.ConnState)
	// Dial connects to a target from Private; nil is [Dial].
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// Node is a load balancer's node in one zone. Its methods are safe for concurrent use.
type Node struct {
	config Config
	clock  showdown.Clock
	outbox cloud.Outbox[cloud.Note]

	idle, connect atomic.Int64 // nanoseconds
	keepAlives    atomic.Bool

	requests, accepted, active, opened atomic.Uint64
	bytes, far                         atomic.Uint64
	checks, late                       atomic.Uint64
	stall                              atomic.Int64 // nanoseconds

	mu        sync.Mutex
	balancer  cloud.Balancer
	sealer    sealer
	groups    map[string]*group
	listeners map[int][]share
	targets   map[targetKey]*target
	errors    map[int]uint64
	rng       *rand.Rand
	clients   map[*client]struct{}
	open      map[net.Listener]struct{}
	closed    bool
	life      context.Context // of the checks; nil while Run does not run
	work      sync.WaitGroup  // the checks
	serving   sync.WaitGroup  // the clients
}

// New makes a node that serves nobody and checks nothing yet.
func New(c Config) (*Node, error) {
	clock, err := showdown.NewClock(c.Speed)
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", c.Name, err)
	}
	if c.Dial == nil {
		source, err := netip.ParseAddr(c.Private)
		if err != nil {
			return nil, fmt.Errorf("node %s: %w", c.Name, err)
		}
		c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			tcp, err := Dial(ctx, source, address)
			if err != nil {
				return nil, err
			}
			return tcp, nil
		}
	}
	n := &Node{
		config: c, clock: clock,
		groups: map[string]*group{}, listeners: map[int][]share{}, targets: map[targetKey]*target{},
		errors: map[int]uint64{}, clients: map[*client]struct{}{}, open: map[net.Listener]struct{}{},
		rng: rand.New(rand.NewPCG(c.Seed, hash(c.Name))),
	}
	n.outbox.Send = c.Notify
	n.keepAlives.Store(true)
	if err := n.Configure(c.Balancer); err != nil {
		return nil, err
	}
	return n, nil
}

func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = io.WriteString(h, p+"\x00")
	}
	return h.Sum64()
}

// Run checks the targets' health, and ends what must end, until ctx is done. It returns
// nil then. It may run again afterwards, not twice at a time.
func (n *Node) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	n.mu.Lock()
	if n.life != nil || n.closed {
		n.mu.Unlock()
		cancel()
		return errors.New("run node: it runs already, or is closed")
	}
	n.life = ctx
	for _, g := range n.groups {
		for _, t := range g.targets {
			n.watch(g, t)
		}
	}
	n.mu.Unlock()
	n.heartbeat(ctx)
	n.mu.Lock()
	n.life = nil
	for _, t := range n.targets {
		t.stop = nil
	}
	n.mu.Unlock()
	cancel()
	n.work.Wait()
	return nil
}

// Serve takes the connections of l for the listener of that port until Close, or until l
// fails; after Close the error is http.ErrServerClosed.
func (n *Node) Serve(l net.Listener, port int) error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return http.ErrServerClosed
	}
	n.open[l] = struct{}{}
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.open, l)
		n.mu.Unlock()
	}()
	for {
		conn, err := l.Accept()
		if err != nil {
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.closed {
				return http.ErrServerClosed
			}
			return err
		}
		if c := n.admit(conn, port); c != nil {
			go func() {
				defer n.serving.Done()
				c.serve()
			}()
		}
	}
}

// admit makes a client of a connection; nil when the node is closed.
func (n *Node) admit(conn net.Conn, port int) *client {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		_ = conn.Close()
		return nil
	}
	c := newClient(n, conn, port, n.rng.Uint64(), n.rng.Uint64())
	n.clients[c] = struct{}{}
	n.serving.Add(1)
	n.accepted.Add(1)
	n.active.Add(1)
	n.tell(conn, http.StateNew)
	return c
}

func (n *Node) leave(c *client) {
	n.mu.Lock()
	delete(n.clients, c)
	n.mu.Unlock()
	n.active.Add(^uint64(0))
	n.tell(c.known, http.StateClosed)
}

func (n *Node) tell(c net.Conn, s http.ConnState) {
	if n.config.ConnState != nil {
		n.config.ConnState(c, s)
	}
}

// SetKeepAlivesEnabled says whether client connections are kept for another request.
// Turned off, those that idle end at once.
func (n *Node) SetKeepAlivesEnabled(on bool) {
	n.keepAlives.Store(on)
	if on {
		return
	}
	for _, c := range n.known() {
		c.dismiss()
	}
}

func (n *Node) known() []*client {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]*client, 0, len(n.clients))
	for c := range n.clients {
		out = append(out, c)
	}
	return out
}

// Close ends all listeners and connections at once, and returns when nothing of them is
// left. Checks end with Run.
func (n *Node) Close() error {
	n.mu.Lock()
	n.closed = true
	for l := range n.open {
		_ = l.Close()
	}
	var targets []*target
	for _, t := range n.targets {
		targets = append(targets, t)
		t.quit()
	}
	n.mu.Unlock()
	for _, c := range n.known() {
		_ = c.conn.Close()
		c.abort(whyClosed, nil)
	}
	n.serving.Wait()
	for _, t := range targets {
		t.pool.shut()
	}
	return nil
}

// pickGroup is the group of a request to the listener of a port, nil where there is none,
// and how it binds clients.
func (n *Node) pickGroup(port int) (*group, binding) {
	n.mu.Lock()
	defer n.mu.Unlock()
	g := pickGroup(n.listeners[port])
	if g == nil {
		return nil, binding{}
	}
	return g, binding{sticky: g.sticky, key: n.sealer}
}

// route is where a request goes, as it was when that was decided.
type route struct {
	target  *target
	address string
	far     bool
}

// route chooses the target of a request: the one that its cookie names, if that may get
// it, else the one whose turn it is. Without one, status is why.
func (n *Node) route(g *group, bound string, now time.Time) (r route, status int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if g == nil || !g.registered {
		return r, http.StatusServiceUnavailable
	}
	var t *target
	if bound != "" {
		t = g.named(bound)
	}
	if t == nil {
		t = g.turn.pick(g.policy, now)
	}
	if t == nil {
		return r, http.StatusServiceUnavailable
	}
	t.outstanding++
	t.requests.Add(1)
	n.requests.Add(1)
	return route{t, t.Address, t.far}, 0
}

// release ends a request to a target.
func (n *Node) release(t *target) {
	n.mu.Lock()
	t.outstanding--
	n.tellDrained(t, time.Now(), 0)
	n.mu.Unlock()
	n.outbox.Flush()
}

// value is a cookie that binds to a target.
func (n *Node) value(s *stickiness, t *target, now time.Time) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var nonce [12]byte
	for i := 0; i < len(nonce); i += 4 {
		r := n.rng.Uint32()
		nonce[i], nonce[i+1], nonce[i+2], nonce[i+3] = byte(r), byte(r>>8), byte(r>>16), byte(r>>24)
	}
	return n.sealer.seal(stickyTo{t.group, t.Name, now.Add(s.lab)}, nonce)
}

// count notes an answer of the node itself.
func (n *Node) count(status int) {
	n.mu.Lock()
	n.errors[status]++
	n.mu.Unlock()
}
