package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime/debug"

	"showdown/targets/cloud"
	"showdown/targets/cloud/elb/proxy"
)

// application is what a machine serves: an HTTP server around an application, or a load
// balancer's node.
type application interface {
	Serve(net.Listener) error
	SetKeepAlivesEnabled(bool)
	Close() error
}

// node is a machine that is a load balancer's node in place of an instance.
type node struct {
	*proxy.Node
	port int

	// stop ends the checks, and done is closed when they have ended; nil while there are
	// none. The machine's lock guards them.
	stop context.CancelFunc
	done chan struct{}
}

func (n *node) Serve(l net.Listener) error { return n.Node.Serve(l, n.port) }

// newNode makes the node of m's configuration.
func newNode(m *machine) (*node, error) {
	private, err := netip.ParseAddr(m.config.Private)
	if err != nil {
		return nil, err
	}
	if err := checkListeners(*m.config.Balancer, m.config.Port); err != nil {
		return nil, err
	}
	n, err := proxy.New(proxy.Config{
		Name: m.config.Name, Zone: m.config.Zone, Private: m.config.Private,
		Speed: m.config.Speed, Seed: m.config.Seed, Balancer: *m.config.Balancer,
		Notify:    m.note,
		ConnState: m.states.note,
		Dial:      func(ctx context.Context, address string) (net.Conn, error) { return m.dial(ctx, private, address) },
	})
	if err != nil {
		return nil, err
	}
	return &node{Node: n, port: m.config.Port}, nil
}

// note passes on what the node says, as soon as somebody listens.
func (m *machine) note(n cloud.Note) {
	m.notes.Put(n)
	if m.noted.Load() {
		m.notes.Flush()
	}
}

// hear lets somebody listen to what the node says, and has said.
func (m *machine) hear(fn func(cloud.Note)) {
	m.notes.Send = fn
	m.noted.Store(true)
	m.notes.Flush()
}

// checkListeners refuses ports on which the machine does not listen.
func checkListeners(b cloud.Balancer, port int) error {
	for _, l := range b.Listeners {
		if l.Port != port {
			return fmt.Errorf("listener %d: the node listens at port %d alone", l.Port, port)
		}
	}
	return nil
}

// dial connects from the machine's own address. What is wrong with the machine is wrong
// with this connection as well.
func (m *machine) dial(ctx context.Context, private netip.Addr, address string) (net.Conn, error) {
	if !m.gate.wait(ctx.Done()) {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, os.ErrDeadlineExceeded
		}
		return nil, ctx.Err()
	}
	tcp, err := proxy.Dial(ctx, private, address)
	if err != nil {
		return nil, err
	}
	c := newConn(tcp, private, m.gate, m.lag, m.conns.remove)
	c.quick = proxy.NewSocket(tcp)
	m.conns.add(c, func() { c.heed(m.guard.Load()) })
	if m.resetting.Load() {
		c.reset()
	}
	return c, nil
}

// check starts the checks of the targets' health, unless they run; m.mu is held.
func (n *node) check(ctx context.Context) {
	if n == nil || n.stop != nil {
		return
	}
	ctx, n.stop = context.WithCancel(ctx)
	done := make(chan struct{})
	n.done = done
	go func() {
		defer close(done)
		_ = n.Run(ctx) // it fails only where it runs already
	}()
}

// rest ends the checks; m.mu is held.
func (n *node) rest() {
	if n == nil || n.stop == nil {
		return
	}
	n.stop()
	<-n.done
	n.stop = nil
}

// balance replaces the configuration of the node.
func (m *machine) balance(b *cloud.Balancer) error {
	switch {
	case m.node == nil:
		return errors.New("it is no node of a load balancer")
	case b == nil:
		return errors.New("no configuration")
	}
	if err := checkListeners(*b, m.config.Port); err != nil {
		return err
	}
	return m.node.Configure(*b)
}

// The runtime of a machine that is a node: it answers for all the others, and its heap is
// small. Collecting it at every doubling of almost nothing would cost more than the
// requests.
const (
	nodeGCPercent   = 400
	nodeMemoryLimit = 256 << 20
)

// roomy sets the runtime for a node.
func roomy() (restore func()) {
	percent, limit := debug.SetGCPercent(nodeGCPercent), debug.SetMemoryLimit(nodeMemoryLimit)
	return func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(limit) }
}
