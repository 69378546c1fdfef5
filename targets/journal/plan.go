package journal

import (
	"fmt"
	"net/netip"
)

// The slots: how many labs can run at once on one machine.
const (
	MinSlot = 1
	MaxSlot = 15
)

// Role is what an address of a lab is for.
type Role int

// The roles of addresses.
const (
	// RoleClients is where traffic comes from.
	RoleClients Role = 0
	// RoleElastic are elastic IPs.
	RoleElastic Role = 1
	// RolePublic are public addresses that are assigned at a start and lost at a stop.
	RolePublic Role = 2
	// RolePrivate are addresses inside the subnets of the zones.
	RolePrivate Role = 3
	// RoleBalancer are the nodes of load balancers, by zone.
	RoleBalancer Role = 4
	// RoleDNS are name servers.
	RoleDNS Role = 5

	maxRole = 14 // role 15 of slot 15 would hold 127.255.255.255
)

// Sizes of the plan. A subnet keeps its first four addresses and its last one back,
// as subnets on AWS do
// (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
const (
	subnetFirst = 4
	subnetLast  = 254
	// MaxHosts is how many addresses a role has in one zone.
	MaxHosts = subnetLast - subnetFirst + 1
	// MaxZone is the highest zone number.
	MaxZone = 255
)

// Address is the address number n, from 0, of a role in a slot. zone is the third
// octet; roles without zones use it as further room, see [Flat]. It fails outside
// the plan:
//
//	octet    1     2                  3             4
//	         127   16 x slot + role   zone 0..255   4 + n, n 0..250
//
//	role     0 clients    1 elastic IPs   2 public (auto-assigned)
//	         3 private    4 balancers     5 DNS       6..14 free
//
//	slot 1   127.16.z.h  ... 127.30.z.h
//	slot 2   127.32.z.h  ... 127.46.z.h
//	slot 15  127.240.z.h ... 127.254.z.h
//
// 127.0.z.h to 127.15.z.h belong to no slot, so that 127.0.0.1 and what others bind
// near it are left alone.
func Address(slot int, role Role, zone, n int) (netip.Addr, error) {
	switch {
	case slot < MinSlot || slot > MaxSlot:
		return netip.Addr{}, fmt.Errorf("address: slot %d is outside %d to %d", slot, MinSlot, MaxSlot)
	case role < 0 || role > maxRole:
		return netip.Addr{}, fmt.Errorf("address: role %d is outside 0 to %d", role, maxRole)
	case zone < 0 || zone > MaxZone:
		return netip.Addr{}, fmt.Errorf("address: zone %d is outside 0 to %d", zone, MaxZone)
	case n < 0 || n >= MaxHosts:
		return netip.Addr{}, fmt.Errorf("address: number %d is outside 0 to %d: the subnet is full", n, MaxHosts-1)
	}
	return netip.AddrFrom4([4]byte{127, byte(16*slot + int(role)), byte(zone), byte(subnetFirst + n)}), nil
}

// Flat is the address number n, from 0, of a role without zones. It fails beyond
// the 64,256 addresses that a role has.
func Flat(slot int, role Role, n int) (netip.Addr, error) {
	if n < 0 {
		return netip.Addr{}, fmt.Errorf("address: number %d is below 0", n)
	}
	return Address(slot, role, n/MaxHosts, n%MaxHosts)
}
