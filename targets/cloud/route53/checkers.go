package route53

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// dialer connects to an address, as [net.Dialer.DialContext] does.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// check is the health check of one endpoint; Zone.mu guards it.
type check struct {
	endpoint
	opinions    []opinion
	from, until time.Time
	stop        context.CancelFunc
}

func (c *check) healthy() bool { return shareOf(c.opinions) > healthyAbove }

// ValueHealth is what the health checks say of a value.
type ValueHealth struct {
	Value   netip.Addr
	Healthy bool
	// Share is how many of its checkers find it healthy.
	Share showdown.Share
}

// Health is the health of the checked values of a name, in the order of their record
// set. It is empty for a name whose values are not checked, and before [Zone.Run].
func (z *Zone) Health(name string) []ValueHealth {
	full, err := absolute(name, z.apex)
	if err != nil {
		return nil
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	s := z.newest.sets[full]
	if s == nil {
		return nil
	}
	var out []ValueHealth
	for _, e := range s.endpoints() {
		if c := z.checks[e]; c != nil {
			out = append(out, ValueHealth{e.value, c.healthy(), shareOf(c.opinions)})
		}
	}
	return out
}

// reconcile starts the health checks that are missing and stops those that nobody
// needs. An endpoint is checked as long as any name server answers with it, so that a
// removed value does not become healthy on its way out. z.mu is held.
func (z *Zone) reconcile(ctx context.Context, wg *sync.WaitGroup, epoch, now time.Time) {
	wanted := map[endpoint]bool{}
	var order []endpoint
	for _, zone := range append([]*snapshot{z.newest}, z.known()...) {
		for _, e := range zone.endpoints() {
			if !wanted[e] {
				wanted[e] = true
				order = append(order, e)
			}
		}
	}
	for e, c := range z.checks {
		if !wanted[e] {
			c.stop()
			c.until = now
			delete(z.checks, e)
			z.mark(e, true)
		}
	}
	for _, e := range order {
		if z.checks[e] == nil {
			z.begin(ctx, wg, e, epoch, now)
		}
	}
}

// known are the snapshots of the name servers.
func (z *Zone) known() []*snapshot {
	var out []*snapshot
	for _, s := range z.servers {
		if now := s.now.Load(); !slices.Contains(out, now) {
			out = append(out, now)
		}
	}
	return out
}

// begin starts the checkers of an endpoint. z.mu is held.
func (z *Zone) begin(ctx context.Context, wg *sync.WaitGroup, e endpoint, epoch, now time.Time) {
	ctx, stop := context.WithCancel(ctx)
	c := &check{endpoint: e, opinions: newOpinions(e.check.Checkers), from: now, stop: stop}
	z.checks[e] = c
	z.checked = append(z.checked, c)
	interval := z.cfg.Clock.Lab(e.check.Interval)
	// The checkers do not know of each other: each has its own place in the interval.
	rng := rand.New(rand.NewPCG(z.cfg.Seed, hash(e.name+" "+e.value.String())))
	for i := range c.opinions {
		offset := time.Duration(rng.Int64N(int64(interval)))
		wg.Go(func() { z.ask(ctx, wg, c, i, epoch, offset, interval) })
	}
}

// ask is one checker: it begins a check at each of its moments.
func (z *Zone) ask(ctx context.Context, wg *sync.WaitGroup, c *check, checker int, epoch time.Time, offset, interval time.Duration) {
	number, due := nextCheck(epoch, offset, interval, time.Now())
	for {
		if cloud.SleepUntil(ctx, due) != nil {
			return
		}
		this := number
		wg.Go(func() {
			err := z.get(ctx, c.endpoint)
			if ctx.Err() == nil {
				z.observe(c, checker, this, err == nil)
			}
		})
		// One that was late leaves out what it missed.
		number, due = nextCheck(epoch, offset, interval, maxTime(time.Now(), due.Add(1)))
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// observe notes the result of a check and lets the name servers know when it turned
// the endpoint's health.
func (z *Zone) observe(c *check, checker int, number int64, good bool) {
	z.mu.Lock()
	defer z.unlock()
	if z.checks[c.endpoint] != c {
		return
	}
	before := c.healthy()
	c.opinions[checker] = c.opinions[checker].observe(number, good, c.check.Threshold)
	if after := c.healthy(); after != before {
		z.mark(c.endpoint, after)
		z.outbox.addAbout(showdown.DNSHealth, c.value, map[string]any{
			"healthy": after, "share": float64(shareOf(c.opinions)),
		})
	}
}

// mark publishes the health of an endpoint to the name servers. z.mu is held.
func (z *Zone) mark(e endpoint, healthy bool) {
	next := maps.Clone(*z.ill.Load())
	if healthy {
		delete(next, e)
	} else {
		next[e] = struct{}{}
	}
	z.ill.Store(&next)
}

// get is one check: it connects to the endpoint, asks for the path and reads the
// status.
func (z *Zone) get(ctx context.Context, e endpoint) error {
	connect, answer, _ := CheckTimeouts(z.cfg.Clock)
	address := netip.AddrPortFrom(e.value, cloud.Port).String()
	dialing, cancel := context.WithTimeout(ctx, connect)
	defer cancel()
	conn, err := z.dial(dialing, "tcp4", address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(answer)); err != nil {
		return err
	}
	u, err := url.ParseRequestURI(e.check.Path)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", e.check.Path, err)
	}
	r := &http.Request{
		Method: http.MethodGet, URL: u, Host: address, Close: true,
		// What the checkers call themselves in an access log (unverified).
		Header: http.Header{"User-Agent": {"Amazon-Route53-Health-Check-Service"}},
	}
	if err := r.Write(conn); err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		return fmt.Errorf("answer of %s: %w", address, err)
	}
	if got.StatusCode < 200 || got.StatusCode > 399 {
		return fmt.Errorf("answer of %s: status %d", address, got.StatusCode)
	}
	return nil
}
