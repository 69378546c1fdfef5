package route53

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"showdown"
)

// MaxServers is how many name servers a hosted zone has on AWS (Route 53 Developer
// Guide, NS and SOA records that Amazon Route 53 creates for a public hosted zone).
const MaxServers = 4

// Config is what a [Zone] needs.
type Config struct {
	Clock showdown.Clock
	// Seed decides the order of values, when changes arrive, and when checkers ask.
	Seed uint64
	// Zone is the hosted zone. Its record sets have their values written out; who calls
	// has put the addresses of their instances there.
	Zone showdown.HostedZone
	// Alias are the addresses of the load balancer that a record set is an alias of. It is
	// asked at each query and must not block; nil knows none.
	Alias func(balancer string) []netip.Addr
	// Servers are where the name servers listen, one to [MaxServers], in 127.0.0.0/8.
	// Port 0 lets the system choose.
	Servers []netip.AddrPort
	// Emit takes the zone's events; the receiver stamps time and cell. It is called
	// from one goroutine at a time, in the order of what happened, and may call the
	// Zone. nil drops them.
	Emit func(showdown.Event)
	// Names is the instance at an address, for events, and empty when there is none. nil
	// leaves them with the address.
	Names func(netip.Addr) string
	// Source is the address that the health checkers dial from; the zero Addr leaves it
	// to the system.
	Source netip.Addr
}

// Zone is a hosted zone with its name servers and its health checks. Its methods are
// safe for concurrent use. Changes return at once, as Route 53's do, and go on in
// [Zone.Run]; [Zone.Wait] waits for their end.
type Zone struct {
	cfg     Config
	apex    string // canonical
	hosts   map[string]*set
	servers []*server
	tally   tally
	// failing and ill are read at each query, and replaced under mu.
	failing atomic.Pointer[failures]
	ill     atomic.Pointer[sick]
	// dial connects a health checker; tests put their own here.
	dial dialer

	mu      sync.Mutex
	newest  *snapshot       // with every change that was accepted
	gone    map[string]*set // removed with their last value, and what they were
	changes map[string]*change
	steps   []step
	arrives []time.Time // when each server learns the last change
	rng     *rand.Rand
	checks  map[endpoint]*check
	checked []*check // all there have been, in the order in which they began
	wake    chan struct{}
	running bool
	closed  bool
	done    chan struct{} // closed by Close

	outbox outbox
}

// New is a hosted zone that its name servers know already. It fails when Route 53
// would not have it, or when the speed is too high for its health checks, and starts
// nothing.
func New(c Config) (*Zone, error) {
	apex := dns.CanonicalName(c.Zone.Name)
	fail := func(err error) (*Zone, error) {
		return nil, fmt.Errorf("hosted zone %q: %w", c.Zone.Name, err)
	}
	if c.Clock.Speed() == 0 {
		return fail(errors.New("a clock is needed"))
	}
	if err := checkName(apex); err != nil {
		return fail(err)
	}
	if err := checkServers(c.Servers); err != nil {
		return fail(err)
	}
	if c.Source.IsValid() && !c.Source.Is4() {
		return fail(fmt.Errorf("the health checkers' source %s is not an IPv4 address", c.Source))
	}
	if err := checkTTL("the negative TTL", c.Zone.NegativeTTL); err != nil {
		return fail(err)
	}
	if c.Zone.Propagation < 0 {
		return fail(fmt.Errorf("the propagation %s is negative", c.Zone.Propagation))
	}
	z := &Zone{
		cfg: c, apex: apex, hosts: newHosts(apex, c.Servers),
		tally:   tally{counts: map[Queries]uint64{}},
		gone:    map[string]*set{},
		changes: map[string]*change{},
		arrives: make([]time.Time, len(c.Servers)),
		rng:     rand.New(rand.NewPCG(c.Seed, hash("propagation"))),
		checks:  map[endpoint]*check{},
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		outbox:  newOutbox(c.Emit, c.Names),
	}
	z.failing.Store(&failures{})
	z.ill.Store(&sick{})
	d := net.Dialer{}
	if c.Source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.Source, 0))
	}
	z.dial = d.DialContext
	sets := map[string]*set{}
	for _, rs := range c.Zone.Records {
		r, err := RecordOf(rs)
		if err != nil {
			return fail(err)
		}
		if rs.Alias != "" {
			if c.Alias == nil {
				return fail(fmt.Errorf("the record set %q is an alias of %q, which is no load balancer", rs.Name, rs.Alias))
			}
			r.TTL, r.Alias = 0, func() []netip.Addr { return c.Alias(rs.Alias) }
		}
		s, err := newSet(c.Clock, apex, z.hosts, r)
		if err != nil {
			return fail(err)
		}
		if sets[s.name] != nil {
			return fail(invalidBatch("the record set %s is there twice", bare(s.name)))
		}
		sets[s.name] = s
	}
	z.newest = newSnapshot(apex, c.Zone.NegativeTTL, z.hosts, sets)
	for i, at := range c.Servers {
		s := &server{zone: z, at: at, seed: hash(fmt.Sprint("server ", i)) ^ c.Seed}
		s.now.Store(z.newest)
		z.servers = append(z.servers, s)
	}
	return z, nil
}

func checkServers(servers []netip.AddrPort) error {
	if n := len(servers); n < 1 || n > MaxServers {
		return fmt.Errorf("%d name servers: it takes 1 to %d", n, MaxServers)
	}
	seen := map[netip.AddrPort]bool{}
	for _, s := range servers {
		if !s.Addr().Is4() || !s.Addr().IsLoopback() {
			return fmt.Errorf("the name server %s is outside of 127.0.0.0/8, where a lab lives", s)
		}
		if s.Port() != 0 && seen[s] {
			return fmt.Errorf("the name server %s is there twice", s)
		}
		seen[s] = true
	}
	return nil
}

// Name is the zone's apex without the final dot.
func (z *Zone) Name() string { return bare(z.apex) }

// Record is the record set of a name with every change that was accepted, whether or
// not the name servers know it; ok is false when there is none. Asking for a name
// outside of the zone is no refused operation here.
func (z *Zone) Record(name string) (r Record, ok bool) {
	full, err := absolute(name, z.apex)
	if err != nil {
		return Record{}, false
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	s := z.newest.sets[full]
	if s == nil {
		return Record{}, false
	}
	return s.record(z.apex), true
}

// unlock releases the Zone and sends the events that were queued under the lock.
func (z *Zone) unlock() {
	z.mu.Unlock()
	z.outbox.Flush()
}

// refused notes that an operation was refused and returns the refusal.
func (z *Zone) refused(target string, err error) error {
	var api *APIError
	if errors.As(err, &api) {
		z.outbox.add(showdown.APIRefused, target, map[string]any{
			"operation": api.Operation, "code": api.Code, "message": api.Message,
		})
	}
	return err
}

// rouse lets Run look again at what is due and at what is to be checked.
func (z *Zone) rouse() {
	select {
	case z.wake <- struct{}{}:
	default:
	}
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
