package live

import (
	"strings"

	"showdown"
	"showdown/results/diagram"
)

// flowing is how many buckets the requests on a way are counted over.
const flowing = 5

// maxBackends is how many backends the requests of a cell are told apart by; what further
// ones answer is counted as from nobody.
const maxBackends = 64

// reach counts the requests that one backend answered, or did not.
type reach struct{ ok, bad uint32 }

func (r *reach) add(o reach) { r.ok, r.bad = r.ok+o.ok, r.bad+o.bad }

// flow is the reach of so many buckets as requests a lab second.
func (r reach) flow(seconds float64) Flow {
	f := Flow{Rate: float64(r.ok+r.bad) / seconds}
	if r.bad > 0 {
		f.Errors = float64(r.bad) / float64(r.ok+r.bad)
	}
	return f
}

// backends number the backends of a series in the order in which they are first seen.
type backends struct {
	names  []string
	number map[string]int
	// last is that of the newest request: neighbours mostly share one.
	last int
}

func (b *backends) of(name string) int {
	if b.last < len(b.names) && b.names[b.last] == name {
		return b.last
	}
	n, known := b.number[name]
	if !known {
		if len(b.names) >= maxBackends {
			return b.of(showdown.NoBackend)
		}
		if b.number == nil {
			// Its place is taken at once, for those beyond the bound.
			b.number, b.names = map[string]int{showdown.NoBackend: 0}, []string{showdown.NoBackend}
			return b.of(name)
		}
		n = len(b.names)
		b.number[name], b.names = n, append(b.names, name)
	}
	b.last = n
	return n
}

// count counts a request of a backend in.
func (b *bucket) count(backend int, failed bool) {
	for len(b.reaches) <= backend {
		b.reaches = append(b.reaches, reach{})
	}
	if failed {
		b.reaches[backend].bad++
	} else {
		b.reaches[backend].ok++
	}
}

// reached is what each backend answered in the last buckets before number end; without those that were not asked.
func (s *series) reached(end int) map[string]reach {
	sum := make([]reach, len(s.backends.names))
	for i := end - flowing; i < end; i++ {
		if b, held := s.at(i); held {
			for n, r := range b.reaches {
				sum[n].add(r)
			}
		}
	}
	out := map[string]reach{}
	for n, r := range sum {
		if r != (reach{}) {
			out[s.backends.names[n]] = r
		}
	}
	return out
}

// flows is the requests on each way of the drawing, by its id, in the buckets before number
// end; nil where there were none, of which nothing can be said.
//
// A client knows who answered it, not whom the balancer asked in vain: the balancer's own
// errors are on the way to the balancer.
func (c *cell) flows(end int) map[string]Flow {
	reached := c.series.reached(end)
	if len(reached) == 0 {
		return nil
	}
	if c.waysOf != c.drawing {
		c.ways, c.waysOf = c.diagram(english).Edges, c.drawing
	}
	on := map[string]reach{}
	into, fromUsers := map[string]diagram.Edge{}, []diagram.Edge{}
	for _, w := range c.ways {
		if w.To == diagram.DNSID || w.From != diagram.UsersID && !c.balancer(w.From) {
			continue // nobody counts the questions to name servers, or those of one tier to another
		}
		on[w.ID()] = reach{}
		if was, both := into[w.To]; !both || was.From == diagram.UsersID {
			into[w.To] = w
		}
		if w.From == diagram.UsersID {
			fromUsers = append(fromUsers, w)
		}
	}
	add := func(id string, r reach) {
		sum := on[id]
		sum.add(r)
		on[id] = sum
	}
	for name, r := range reached {
		add(diagram.TrunkID, r)
		w, known := into[diagram.InstanceID(name)]
		switch {
		case known && w.From != diagram.UsersID:
			add(w.ID(), r)
			add(diagram.Edge{From: diagram.UsersID, To: w.From}.ID(), r)
		case known:
			add(w.ID(), r)
		case c.balancerOf(name) != "":
			add(diagram.Edge{From: diagram.UsersID, To: c.balancerOf(name)}.ID(), r)
		case len(fromUsers) == 1:
			add(fromUsers[0].ID(), r)
		}
	}
	out := map[string]Flow{}
	seconds := (flowing * c.series.width).Seconds()
	for id, r := range on {
		out[id] = r.flow(seconds)
	}
	return out
}

// balancer says that an id of the drawing is a load balancer's.
func (c *cell) balancer(id string) bool {
	for _, b := range c.spec.Topology.LoadBalancers {
		if diagram.BalancerID(b.Name) == id {
			return true
		}
	}
	return false
}

// balancerOf is the id of the load balancer of which a backend is a node; empty where it is
// none. A node's name is the balancer's and its zone.
func (c *cell) balancerOf(backend string) string {
	best := ""
	for _, b := range c.spec.Topology.LoadBalancers {
		if strings.HasPrefix(backend, b.Name+"-") && len(b.Name) > len(best) {
			best = b.Name
		}
	}
	if best == "" {
		return ""
	}
	return diagram.BalancerID(best)
}
