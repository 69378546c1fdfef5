package attack

import (
	"context"
	"math/rand/v2"
	"time"

	"showdown"
)

// flight is a lookup of one client that several of its requests may wait for.
type flight struct {
	done chan struct{}
	// landed says that the cache has an answer; it is read after done was closed.
	landed bool
}

// route is where the client's next request may go, by what it has in its cache or, if
// that counts no more, by a name server's answer, which is waited for until the
// deadline. It has no addresses when the name is not resolved.
func (n *names) route(c *client, deadline time.Time) route {
	c.mu.Lock()
	now := time.Now()
	c.told(now)
	if c.cache.counts(now) {
		defer c.mu.Unlock()
		return c.choose()
	}
	f := c.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		c.flight = f
		// A goroutine of its own: the lookup goes on when the request that began it has
		// run out of time, and a later request has its answer.
		n.group.Go(func() { n.fly(c, f) })
	}
	c.mu.Unlock()

	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-f.done:
	case <-timer.C:
		return route{}
	}
	if !f.landed {
		return route{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Whoever waited for the answer may use it, even one that may not be kept.
	return c.choose()
}

// fly looks the client's name up and puts the answer into its cache.
func (n *names) fly(c *client, f *flight) {
	c.mu.Lock()
	c.lookups++
	lookups := c.lookups
	c.mu.Unlock()
	r, ok := n.look(n.ctx, c.host, c.number, lookups)
	c.mu.Lock()
	if ok {
		c.renew(n.entry(c.host, c.profile, r, time.Now()))
		f.landed = true
	}
	c.flight = nil
	c.mu.Unlock()
	close(f.done)
}

// look asks the name servers, [queryAttempts] questions at most, until one has an
// answer. It is false when none has. Who asks decides the order of the servers, and
// which of its lookups it is the questions' ids.
func (n *names) look(ctx context.Context, h *host, who, lookup uint32) (reply, bool) {
	order := rand.New(rand.NewPCG(n.seed, 0x646e73<<32|uint64(who))).Perm(len(n.servers)) // "dns"
	ids := rand.New(rand.NewPCG(n.seed, uint64(lookup)<<32|uint64(who)))
	for i := range queryAttempts {
		q := question{id: uint16(ids.Uint32()), name: h.name + "."}
		r, err := n.ask(ctx, n.servers[order[i%len(order)]], q, time.Now().Add(n.timeout))
		if err == nil && r.verdict != failing {
			return r, true
		}
		if ctx.Err() != nil {
			break
		}
	}
	return reply{}, false
}

// entry is a reply as a client of the profile keeps it, received at now.
func (n *names) entry(h *host, p showdown.Profile, r reply, now time.Time) entry {
	e := entry{fetched: now, expires: now.Add(n.clock.Lab(kept(p, r)))}
	if r.verdict == resolved {
		e.known = n.endpoints(h, r.addresses)
		e.forever = p == showdown.JVM
	}
	return e
}
