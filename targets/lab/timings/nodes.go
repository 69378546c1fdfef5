package timings

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"showdown"
)

// The timings of nodes and their name.
const (
	refusedNode = "node that refuses leaves the name's answer"
	silentNode  = "node that is silent leaves the name's answer"
	wellNode    = "node that works again is in the name's answer"
	silentBack  = "node that was silent is in the name's answer"
	kept        = "clients keep the name's answer"
	shifted     = "zonal shift takes the node out of the name's answer"
	shiftEnds   = "zonal shift expires"
	lastClient  = "node is silent -> its last client has left it"
)

// shiftLength is how long the zonal shifts are.
const shiftLength = 5 * showdown.Minute

// failNodes lets two of the three nodes of load balancers fail, again and again: one
// dies and one freezes, each at a random moment.
func failNodes(ctx context.Context, s *stand) error {
	var all []func(context.Context) error
	for _, balancer := range []string{"two", "three", "four"} {
		all = append(all, func(ctx context.Context) error {
			nodes := s.nodesOf(balancer)
			for round := range 4 {
				dies, freezes := nodes[round%3].Name, nodes[(round+1)%3].Name
				if err := together(ctx,
					func(ctx context.Context) error { return s.killNode(ctx, dies) },
					func(ctx context.Context) error { return s.freezeNode(ctx, freezes) },
				); err != nil {
					return err
				}
			}
			return s.shiftAway(ctx, balancer)
		})
	}
	return together(ctx, all...)
}

// inDNS waits until a node is in the name's answer because it serves, or not in it.
func (s *stand) inDNS(ctx context.Context, since time.Time, node string, in bool) (seen, error) {
	p := of(showdown.BalancerNode, node, "in_dns", in)
	if in {
		// And not because none would be left.
		p.with = append(p.with, "reason", "it serves")
	}
	return s.await(ctx, since, p)
}

// killNode kills a node's process, and starts it again when it is withdrawn.
func (s *stand) killNode(ctx context.Context, node string) error {
	if err := s.moment(ctx, showdown.Minute/2); err != nil {
		return err
	}
	m, _ := s.NodeMachine(node)
	since := time.Now()
	if err := m.Kill(ctx); err != nil {
		return err
	}
	gone, err := s.inDNS(ctx, since, node, false)
	if err != nil {
		return err
	}
	if err := s.take(refusedNode, gone.at.Sub(since)); err != nil {
		return err
	}
	if err := s.moment(ctx, showdown.Minute/2); err != nil {
		return err
	}
	if err := s.RestartNode(ctx, node); err != nil {
		return err
	}
	since = time.Now() // it listens
	back, err := s.inDNS(ctx, since, node, true)
	if err != nil {
		return err
	}
	return s.take(wellNode, back.at.Sub(since))
}

// freezeNode freezes a node, and lets it run on when it is withdrawn.
func (s *stand) freezeNode(ctx context.Context, node string) error {
	if err := s.moment(ctx, showdown.Minute/2); err != nil {
		return err
	}
	since := time.Now()
	if err := s.pause(ctx, node); err != nil {
		return err
	}
	gone, err := s.inDNS(ctx, since, node, false)
	if err != nil {
		return err
	}
	if err := s.take(silentNode, gone.at.Sub(since)); err != nil {
		return err
	}
	if err := s.moment(ctx, showdown.Minute/2); err != nil {
		return err
	}
	since = time.Now()
	if err := s.resume(ctx, node); err != nil {
		return err
	}
	back, err := s.inDNS(ctx, since, node, true)
	if err != nil {
		return err
	}
	return s.take(silentBack, back.at.Sub(since))
}

// shiftAway shifts a load balancer away from each of its zones.
func (s *stand) shiftAway(ctx context.Context, balancer string) error {
	b, err := s.Balancer(balancer)
	if err != nil {
		return err
	}
	for _, n := range s.nodesOf(balancer)[:2] {
		since := time.Now()
		if err := b.StartZonalShift(n.Zone, shiftLength); err != nil {
			return err
		}
		out, err := s.inDNS(ctx, since, n.Name, false)
		if err != nil {
			return err
		}
		if err := s.take(shifted, out.at.Sub(since)); err != nil {
			return err
		}
		in, err := s.inDNS(ctx, out.at, n.Name, true)
		if err != nil {
			return err
		}
		if err := s.take(shiftEnds, in.at.Sub(since)); err != nil {
			return err
		}
	}
	return nil
}

// resolve sends requests to a name and looks when clients ask for its addresses again,
// and how long they go on asking a node that is frozen.
func resolve(ctx context.Context, s *stand) error {
	var (
		mu   sync.Mutex
		hits []showdown.Hit
	)
	traffic, err := s.traffic(ctx, func(more []showdown.Hit) {
		mu.Lock()
		defer mu.Unlock()
		hits = append(hits, more...)
	})
	if err != nil {
		return err
	}
	if err := s.sleep(ctx, 6*showdown.Minute); err != nil {
		return err
	}
	calm := time.Since(traffic.zero)
	type outage struct {
		from    time.Duration
		address string
	}
	var outages []outage
	for range 2 {
		for _, n := range s.nodesOf("one") {
			if err := s.moment(ctx, showdown.Minute/2); err != nil {
				return err
			}
			since := time.Now()
			outages = append(outages, outage{since.Sub(traffic.zero), n.Public})
			if err := s.pause(ctx, n.Name); err != nil {
				return err
			}
			if err := s.sleep(ctx, 2*showdown.Minute); err != nil {
				return err
			}
			since = time.Now()
			if err := s.resume(ctx, n.Name); err != nil {
				return err
			}
			if _, err := s.inDNS(ctx, since, n.Name, true); err != nil {
				return err
			}
		}
	}
	if err := traffic.end(); err != nil {
		return err
	}
	for _, d := range lookups(hits, calm) {
		if err := s.take(kept, d); err != nil {
			return err
		}
	}
	for _, o := range outages {
		last := time.Duration(0)
		for _, h := range hits {
			if h.Address == o.address && h.Sent >= o.from && h.Sent < o.from+s.clock.Lab(2*showdown.Minute) {
				last = max(last, h.Sent)
			}
		}
		if err := s.take(lastClient, last-o.from); err != nil {
			return err
		}
	}
	return nil
}

// lookups are the times from one answer of a name server to the next one, for each
// client, until a moment.
func lookups(hits []showdown.Hit, until time.Duration) []time.Duration {
	answers := map[uint32][]time.Duration{}
	hits = slices.Clone(hits)
	slices.SortFunc(hits, func(a, b showdown.Hit) int { return cmp.Compare(a.Sent, b.Sent) })
	for _, h := range hits {
		if h.DNSAge <= 0 || h.Sent > until {
			continue
		}
		// The same answer is used again and again; a busy machine blurs its moment.
		at, known := h.Sent-h.DNSAge, answers[h.Client]
		if n := len(known); n == 0 || at-known[n-1] > 100*time.Millisecond {
			answers[h.Client] = append(known, at)
		}
	}
	var out []time.Duration
	for _, known := range answers {
		// The first one was given before the traffic began.
		for i := 2; i < len(known); i++ {
			out = append(out, known[i]-known[i-1])
		}
	}
	return out
}
