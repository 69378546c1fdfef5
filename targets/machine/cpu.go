package machine

import (
	"context"
	"sync"
	"time"

	"showdown/targets/cloud"
)

// maxNap bounds a wait on the virtual CPU before it is looked at again: a share that
// rises with the credit balance is never told.
const maxNap = 250 * time.Millisecond

// cpu lets requests wait on a [pool] in real time.
type cpu struct {
	mu      sync.Mutex
	pool    *pool
	changed chan struct{} // closed when the speed changes
}

func newCPU(p *pool) *cpu { return &cpu{pool: p, changed: make(chan struct{})} }

// work waits out one request's work. It reports false, at once, when the queue is
// full. When ctx ends it returns at once; the work stays on the books, as a server
// that does not notice a client's leaving would do it.
func (c *cpu) work(ctx context.Context) bool {
	c.mu.Lock()
	end, ok := c.pool.admit(time.Now())
	if !ok {
		c.mu.Unlock()
		return false
	}
	nap, changed := c.pool.remaining(end), c.changed
	c.mu.Unlock()
	if nap <= 0 {
		return true
	}
	t := time.NewTimer(min(nap, maxNap))
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-changed:
		case <-ctx.Done():
			return true
		}
		c.mu.Lock()
		c.pool.advance(time.Now())
		nap, changed = c.pool.remaining(end), c.changed
		c.mu.Unlock()
		if nap <= 0 {
			return true
		}
		t.Reset(min(nap, maxNap))
	}
}

// setSteal takes a share of the CPU away, also from requests under way.
func (c *cpu) setSteal(share float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pool.setSteal(time.Now(), share)
	close(c.changed)
	c.changed = make(chan struct{})
}

// setHeld holds every worker and every place of the queue, or lets go of them.
func (c *cpu) setHeld(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pool.setHeld(time.Now(), on)
}

// read adds the CPU's state to counters.
func (c *cpu) read(out *cloud.Counters) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pool.advance(time.Now())
	out.Speed = c.pool.share()
	out.Queue = c.pool.waiting()
	out.Busy = c.pool.busy()
	if c.pool.credits != nil {
		out.Balance, out.Launch = c.pool.credits.balance(), c.pool.credits.Launch
	}
}
