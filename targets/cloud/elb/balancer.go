package elb

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// Balancer is one load balancer. Its methods are safe for concurrent use. Operations
// return at once, as those of Elastic Load Balancing do, and go on in [Balancer.Run].
type Balancer struct {
	cfg  Config // its Spec never changes; what can be changed is in groups
	name string // in DNS

	mu     sync.Mutex
	groups []*group
	nodes  []*node // in the order of the zones; none before Up
	shift  *shift
	// version counts the changes that nodes are told.
	version uint64
	// letters are notes of the nodes, changed the instances that EC2 changed: Run takes
	// them in.
	letters []letter
	changed []string
	wake    chan struct{}
	running bool
	closed  bool

	upAt, downAt time.Time
	samples      []sample

	outbox outbox
}

// shift is a zonal shift.
type shift struct {
	zone  string
	until time.Time
	// moot says that it has no effect at present.
	moot bool
}

// New is a load balancer without nodes. It fails for one that AWS would not accept, and
// with [showdown.ErrTooFast] when the speed is too high for its health checks. It starts
// nothing.
func New(c Config) (*Balancer, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("elb: load balancer %q: %w", c.Spec.Name, err)
	}
	c.Spec = normal(c.Spec)
	b := &Balancer{
		cfg: c, name: c.dnsName(), wake: make(chan struct{}, 1),
		outbox: outbox{cloud.Outbox[showdown.Event]{Send: func(e showdown.Event) {
			if c.Emit != nil {
				c.Emit(e)
			}
		}}},
	}
	for _, g := range c.Spec.TargetGroups {
		added := &group{TargetGroup: g}
		for _, l := range c.Spec.Listeners {
			for _, f := range l.Forward {
				added.forwarded = added.forwarded || f.TargetGroup == g.Name
			}
		}
		b.groups = append(b.groups, added)
	}
	return b, nil
}

// Name is the load balancer's name.
func (b *Balancer) Name() string { return b.cfg.Spec.Name }

// DNSName is the name that Elastic Load Balancing gives the load balancer, without a
// final dot: "web-1234567890.us-east-1.elb.amazonaws.com".
func (b *Balancer) DNSName() string { return b.name }

// Addresses is what the DNS name, and an alias to the load balancer, answers now: the
// public addresses of the nodes that are not withdrawn, in the order of their zones. It
// is empty before [Balancer.Up]. The name's TTL is 60 seconds (ELB User Guide, How
// Elastic Load Balancing works).
func (b *Balancer) Addresses() []netip.Addr {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []netip.Addr
	for _, n := range b.nodes {
		if a, err := netip.ParseAddr(n.public); err == nil && n.inDNS {
			out = append(out, a)
		}
	}
	return out
}

// NodeView is a node as it is now.
type NodeView struct {
	Name, Zone      string
	Private, Public string
	// InDNS says that its address is in the name's answer, Reason why or why not.
	InDNS  bool
	Reason string
	// Alive says that its process runs; Dead that the control plane finds it dead.
	Alive, Dead bool
}

// Nodes are the nodes in the order of the zones; none before [Balancer.Up].
func (b *Balancer) Nodes() []NodeView {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]NodeView, len(b.nodes))
	for i, n := range b.nodes {
		out[i] = NodeView{
			Name: n.name, Zone: n.zone, Private: n.private, Public: n.public,
			InDNS: n.inDNS, Reason: n.reason, Alive: alive(n.machine), Dead: n.seen.dead,
		}
	}
	return out
}

// Machine is the living process of a node; ok is false when there is none.
func (b *Balancer) Machine(node string) (m cloud.Machine, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.node(node)
	if n == nil || !alive(n.machine) {
		return nil, false
	}
	return n.machine, true
}

func (b *Balancer) classic() bool { return b.cfg.Spec.Type == showdown.ClassicBalancer }

// group is the target group of that name; nil when there is none. b.mu is held.
func (b *Balancer) group(name string) *group {
	for _, g := range b.groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// node is the node of that name; nil when there is none. b.mu is held.
func (b *Balancer) node(name string) *node {
	for _, n := range b.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

// bump lets every node be told what has changed, and decides anew which are in the
// answer. b.mu is held.
func (b *Balancer) bump() {
	b.tellAll()
	b.refresh()
}

// tellAll lets every node be told what has changed. b.mu is held.
func (b *Balancer) tellAll() {
	b.version++
	for _, n := range b.nodes {
		n.poke()
	}
}

// unlock releases the Balancer and sends the events that were queued under the lock.
func (b *Balancer) unlock() {
	b.mu.Unlock()
	b.outbox.Flush()
}

// rouse lets Run look at what is to be done. b.mu is held.
func (b *Balancer) rouse() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// outbox sends the Balancer's events.
type outbox struct{ cloud.Outbox[showdown.Event] }

func (o *outbox) add(kind showdown.EventKind, target string, data map[string]any) {
	o.Put(showdown.Event{Kind: kind, Source: "elb", Target: target, Data: data})
}

// say notes a changed setting in words.
func (b *Balancer) say(format string, args ...any) {
	b.outbox.add(showdown.BalancerChanged, b.cfg.Spec.Name, map[string]any{"change": fmt.Sprintf(format, args...)})
}

// sayTarget notes a target's place in its register.
func (b *Balancer) sayTarget(g *group, t *target, to string, more map[string]any) {
	data := map[string]any{"balancer": b.cfg.Spec.Name, "group": g.Name, "to": to}
	for k, v := range more {
		data[k] = v
	}
	b.outbox.add(showdown.TargetState, t.name, data)
}

// address is where a target's application listens.
func address(private string) string { return net.JoinHostPort(private, strconv.Itoa(cloud.Port)) }

// ended is the error of ctx, with what it kept from being done.
func ended(ctx context.Context, what string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("elb: %s: %w", what, err)
	}
	return nil
}
