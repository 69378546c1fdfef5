package attack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"showdown"
)

const (
	// queryTimeout is how long a name server is waited for, and queryAttempts how many
	// questions a lookup takes at most: the defaults of resolv.conf.
	queryTimeout  = 5 * showdown.Second
	queryAttempts = 2
)

// asker puts a question to one name server and waits for the answer until the
// deadline. The answer is never foreign or truncated.
type asker func(ctx context.Context, server string, q question, deadline time.Time) (reply, error)

// names is what all clients that resolve a name have in common.
type names struct {
	servers []string
	timeout time.Duration
	clock   showdown.Clock
	seed    uint64
	ask     asker
	// instance is who has an IP address; empty is nobody known.
	instance func(ip string) string
	// endpoint makes what an attack needs of an address.
	endpoint func(host *host, ip string) *endpoint
	hosts    []*host

	// ctx ends all lookups; group are those that go on.
	ctx   context.Context
	group sync.WaitGroup

	// mu guards the endpoints of all hosts.
	mu  sync.Mutex
	all []*endpoint
}

// host is one name that clients resolve.
type host struct {
	// name is fully qualified, without its final dot.
	name string
	// port is where its addresses listen.
	port      string
	endpoints map[netip.Addr]*endpoint
	// pinned are the addresses that its clients were told in place of asking; nil where
	// they ask.
	pinned atomic.Pointer[pin]
}

// pin is addresses of a name that clients were told.
type pin struct{ known []*endpoint }

// newNames checks what is needed to resolve the hosts of cohorts, and hands each
// cohort its host. It is nil when no cohort has one.
func newNames(c Config, cohorts []cohort, source net.IP) (*names, error) {
	n := &names{clock: c.Clock, seed: c.Seed, ask: newExchanges(source).ask, instance: c.Names}
	port := ""
	for i := range cohorts {
		co := &cohorts[i]
		if co.hostname == "" {
			continue
		}
		if port == "" {
			var err error
			if port, err = portOf(c); err != nil {
				return nil, err
			}
		}
		name := c.Domain
		if co.hostname != "@" {
			name = co.hostname + "." + c.Domain
		}
		co.host = n.host(name, port)
	}
	if len(n.hosts) == 0 {
		return nil, nil
	}
	if c.Domain == "" {
		return nil, errors.New("clients resolve a name and the domain of the lab's zone is not given")
	}
	if len(c.Servers) == 0 {
		return nil, errors.New("clients resolve a name and there is no name server to ask")
	}
	for _, s := range c.Servers {
		if _, err := netip.ParseAddrPort(s); err != nil {
			return nil, fmt.Errorf("name server %q is not ip:port", s)
		}
	}
	for _, h := range n.hosts {
		if _, err := (question{name: h.name + "."}).pack(); err != nil {
			return nil, fmt.Errorf("host %q is not a domain name: %w", h.name, err)
		}
	}
	n.servers = c.Servers
	n.timeout, _ = c.Clock.Timeout(queryTimeout, showdown.FloorBalancer)
	if n.instance == nil {
		n.instance = func(string) string { return "" }
	}
	return n, nil
}

// PinName tells the clients that resolve a host ("@" or a name in the zone) its addresses:
// they use these from now on, each as its profile does, and ask no name server until
// restore is called. It does nothing where nobody resolves the host.
func (a *Attack) PinName(name string, endpoints []Endpoint) (restore func()) {
	if a.names == nil || len(endpoints) == 0 {
		return func() {}
	}
	for _, c := range a.cohorts {
		if c.host == nil || c.hostname != name {
			continue
		}
		h := c.host
		p := &pin{}
		var addresses []netip.Addr
		for _, e := range endpoints {
			if at, err := netip.ParseAddrPort(e.Address); err == nil {
				addresses = append(addresses, at.Addr())
			}
		}
		p.known = a.names.endpoints(h, addresses)
		h.pinned.Store(p)
		return func() { h.pinned.CompareAndSwap(p, nil) }
	}
	return func() {}
}

// portOf is where the instances listen.
func portOf(c Config) (string, error) {
	if c.Port > 0 {
		return strconv.Itoa(c.Port), nil
	}
	if len(c.Endpoints) == 0 {
		return "", errors.New("clients resolve a name and no port is given, nor an endpoint that has one")
	}
	_, port, err := net.SplitHostPort(c.Endpoints[0].Address)
	if err != nil {
		return "", fmt.Errorf("endpoint %s: %w", c.Endpoints[0].Name, err)
	}
	return port, nil
}

func (n *names) host(name, port string) *host {
	for _, h := range n.hosts {
		if h.name == name {
			return h
		}
	}
	h := &host{name: name, port: port, endpoints: make(map[netip.Addr]*endpoint)}
	n.hosts = append(n.hosts, h)
	return h
}

// endpoints is the addresses of a reply as endpoints: the same one for the same address,
// whoever asks.
func (n *names) endpoints(h *host, addresses []netip.Addr) []*endpoint {
	out := make([]*endpoint, len(addresses))
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, ip := range addresses {
		e := h.endpoints[ip]
		if e == nil {
			e = n.endpoint(h, ip.String())
			e.place = len(n.all)
			h.endpoints[ip] = e
			n.all = append(n.all, e)
		}
		out[i] = e
	}
	return out
}
