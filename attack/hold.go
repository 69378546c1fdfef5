package attack

import (
	"maps"
	"time"

	"showdown"
)

// holdEvery is how often it is counted which addresses clients hold, in lab time.
const holdEvery = 250 * time.Millisecond

// holding is what the clients of a cohort hold at one time.
type holding struct {
	// clients have an answer that still counts.
	clients int
	// holders is how many of them would use each address, by the name of its instance
	// or the address itself.
	holders map[string]int
}

func (h holding) equal(o holding) bool {
	return h.clients == o.clients && maps.Equal(h.holders, o.holders)
}

// count is what the members, clients of one cohort, hold at now. It locks one client
// after the other, each for a few nanoseconds.
func (n *names) count(members []*client, now time.Time) holding {
	n.mu.Lock()
	all := n.all
	n.mu.Unlock()
	h := holding{holders: make(map[string]int)}
	counts := make([]int, len(all))
	for _, c := range members {
		c.mu.Lock()
		known, ok := c.holds(now)
		c.mu.Unlock()
		if !ok {
			continue
		}
		h.clients++
		for _, e := range known {
			// An address that was learnt after the count began is for the next count.
			if e.place < len(counts) {
				counts[e.place]++
			}
		}
	}
	for i, count := range counts {
		if count > 0 {
			h.holders[orDefault(n.instance(all[i].ip), all[i].ip)] += count
		}
	}
	return h
}

// watchHolders emits [showdown.ClientsHold] for each cohort that resolves a name,
// from zero on, whenever its numbers have changed.
func (r *running) watchHolders() {
	members := make([][]*client, len(r.cohorts))
	for _, c := range r.order {
		if c.host != nil {
			members[c.cohort] = append(members[c.cohort], c)
		}
	}
	last := make([]holding, len(r.cohorts))
	for next := r.zero; !r.pause(time.Until(next)); next = next.Add(holdEvery) {
		now := time.Now()
		for i, co := range r.cohorts {
			if co.host == nil {
				continue
			}
			h := r.names.count(members[i], now)
			if h.equal(last[i]) {
				continue
			}
			last[i] = h
			r.emit(r.holdEvent(co, h, now))
		}
	}
}

func (r *running) holdEvent(co cohort, h holding, now time.Time) showdown.Event {
	holders := make(map[string]any, len(h.holders))
	for name, count := range h.holders {
		holders[name] = count
	}
	return showdown.Event{
		T: r.names.clock.AWS(now.Sub(r.zero)).Seconds(), At: now, Cell: r.name,
		Kind: showdown.ClientsHold, Source: "attack", Target: orDefault(co.name, co.host.name),
		Data: map[string]any{"host": co.host.name, "clients": h.clients, "holders": holders},
	}
}
