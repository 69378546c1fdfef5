package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Names is what an experiment needs of a lab's name servers. A [Lab] with a hosted zone
// has these methods too. Host is "@" for the zone's apex, else the part before it.
type Names interface {
	// Domain is the zone's name without a final dot; empty where there is no zone.
	Domain() string
	// NameServers are the places of the name servers, as "ip:port".
	NameServers() []string
	// RemoveRecord takes an address out of a name's A records, RestoreRecord puts one in.
	// They return when the change is accepted, and each name server follows in its time.
	// A refusal of Route 53's is a [Refusal].
	RemoveRecord(ctx context.Context, host, address string) error
	RestoreRecord(ctx context.Context, host, address string) error
	// FailNames lets the name servers fail for a host, or for all where it is empty:
	// "nxdomain", "servfail", "silent", "slow" by latency, or "" for not any more.
	FailNames(mode, host string, latency time.Duration) error
}

// names is the lab as [Names].
func (e *env) names() (Names, error) {
	n, ok := e.lab.(Names)
	if !ok || n.Domain() == "" {
		return nil, errors.New("this lab has no hosted zone: add topology.hosted_zone")
	}
	return n, nil
}

// fullName is a host of a zone with its final dot, so that nothing is appended to it.
func fullName(host, domain string) string {
	if host == "" || host == "@" {
		return domain + "."
	}
	return host + "." + domain + "."
}

// Said is what a name server said.
type Said string

// What a name server can say.
const (
	SaidAddresses Said = "addresses"
	SaidNothing   Said = "no such name"
	SaidFailure   Said = "server failure"
	SaidSilence   Said = "no answer"
)

// reply is one answer of a name server, or the lack of one.
type reply struct {
	said      Said
	addresses []string
	took      time.Duration
}

// String is the reply in a few words.
func (r reply) String() string {
	took := r.took.Round(100 * time.Microsecond)
	if r.said == SaidAddresses {
		return strings.Join(r.addresses, " ") + fmt.Sprintf(" in %s", took)
	}
	return fmt.Sprintf("%s in %s", r.said, took)
}

// asker asks one name server for the addresses of a name.
type asker interface {
	ask(ctx context.Context, server, name string, patience time.Duration) reply
}

// resolverAsker asks with Go's own resolver, which shares nothing with the name servers
// under test nor with the clients' caches.
type resolverAsker struct{ source string }

func (a resolverAsker) ask(ctx context.Context, server, name string, patience time.Duration) reply {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	resolver := &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		if ip := net.ParseIP(a.source); ip != nil {
			if strings.HasPrefix(network, "tcp") {
				d.LocalAddr = &net.TCPAddr{IP: ip}
			} else {
				d.LocalAddr = &net.UDPAddr{IP: ip}
			}
		}
		return d.DialContext(ctx, network, server)
	}}
	start := time.Now()
	found, err := resolver.LookupNetIP(ctx, "ip4", name)
	r := reply{said: saidBy(err), took: time.Since(start)}
	for _, ip := range found {
		r.addresses = append(r.addresses, ip.Unmap().String())
	}
	slices.SortFunc(r.addresses, func(a, b string) int {
		return netip.MustParseAddr(a).Compare(netip.MustParseAddr(b))
	})
	return r
}

// saidBy sorts an error of Go's resolver.
func saidBy(err error) Said {
	var failed *net.DNSError
	switch {
	case err == nil:
		return SaidAddresses
	case errors.As(err, &failed) && failed.IsNotFound:
		return SaidNothing
	case errors.As(err, &failed) && failed.IsTimeout,
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return SaidSilence
	}
	return SaidFailure
}

// heard is what every name server says of a host.
type heard map[string]reply

// listen asks all name servers for a host, at once, and waits for their answers.
func (e *env) listen(ctx context.Context, n Names, host string, patience time.Duration) heard {
	servers := n.NameServers()
	replies := make([]reply, len(servers))
	var all sync.WaitGroup
	for i, server := range servers {
		all.Go(func() { replies[i] = e.asker.ask(ctx, server, fullName(host, n.Domain()), patience) })
	}
	all.Wait()
	out := heard{}
	for i, server := range servers {
		out[server] = replies[i]
	}
	return out
}

// all says that every name server said what is wanted.
func (h heard) all(want func(reply) bool) bool {
	for _, r := range h {
		if !want(r) {
			return false
		}
	}
	return len(h) > 0
}

// String is what was heard, once where all say the same.
func (h heard) String() string {
	by := map[string]int{}
	var order []string
	for _, r := range h {
		text := string(r.said)
		if r.said == SaidAddresses {
			text = strings.Join(r.addresses, " ")
		}
		if by[text] == 0 {
			order = append(order, text)
		}
		by[text]++
	}
	slices.Sort(order)
	var parts []string
	for _, text := range order {
		parts = append(parts, fmt.Sprintf("%d of %d name servers say %s", by[text], len(h), text))
	}
	return strings.Join(parts, ", ")
}

// has says that an address is among the reply's.
func (r reply) has(address string) bool { return slices.Contains(r.addresses, address) }
