package route53

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// sick are the endpoints whose health checks find them unhealthy. It is never
// changed: a change makes a new one.
type sick map[endpoint]struct{}

// reply is what a name server says to a question, before it is a packet.
type reply struct {
	rcode         int
	authoritative bool
	answer        []dns.RR
	authority     []dns.RR
	extra         []dns.RR
	// name is the name that the query is counted under: the zone's own, "*" in place
	// of one that does not exist, empty outside of the zone.
	name string
	// alias says that the answer came from an alias of an AWS resource, which is free.
	alias bool
	// silent is no answer at all; late is how much later it comes, in lab time.
	silent bool
	late   time.Duration
}

// hinfoTTL is how long the stand-in of an ANY answer is kept, in seconds.
const hinfoTTL = 3600

// answer is what a name server with this snapshot says. Names compare without regard
// to case, and come back as they were asked, since resolvers hide a secret in the case
// (0x20). It draws the order of the values from rng.
func (z *snapshot) answer(q dns.Question, ill sick, rng *rand.Rand) reply {
	name := dns.CanonicalName(q.Name)
	if q.Qclass != dns.ClassINET || !dns.IsSubDomain(z.apex, name) {
		return reply{rcode: dns.RcodeRefused}
	}
	r := reply{authoritative: true, name: name}
	if !z.exists(name) {
		r.name = "*." + z.apex
	}
	switch q.Qtype {
	case dns.TypeAXFR, dns.TypeIXFR:
		// Route 53 does not transfer zones.
		return reply{rcode: dns.RcodeRefused, name: r.name}
	}
	if !z.exists(name) {
		return z.negate(r, q, dns.RcodeNameError)
	}
	s := z.at(name)
	switch {
	case q.Qtype == dns.TypeANY:
		// A minimal answer (RFC 8482, section 4.2).
		r.answer = []dns.RR{&dns.HINFO{
			Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeHINFO, Class: dns.ClassINET, Ttl: hinfoTTL},
			Cpu: "RFC8482",
		}}
	case q.Qtype == dns.TypeSOA && name == z.apex:
		r.answer = []dns.RR{z.soa(q.Name, max(soaTTL, z.negative))}
		r.authority = z.ns(q.Name)
	case q.Qtype == dns.TypeNS && name == z.apex:
		r.answer, r.extra = z.ns(q.Name), z.glue()
	case q.Qtype == dns.TypeA && s != nil:
		r.alias = s.alias != nil
		for _, v := range s.pick(ill, rng) {
			r.answer = append(r.answer, address(q.Name, s.ttl, v))
		}
		if len(r.answer) > 0 {
			r.authority = z.ns(z.apex)
		}
	}
	if len(r.answer) == 0 {
		return z.negate(r, q, dns.RcodeSuccess)
	}
	return r
}

// negate makes r say that there is no such name or no such data: with the SOA
// record, whose TTL says how long that is kept (RFC 2308).
func (z *snapshot) negate(r reply, q dns.Question, rcode int) reply {
	r.rcode = rcode
	r.authority = []dns.RR{z.soa(suffix(q.Name, z.apex), z.negative)}
	return r
}

// suffix is the zone's name in the case in which it was asked.
func suffix(name, apex string) string {
	name = dns.Fqdn(name)
	if i := len(name) - len(apex); i >= 0 && dns.CanonicalName(name[i:]) == apex {
		return name[i:]
	}
	return apex
}

// pick is the values that one answer carries, in random order. A simple record set
// gives all it has (Route 53 Developer Guide, Simple routing). A multivalue one gives
// up to eight healthy values, and up to eight of all when none is healthy (Multivalue
// answer routing).
func (s *set) pick(ill sick, rng *rand.Rand) []netip.Addr {
	values, most := slices.Clone(s.values), len(s.values)
	switch {
	case s.alias != nil:
		values, most = slices.Clone(s.alias()), MaxAnswers
		values = slices.DeleteFunc(values, func(a netip.Addr) bool { return !a.Is4() })
	case s.multivalue:
		most = MaxAnswers
		healthy := slices.DeleteFunc(slices.Clone(values), func(v netip.Addr) bool {
			_, unhealthy := ill[endpoint{s.name, v, s.check}]
			return unhealthy
		})
		if len(healthy) > 0 {
			values = healthy
		}
	}
	rng.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	return values[:min(most, len(values))]
}
