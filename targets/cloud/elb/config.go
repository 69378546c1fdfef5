package elb

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"strconv"

	"showdown"
	"showdown/targets/cloud"
)

// Network is the security groups that the nodes are members of. Its methods are called
// outside of the Balancer's locks and may ask the Balancer.
type Network interface {
	// Attach makes a node whose machine is about to start a member of its groups, if it is
	// none yet, and returns who may reach the machine; nil is everybody.
	Attach(ctx context.Context, in Interface) (*cloud.Inbound, error)
	// Attached says that the machine runs: what changed while it started is to be told.
	Attached(ctx context.Context, name string)
}

// Interface is the network interface of a node, which Elastic Load Balancing creates in
// the subnet of its zone.
type Interface struct {
	// Name is the node's.
	Name, Zone string
	// Groups are the load balancer's security groups; none is the default one.
	Groups []string
	// Private and Public are the node's addresses.
	Private, Public string
}

// Instance is what a Balancer knows of an EC2 instance.
type Instance struct {
	// Private is the address that its targets are reached at.
	Private, Zone string
	// Running says that EC2's state of it is "running", whether or not it answers.
	Running bool
}

// Config is what a [Balancer] needs.
type Config struct {
	Clock   showdown.Clock
	Seed    uint64
	Backend cloud.Backend
	// Emit takes the Balancer's events; the receiver stamps time and cell. It is called
	// from one goroutine at a time, in the order of what happened, and may call the
	// Balancer. nil drops them.
	Emit func(showdown.Event)
	// Spec is the load balancer.
	Spec showdown.LoadBalancer
	// Lab and Mark go into every machine's configuration.
	Lab, Mark string
	// Address gives the node of a zone its private and its public address. It is asked
	// once for each node.
	Address func(zone string) (private, public string, err error)
	// Network keeps the security groups; nil lets everybody reach every node.
	Network Network
	// Instance says where an instance is now and whether EC2 runs it; ok is false when
	// there is none of that name. It is called outside of the Balancer's locks.
	Instance func(name string) (in Instance, ok bool)
	// Look says whether the node at "ip:port" lives, within ctx. nil asks from the address
	// Source and takes any HTTP answer for life.
	Look   func(ctx context.Context, address string) bool
	Source string
}

func (c Config) check() error {
	if c.Backend == nil || c.Address == nil || c.Instance == nil {
		return errors.New("a backend, addresses and instances are needed")
	}
	if c.Look == nil && c.Source == "" {
		return errors.New("a way to look at nodes, or an address to look from, is needed")
	}
	return errors.Join(checkSpec(c.Spec), checkSpeed(c.Clock, c.Spec))
}

// seeded is a source of chance for one purpose, so that it does not depend on others.
func (c Config) seeded(purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(c.Spec.Name + " " + purpose))
	return rand.New(rand.NewPCG(c.Seed, h.Sum64()))
}

// dnsName is the name that Elastic Load Balancing gives a load balancer: its own, a
// number, and the Region (ELB User Guide, How Elastic Load Balancing works).
func (c Config) dnsName() string {
	const numbers = 9_000_000_000 // of ten digits
	number := 1_000_000_000 + c.seeded("name").Uint64N(numbers)
	return c.Spec.Name + "-" + strconv.FormatUint(number, 10) + "." + regionOf(c.Spec.Zones[0]) + ".elb.amazonaws.com"
}

// regionOf is the Region of a zone: "us-east-1" of "us-east-1a".
func regionOf(zone string) string { return zone[:len(zone)-1] }

// normal is a load balancer with its defaults written out, and none of its slices shared.
func normal(s showdown.LoadBalancer) showdown.LoadBalancer {
	listeners := make([]showdown.Listener, len(s.Listeners))
	for i, l := range s.Listeners {
		if l.Port == 0 {
			l.Port = cloud.Port
		}
		l.Forward = append([]showdown.Forward(nil), l.Forward...)
		if len(l.Forward) == 1 {
			l.Forward[0].Weight = 1 // the weight of a single group says nothing
		}
		listeners[i] = l
	}
	groups := make([]showdown.TargetGroup, len(s.TargetGroups))
	for i, g := range s.TargetGroups {
		if g.Algorithm == "" {
			g.Algorithm = showdown.RoundRobin
			if s.Type == showdown.ClassicBalancer {
				// For HTTP listeners (ELB User Guide, How Elastic Load Balancing works).
				g.Algorithm = showdown.LeastOutstanding
			}
		}
		if g.Stickiness != nil {
			sticky := *g.Stickiness
			g.Stickiness = &sticky
		}
		groups[i] = g
	}
	s.Listeners, s.TargetGroups = listeners, groups
	s.Zones = append([]string(nil), s.Zones...)
	return s
}
