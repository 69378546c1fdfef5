package proxy

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"showdown/targets/cloud"
)

// group is a target group as a node has it. Everything but its targets' connections is
// guarded by the node's lock.
type group struct {
	cloud.BalancerGroup
	name    string // never changes
	policy  policy
	matcher matcher
	sticky  *stickiness
	targets []*target
	turn    turn
	// registered says that the group has a target where this node looks.
	registered bool
}

// refresh works out anew who may get requests.
func (g *group) refresh() {
	list, registered := eligible(g.targets, g.policy)
	g.turn.set(list)
	g.registered = registered
}

// named is the target of that name that may get requests; nil when it may not.
func (g *group) named(name string) *target {
	for _, t := range g.turn.list {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// targetKey tells a registration from every other one.
type targetKey struct {
	group, name string
	registered  int64
}

func keyOf(group string, t cloud.BalancerTarget) targetKey {
	return targetKey{group, t.Name, t.Registered.UnixNano()}
}

// target is a registered target. The node's lock guards it, but for its connections.
type target struct {
	member
	group string
	// far says that it is in another zone.
	far bool
	// stop ends its checks; nil while there are none.
	stop context.CancelFunc
	// gone says that it is not registered any more.
	gone bool
	// cutter ends the requests in flight when a draining target's delay has passed.
	cutter *time.Timer
	// cutting says that the requests in flight are being ended.
	cutting bool
	// drained says that the end of its draining was told.
	drained  bool
	requests atomic.Uint64
	pool     pool
}

// pool keeps the idle connections to a target, the last used at the end.
type pool struct {
	mu     sync.Mutex
	idle   []*backend
	closed bool
}

// backend is a connection to a target.
type backend struct {
	conn net.Conn
	in   reader
	// used says that an exchange was completed on it, since when it idles.
	used  bool
	since time.Time
}

// take is the connection that was used last; nil when there is none.
func (p *pool) take() *backend {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	b := p.idle[n-1]
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return b
}

// put keeps a connection for the next request.
func (p *pool) put(b *backend, now time.Time) {
	b.used, b.since = true, now
	b.in.rest()
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, b)
	}
	p.mu.Unlock()
	if closed {
		_ = b.conn.Close()
	}
}

// expire closes the connections that idle since before.
func (p *pool) expire(before time.Time) {
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && p.idle[n].since.Before(before) {
		n++
	}
	var old []*backend
	if n > 0 {
		old = append(old, p.idle[:n]...)
		rest := copy(p.idle, p.idle[n:])
		clear(p.idle[rest:])
		p.idle = p.idle[:rest]
	}
	p.mu.Unlock()
	for _, b := range old {
		_ = b.conn.Close()
	}
}

// shut closes the idle connections, and keeps none from now on.
func (p *pool) shut() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, b := range idle {
		_ = b.conn.Close()
	}
}

// open lets the pool keep connections again.
func (p *pool) open() {
	p.mu.Lock()
	p.closed = false
	p.mu.Unlock()
}
