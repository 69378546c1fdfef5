package lab

import (
	"net"
	"slices"
	"strconv"

	"showdown"
	"showdown/targets/cloud"
)

// Endpoint is an address that clients are told: an instance's public one, or that of a
// load balancer's node.
type Endpoint struct {
	// Name is the instance's or the node's; Address is "ip:port".
	Name, Address string
}

// Endpoints is what clients are told at the start: the nodes of the load balancers, and
// in a lab without one the public address of every instance that has one now, in the
// order of the topology. Whom a cohort of the traffic knows by name is told in any case,
// the private address of an instance without a public one too: that is somebody who has
// found it out. Whether anybody answers there is another question.
func (l *Lab) Endpoints() []Endpoint {
	known := l.cfg.Cell.Traffic.Known()
	var out []Endpoint
	nodes := l.Nodes()
	for _, n := range nodes {
		out = append(out, Endpoint{n.Name, n.Address})
	}
	for _, in := range l.Instances() {
		address := in.Public
		if in.Instance.Private {
			address = in.Private
		}
		if address == "" || !slices.Contains(known, in.Name) && (len(nodes) > 0 || in.Instance.Private) {
			continue
		}
		out = append(out, Endpoint{in.Name, net.JoinHostPort(address, strconv.Itoa(cloud.Port))})
	}
	return out
}

// tellServices lets the load balancers and the Auto Scaling groups know of what happened
// to an instance or a target.
func (l *Lab) tellServices(e showdown.Event) {
	switch e.Kind {
	case showdown.InstanceState, showdown.InstanceListening, showdown.InstanceStatus:
		for _, b := range l.Balancers() {
			b.InstanceChanged(e.Target)
		}
	case showdown.TargetHealth, showdown.TargetState, showdown.ZoneCapacity, showdown.MachineLost:
	default:
		return
	}
	for _, g := range l.ScalingGroups() {
		g.Wake()
	}
}
