package attack

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// question is one query for the addresses of a name.
type question struct {
	id uint16
	// name is fully qualified, with its final dot.
	name string
}

// pack is the question as it is sent. It asks for recursion, as a stub resolver does.
func (q question) pack() ([]byte, error) {
	var m dns.Msg
	m.SetQuestion(q.name, dns.TypeA)
	m.Id = q.id
	return m.Pack()
}

// verdict is what a message says to the one who asked.
type verdict int

const (
	// foreign is no answer to the question: the wait goes on.
	foreign verdict = iota
	// truncated asks for the same question over TCP.
	truncated
	// resolved gives addresses.
	resolved
	// absent says that there are none: the name does not exist (NXDOMAIN), or has no
	// address (NODATA).
	absent
	// failing is a name server that cannot or will not answer: SERVFAIL, REFUSED and
	// the like. Another one may.
	failing
)

// reply is what a name server said.
type reply struct {
	verdict verdict
	// addresses are in the order of the answer.
	addresses []netip.Addr
	// ttl is how long the reply may be kept, in AWS seconds; 0 is not at all. Of an
	// absent name it is the negative TTL.
	ttl uint32
}

// maxAliases is how many CNAME records are followed.
const maxAliases = 8

// parse is what the message says to the question. Anything may arrive on a socket, so
// what does not fit is foreign and no error: a wrong id or question, a query, noise.
func (q question) parse(message []byte) reply {
	var m dns.Msg
	if m.Unpack(message) != nil || m.Id != q.id || !m.Response || m.Opcode != dns.OpcodeQuery || len(m.Question) != 1 {
		return reply{}
	}
	if asked := m.Question[0]; asked.Qtype != dns.TypeA || asked.Qclass != dns.ClassINET || !strings.EqualFold(asked.Name, q.name) {
		return reply{}
	}
	switch {
	case m.Truncated:
		return reply{verdict: truncated}
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return reply{verdict: failing}
	case m.Rcode == dns.RcodeSuccess:
		if r := q.addresses(m.Answer); len(r.addresses) > 0 {
			return r
		}
	}
	return reply{verdict: absent, ttl: negativeTTL(m.Ns)}
}

// addresses follows the name through its aliases to its addresses. The reply may be
// kept as long as the shortest-lived record that it rests on.
func (q question) addresses(answer []dns.RR) reply {
	r := reply{verdict: resolved, ttl: 1<<32 - 1}
	name := q.name
	for range maxAliases {
		next := ""
		for _, rr := range answer {
			if !strings.EqualFold(rr.Header().Name, name) || rr.Header().Class != dns.ClassINET {
				continue
			}
			switch rr := rr.(type) {
			case *dns.A:
				if ip, ok := netip.AddrFromSlice(rr.A.To4()); ok {
					r.addresses = append(r.addresses, ip)
					r.ttl = min(r.ttl, lifetime(rr.Hdr.Ttl))
				}
			case *dns.CNAME:
				next = rr.Target
				r.ttl = min(r.ttl, lifetime(rr.Hdr.Ttl))
			}
		}
		if len(r.addresses) > 0 || next == "" {
			return r
		}
		name = next
	}
	return r
}

// negativeTTL is how long it may be kept that there is no address: the smaller of the
// SOA record's own TTL and its minimum field (RFC 2308, section 5). Without such a
// record nothing is kept.
func negativeTTL(authority []dns.RR) uint32 {
	for _, rr := range authority {
		if soa, ok := rr.(*dns.SOA); ok {
			return min(lifetime(soa.Hdr.Ttl), lifetime(soa.Minttl))
		}
	}
	return 0
}

// lifetime is a TTL as it is understood: one with the highest bit set is 0 (RFC 2181,
// section 8).
func lifetime(ttl uint32) uint32 {
	if ttl >= 1<<31 {
		return 0
	}
	return ttl
}
