package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/route53"
	"showdown/targets/journal"
)

// owners remembers which instance had a public address last: who dials an address
// that was given back still has somebody in mind.
type owners struct {
	mu sync.Mutex
	of map[string]string
}

// note takes in an event of EC2's.
func (o *owners) note(e showdown.Event) {
	if e.Kind != showdown.InstanceAddress {
		return
	}
	for _, key := range []string{"public", "private"} {
		if address, _ := e.Data[key].(string); address != "" {
			o.set(address, e.Target)
		}
	}
}

func (o *owners) set(address, owner string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[string]string{}
	}
	o.of[address] = owner
}

// Owner is the instance or load balancer node that has an address, or had it last; empty
// when none did.
func (l *Lab) Owner(address string) string {
	l.owners.mu.Lock()
	defer l.owners.mu.Unlock()
	return l.owners.of[address]
}

// openZone makes the lab's hosted zone, with the present addresses of the instances in
// its record sets, and lets its name servers listen. A topology without a zone has none.
func (l *Lab) openZone() error {
	spec := l.cfg.Cell.Topology.HostedZone
	if spec == nil {
		return nil
	}
	l.mu.Lock()
	slot, source := l.slot.Number(), l.source
	l.mu.Unlock()
	resolved := *spec
	resolved.Records = slices.Clone(spec.Records)
	for i := range resolved.Records {
		r := &resolved.Records[i]
		r.Values = slices.Clone(r.Values)
		for _, name := range r.Instances {
			in, ok := l.Instance(name)
			if !ok || in.Public == "" {
				return fmt.Errorf("record set %q: instance %q has no public address", r.Name, name)
			}
			r.Values = append(r.Values, in.Public)
		}
	}
	var servers []netip.AddrPort
	for n := range route53.MaxServers {
		address, err := journal.Address(slot, journal.RoleDNS, 0, n)
		if err != nil {
			return err
		}
		servers = append(servers, netip.AddrPortFrom(address, cloud.DNSPort))
	}
	from, err := netip.ParseAddr(source)
	if err != nil {
		return err
	}
	zone, err := route53.New(route53.Config{
		Clock: l.cfg.Clock, Seed: l.cfg.Seed, Zone: resolved, Servers: servers, Emit: l.outbox.add,
		Names: func(a netip.Addr) string { return l.Owner(a.String()) }, Source: from, Alias: l.aliasOf,
	})
	if err != nil {
		return err
	}
	if err := zone.Listen(); err != nil {
		return errors.Join(err, zone.Close())
	}
	l.mu.Lock()
	l.zone = zone
	l.mu.Unlock()
	return nil
}

// Zone is the lab's hosted zone; nil where the topology has none, and before Up.
func (l *Lab) Zone() *route53.Zone {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.zone
}

// Domain is the name of the lab's hosted zone without a final dot; empty where it has
// none.
func (l *Lab) Domain() string {
	if z := l.Zone(); z != nil {
		return z.Name()
	}
	return ""
}

// NameServers are the places of the lab's name servers, as "ip:port"; empty where it
// has none.
func (l *Lab) NameServers() []string {
	var out []string
	if z := l.Zone(); z != nil {
		for _, s := range z.Servers() {
			out = append(out, s.String())
		}
	}
	return out
}

var errNoZone = errors.New("the lab has no hosted zone")

// RemoveRecord takes an address out of the A records of a host. It returns when the
// change is accepted; the name servers follow within the zone's propagation.
func (l *Lab) RemoveRecord(host, address string) error {
	return l.change(host, address, (*route53.Zone).RemoveValue)
}

// RestoreRecord puts an address into the A records of a host, as RemoveRecord takes it
// out.
func (l *Lab) RestoreRecord(host, address string) error {
	return l.change(host, address, (*route53.Zone).RestoreValue)
}

func (l *Lab) change(host, address string, change func(*route53.Zone, string, netip.Addr) (route53.ChangeInfo, error)) error {
	z := l.Zone()
	if z == nil {
		return errNoZone
	}
	value, err := netip.ParseAddr(address)
	if err != nil {
		return fmt.Errorf("change the records of %q: %w", host, err)
	}
	_, err = change(z, host, value)
	return err
}

// FailNames lets the name servers fail for a host, or for all where it is empty:
// "nxdomain", "servfail", "silent", "slow" by latency, or "" for not any more.
func (l *Lab) FailNames(mode, host string, latency time.Duration) error {
	z := l.Zone()
	if z == nil {
		return errNoZone
	}
	if mode == "" {
		mode = string(route53.None)
	}
	return z.Fail(host, route53.Mode(mode), latency)
}
