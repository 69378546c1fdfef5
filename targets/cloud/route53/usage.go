package route53

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/miekg/dns"

	"showdown"
)

// Queries are the queries of one kind that the name servers got.
type Queries struct {
	// Name is the full name without the final dot; "*." before the zone's stands for all
	// that do not exist, and empty for those outside of the zone.
	Name string
	// Type is "A", "NS" and so on; what is not common is "other".
	Type string
	// Rcode is the answer's: "NOERROR", "NXDOMAIN"; "none" when there was no answer.
	Rcode     string
	Transport Transport
	// Alias says that an alias of an AWS resource answered, which is free (Amazon Route
	// 53 pricing).
	Alias bool
	Count uint64
}

// CheckUsage is a health check that the bill is for: that of one value.
type CheckUsage struct {
	Name  string
	Value netip.Addr
	// Fast says that its interval is [FastInterval], at a higher price.
	Fast bool
	// For is how long it has been there, in AWS time; Now, that it still is.
	For showdown.Duration
	Now bool
}

// Usage is what a zone has used, for the bill.
type Usage struct {
	// Queries are in the order of name, type, rcode and transport.
	Queries []Queries
	// Checks are in the order in which they began.
	Checks []CheckUsage
}

// Billed is the number of queries that cost something: those for names of the zone,
// also for ones that do not exist, but not those that an alias of an AWS resource
// answered (Amazon Route 53 pricing). They are counted as they came: where clients keep
// answers for a TTL that the clock divided, that is AWS's number already.
func (u Usage) Billed() uint64 {
	var n uint64
	for _, q := range u.Queries {
		if q.Name != "" && !q.Alias {
			n += q.Count
		}
	}
	return n
}

// Usage is what has been used until a moment.
func (z *Zone) Usage(at time.Time) Usage {
	u := Usage{Queries: z.tally.list()}
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, c := range z.checked {
		until := c.until
		if until.IsZero() {
			until = at
		}
		u.Checks = append(u.Checks, CheckUsage{
			Name: bare(c.name), Value: c.value, Fast: c.check.Interval == FastInterval,
			For: z.cfg.Clock.AWS(max(0, until.Sub(c.from))), Now: c.until.IsZero(),
		})
	}
	return u
}

// tally counts queries. What is counted apart is a closed set, so that nobody can fill
// the memory with questions.
type tally struct {
	mu     sync.Mutex
	counts map[Queries]uint64 // by a key whose Count is 0
}

func (t *tally) count(s *spoken, via Transport) {
	key := Queries{
		Name: bare(s.reply.name), Type: typeName(s.question.Qtype), Rcode: dns.RcodeToString[s.reply.rcode],
		Transport: via, Alias: s.reply.alias,
	}
	if s.reply.silent {
		key.Rcode = "none"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[key]++
}

func (t *tally) list() []Queries {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Queries, 0, len(t.counts))
	for q, n := range t.counts {
		q.Count = n
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b Queries) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type),
			cmp.Compare(a.Rcode, b.Rcode), cmp.Compare(a.Transport, b.Transport),
			cmp.Compare(strconv.FormatBool(a.Alias), strconv.FormatBool(b.Alias)))
	})
	return out
}

// typeName is the name of a type that clients commonly ask for.
func typeName(t uint16) string {
	switch t {
	case dns.TypeA, dns.TypeAAAA, dns.TypeANY, dns.TypeCNAME, dns.TypeHTTPS, dns.TypeMX, dns.TypeNS,
		dns.TypePTR, dns.TypeSOA, dns.TypeSRV, dns.TypeTXT:
		return dns.TypeToString[t]
	}
	return "other"
}
