package attack

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"showdown"
	"showdown/attack/scenario"
)

// transport is the http.RoundTripper beneath vegeta's client. It sends the request
// that the slot stands for, on a connection of the client whose turn it is, reads
// the whole answer, and notes everything in the slot.
//
// It never returns an error: a failure is status 0 with the outcome's name, which
// vegeta takes for a failed hit, and costs no wrapped errors.
type transport Attack

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	n, err := strconv.ParseUint(req.Header.Get("X-Vegeta-Seq"), 10, 64)
	if err != nil {
		return nil, err
	}
	a := (*Attack)(t)
	s := a.slots.at(n)
	a.serve(s)
	s.response = http.Response{StatusCode: int(s.status), Status: s.outcome.String(), Body: http.NoBody}
	return &s.response, nil
}

// serve sends the request of the slot.
func (a *Attack) serve(s *slot) {
	s.endpoint, s.reason = "", ""
	if a.scene != nil {
		a.perform(s)
		return
	}
	c := a.turn(s)
	a.ask(s, c)
	if a.workers > 0 {
		a.free.put(c)
	}
}

// turn is the client whose turn it is. When workers go as fast as they can it is
// one that is not busy.
func (a *Attack) turn(s *slot) *client {
	if a.workers > 0 {
		if c := a.free.get(a.order); c != nil {
			return c
		}
	}
	return a.order[s.seq%uint64(len(a.order))]
}

// freeClients are the clients without a request, when workers go as fast as they
// can.
type freeClients struct {
	mu     sync.Mutex
	filled bool
	free   []*client
}

func (f *freeClients) get(all []*client) *client {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.filled {
		f.filled = true
		f.free = append(f.free, all...)
	}
	n := len(f.free)
	if n == 0 {
		return nil
	}
	c := f.free[n-1]
	f.free = f.free[:n-1]
	return c
}

func (f *freeClients) put(c *client) {
	f.mu.Lock()
	f.free = append(f.free, c)
	f.mu.Unlock()
}

// ask lets the client send the slot's request, one of the targets in rotation.
func (a *Attack) ask(s *slot, c *client) {
	a.askFor(s, c, a.which(s, c), nil)
}

// askFor lets the client send the request of the target at that place, with the values of
// its scenario, to the addresses that it may try, within the timeout in total.
func (a *Attack) askFor(s *slot, c *client, at int, values []scenario.Value) {
	tgt := &a.targets[at]
	deadline := time.Now().Add(a.timeout)
	s.client, s.status, s.bytesIn, s.bytesOut = c.number, 0, 0, 0
	s.backend, s.reused = showdown.NoBackend, false
	s.address, s.age = "", 0
	if a.streams != nil {
		a.askOnStream(s, c, tgt, values, deadline)
		return
	}
	var r route
	if c.host == nil {
		r = c.route(tgt.site, a.book.Load())
	} else {
		defer a.nameBackend(s)
		for cn := c.take(tgt.site, nil); cn != nil; cn = c.take(tgt.site, nil) {
			if a.askOn(s, c, tgt, at, cn, values, deadline) {
				return
			}
		}
		r = a.names.route(c, deadline)
	}
	if len(r.known) == 0 {
		s.address, s.age = "", 0
		s.outcome = failure(resolving, nil)
		return
	}
	for try := range r.tries {
		place := r.at(try)
		e := r.known[place]
		s.backend, s.address = e.Name, e.ip
		cn := c.take(tgt.site, e)
		for cn != nil && !a.askOn(s, c, tgt, at, cn, values, deadline) {
			cn = c.take(tgt.site, e)
		}
		if cn != nil {
			return
		}
		by := deadline
		if left := r.tries - try; left > 1 {
			by = by.Add(-time.Until(deadline) / time.Duration(left) * time.Duration(left-1))
		}
		if c.host != nil {
			s.age = time.Since(r.fetched)
		}
		cn, phase, err := a.lines.dial(a.ctx, e, a.sites[tgt.site].secure, by)
		if err != nil {
			s.outcome = failure(phase, err)
			if elsewhere(s.outcome) {
				continue
			}
			return
		}
		cn.fetched = r.fetched
		c.connected(tgt.site, r, place)
		a.askOn(s, c, tgt, at, cn, values, deadline)
		return
	}
}

// nameBackend says whose address was used in vain, or gave an answer without a name.
func (a *Attack) nameBackend(s *slot) {
	if s.backend == showdown.NoBackend && s.address != "" {
		s.backend = a.names.instance(s.address)
	}
}

// askOn sends the request on a connection and notes what came of it. It is false
// when the connection had ended before, and nothing was sent.
func (a *Attack) askOn(s *slot, c *client, tgt *target, at int, cn *conn, values []scenario.Value, deadline time.Time) bool {
	request, last := cn.endpoint.keep[at], c.last(cn)
	if last {
		request = cn.endpoint.last[at]
	}
	size := tgt.size
	if !tgt.fixed {
		request, size = tgt.fill(&cn.out, cn.endpoint.host, last, values)
	}
	cn.answers.keep = a.check != nil || tgt.needsBody
	cn.answers.keepHead = tgt.needsHeader
	s.address = cn.endpoint.ip
	if c.host != nil {
		s.age = time.Since(cn.fetched)
	}
	reused := cn.used
	ans, err := cn.exchange(request, deadline, tgt.noBody)
	if err == errStale {
		cn.close()
		return false
	}
	s.reused, s.bytesOut = reused, size
	if err != nil {
		cn.close()
		s.outcome = failure(exchanging, err)
		return true
	}
	s.status, s.outcome = uint16(ans.status), answered(ans.status)
	s.bytesIn = uint32(min(ans.body, math.MaxUint32))
	if len(ans.instance) > 0 {
		if string(ans.instance) != cn.instance {
			cn.instance = string(ans.instance)
		}
		s.backend = cn.instance
	}
	if s.outcome == showdown.OK && a.check != nil && !tgt.noBody {
		if a.check(ans.status, cn.answers.kept, time.Now()) != nil {
			s.outcome = showdown.Wrong
		}
	}
	if tgt.step != nil {
		judge(s, tgt.step, scenario.Answer{Status: ans.status, Header: cn.answers.values, Body: cn.answers.kept}, values)
	}
	if ans.closes || last {
		cn.close()
	} else {
		c.give(tgt.site, cn)
	}
	return true
}
