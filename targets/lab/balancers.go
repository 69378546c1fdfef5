package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/elb"
	"showdown/targets/cloud/vpc"
	"showdown/targets/journal"
)

// errNoBalancer is the error of asking for a load balancer that the lab does not have.
var errNoBalancer = errors.New("the lab has no such load balancer")

// newBalancers makes the load balancers of the topology, with what is registered from the
// beginning. It starts nothing.
func (l *Lab) newBalancers() ([]*elb.Balancer, error) {
	var out []*elb.Balancer
	for _, spec := range l.cfg.Cell.Topology.LoadBalancers {
		// Who is in a group's care is registered by it; the first ones have been for long.
		spec.TargetGroups = slices.Clone(spec.TargetGroups)
		for i := range spec.TargetGroups {
			tg := &spec.TargetGroups[i]
			tg.Instances = slices.Clone(tg.Instances)
			for _, g := range l.cfg.Cell.Topology.AutoScalingGroups {
				if slices.Contains(g.TargetGroups, tg.Name) {
					for _, in := range g.Initial() {
						tg.Instances = append(tg.Instances, in.Name)
					}
				}
			}
		}
		b, err := elb.New(elb.Config{
			Clock: l.cfg.Clock, Seed: l.cfg.Seed, Backend: l.cfg.Backend, Emit: l.outbox.add, Spec: spec,
			Lab: l.cfg.Cell.Name, Mark: l.cfg.Run, Look: nodeLives,
			Address: l.nodeAddresses(spec), Network: nodeNetwork{l}, Instance: l.targetOf,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// nodeLives says whether the node at "ip:port" answers. Like [systemAnswers] it comes from
// the node's own address: what looks after the nodes passes no security group.
func nodeLives(ctx context.Context, address string) bool {
	ip, _, err := net.SplitHostPort(address)
	return err == nil && cloud.Meet(ctx, ip, address) == cloud.Answered
}

// nodeAddresses hands out the addresses of load balancer nodes: a private one in the
// zone's subnet, and a public one that stays the same in the life of the lab.
func (l *Lab) nodeAddresses(spec showdown.LoadBalancer) func(zone string) (private, public string, err error) {
	return func(zone string) (string, string, error) {
		private, err := l.addresses.Private(zone)
		if err != nil {
			return "", "", err
		}
		public, err := l.addresses.Node(zone)
		l.owners.set(public, spec.NodeName(zone))
		return private, public, err
	}
}

// nodeNetwork makes nodes members of their security groups.
type nodeNetwork struct{ lab *Lab }

func (n nodeNetwork) Attach(ctx context.Context, m elb.Interface) (*cloud.Inbound, error) {
	return n.lab.network.attach(ctx, m.Name, m.Groups, m.Private)
}

func (n nodeNetwork) Attached(ctx context.Context, name string) { n.lab.network.Attached(ctx, name) }

// targetOf is an instance as a load balancer sees it.
func (l *Lab) targetOf(name string) (elb.Instance, bool) {
	region := l.EC2()
	if region == nil {
		return elb.Instance{}, false
	}
	in, ok := region.Instance(name)
	if !ok {
		return elb.Instance{}, false
	}
	return elb.Instance{Private: in.Private, Zone: in.Zone, Running: in.State == "running"}, true
}

// openBalancers starts the nodes of all load balancers.
func (l *Lab) openBalancers(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, b := range l.Balancers() {
		g.Go(func() error { return b.Up(ctx) })
	}
	return g.Wait()
}

// Balancers are the lab's load balancers in the order of the topology; empty before Up.
func (l *Lab) Balancers() []*elb.Balancer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.balancers)
}

// Balancer is the load balancer of that name.
func (l *Lab) Balancer(name string) (*elb.Balancer, error) {
	for _, b := range l.Balancers() {
		if b.Name() == name {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", errNoBalancer, name)
}

// balancerOf is the load balancer that has a target group.
func (l *Lab) balancerOf(group string) (*elb.Balancer, error) {
	for i, spec := range l.cfg.Cell.Topology.LoadBalancers {
		if slices.ContainsFunc(spec.TargetGroups, func(g showdown.TargetGroup) bool { return g.Name == group }) {
			if all := l.Balancers(); i < len(all) {
				return all[i], nil
			}
		}
	}
	return nil, fmt.Errorf("the lab has no target group %q", group)
}

// aliasOf are the addresses that an alias of a load balancer answers with now.
func (l *Lab) aliasOf(balancer string) []netip.Addr {
	b, err := l.Balancer(balancer)
	if err != nil {
		return nil
	}
	return b.Addresses()
}

// Node is a node of one of the lab's load balancers.
type Node struct {
	elb.NodeView
	Balancer string
	// Address is where clients reach it: "ip:port".
	Address string
}

// Nodes are the nodes of all load balancers.
func (l *Lab) Nodes() []Node {
	var out []Node
	for _, b := range l.Balancers() {
		for _, n := range b.Nodes() {
			out = append(out, Node{NodeView: n, Balancer: b.Name(), Address: net.JoinHostPort(n.Public, strconv.Itoa(cloud.Port))})
		}
	}
	return out
}

// NodeMachine is the living process of a load balancer's node.
func (l *Lab) NodeMachine(node string) (cloud.Machine, bool) {
	for _, b := range l.Balancers() {
		if m, ok := b.Machine(node); ok {
			return m, true
		}
	}
	return nil, false
}

// RestartNode runs the process of a load balancer's node again.
func (l *Lab) RestartNode(ctx context.Context, node string) error {
	for _, b := range l.Balancers() {
		for _, n := range b.Nodes() {
			if n.Name == node {
				return b.RestartNode(ctx, node)
			}
		}
	}
	return fmt.Errorf("restart node: the lab has no load balancer node %q", node)
}

// Zones are the Availability Zones in which the topology has anything, in order.
func (l *Lab) Zones() []string {
	var out []string
	for _, in := range l.cfg.Cell.Topology.AllInstances() {
		out = append(out, in.Zone)
	}
	for _, b := range l.cfg.Cell.Topology.LoadBalancers {
		out = append(out, b.Zones...)
	}
	for _, g := range l.cfg.Cell.Topology.AutoScalingGroups {
		out = append(out, g.Zones...)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(z string) bool { return z == "" })
}

// CutZones drops every packet between the subnets of two zones, balancer nodes and open
// connections included; clients reach both. UncutZones lets them through again.
func (l *Lab) CutZones(ctx context.Context, a, b string) error {
	return l.betweenZones(a, b, func(x, y string) error { return l.VPC().Cut(ctx, x, y) })
}

// UncutZones ends what CutZones began.
func (l *Lab) UncutZones(ctx context.Context, a, b string) error {
	return l.betweenZones(a, b, func(x, y string) error { return l.VPC().Uncut(ctx, x, y) })
}

func (l *Lab) betweenZones(a, b string, do func(a, b string) error) error {
	l.mu.Lock()
	plan := l.plan
	l.mu.Unlock()
	one, err := plan.Subnet(a)
	if err != nil {
		return err
	}
	other, err := plan.Subnet(b)
	if err != nil {
		return err
	}
	return do(one.String(), other.String())
}

// Node is the next public address of a load balancer's node in a zone.
func (a *addresses) Node(zone string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	z := vpc.ZoneNumber(zone)
	address, err := journal.Address(a.slot, journal.RoleBalancer, z, a.nodes[z])
	if err != nil {
		return "", err
	}
	a.nodes[z]++
	return address.String(), nil
}

// Records are the record sets of the topology.
func (l *Lab) Records() []showdown.RecordSet {
	if z := l.cfg.Cell.Topology.HostedZone; z != nil {
		return slices.Clone(z.Records)
	}
	return nil
}

// TargetGroups are the names of all target groups.
func (l *Lab) TargetGroups() []string {
	var out []string
	for _, b := range l.cfg.Cell.Topology.LoadBalancers {
		for _, g := range b.TargetGroups {
			out = append(out, g.Name)
		}
	}
	return out
}

// Register registers an instance with a target group, and Deregister takes it out. They
// return when that is accepted.
func (l *Lab) Register(ctx context.Context, group, instance string) error {
	b, err := l.balancerOf(group)
	if err != nil {
		return err
	}
	return b.Register(ctx, group, instance)
}

// Deregister is the opposite of Register: requests in flight have the group's
// deregistration delay.
func (l *Lab) Deregister(ctx context.Context, group, instance string) error {
	b, err := l.balancerOf(group)
	if err != nil {
		return err
	}
	return b.Deregister(ctx, group, instance)
}

// TargetHealth is the state of a target as DescribeTargetHealth says it; empty where it
// is not registered.
func (l *Lab) TargetHealth(group, instance string) string {
	b, err := l.balancerOf(group)
	if err != nil {
		return ""
	}
	for _, h := range b.Health(group) {
		if h.Target == instance {
			return string(h.State)
		}
	}
	return ""
}

// HealthCheck is the health check of a target group as it is now.
func (l *Lab) HealthCheck(group string) showdown.TargetHealthCheck {
	// A change that changes nothing says what there is.
	now, _ := l.ModifyHealthCheck(context.Background(), group, func(*showdown.TargetHealthCheck) {})
	return now
}

// ModifyHealthCheck changes the health check of a target group, and returns what it was.
func (l *Lab) ModifyHealthCheck(ctx context.Context, group string, change func(*showdown.TargetHealthCheck)) (showdown.TargetHealthCheck, error) {
	b, err := l.balancerOf(group)
	if err != nil {
		return showdown.TargetHealthCheck{}, err
	}
	return b.ModifyHealthCheck(ctx, group, change)
}
