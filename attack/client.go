package attack

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"showdown"
)

// maxIdle is how many idle connections a client keeps to one site: as many as
// browsers open to one host.
const maxIdle = 6

// client is one user. Its turns may overlap when answers are slow.
type client struct {
	number uint32
	cohort int
	// rank is the client's place in its cohort: it spreads clients over addresses.
	rank    int
	profile showdown.Profile
	ageing  ageing
	// round counts the client's turns where each client has a rotation of its own.
	round atomic.Uint32
	// host is the name that the client resolves; nil clients are told addresses.
	host *host

	mu     sync.Mutex
	places []place
	// cache is what the client knows of its host, and flight its question that is not
	// answered yet.
	cache   entry
	flight  *flight
	lookups uint32
	// dialing is held while an HTTP/2 connection is made: a further request waits for it
	// and makes no second one.
	dialing sync.Mutex
}

// place is what a client has at one site.
type place struct {
	version uint64
	known   []*endpoint
	// turn is the place in known of the address in use: for clients in rotation of
	// the next one.
	turn int
	idle []*conn
	// streams are the HTTP/2 connections.
	streams []*stream
}

// route is the addresses that a request may try, in order.
type route struct {
	known []*endpoint
	first int
	tries int
	// fetched is when a name server gave the addresses; zero for those that were told.
	fetched time.Time
}

func (r route) at(i int) int { return (r.first + i) % len(r.known) }

// route is where the client's next request to the site goes.
func (c *client) route(site int, b *book) route {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &c.places[site]
	if p.version != b.version {
		c.learn(p, b.sites[site].cohorts[c.cohort])
		p.version = b.version
	}
	r := route{known: p.known, first: p.turn, tries: len(p.known)}
	if len(p.known) == 0 {
		return r
	}
	switch c.profile {
	case showdown.Pinned, showdown.JVM:
		r.tries = 1
	case showdown.Fresh:
		r.tries = 1
		p.turn = (p.turn + 1) % len(p.known)
	case showdown.AddressList:
		p.turn = (p.turn + 1) % len(p.known)
	}
	return r
}

// learn tells the client the present addresses.
func (c *client) learn(p *place, known []*endpoint) {
	switch {
	case len(known) == 0:
		// Nothing new: it keeps what it knows.
	case c.profile == showdown.Pinned || c.profile == showdown.JVM:
		c.pin(p, known)
	case len(p.known) == 0:
		p.known, p.turn = known, c.rank%len(known)
	default:
		now := p.known[p.turn].Name
		p.known, p.turn = known, p.turn%len(known)
		for i, e := range known {
			if e.Name == now {
				p.turn = i
			}
		}
	}
	kept := p.idle[:0]
	for _, cn := range p.idle {
		if has(p.known, cn.endpoint) {
			kept = append(kept, cn)
		} else {
			cn.close()
		}
	}
	p.idle = kept
}

// pin keeps the one instance that the client knows, at its present address. When
// there is none of that name any more, the client knows nothing better than the
// address it has.
func (c *client) pin(p *place, known []*endpoint) {
	if len(p.known) == 0 {
		p.known = []*endpoint{known[c.rank%len(known)]}
		return
	}
	for _, e := range known {
		if e.Name == p.known[0].Name {
			p.known = []*endpoint{e}
		}
	}
}

func has(list []*endpoint, e *endpoint) bool {
	for _, x := range list {
		if x == e {
			return true
		}
	}
	return false
}

// connected says that the address at that place in the list of known ones works: a
// browser stays there.
func (c *client) connected(site int, r route, at int) {
	if c.profile != showdown.Browser && c.profile != showdown.Chromium {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.host != nil {
		// The cache may have been renewed meanwhile.
		if e := &c.cache; at < len(e.known) && e.known[at] == r.known[at] {
			e.turn = at
		}
		return
	}
	if p := &c.places[site]; at < len(p.known) && p.known[at] == r.known[at] {
		p.turn = at
	}
}

// take is an idle connection to e, or to any address when e is nil: the one used
// last; nil when there is none. One that is too old is closed on the way.
func (c *client) take(site int, e *endpoint) *conn {
	if c.profile == showdown.Fresh {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &c.places[site]
	for i := len(p.idle) - 1; i >= 0; i-- {
		cn := p.idle[i]
		if e != nil && cn.endpoint != e {
			continue
		}
		p.idle = append(p.idle[:i], p.idle[i+1:]...)
		if c.ageing.age == 0 || time.Since(cn.made) < c.ageing.age {
			return cn
		}
		cn.close()
	}
	return nil
}

// last says whether a request is the only one, or the last one, that the client sends
// on the connection.
func (c *client) last(cn *conn) bool {
	return c.profile == showdown.Fresh || c.ageing.requests > 0 && cn.carried+1 >= c.ageing.requests
}

// give takes a connection back that can be used again.
func (c *client) give(site int, cn *conn) {
	c.mu.Lock()
	p := &c.places[site]
	// A connection outlives what the cache says of its address: that is how keep-alive
	// hides DNS. An address that was told is given up with its connections.
	keep := len(p.idle) < maxIdle && (c.host != nil || has(p.known, cn.endpoint))
	if keep {
		p.idle = append(p.idle, cn)
	}
	c.mu.Unlock()
	if !keep {
		cn.close()
	}
}

// population makes the clients of the cohorts, in the order of their turns. They
// are numbered cohort after cohort, as [showdown.Traffic.CohortOf] expects.
//
// Every stretch of turns holds the cohorts by their sizes to within one, so that
// the share of a cohort in a short outage is no accident; within a cohort the order
// is shuffled, so that no client's turn falls in with a rotation elsewhere.
func population(cohorts []cohort, sites int, seed uint64) []*client {
	random := rand.New(rand.NewPCG(seed, 0x61747461636b)) // "attack": a stream of its own
	members := make([][]*client, len(cohorts))
	total := 0
	for i, c := range cohorts {
		members[i] = make([]*client, c.size)
		for rank := range members[i] {
			members[i][rank] = &client{
				number: uint32(total), cohort: i, rank: rank, profile: c.profile,
				ageing: c.ageing, host: c.host, places: make([]place, sites),
			}
			total++
		}
		random.Shuffle(c.size, func(a, b int) {
			members[i][a], members[i][b] = members[i][b], members[i][a]
		})
	}
	order := make([]*client, 0, total)
	taken := make([]int, len(cohorts))
	for turn := 1; turn <= total; turn++ {
		next, most := 0, -1
		for i, c := range cohorts {
			// How far the cohort is behind its share, times total.
			if behind := turn*c.size - taken[i]*total; taken[i] < c.size && behind > most {
				next, most = i, behind
			}
		}
		order = append(order, members[next][taken[next]])
		taken[next]++
	}
	return order
}
