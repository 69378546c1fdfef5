package elb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// tellPatience bounds how long a node may take to take its configuration in. It is real
// time.
const tellPatience = time.Second

// node is a node as the Balancer keeps it; Balancer.mu guards it.
type node struct {
	name, zone      string
	private, public string

	machine cloud.Machine
	// life counts the machine's starts: what an earlier one said is void.
	life int
	// again says that the machine is not the first, and knows no target.
	again bool
	// told is the version that the machine has.
	told uint64
	seen opinion
	// inDNS says that it is in the name's answer, and reason why or why not.
	inDNS  bool
	reason string
	tally  tally

	// wake lets it be told; ops is held while its machine is started or ended.
	wake chan struct{}
	ops  chan struct{}
}

// lives says whether the control plane counts on the node.
func (n *node) lives() bool { return alive(n.machine) && !n.seen.dead }

// poke lets the node be told what it does not know yet.
func (n *node) poke() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *node) lock(ctx context.Context) error {
	select {
	case n.ops <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *node) unlock() { <-n.ops }

func alive(m cloud.Machine) bool {
	if m == nil {
		return false
	}
	select {
	case <-m.Done():
		return false
	default:
		return true
	}
}

// letter is a note on its way in.
type letter struct {
	node *node
	life int
	note cloud.Note
}

// start starts the node's machine with all that it has to know. n.ops is held.
func (b *Balancer) start(ctx context.Context, n *node, again bool) error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return errors.New("the load balancer is closed")
	}
	n.life++
	n.again = again
	life, version := n.life, b.version
	c := cloud.MachineConfig{
		Name: n.name, Lab: b.cfg.Lab, Zone: n.zone, Mark: b.cfg.Mark, Private: n.private, Port: cloud.Port,
		Speed: b.cfg.Clock.Speed(), Seed: b.cfg.seeded(n.name).Uint64(), Balancer: b.plan(n),
		Notify: func(note cloud.Note) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.letters = append(b.letters, letter{n, life, note})
			b.rouse()
		},
	}
	if n.public != "" {
		c.Public = []string{n.public}
	}
	b.mu.Unlock()
	if network := b.cfg.Network; network != nil {
		var err error
		c.Inbound, err = network.Attach(ctx, Interface{
			Name: n.name, Zone: n.zone, Groups: b.cfg.Spec.SecurityGroups, Private: n.private, Public: n.public,
		})
		if err != nil {
			return fmt.Errorf("node %q: %w", n.name, err)
		}
	}
	m, err := b.cfg.Backend.Start(ctx, c)
	if err != nil {
		return fmt.Errorf("node %q: %w", n.name, err)
	}
	b.mu.Lock()
	n.machine, n.told = m, version
	n.tally.next()
	if b.version != version {
		n.poke()
	}
	b.mu.Unlock()
	if b.cfg.Network != nil {
		b.cfg.Network.Attached(ctx, n.name)
	}
	return nil
}

// RestartNode starts the machine of a node whose process has ended, on its addresses. It
// knows no target: each has to pass its first checks. The node is in the name's answer
// again when the control plane finds it alive and it has a healthy target. It fails for a
// node that is not there or still runs.
func (b *Balancer) RestartNode(ctx context.Context, node string) error {
	b.mu.Lock()
	n := b.node(node)
	b.mu.Unlock()
	if n == nil {
		return fmt.Errorf("elb: restart node %q: there is none of that name", node)
	}
	if err := n.lock(ctx); err != nil {
		return fmt.Errorf("elb: restart node %q: %w", node, err)
	}
	defer n.unlock()
	b.mu.Lock()
	runs := alive(n.machine)
	if !runs {
		for _, g := range b.groups {
			for _, t := range g.targets {
				t.beliefs[n.name] = belief{state: Initial, since: time.Now()}
			}
		}
		b.refresh()
	}
	b.unlock()
	if runs {
		return fmt.Errorf("elb: restart node %q: it runs", node)
	}
	if err := b.start(ctx, n, true); err != nil {
		return fmt.Errorf("elb: restart: %w", err)
	}
	b.mu.Lock()
	b.say("node %s runs again", n.name)
	b.unlock()
	return nil
}

// tellNode tells a node what it does not know, whenever there is something, until ctx
// ends. A node that cannot be told is tried again when a look finds it alive.
func (b *Balancer) tellNode(ctx context.Context, n *node) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
			b.tell(ctx, n)
		}
	}
}

// tell sends a node its newest configuration.
func (b *Balancer) tell(ctx context.Context, n *node) {
	b.mu.Lock()
	m, version := n.machine, b.version
	if !alive(m) || n.told == version {
		b.mu.Unlock()
		return
	}
	order := cloud.Command{Verb: cloud.Balance, Balancer: b.plan(n)}
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, tellPatience)
	defer cancel()
	if _, err := m.Do(ctx, order); err != nil {
		return // it is told when a look finds it alive
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n.machine == m {
		n.told = version
	}
}

// lookAtNode looks at a node at each of its moments until ctx ends. The looks of the
// nodes do not know of each other: each has its own place in the interval.
func (b *Balancer) lookAtNode(ctx context.Context, wg *sync.WaitGroup, n *node, epoch time.Time) {
	every := max(b.cfg.Clock.Lab(lookEvery), floorLook)
	first := epoch.Add(time.Duration(b.cfg.seeded("look at " + n.name).Int64N(int64(every))))
	number, due := nextLook(first, every, time.Now())
	for cloud.SleepUntil(ctx, due) == nil {
		this := number
		wg.Go(func() {
			good := b.look(ctx, n)
			if ctx.Err() == nil {
				b.looked(n, this, good)
			}
		})
		// One that was late leaves out what it missed.
		number, due = nextLook(first, every, latest(time.Now(), due.Add(1)))
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// look says whether a node lives, by its first listener.
func (b *Balancer) look(ctx context.Context, n *node) bool {
	within, _ := b.cfg.Clock.Timeout(lookWithin, showdown.FloorHealthCheck)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	at := n.public
	if at == "" {
		at = n.private
	}
	return b.cfg.look(ctx, net.JoinHostPort(at, strconv.Itoa(b.cfg.Spec.Listeners[0].Port)))
}

// looked notes what a look found.
func (b *Balancer) looked(n *node, number int64, good bool) {
	b.mu.Lock()
	defer b.unlock()
	before := n.seen
	n.seen = before.observe(number, good)
	if good && n.told != b.version {
		n.poke()
	}
	if n.seen.dead != before.dead {
		b.refresh()
		b.rouse() // a dead node keeps no deregistration waiting
	}
}
