package attack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"showdown"
)

// Config is what an attack on a lab is made of.
type Config struct {
	// Cell names the attack in errors.
	Cell    string
	Traffic showdown.Traffic
	Clock   showdown.Clock
	// Seed decides the order of the clients' turns.
	Seed uint64
	// Endpoints are the instances and their addresses at the start. Cohorts know
	// them by name.
	Endpoints []Endpoint
	// Servers are the name servers, "ip:port", that clients with a host ask, and Domain
	// is the name of the zone that they answer for, without a final dot.
	Servers []string
	Domain  string
	// Port is where the addresses that a name resolves to listen; 0 is the port of the
	// first endpoint.
	Port int
	// Names says which instance has an IP address now, for [showdown.Hit.Backend] of an
	// address that was dialled in vain and for [showdown.ClientsHold]; empty is nobody
	// known. nil knows nobody. It is called by many goroutines.
	Names func(ip string) string
	// Emit gets [showdown.ClientsHold] of each cohort with a host, at zero and then
	// every 250 ms in which the numbers changed, from one goroutine; nil is not called.
	Emit func(showdown.Event)
	// Source is the local IP address that clients connect from; empty is any.
	Source string
	// Check looks at the body of an answer below 400, at most its first MiB, at the
	// time at which it was whole. An error makes the outcome wrong. nil checks
	// nothing. It is called by many goroutines.
	Check func(status int, body []byte, at time.Time) error
	// Sink gets every request, in the order in which they ended, from one goroutine
	// and at most 100 ms late; the slice is the sink's to keep. A slow sink does not
	// slow the attack.
	Sink func([]showdown.Hit)
	// OnPhase is called from one goroutine when a segment of the traffic starts; nil
	// is not called.
	OnPhase func(showdown.Segment)
	// Dir is the folder that the files of the traffic's scenario are looked for in; empty
	// is the present one.
	Dir string
	// Env gives the values of the environment that the scenario names; nil is that of the
	// process.
	Env func(name string) (value string, ok bool)
	// MaxInFlight is how many requests may wait for an answer before further ones are
	// dropped. 0 is twice the highest rate times the timeout, plus 256, multiplied by
	// the spike that holds, and at most 16384.
	MaxInFlight int
}

// Attack is one attack: it is run once.
type Attack struct {
	name    string
	sites   []site
	targets []target
	cohorts []cohort
	// spread are the places in targets of those that each cohort asks in rotation; nil is
	// all of them in the order of the requests.
	spread  [][]int
	order   []*client
	timeout time.Duration
	floored bool
	check   func(int, []byte, time.Time) error
	sink    func([]showdown.Hit)
	onPhase func(showdown.Segment)

	plan    *plan
	pacer   *pacer
	workers int           // above 0: as fast as so many workers can
	length  time.Duration // of an attack with workers; 0 is until it is cancelled
	lines   *lines
	// look finds the addresses of the sites by name; nil when they are given.
	look *resolver
	// names is for clients that resolve names of a lab's zone themselves; nil when there
	// are none.
	names *names
	emit  func(showdown.Event)
	// scene is what clients ask for by a scenario; nil without one.
	scene *scene
	// streams says that clients speak HTTP/2.
	streams *streams

	slots *slots
	// collecting is held while a result is collected, which two goroutines may do
	// when the attack ends.
	collecting sync.Mutex
	outbox     outbox
	free       freeClients
	book       atomic.Pointer[book]
	bookMu     sync.Mutex
	started    atomic.Bool
	zero       time.Time
	ctx        context.Context
}

// site is where targets lie: one host and port, with or without TLS.
type site struct {
	secure *tls.Config
	// host and port are those of a URL; a lab's site has neither.
	host, port string
	// name is that of a running system's target.
	name string
}

// New makes an attack on a lab's endpoints. It fails when the traffic cannot be
// played: no endpoint, no client, an unknown profile or instance, a negative rate.
func New(c Config) (*Attack, error) {
	fail := func(format string, args ...any) (*Attack, error) {
		return nil, fmt.Errorf("attack %s: "+format, append([]any{c.Cell}, args...)...)
	}
	if c.Sink == nil {
		return fail("no sink")
	}
	cohorts, err := cohortsOf(c.Traffic, c.Endpoints, c.Clock)
	if err != nil {
		return fail("%w", err)
	}
	segments := c.Traffic.Segments(c.Clock)
	if err := checkSegments(segments); err != nil {
		return fail("%w", err)
	}
	source, err := parseSource(c.Source)
	if err != nil {
		return fail("%w", err)
	}
	names, err := newNames(c, cohorts, source)
	if err != nil {
		return fail("%w", err)
	}
	scene, err := newScene(c.Traffic, c.Clock, c.Dir, c.Env, c.Seed)
	if err != nil {
		return fail("%w", err)
	}
	timeout, floored := c.Clock.Timeout(c.Traffic.Timeout, showdown.FloorClient)
	a := &Attack{
		name: c.Cell, sites: []site{{secure: scene.secure}}, cohorts: cohorts,
		timeout: timeout, floored: floored,
		check: c.Check, sink: c.Sink, onPhase: c.OnPhase, lines: newLines(source),
		names: names, emit: c.Emit,
	}
	if names != nil {
		names.endpoint = a.resolvedEndpoint
	}
	if err := a.play(scene, c.Traffic); err != nil {
		return fail("%w", err)
	}
	a.init(segments, c.Seed, c.MaxInFlight)
	a.SetAddresses(c.Endpoints)
	return a, nil
}

// init makes what both kinds of attack have.
func (a *Attack) init(segments []showdown.Segment, seed uint64, limit int) {
	a.slots = new(slots)
	a.order = population(a.cohorts, len(a.sites), seed)
	if a.scene != nil {
		a.scene.begin(a.order, len(a.cohorts))
	}
	a.plan = newPlan(newSchedule(segments))
	a.pacer = newPacer(a.plan, a.slots)
	a.pacer.drop, a.pacer.collect = a.dropped, a.collect
	a.pacer.limit, a.pacer.fixed = limit, limit > 0
	if limit == 0 {
		a.pacer.limit = min(int(2*a.plan.schedule.peak()*a.timeout.Seconds())+256, maxInFlight)
	}
	a.book.Store(&book{sites: make([]listing, len(a.sites))})
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

func parseSource(s string) (net.IP, error) {
	if s == "" {
		return nil, nil
	}
	ip := net.ParseIP(s)
	if ip == nil {
		return nil, fmt.Errorf("source %q is not an IP address", s)
	}
	// A socket that sends nothing says whether the machine has the address.
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip})
	if err != nil {
		return nil, fmt.Errorf("source %s is no address of this machine: %w", s, err)
	}
	return ip, c.Close()
}

// cohortsOf is the cohorts of the traffic, or the one of all clients.
func cohortsOf(t showdown.Traffic, endpoints []Endpoint, clock showdown.Clock) ([]cohort, error) {
	if t.Clients < 1 {
		return nil, fmt.Errorf("%d clients; at least 1 is needed", t.Clients)
	}
	list := t.Cohorts
	if len(list) == 0 {
		list = []showdown.Cohort{{Share: 1, Profile: t.Profile}}
	}
	sizes := t.CohortSizes()
	var out []cohort
	for i, c := range list {
		profile := showdown.Profile(orDefault(string(c.Profile), orDefault(string(t.Profile), string(showdown.Browser))))
		if !slices.Contains(showdown.Profiles(), profile) {
			return nil, fmt.Errorf("unknown profile %q; profiles are %v", profile, showdown.Profiles())
		}
		for _, name := range c.Knows {
			if !slices.ContainsFunc(endpoints, func(e Endpoint) bool { return e.Name == name }) {
				return nil, fmt.Errorf("cohort %s knows %q, which is no instance with an address", c.Name, name)
			}
		}
		life := c.Connections
		if life == (showdown.Ageing{}) {
			life = t.Connections
		}
		if life.Requests < 0 || life.Age < 0 {
			return nil, fmt.Errorf("cohort %s: connections cannot carry %d requests or get %s old", c.Name, life.Requests, life.Age)
		}
		co := cohort{
			name: c.Name, profile: profile, knows: c.Knows, size: sizes[i],
			ageing: ageing{requests: life.Requests, age: clock.Lab(life.Age)},
		}
		co.hostname = orDefault(c.Host, t.Host)
		switch {
		case co.hostname == "" && len(endpoints) == 0:
			return nil, errors.New("no endpoint to send requests to")
		case co.hostname != "" && len(c.Knows) > 0:
			return nil, fmt.Errorf("cohort %s resolves %q and knows instances; it does one of the two", c.Name, co.hostname)
		case co.hostname != "" && profile == showdown.AddressList:
			return nil, fmt.Errorf("cohort %s resolves %q; clients of the profile %s know addresses and no names", c.Name, co.hostname, profile)
		}
		out = append(out, co)
	}
	return out, nil
}

func checkSegments(segments []showdown.Segment) error {
	if len(segments) == 0 {
		return errors.New("no phase")
	}
	for _, s := range segments {
		low := min(s.From, s.To) - math.Abs(s.Amplitude)
		if !(low >= 0) || math.IsInf(s.From, 0) || math.IsInf(s.To, 0) {
			return fmt.Errorf("phase %s: the rate would fall to %g requests/s", s.Name(), low)
		}
	}
	return nil
}

// Clients is how many users take turns.
func (a *Attack) Clients() int { return len(a.order) }

// Timeout is how long a request may take in lab time, connecting included, and
// whether that is the floor and not the divided timeout.
func (a *Attack) Timeout() (time.Duration, bool) { return a.timeout, a.floored }

// MaxInFlight is how many requests may be in flight, at the present rate, before
// further ones are dropped.
func (a *Attack) MaxInFlight() int {
	if a.workers > 0 {
		return a.workers
	}
	a.pacer.mu.Lock()
	defer a.pacer.mu.Unlock()
	return a.pacer.full()
}

// Dropped is how many requests were not sent so far because too many were in flight.
func (a *Attack) Dropped() uint64 { return a.pacer.dropped.Load() }

// Rate is the offered rate now, in requests per second; 0 before the start, after
// the end, and for an attack that goes as fast as it can.
func (a *Attack) Rate() float64 { return a.pacer.now() }

// Spike multiplies the offered rate by factor, 0 or more, until restore is called.
// Spikes that overlap multiply each other. An attack that goes as fast as it can
// takes no notice.
func (a *Attack) Spike(factor float64) (restore func()) { return a.pacer.spike(factor) }

// Scale multiplies the offered rate by factor, 0 or more, in place of the factor before;
// spikes multiply it further.
func (a *Attack) Scale(factor float64) { a.pacer.hold(factor) }

// SetAddresses tells the clients the addresses that instances have now. Each
// client goes on with the instances it knows, at their new addresses; clients whose
// cohort was told of no instance in particular learn of new ones too. An instance
// that is missing keeps its last address in the minds of those that know no other.
// Clients that resolve a name take no notice.
func (a *Attack) SetAddresses(endpoints []Endpoint) {
	a.setListing(0, endpoints, nil)
}

// setListing replaces the addresses of one site.
func (a *Attack) setListing(site int, endpoints []Endpoint, why error) {
	a.bookMu.Lock()
	defer a.bookMu.Unlock()
	old := a.book.Load()
	next := &book{version: old.version + 1, sites: slices.Clone(old.sites)}
	before := &old.sites[site]
	all := make([]*endpoint, len(endpoints))
	for i, e := range endpoints {
		all[i] = a.endpoint(site, e, before.all)
	}
	if before.cohorts == nil {
		before = nil
	} else if len(all) == 0 {
		all = before.all
	}
	next.sites[site] = list(all, a.cohorts, before)
	next.sites[site].err = why
	a.book.Store(next)
}

// endpoint is e with its requests; the same as before when nothing changed.
func (a *Attack) endpoint(site int, e Endpoint, before []*endpoint) *endpoint {
	for _, b := range before {
		if b.Endpoint == e {
			return b
		}
	}
	return a.newEndpoint(site, e, e.Address)
}

// resolvedEndpoint is an address that a name was resolved to.
func (a *Attack) resolvedEndpoint(h *host, ip string) *endpoint {
	return a.newEndpoint(0, Endpoint{Address: net.JoinHostPort(ip, h.port)}, net.JoinHostPort(h.name, h.port))
}

// newEndpoint is e with its requests, which have host as their Host header where the
// target has no other.
func (a *Attack) newEndpoint(site int, e Endpoint, host string) *endpoint {
	out := &endpoint{Endpoint: e, ip: e.Address, host: host, keep: make([][]byte, len(a.targets)), last: make([][]byte, len(a.targets))}
	if ip, _, err := net.SplitHostPort(e.Address); err == nil {
		out.ip = ip
	}
	for i := range a.targets {
		if t := &a.targets[i]; t.site == site && t.fixed {
			out.keep[i], out.last[i] = t.bytes(host)
		}
	}
	return out
}

// Run waits for zero, plays all phases and returns when every result has been handed
// to the sink. It may be called once.
//
// When ctx ends, requests that are in flight get 100 ms more, then their time has
// run out: they are recorded as timeouts with the latency they had until then. The
// error is ctx's cause.
func (a *Attack) Run(ctx context.Context, zero time.Time) error {
	if !a.started.CompareAndSwap(false, true) {
		return fmt.Errorf("attack %s: run a second time", a.name)
	}
	run := &running{Attack: a}
	return run.run(ctx, zero)
}

// Targeter and client of vegeta see one and the same target: which request is sent
// is decided beneath them, where the connection is.
func oneTarget(t *vegeta.Target) error {
	t.Method, t.URL = http.MethodGet, "http://showdown"
	return nil
}
