package vpc

import (
	"fmt"
	"net/netip"

	"showdown/targets/journal"
)

// Plan is the address plan of a lab, by the number of its slot: which block each
// subnet has.
type Plan struct{ Slot int }

// The lengths of prefixes in the plan: the second octet is the role, the third the zone.
const (
	subnetBits = 24
	roleBits   = 16
)

// Subnet is the block of the private addresses of a zone: "us-east-1a" has the first.
// A lab has one subnet in each zone, and a subnet lies in one zone (VPC User Guide,
// Subnets for your VPC).
func (p Plan) Subnet(zone string) (netip.Prefix, error) {
	first, err := journal.Address(p.Slot, journal.RolePrivate, ZoneNumber(zone), 0)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("subnet of %s: %w", zone, err)
	}
	return netip.PrefixFrom(first, subnetBits).Masked(), nil
}

// CIDR is the block of the whole VPC: the subnets of all zones.
func (p Plan) CIDR() (netip.Prefix, error) { return p.block(journal.RolePrivate) }

// Internet is the block of the lab's clients.
func (p Plan) Internet() (netip.Prefix, error) { return p.block(journal.RoleClients) }

func (p Plan) block(role journal.Role) (netip.Prefix, error) {
	first, err := journal.Address(p.Slot, role, 0, 0)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(first, roleBits).Masked(), nil
}

// ZoneNumber is the third octet of a zone's subnet: 0 for the zone that ends in "a",
// and for a lab that names no zone.
func ZoneNumber(zone string) int {
	if zone == "" {
		return 0
	}
	if c := zone[len(zone)-1]; c >= 'a' && c <= 'z' {
		return int(c - 'a')
	}
	return 0
}
