package attack

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// fillQueries is how many real answers the caches of one name are filled with at
	// zero. Thousands of clients share them: as many questions at once would be a load
	// of their own. There is more than one because answers may differ, as those of a
	// multivalue record set with more than eight values do.
	fillQueries = 16
	// fillWait is how long past the wanted start name servers are waited for at most.
	// Clients whose caches are empty then ask for themselves.
	fillWait = 250 * time.Millisecond
)

// fill gives every client that resolves a name the cache that it would have if it had
// used the name for long: the answer of now, at an age of its own.
func (n *names) fill(ctx context.Context, clients []*client, zero time.Time) {
	by := time.Now()
	if zero.After(by) {
		by = zero
	}
	ctx, cancel := context.WithDeadline(ctx, by.Add(fillWait))
	defer cancel()
	for i, h := range n.hosts {
		if replies := n.gather(ctx, h); len(replies) > 0 {
			n.fillHost(h, i, replies, clients, zero)
		}
	}
}

// gather asks for the name of h [fillQueries] times.
func (n *names) gather(ctx context.Context, h *host) []reply {
	var (
		group sync.WaitGroup
		all   [fillQueries]reply
		out   []reply
	)
	for i := range all {
		// No client has the number from which the questions' ids and servers come.
		group.Go(func() { all[i], _ = n.look(ctx, h, ^uint32(i), 0) })
	}
	group.Wait()
	for _, r := range all {
		if r.verdict == resolved || r.verdict == absent {
			slices.SortFunc(r.addresses, netip.Addr.Compare)
			out = append(out, r)
		}
	}
	return out
}

// fillHost fills the caches of the clients of h, cohort by cohort.
func (n *names) fillHost(h *host, number int, replies []reply, clients []*client, zero time.Time) {
	cohorts := map[int][]*client{}
	for _, c := range clients {
		if c.host == h {
			cohorts[c.cohort] = append(cohorts[c.cohort], c)
		}
	}
	for i, members := range cohorts {
		random := rand.New(rand.NewPCG(n.seed, 0x616765<<32|uint64(number)<<16|uint64(i))) // "age"
		age := random.Perm(len(members))
		entries := make([]entry, len(replies))
		for j, r := range replies {
			entries[j] = n.entry(h, members[0].profile, r, zero)
		}
		for _, c := range members {
			c.mu.Lock()
			c.cache = stratified(entries, age[c.rank], c.rank, len(members))
			c.mu.Unlock()
		}
	}
}

// stratified is the entry of a client at zero. Of n clients, the one in place age got
// its answer age + 1/2 n-ths of a TTL before zero, and the one of that rank uses the
// address at that place, in rotation, of the sorted ones. So the caches that run out
// in any stretch of time, and those that begin with each address, are as many as they
// should be, and no luck of the draw disturbs a claim on shares. Age and rank are
// independent of each other, or the clients of one address would ask again together.
func stratified(entries []entry, age, rank, n int) entry {
	e := entries[age%len(entries)]
	ttl := e.expires.Sub(e.fetched)
	past := time.Duration((float64(age) + 0.5) / float64(n) * float64(ttl))
	e.fetched, e.expires = e.fetched.Add(-past), e.expires.Add(-past)
	if len(e.known) > 0 {
		e.turn = rank % len(e.known)
	}
	return e
}
