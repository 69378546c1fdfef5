package attack

import (
	"time"

	"showdown"
)

// chromiumTTL is the shortest time that a Chromium keeps a name, in AWS time
// (textslashplain.com, Chromium's DNS cache).
const chromiumTTL = 60 * showdown.Second

// kept is how long a client of the profile keeps a reply, in AWS time. A TTL on the
// wire is AWS seconds.
func kept(p showdown.Profile, r reply) showdown.Duration {
	ttl := showdown.Duration(r.ttl) * showdown.Second
	if p == showdown.Chromium && r.verdict == resolved {
		ttl = max(ttl, chromiumTTL)
	}
	return ttl
}

// entry is what a client's DNS cache has of its name. The zero entry counts never.
type entry struct {
	// known is the addresses in the order of the answer; none is a negative entry.
	known            []*endpoint
	fetched, expires time.Time
	// forever says that it never expires.
	forever bool
	// pin is what the entry was made from where the client was told the addresses.
	pin *pin
	// turn is the place in known of the address in use: for clients in rotation of the
	// next one.
	turn int
}

// counts says whether the entry may be used at now without asking.
func (e *entry) counts(now time.Time) bool { return e.forever || now.Before(e.expires) }

// told brings the cache in line with what the client was told of its name: it takes the
// addresses over, and asks again when they were taken back. The client is locked.
func (c *client) told(now time.Time) {
	p := c.host.pinned.Load()
	switch {
	case p == c.cache.pin:
	case p == nil:
		c.cache = entry{}
	default:
		c.cache = entry{known: p.known, fetched: now, forever: true, pin: p, turn: int(c.number) % len(p.known)}
	}
}

// choose is where the client's next request may go, by its cache as it is. The client
// is locked.
func (c *client) choose() route {
	e := &c.cache
	r := route{known: e.known, first: e.turn, tries: len(e.known), fetched: e.fetched}
	if len(e.known) == 0 {
		return r
	}
	if !c.profile.FallsBack() {
		r.tries = 1
	}
	if c.profile == showdown.Fresh {
		e.turn = (e.turn + 1) % len(e.known)
	}
	return r
}

// renew replaces what the cache has. A client takes the first address of the answer,
// whose order is the name server's; one in rotation goes on with its turns. The
// client is locked.
func (c *client) renew(e entry) {
	if c.profile == showdown.Fresh && len(e.known) > 0 {
		e.turn = c.cache.turn % len(e.known)
	}
	c.cache = e
}

// holds is the addresses that the client would use if it asked now: all of the answer
// when it rotates or tries the next one, else the one that it has picked. It is false
// when what it has does not count any more. The client is locked.
func (c *client) holds(now time.Time) ([]*endpoint, bool) {
	e := &c.cache
	if len(e.known) == 0 || !e.counts(now) {
		return nil, false
	}
	if c.profile == showdown.Pinned || c.profile == showdown.JVM {
		return e.known[e.turn : e.turn+1], true
	}
	return e.known, true
}
