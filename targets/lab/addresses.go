package lab

import (
	"fmt"
	"sync"

	"showdown/targets/cloud/vpc"
	"showdown/targets/journal"
)

// addresses hands out the addresses of a slot, each once in the life of a lab: an
// address that was released at a stop never comes back.
type addresses struct {
	slot int

	mu              sync.Mutex
	private, nodes  map[int]int // handed out, by zone
	public, elastic int
}

// Private is the next address in the subnet of a zone.
func (a *addresses) Private(zone string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	z := vpc.ZoneNumber(zone)
	if a.private[z] >= journal.MaxHosts {
		return "", fullError(zone)
	}
	address, err := journal.Address(a.slot, journal.RolePrivate, z, a.private[z])
	if err != nil {
		return "", err
	}
	a.private[z]++
	return address.String(), nil
}

// fullError says that the subnet of a zone has no address left. A subnet has as many as
// one of 256 on AWS has beside the five that AWS keeps (VPC User Guide, Subnet sizing).
func fullError(zone string) error {
	if zone == "" {
		zone = "the only zone"
	}
	return fmt.Errorf("the subnet of %s is full: it has %d addresses, and one of a terminated instance is not given again; use another zone", zone, journal.MaxHosts)
}

// Public is the next address that can be assigned at a start.
func (a *addresses) Public() (string, error) {
	return a.flat(journal.RolePublic, &a.public)
}

// Elastic is the next elastic IP.
func (a *addresses) Elastic() (string, error) {
	return a.flat(journal.RoleElastic, &a.elastic)
}

func (a *addresses) flat(role journal.Role, n *int) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	address, err := journal.Flat(a.slot, role, *n)
	if err != nil {
		return "", err
	}
	*n++
	return address.String(), nil
}
