package attack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const (
	// renew is how long a resolved name is used before it is asked for again, and
	// retry the same after a failure. Go's resolver does not tell the record's TTL.
	renew = 30 * time.Second
	retry = time.Second
	// patience bounds one question.
	patience = 5 * time.Second
)

// ErrPublic is the error of an attack on a host that is neither loopback nor
// private and was not allowed by [URLConfig.Public].
var ErrPublic = errors.New("the host is neither loopback nor private")

// PublicHost says whether the host of a URL, or any address that it resolves to, is
// neither loopback, private nor link-local: whether it may be somebody else's. It
// fails when the URL is none or its name cannot be resolved. r may be nil.
func PublicHost(ctx context.Context, r *net.Resolver, rawURL string) (bool, error) {
	u, err := parseURL(rawURL)
	if err != nil {
		return false, err
	}
	if r == nil {
		r = new(net.Resolver)
	}
	ips, err := lookup(ctx, r, u.Hostname())
	if err != nil {
		return false, err
	}
	for _, ip := range ips {
		if public(ip) {
			return true, nil
		}
	}
	return false, nil
}

// Hosts is every URL that the attack sends requests to, by scheme, host and port,
// in the order of the targets: what [PublicHost] is to be asked about. It is empty
// for an attack on a lab.
func (a *Attack) Hosts() []string {
	var out []string
	for _, s := range a.sites {
		if s.host == "" {
			continue
		}
		scheme := "http"
		if s.secure != nil {
			scheme = "https"
		}
		out = append(out, scheme+"://"+net.JoinHostPort(s.host, s.port))
	}
	return out
}

func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	return !(ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
}

// lookup is the addresses of a name, in the resolver's order; of an address itself.
func lookup(ctx context.Context, r *net.Resolver, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ips, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", host, err)
	}
	return ips, nil
}

// resolver finds the addresses of an attack's sites and keeps them fresh.
type resolver struct {
	*net.Resolver
	public bool
}

// first resolves every site before the attack. A name that is not resolved is no
// error: requests to it fail, which is what is to be seen.
func (r *resolver) first(ctx context.Context, a *Attack) error {
	for i := range a.sites {
		if err := r.resolve(ctx, a, i); errors.Is(err, ErrPublic) {
			return err
		}
	}
	return ctx.Err()
}

// keep resolves names again until the attack is over.
func (r *resolver) keep(over <-chan struct{}, a *Attack) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	defer func() { <-done }()
	defer cancel()
	go func() {
		defer close(done)
		r.loop(ctx, a)
	}()
	<-over
}

func (r *resolver) loop(ctx context.Context, a *Attack) {
	for {
		wait := renew
		b := a.book.Load()
		for i := range a.sites {
			if b.sites[i].err != nil {
				wait = retry
			}
		}
		if pause(ctx, wait); ctx.Err() != nil {
			return
		}
		for i := range a.sites {
			if _, err := netip.ParseAddr(a.sites[i].host); err != nil {
				r.resolve(ctx, a, i)
			}
		}
	}
}

// resolve finds the addresses of one site. After a failure the last ones are used
// on.
func (r *resolver) resolve(ctx context.Context, a *Attack, i int) error {
	s := &a.sites[i]
	ips, err := lookup(ctx, r.Resolver, s.host)
	var endpoints []Endpoint
	for _, ip := range ips {
		if public(ip) && !r.public {
			return fmt.Errorf("attack %s: %w (%s)", s.host, ErrPublic, ip)
		}
		address := net.JoinHostPort(ip.Unmap().String(), s.port)
		endpoints = append(endpoints, Endpoint{Name: orDefault(s.name, address), Address: address})
	}
	a.setListing(i, endpoints, err)
	return err
}
