package route53

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/miekg/dns"

	"showdown"
)

// Mode is a way in which name servers fail on purpose.
type Mode string

// The modes.
const (
	// NXDomain denies that the name exists; resolvers keep that for the zone's negative
	// TTL.
	NXDomain Mode = "nxdomain"
	// ServFail answers SERVFAIL.
	ServFail Mode = "servfail"
	// Silent answers nothing.
	Silent Mode = "silent"
	// Slow answers later.
	Slow Mode = "slow"
	// None answers as ever.
	None Mode = "none"
)

// failure is how a name fails.
type failure struct {
	mode    Mode
	latency time.Duration
}

// failures are the failing names, the empty one standing for all. A name's own
// failure counts before that of all. The map is never changed.
type failures map[string]failure

func (f failures) of(name string) failure {
	if own, ok := f[name]; ok {
		return own
	}
	return f[""]
}

// Fail lets all name servers fail for a host, or for every question when host is
// empty, until [None] is set for the same host. latency is how much later a slow
// answer comes, in lab time; the other modes ignore it.
func (z *Zone) Fail(host string, mode Mode, latency time.Duration) error {
	name := ""
	if host != "" {
		var err error
		if name, err = absolute(host, z.apex); err != nil {
			return fmt.Errorf("fail the name servers: the host %q is no name of the zone %s", host, bare(z.apex))
		}
	}
	switch mode {
	case NXDomain, ServFail, Silent, None:
		latency = 0
	case Slow:
		if latency <= 0 {
			return errors.New("fail the name servers: slow needs a latency above 0")
		}
	default:
		return fmt.Errorf("fail the name servers: unknown mode %q: it is %s, %s, %s, %s or %s", mode, NXDomain, ServFail, Silent, Slow, None)
	}
	z.mu.Lock()
	defer z.unlock()
	next := maps.Clone(*z.failing.Load())
	if mode == None {
		delete(next, name)
	} else {
		next[name] = failure{mode, latency}
	}
	z.failing.Store(&next)
	z.outbox.add(showdown.DNSFailing, bare(name), map[string]any{"mode": string(mode)})
	return nil
}

// decide is what a name server says, its failures included.
func decide(now *snapshot, failing failures, ill sick, q dns.Question, rng *rand.Rand) reply {
	r := now.answer(q, ill, rng)
	if r.name == "" {
		// Not this zone's: every server refuses it, failing or not, unless it is silent to
		// all.
		r.silent = failing.of("").mode == Silent
		return r
	}
	f := failing.of(dns.CanonicalName(q.Name))
	switch f.mode {
	case NXDomain:
		return now.negate(reply{authoritative: true, name: r.name}, q, dns.RcodeNameError)
	case ServFail:
		return reply{rcode: dns.RcodeServerFailure, name: r.name}
	case Silent:
		return reply{silent: true, name: r.name}
	case Slow:
		r.late = f.latency
	}
	return r
}
