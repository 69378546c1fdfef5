package route53

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"showdown"
)

// The records that Route 53 gives every public hosted zone (Route 53 Developer Guide,
// NS and SOA records that Amazon Route 53 creates for a public hosted zone).
const (
	nsTTL      = 172800
	soaTTL     = 900
	soaSerial  = 1 // stays 1 whatever changes
	soaRefresh = 7200
	soaRetry   = 900
	soaExpire  = 1209600
	soaMailbox = "awsdns-hostmaster.amazon.com."
)

// snapshot is a hosted zone at one moment, as one name server knows it. It is never
// changed: a change makes a new one.
type snapshot struct {
	apex     string
	negative uint32 // seconds that "no such name" is kept
	sets     map[string]*set
	// hosts are the names of the name servers. They are white-label ones (Route 53
	// Developer Guide, Configuring white-label name servers), so that who follows them
	// stays in the lab; AWS's own would lead to AWS.
	hosts map[string]*set
	// between are names without records that exist since others are below them (RFC
	// 8020): they have no data, but they are no NXDOMAIN.
	between map[string]bool
}

// newHosts are the address records of the name servers, ns1 and so on.
func newHosts(apex string, servers []netip.AddrPort) map[string]*set {
	hosts := map[string]*set{}
	for i, s := range servers {
		name := fmt.Sprintf("ns%d.%s", i+1, apex)
		hosts[name] = &set{name: name, ttl: nsTTL, values: []netip.Addr{s.Addr()}}
	}
	return hosts
}

func newSnapshot(apex string, negative showdown.Duration, hosts, sets map[string]*set) *snapshot {
	z := &snapshot{apex: apex, negative: seconds(negative), sets: sets, hosts: hosts, between: map[string]bool{}}
	for name := range sets {
		for name != apex {
			_, parent, _ := strings.Cut(name, ".")
			name = parent
			z.between[name] = true
		}
	}
	return z
}

// with is the zone with a record set more, or in another's place.
func (z *snapshot) with(s *set) *snapshot {
	sets := maps.Clone(z.sets)
	sets[s.name] = s
	return z.of(sets)
}

// without is the zone without the record set of a name.
func (z *snapshot) without(name string) *snapshot {
	sets := maps.Clone(z.sets)
	delete(sets, name)
	return z.of(sets)
}

func (z *snapshot) of(sets map[string]*set) *snapshot {
	n := newSnapshot(z.apex, 0, z.hosts, sets)
	n.negative = z.negative
	return n
}

// at is the record set of a name; nil when there is none.
func (z *snapshot) at(name string) *set {
	if s := z.sets[name]; s != nil {
		return s
	}
	return z.hosts[name]
}

// exists says whether a name is there, with records or without.
func (z *snapshot) exists(name string) bool {
	return name == z.apex || z.at(name) != nil || z.between[name]
}

// endpoints are all that is to be checked, in the order of the names.
func (z *snapshot) endpoints() []endpoint {
	var out []endpoint
	for _, name := range slices.Sorted(maps.Keys(z.sets)) {
		out = append(out, z.sets[name].endpoints()...)
	}
	return out
}

// soa is the SOA record. It counts for ttl seconds: in a negative answer that is how
// long the answer is kept (RFC 2308, section 5).
func (z *snapshot) soa(name string, ttl uint32) dns.RR {
	return &dns.SOA{
		Hdr:    dns.RR_Header{Name: name, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: ttl},
		Ns:     "ns1." + z.apex,
		Mbox:   soaMailbox,
		Serial: soaSerial, Refresh: soaRefresh, Retry: soaRetry, Expire: soaExpire,
		Minttl: z.negative,
	}
}

// ns are the NS records, under the name as it was asked.
func (z *snapshot) ns(name string) []dns.RR {
	out := make([]dns.RR, 0, len(z.hosts))
	for _, host := range slices.Sorted(maps.Keys(z.hosts)) {
		out = append(out, &dns.NS{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: nsTTL}, Ns: host})
	}
	return out
}

// glue are the addresses of the name servers.
func (z *snapshot) glue() []dns.RR {
	out := make([]dns.RR, 0, len(z.hosts))
	for _, host := range slices.Sorted(maps.Keys(z.hosts)) {
		out = append(out, address(host, nsTTL, z.hosts[host].values[0]))
	}
	return out
}

// address is an A record.
func address(name string, ttl uint32, a netip.Addr) dns.RR {
	return &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: ttl}, A: a.AsSlice()}
}
