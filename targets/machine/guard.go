package machine

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"showdown/targets/cloud"
)

// The ways in which a machine keeps out who is not let in.
const (
	// guardFilter is a socket filter on the listener: the kernel drops the SYN.
	guardFilter = "filter"
	// guardSilence is a connection that is accepted and never answered.
	guardSilence = "silence"
)

// guard is who may reach a machine: its security groups as ranges of addresses. It is
// immutable; a change makes a new one. nil lets everybody in.
type guard struct {
	// allow may connect, cut is not heard whatever allow says. Both are sorted and
	// disjoint.
	allow, cut []ipRange
}

// ipRange is the IPv4 addresses from first to last, both included.
type ipRange struct{ first, last uint32 }

// newGuard is in for the application's port. Rules for other ports reach nothing here.
func newGuard(in *cloud.Inbound, port int) (*guard, error) {
	if in == nil {
		return nil, nil
	}
	var allow []netip.Prefix
	for _, a := range in.Allow {
		if a.Port == port {
			allow = append(allow, a.From)
		}
	}
	var (
		g   guard
		err error
	)
	if g.allow, err = ranges(allow); err != nil {
		return nil, err
	}
	if g.cut, err = ranges(in.Cut); err != nil {
		return nil, err
	}
	return &g, nil
}

// ranges is prefixes in order, with what overlaps or touches joined.
func ranges(prefixes []netip.Prefix) ([]ipRange, error) {
	var all []ipRange
	for _, p := range prefixes {
		if !p.IsValid() || !p.Addr().Is4() {
			return nil, fmt.Errorf("source %q is no IPv4 block: write it like 127.16.0.0/16", p)
		}
		first := number(p.Masked().Addr())
		all = append(all, ipRange{first, first | uint32(1<<(32-p.Bits())-1)})
	}
	slices.SortFunc(all, func(a, b ipRange) int { return cmp.Compare(a.first, b.first) })
	var out []ipRange
	for _, r := range all {
		if n := len(out); n > 0 && uint64(r.first) <= uint64(out[n-1].last)+1 {
			out[n-1].last = max(out[n-1].last, r.last)
			continue
		}
		out = append(out, r)
	}
	return out, nil
}

// number is an IPv4 address as a number in the host's order.
func number(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// admits says whether from may open a connection to the address at. A machine always
// reaches itself: its packets do not leave it, and what looks at it from its host
// passes no security group.
func (g *guard) admits(from, at netip.Addr) bool {
	return g == nil || from == at || contains(g.allow, from)
}

// cuts says whether packets from from are dropped at the address at.
func (g *guard) cuts(from, at netip.Addr) bool {
	return g != nil && from != at && contains(g.cut, from)
}

func contains(list []ipRange, a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	n := number(a)
	_, found := slices.BinarySearchFunc(list, n, func(r ipRange, n uint32) int {
		switch {
		case r.last < n:
			return -1
		case r.first > n:
			return 1
		}
		return 0
	})
	return found
}
