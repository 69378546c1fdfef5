package proxy

import (
	"context"
	"time"
)

// heartbeat looks for what nothing wakes the node for: clients that have gone while they
// waited, and connections to targets that idle. It notes how late it came itself.
func (n *Node) heartbeat(ctx context.Context) {
	const period = lateness
	tick := time.NewTicker(period)
	defer tick.Stop()
	last := time.Now()
	swept := last
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		if late := int64(now.Sub(last) - period); late > n.stall.Load() {
			n.stall.Store(late)
		}
		last = now
		for _, c := range n.known() {
			c.look(now)
		}
		if idle := time.Duration(n.idle.Load()); now.Sub(swept) > idle/8 {
			swept = now
			n.expire(now.Add(-idle))
		}
	}
}

// expire closes the connections to targets that idle since before: a load balancer's
// side ends first where targets keep theirs for longer (User Guide for Application Load
// Balancers, Connection idle timeout).
func (n *Node) expire(before time.Time) {
	n.mu.Lock()
	targets := make([]*target, 0, len(n.targets))
	for _, t := range n.targets {
		targets = append(targets, t)
	}
	n.mu.Unlock()
	for _, t := range targets {
		t.pool.expire(before)
	}
}
