package ec2

import (
	"fmt"

	"showdown"
	"showdown/targets/cloud"
)

// CloseZone lets no instance be launched or started in a zone, as in an outage or when
// AWS has no capacity there: RunInstances and StartInstances fail with
// InsufficientInstanceCapacity (EC2 User Guide, Troubleshoot instance launch issues).
// What runs there goes on.
func (r *Region) CloseZone(zone string) { r.setZone(zone, true) }

// OpenZone ends what CloseZone began.
func (r *Region) OpenZone(zone string) { r.setZone(zone, false) }

func (r *Region) setZone(zone string, full bool) {
	r.mu.Lock()
	defer r.unlock()
	if r.full[zone] == full {
		return
	}
	r.full[zone] = full
	r.outbox.add(showdown.ZoneCapacity, zone, map[string]any{"open": !full})
}

// DryRun says whether an instance of a type could be launched in a zone now, as
// RunInstances does that is asked for no more than that.
func (r *Region) DryRun(zone, instanceType string) error {
	r.mu.Lock()
	defer r.unlock()
	return r.room("RunInstances", "", instanceType, zone)
}

// room fails where a zone takes no more instances. r.mu is held.
func (r *Region) room(operation, name, instanceType, zone string) error {
	if !r.full[zone] {
		return nil
	}
	return r.refused(name, cloud.NewAPIError(operation, CodeInsufficientCapacity, fmt.Sprintf(
		"We currently do not have sufficient %s capacity in the Availability Zone you requested (%s).", instanceType, zone,
	)))
}
