package journeys

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"showdown"
)

// Bounds of a hosted zone.
const (
	// maxTTL is the longest TTL of a record, and of what does not exist (Amazon Route 53
	// Developer Guide, Route 53 DNS best practices).
	maxTTL = 172_800 * showdown.Second
	// maxPropagation is far above the 60 s within which Route 53 usually has a change
	// everywhere, and keeps a slip of the unit out.
	maxPropagation = showdown.Hour
	// maxCheckers is how many checkers of one endpoint a lab runs.
	maxCheckers = 32
	// maxThreshold is Route 53's (Amazon Route 53 Developer Guide, values that you
	// specify when you create health checks).
	maxThreshold = 10
	maxDomain    = 200
)

var (
	domainPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$`)
	recordPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)
)

// apex is the name of a record set, or a host, that is the zone itself.
const apex = "@"

// hostedZone checks the lab's names.
func (c *checker) hostedZone(top *showdown.Topology, path string) {
	zone := top.HostedZone
	if zone == nil {
		return
	}
	switch {
	case zone.Name == "":
		c.missing(path+".name", "the zone's name")
	case !domainPattern.MatchString(zone.Name) || len(zone.Name) > maxDomain:
		c.add(path+".name", "the zone's name %q is not a domain name: write it in small letters and without a final dot, like whatisthetime.com", zone.Name)
	}
	if zone.Propagation < 0 || zone.Propagation > maxPropagation {
		c.add(path+".propagation", "propagation must lie between 0s and %s: Route 53 usually takes up to 60s", maxPropagation)
	}
	c.wholeSeconds(path+".negative_ttl", "negative_ttl", zone.NegativeTTL)
	if len(zone.Records) == 0 {
		c.missing(path+".records", "the list of records")
	}
	taken := map[string]bool{}
	for i := range zone.Records {
		c.recordSet(top, &zone.Records[i], element(path+".records", i), taken)
	}
}

// wholeSeconds checks a TTL, which a name server says in whole seconds.
func (c *checker) wholeSeconds(path, what string, d showdown.Duration) {
	if d < 0 || d > maxTTL || time.Duration(d)%time.Second != 0 {
		c.add(path, "%s %s is not a TTL: write whole seconds from 0s to %.0fs", what, d, maxTTL.Seconds())
	}
}

func (c *checker) recordSet(top *showdown.Topology, r *showdown.RecordSet, path string, taken map[string]bool) {
	switch {
	case r.Name == "":
		c.missing(path+".name", "the record's name")
	case r.Name != apex && (!recordPattern.MatchString(r.Name) || len(r.Name) > maxName):
		c.add(path+".name", "the record's name %q is not one: write the part before the zone's name, like www, or \"@\" for the zone itself", r.Name)
	case taken[r.Name]:
		c.add(path+".name", "the record's name %q exists already: list all its addresses in one record", r.Name)
	}
	taken[r.Name] = true
	if c.places.has(path + ".alias") {
		c.alias(top, r, path)
		return
	}
	c.wholeSeconds(path+".ttl", "ttl", r.TTL)
	if len(r.Instances) == 0 && len(r.Values) == 0 {
		c.addKey(path, "record %q has no address: name its instances, write addresses as values, or a load balancer as alias", r.Name)
	}
	seen := map[string]bool{}
	once := func(at, what, name string) {
		if seen[name] {
			c.add(at, "%s %q stands here twice: keep one of the two", what, name)
		}
		seen[name] = true
	}
	for i, name := range r.Instances {
		at := element(path+".instances", i)
		once(at, "instance", name)
		c.public(at, name, top, "which a record's value is: name another one, or write alias with a load balancer in front of it")
	}
	for i, value := range r.Values {
		at := element(path+".values", i)
		once(at, "value", value)
		if ip, err := netip.ParseAddr(value); err != nil || !ip.Is4() {
			c.add(at, "value %q is not an IPv4 address: an A record holds addresses like 127.0.0.1; name instances under \"instances\"", value)
		}
	}
	c.healthCheck(r, path+".health_check")
}

// alias checks a record whose answer is the nodes of a load balancer.
func (c *checker) alias(top *showdown.Topology, r *showdown.RecordSet, path string) {
	if r.Alias == "" {
		c.missing(path+".alias", "the load balancer of the alias")
	} else {
		c.among(path+".alias", "load balancer", r.Alias, balancerNames(top))
	}
	for _, field := range []struct{ name, why string }{
		{"ttl", "it has the load balancer's, 60s"},
		{"instances", "its answer is the addresses of the load balancer's nodes"},
		{"values", "its answer is the addresses of the load balancer's nodes"},
		{"multivalue", "its answer is the addresses of the load balancer's nodes"},
		{"health_check", "the load balancer looks after its targets itself"},
	} {
		if at := child(path, field.name); c.places.has(at) {
			c.addKey(at, "an alias has no %s of its own: %s; drop the line, or the alias", field.name, field.why)
		}
	}
}

func (c *checker) healthCheck(r *showdown.RecordSet, path string) {
	h := r.HealthCheck
	if h == nil {
		return
	}
	if !r.Multivalue {
		c.addKey(path, "record %q has a health check and is not multivalue: Route 53 checks no value of a simple record; add \"multivalue: true\" or drop the check", r.Name)
	}
	if !isPath(h.Path) {
		c.add(path+".path", "path %q is not a path: it begins with / and has no blanks, like %s", h.Path, DefaultCheckPath)
	}
	if h.Interval != 10*showdown.Second && h.Interval != 30*showdown.Second {
		c.add(path+".interval", "interval %s is not one that Route 53 has: write 30s, or 10s at a higher price", h.Interval)
	}
	if h.Threshold < 1 || h.Threshold > maxThreshold {
		c.add(path+".threshold", "threshold must lie between 1 and %d, as Route 53's does", maxThreshold)
	}
	if h.Checkers < 1 || h.Checkers > maxCheckers {
		c.add(path+".checkers", "checkers must lie between 1 and %d: so many ask each endpoint", maxCheckers)
	}
}

// host checks a name that clients resolve, where the file has it.
func (c *checker) host(cell *showdown.Cell, path, host string) {
	switch {
	case !c.places.has(path):
	case cell.Running():
		c.add(path, "clients of a running system ask its targets: put the name into their URLs and drop the host")
	case host == "":
		c.missing(path, "the host")
	default:
		c.hostNamed(cell, path, host)
	}
}

// hostNamed checks that the cell's hosted zone has a record of the name.
func (c *checker) hostNamed(cell *showdown.Cell, path, host string) {
	zone := cell.Topology.HostedZone
	switch {
	case zone == nil:
		c.add(path, "host %q is to be resolved and the topology has no hosted_zone: add one with a record of that name", host)
	case !slices.Contains(recordNames(zone), host):
		c.add(path, "host %q is no record of the zone %q: %s", host, zone.Name, meant(host, recordNames(zone)))
	}
}

// resolves checks whether clients of the profile, whose fields are at path, can resolve
// the host, their own or the traffic's.
func (c *checker) resolves(path, host string, p showdown.Profile) {
	if host != "" && p == showdown.AddressList {
		c.add(path+".profile", "clients of the profile %s know addresses and no names, and their host is %q: choose another profile, or drop the host", p, host)
	}
}

// cohortHost checks what a cohort resolves against what it knows.
func (c *checker) cohortHost(cell *showdown.Cell, h showdown.Cohort, path string) {
	c.host(cell, path+".host", h.Host)
	host := cmp.Or(h.Host, cell.Traffic.Host)
	c.resolves(path, host, h.Profile)
	if host != "" && len(h.Knows) > 0 {
		c.add(path+".knows", "the cohort knows instances and its host is %q: it resolves a name or knows addresses, keep one of the two; where some cohorts resolve a name, give each its own host and the traffic none", host)
	}
}

// ageing checks the bounds of a connection's life.
func (c *checker) ageing(path string, a showdown.Ageing) {
	if a.Requests < 0 {
		c.add(path+".requests", "requests must be 1 or more, the number that a connection carries: leave the line out for any number")
	}
	for _, field := range []struct {
		name string
		zero bool
	}{{"requests", a.Requests == 0}, {"age", a.Age == 0}} {
		if at := path + "." + field.name; field.zero && c.places.has(at) {
			c.add(at, "%s is 0 and bounds nothing: leave the line out", field.name)
		}
	}
}

// record is the record of a name.
func record(top *showdown.Topology, host string) (showdown.RecordSet, bool) {
	if top.HostedZone != nil {
		for _, r := range top.HostedZone.Records {
			if r.Name == host {
				return r, true
			}
		}
	}
	return showdown.RecordSet{}, false
}

func recordNames(zone *showdown.HostedZone) []string {
	var out []string
	for _, r := range zone.Records {
		out = append(out, r.Name)
	}
	return out
}
