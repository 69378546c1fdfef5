package chaos

import (
	"context"
	"errors"
	"slices"

	"showdown/targets/cloud"
)

// Node is a load balancer's node as it is now.
type Node struct {
	// Name is that of its machine, Zone the Availability Zone that it stands in.
	Name, Zone string
	// Address is where clients reach it, as "ip:port".
	Address string
	// InDNS says that the balancer's name is answered with it.
	InDNS bool
}

// Zones is what an experiment needs of a lab's Availability Zones and of the load
// balancers' nodes in them. A [Lab] that has some has these methods too. A refusal of
// EC2's is a [Refusal].
type Zones interface {
	// ZoneNames are the zones in which the lab has or may have something.
	ZoneNames() []string
	// CloseZone lets launches and starts in a zone fail for want of capacity until
	// OpenZone; twice is no error.
	CloseZone(zone string) error
	OpenZone(zone string) error
	// TryLaunch asks whether an instance could be launched in a zone, and launches none.
	TryLaunch(ctx context.Context, zone string) error
	// Nodes are the nodes of all load balancers, NodeMachine the living process behind one,
	// if any. RestartNode runs a node's process again and returns when it runs.
	Nodes() []Node
	NodeMachine(name string) (cloud.Machine, bool)
	RestartNode(ctx context.Context, name string) error
	// CutZones drops every packet between the machines and nodes of two zones, those of
	// open connections too, until UncutZones. Clients still reach both.
	CutZones(ctx context.Context, a, b string) error
	UncutZones(ctx context.Context, a, b string) error
}

// noCapacity is the code with which EC2 refuses a launch in a zone that has no room
// (Amazon EC2 API Reference, Error codes).
const noCapacity = "InsufficientInstanceCapacity"

// zones is the lab as [Zones].
func (e *env) zones() (Zones, error) {
	z, ok := e.lab.(Zones)
	if !ok {
		return nil, errors.New("this lab has no Availability Zones that can fail")
	}
	return z, nil
}

// nodes are the nodes of the lab's load balancers; none where it has none.
func (e *env) nodes() []Node {
	if z, err := e.zones(); err == nil {
		return z.Nodes()
	}
	return nil
}

// machineOf is the living process of that name, be it an instance's or a node's.
func (e *env) machineOf(name string) (cloud.Machine, bool) {
	if m, ok := e.lab.Machine(name); ok {
		return m, true
	}
	if z, err := e.zones(); err == nil {
		return z.NodeMachine(name)
	}
	return nil, false
}

// nodesIn are the nodes in a zone.
func (e *env) nodesIn(zone string) []Node {
	return slices.DeleteFunc(slices.Clone(e.nodes()), func(n Node) bool { return n.Zone != zone })
}

// instancesIn are the instances in a zone that are not gone for good.
func (e *env) instancesIn(zone string) []Instance {
	return slices.DeleteFunc(e.instances(), func(in Instance) bool { return in.Zone != zone || ending(in) })
}

// ending says that an instance is gone for good, or about to be.
func ending(in Instance) bool { return in.State == terminated || in.State == "shutting-down" }
