package elb

import (
	"time"

	"showdown"
)

// StartZonalShift withdraws the node of a zone from the name's answer for 1 minute to 72
// hours, and with cross-zone load balancing keeps all nodes from sending requests to the
// zone's targets, whose checks go on (ALB, Zonal shift: administrative override, as it is
// since a shift may be used with cross-zone; in 2023 it was refused there). Connections
// that clients have stay. It refuses a zone in which the load balancer has no node, a
// second shift, and a Classic Load Balancer, which has none.
func (b *Balancer) StartZonalShift(zone string, length showdown.Duration) error {
	b.mu.Lock()
	defer b.unlock()
	if err := b.shiftable(opStartShift, zone); err != nil {
		return err
	}
	if err := shiftRange.check("an expiry", length); err != nil {
		return b.refused(opStartShift, b.Name(), CodeValidationException, "%s", err)
	}
	if b.shift != nil {
		return b.refused(opStartShift, b.Name(), CodeConflict, "there is a zonal shift away from %s", b.shift.zone)
	}
	b.shift = &shift{zone: zone, until: time.Now().Add(b.cfg.Clock.Lab(length))}
	b.say("zonal shift away from %s for %s", zone, length)
	b.bump()
	b.rouse()
	return nil
}

// CancelZonalShift ends the zonal shift away from a zone. It refuses when there is none.
func (b *Balancer) CancelZonalShift(zone string) error {
	b.mu.Lock()
	defer b.unlock()
	if err := b.shiftable(opCancelShift, zone); err != nil {
		return err
	}
	if b.shift == nil || b.shift.zone != zone {
		return b.refused(opCancelShift, b.Name(), CodeResourceNotFound, "there is no zonal shift away from %s", zone)
	}
	b.shift = nil
	b.say("zonal shift away from %s cancelled", zone)
	b.bump()
	return nil
}

// shiftable says whether there can be a zonal shift away from a zone. b.mu is held.
func (b *Balancer) shiftable(op operation, zone string) error {
	if b.classic() {
		return b.refused(op, b.Name(), CodeResourceNotFound, "a Classic Load Balancer is not a resource that can be shifted")
	}
	for _, z := range b.cfg.Spec.Zones {
		if z == zone {
			return nil
		}
	}
	return b.refused(op, b.Name(), CodeValidationException, "the load balancer is not in %s", zone)
}

// endShift ends a zonal shift that has expired, and returns when it will. b.mu is held.
func (b *Balancer) endShift(now time.Time) (next time.Time) {
	switch {
	case b.shift == nil:
		return time.Time{}
	case now.Before(b.shift.until):
		return b.shift.until
	}
	b.say("zonal shift away from %s expired", b.shift.zone)
	b.shift = nil
	b.bump()
	return time.Time{}
}

// away says whether a zonal shift would keep requests from a target. A group all of whose
// targets are in that zone is not shifted (ARC Developer Guide, Application Load
// Balancers: single-zone target groups). b.mu is held.
func (b *Balancer) away(g *group, t *target) bool {
	if b.shift == nil || !g.CrossZone || t.zone != b.shift.zone {
		return false
	}
	for _, other := range g.targets {
		if other.zone != b.shift.zone && other.unused == "" && other.leaving == nil {
			return true
		}
	}
	return false
}

// kept says whether a zonal shift keeps requests from a target at present. b.mu is held.
func (b *Balancer) kept(g *group, t *target) bool { return b.away(g, t) && !b.shift.moot }

// moot notes whether the load balancer fails open, in which a zonal shift has no effect
// (ARC Developer Guide, Supported resources), and lets the nodes know. b.mu is held.
func (b *Balancer) moot(open bool) {
	if b.shift != nil && b.shift.moot != open {
		b.shift.moot = open
		b.tellAll()
	}
}
