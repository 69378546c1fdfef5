package route53

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"showdown"
)

const (
	// MaxAnswers is the most records that a multivalue answer carries (Route 53
	// Developer Guide, Multivalue answer routing), and the most addresses that the name
	// of a load balancer gives.
	MaxAnswers = 8
	// AliasTTL is the TTL of an alias to a load balancer: an alias has none of its own
	// and takes its target's (Route 53 Developer Guide, Choosing between alias and
	// non-alias records).
	AliasTTL = 60 * showdown.Second
	// MaxValues is the most values of a simple record set, and MaxMultivalue the most
	// records of a multivalue answer (Route 53 Developer Guide, Quotas; unverified).
	MaxValues     = 400
	MaxMultivalue = 100

	// maxTTL is 2^31-1 seconds (RFC 2181, section 8).
	maxTTL = 2147483647 * showdown.Second
)

// The health check that a zero field stands for. A standard interval is 30s and a
// fast one 10s, and three checks in a row are the default threshold (Route 53 API
// Reference, HealthCheckConfig). Sixteen checkers ask an endpoint about every two
// seconds, as the Developer Guide says of an interval of 30s (Values that you specify
// when you create or update health checks).
const (
	StandardInterval = 30 * showdown.Second
	FastInterval     = 10 * showdown.Second
	DefaultThreshold = 3
	DefaultCheckers  = 16
	maxCheckers      = 64
)

// Record is an A record set of a hosted zone, or an alias.
type Record struct {
	// Name is the part before the zone's name ("www"), "@" for the apex, or the whole
	// name.
	Name string
	// TTL is how long resolvers keep the answer, in whole seconds; 0 for an alias.
	TTL showdown.Duration
	// Values are the addresses, at most [MaxValues], or [MaxMultivalue] of a multivalue
	// answer.
	Values []netip.Addr
	// Multivalue makes it a multivalue answer, and HealthCheck looks at each of its
	// values.
	Multivalue  bool
	HealthCheck *showdown.DNSHealthCheck
	// Alias makes it an alias record: it is asked for the addresses of the target at
	// each query and must not block. Values are empty then.
	Alias func() []netip.Addr
}

// RecordOf is the record set of a topology with the values that are written out; it
// does not look at its Instances. It fails when a value is not an IPv4 address.
func RecordOf(rs showdown.RecordSet) (Record, error) {
	r := Record{Name: rs.Name, TTL: rs.TTL, Multivalue: rs.Multivalue, HealthCheck: rs.HealthCheck}
	for _, v := range rs.Values {
		a, err := netip.ParseAddr(v)
		if err != nil {
			return Record{}, invalidBatch("the value %q of %q is not an IPv4 address", v, rs.Name)
		}
		r.Values = append(r.Values, a)
	}
	return r, nil
}

// set is a record set as the snapshots keep it. It is never changed.
type set struct {
	name       string // canonical: lower case, with the final dot
	ttl        uint32
	values     []netip.Addr
	multivalue bool
	check      showdown.DNSHealthCheck // zero when nothing is checked
	alias      func() []netip.Addr
}

// endpoint is what a health check looks at: a value of a record set, in a way.
type endpoint struct {
	name  string
	value netip.Addr
	check showdown.DNSHealthCheck
}

// endpoints are the health checks of the set.
func (s *set) endpoints() []endpoint {
	if s.check == (showdown.DNSHealthCheck{}) {
		return nil
	}
	out := make([]endpoint, 0, len(s.values))
	for _, v := range s.values {
		out = append(out, endpoint{s.name, v, s.check})
	}
	return out
}

// record is the set as it was asked for.
func (s *set) record(apex string) Record {
	r := Record{
		Name: relative(s.name, apex), TTL: showdown.Duration(s.ttl) * showdown.Second,
		Values: slices.Clone(s.values), Multivalue: s.multivalue, Alias: s.alias,
	}
	if s.check != (showdown.DNSHealthCheck{}) {
		c := s.check
		r.HealthCheck = &c
	}
	if s.alias != nil {
		r.TTL = 0
	}
	return r
}

// with is the set with another list of values.
func (s *set) with(values []netip.Addr) *set {
	c := *s
	c.values = values
	return &c
}

// newSet checks a record set against the rules of Route 53 and of the clock.
func newSet(clock showdown.Clock, apex string, reserved map[string]*set, r Record) (*set, error) {
	name, err := absolute(r.Name, apex)
	if err != nil {
		return nil, err
	}
	if reserved[name] != nil {
		return nil, invalidBatch("the name %s is a name server's: choose another one", bare(name))
	}
	s := &set{name: name, values: slices.Clone(r.Values), multivalue: r.Multivalue, alias: r.Alias}
	if r.Alias != nil {
		// Route 53 API Reference, ResourceRecordSet: an alias has no TTL and no records.
		if len(r.Values) > 0 || r.TTL != 0 || r.Multivalue || r.HealthCheck != nil {
			return nil, invalidInput("the alias %s takes its values and its TTL from its target: leave out values, TTL, multivalue and health check", bare(name))
		}
		s.ttl = seconds(AliasTTL)
		return s, nil
	}
	if err := checkTTL("the TTL of "+bare(name), r.TTL); err != nil {
		return nil, err
	}
	s.ttl = seconds(r.TTL)
	if err := checkValues(s); err != nil {
		return nil, err
	}
	if r.HealthCheck == nil {
		return s, nil
	}
	if !r.Multivalue {
		return nil, invalidInput("%s is a simple record set, which cannot have a health check: make it multivalue", bare(name))
	}
	s.check, err = checkHealth(clock, bare(name), *r.HealthCheck)
	return s, err
}

func checkValues(s *set) error {
	most := MaxValues
	if s.multivalue {
		most = MaxMultivalue
	}
	switch n := len(s.values); {
	case n == 0:
		return invalidBatch("the record set %s has no value", bare(s.name))
	case n > most:
		return invalidBatch("the record set %s has %d values, and at most %d are allowed", bare(s.name), n, most)
	}
	seen := map[netip.Addr]bool{}
	for _, v := range s.values {
		if !v.Is4() {
			return invalidBatch("the value %s of %s is not an IPv4 address", v, bare(s.name))
		}
		if seen[v] {
			return invalidBatch("the value %s of %s is there twice", v, bare(s.name))
		}
		seen[v] = true
	}
	return nil
}

// checkHealth is the health check with its defaults. It fails when Route 53 does not
// offer such a check, or when the speed is too high for it.
func checkHealth(clock showdown.Clock, name string, c showdown.DNSHealthCheck) (showdown.DNSHealthCheck, error) {
	if c.Path == "" {
		c.Path = "/"
	}
	if c.Interval == 0 {
		c.Interval = StandardInterval
	}
	if c.Threshold == 0 {
		c.Threshold = DefaultThreshold
	}
	if c.Checkers == 0 {
		c.Checkers = DefaultCheckers
	}
	_, err := url.ParseRequestURI(c.Path)
	switch {
	case err != nil || c.Path[0] != '/' || len(c.Path) > 255 || strings.ContainsFunc(c.Path, func(r rune) bool { return r <= ' ' || r > '~' }):
		return c, invalidInput("the path %q of the health check of %s must begin with a slash and be a path of at most 255 printable ASCII characters", c.Path, name)
	case c.Interval != StandardInterval && c.Interval != FastInterval:
		return c, invalidInput("the interval %s of the health check of %s must be %s or %s", c.Interval, name, StandardInterval, FastInterval)
	case c.Threshold < 1 || c.Threshold > 10:
		return c, invalidInput("the threshold %d of the health check of %s must be 1 to 10", c.Threshold, name)
	case c.Checkers < 1 || c.Checkers > maxCheckers:
		return c, invalidInput("%d checkers of %s: 1 to %d can ask", c.Checkers, name, maxCheckers)
	}
	return c, clock.CheckPeriod("a health check of "+name, c.Interval)
}

func checkTTL(what string, ttl showdown.Duration) error {
	if ttl < 0 || ttl > maxTTL || time.Duration(ttl)%time.Second != 0 {
		return invalidInput("%s is %s: it must be whole seconds, 0 to %d", what, ttl, int64(maxTTL.Seconds()))
	}
	return nil
}

func seconds(d showdown.Duration) uint32 { return uint32(d / showdown.Second) }

// absolute is a name in canonical form: "@" is the apex, a name that ends in the
// apex or in a dot is whole, every other one is below the apex.
func absolute(name, apex string) (string, error) {
	full := dns.CanonicalName(name)
	switch {
	case name == "":
		return "", invalidInput("a record set has no name: write @ for the apex")
	case name == "@":
		return apex, nil
	case dns.IsSubDomain(apex, full):
	case strings.HasSuffix(name, "."):
		return "", invalidBatch("the name %s is not permitted in the zone %s", name, bare(apex))
	default:
		full += apex
	}
	if err := checkName(full); err != nil {
		return "", invalidInput("%v", err)
	}
	return full, nil
}

// checkName accepts the names of hosts. Wildcards are not imitated.
func checkName(full string) error {
	if len(full) > 255 {
		return fmt.Errorf("the name %s is longer than 255 characters", full)
	}
	for _, label := range strings.Split(strings.TrimSuffix(full, "."), ".") {
		if label == "" || len(label) > 63 {
			return fmt.Errorf("the name %s has a label that is empty or longer than 63 characters", full)
		}
		for _, c := range label {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return fmt.Errorf("the name %s has the character %q: letters, digits, - and _ are allowed", full, c)
			}
		}
	}
	return nil
}

// relative is the part of a name before the zone's, "@" for the apex.
func relative(name, apex string) string {
	if name == apex {
		return "@"
	}
	return strings.TrimSuffix(name, "."+apex)
}

// bare is a name without its final dot, as people write it.
func bare(name string) string { return strings.TrimSuffix(name, ".") }
