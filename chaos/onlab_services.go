package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/autoscaling"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/route53"
)

// The lab's Availability Zones, load balancers and Auto Scaling groups as an experiment
// sees them: [Zones], [Balancers] and [Scaling].

func (l onLab) ZoneNames() []string { return l.Lab.Zones() }

func (l onLab) CloseZone(zone string) error {
	return l.operate(func(r *ec2.Region) error { r.CloseZone(zone); return nil })
}

func (l onLab) OpenZone(zone string) error {
	return l.operate(func(r *ec2.Region) error { r.OpenZone(zone); return nil })
}

func (l onLab) TryLaunch(_ context.Context, zone string) error {
	return l.operate(func(r *ec2.Region) error { return r.DryRun(zone, l.anyType()) })
}

// anyType is an instance type of the lab.
func (l onLab) anyType() string {
	for _, in := range l.Lab.Instances() {
		return in.Type
	}
	return ""
}

func (l onLab) Nodes() []Node {
	var out []Node
	for _, n := range l.Lab.Nodes() {
		out = append(out, Node{Name: n.Name, Zone: n.Zone, Address: n.Address, InDNS: n.InDNS})
	}
	return out
}

func (l onLab) NodeMachine(name string) (cloud.Machine, bool) { return l.Lab.NodeMachine(name) }

func (l onLab) RestartNode(ctx context.Context, name string) error {
	return translated(l.Lab.RestartNode(ctx, name))
}

func (l onLab) CutZones(ctx context.Context, a, b string) error {
	return translated(l.Lab.CutZones(ctx, a, b))
}

func (l onLab) UncutZones(ctx context.Context, a, b string) error {
	return translated(l.Lab.UncutZones(ctx, a, b))
}

func (l onLab) Register(ctx context.Context, group, instance string) error {
	return translated(l.Lab.Register(ctx, group, instance))
}

func (l onLab) Deregister(ctx context.Context, group, instance string) error {
	return translated(l.Lab.Deregister(ctx, group, instance))
}

func (l onLab) TargetGroups() []string { return l.Lab.TargetGroups() }

func (l onLab) TargetHealth(group, instance string) string {
	return l.Lab.TargetHealth(group, instance)
}

func (l onLab) HealthCheckPath(group string) string { return l.Lab.HealthCheck(group).Path }

func (l onLab) SetHealthCheck(ctx context.Context, group, path, matcher string) (func(context.Context) error, error) {
	before, err := l.Lab.ModifyHealthCheck(ctx, group, func(c *showdown.TargetHealthCheck) {
		if path != "" {
			c.Path = path
		}
		if matcher != "" {
			c.Matcher = matcher
		}
	})
	if err != nil {
		return nil, translated(err)
	}
	return func(ctx context.Context) error {
		_, err := l.Lab.ModifyHealthCheck(ctx, group, func(c *showdown.TargetHealthCheck) { *c = before })
		return translated(err)
	}, nil
}

// RemoveBalancer ends the nodes of a load balancer for good, and its alias records
// get the public addresses of the instances instead, with the TTL that the alias had.
func (l onLab) RemoveBalancer(ctx context.Context, balancer string) (func(context.Context) error, error) {
	b, err := l.Lab.Balancer(balancer)
	if err != nil {
		return nil, err
	}
	var addresses []netip.Addr
	for _, in := range l.Lab.Instances() {
		if a, err := netip.ParseAddr(in.Public); err == nil && in.State == ec2.Running {
			addresses = append(addresses, a)
		}
	}
	if len(addresses) == 0 {
		return nil, fmt.Errorf("remove load balancer %q: no instance has a public address, so nothing could take its place in DNS", balancer)
	}
	var before []route53.Record
	if z := l.Lab.Zone(); z != nil {
		for _, rs := range l.Lab.Records() {
			if rs.Alias != balancer {
				continue
			}
			r, ok := z.Record(rs.Name)
			if !ok {
				continue
			}
			if _, err := z.Upsert(route53.Record{Name: rs.Name, TTL: route53.AliasTTL, Values: addresses}); err != nil {
				return nil, translated(err)
			}
			before = append(before, r)
		}
	}
	var nodes []string
	for _, n := range b.Nodes() {
		nodes = append(nodes, n.Name)
		if m, ok := b.Machine(n.Name); ok {
			if err := m.Kill(ctx); err != nil {
				return nil, err
			}
		}
	}
	return func(ctx context.Context) error {
		var errs []error
		for _, n := range nodes {
			errs = append(errs, b.RestartNode(ctx, n))
		}
		for _, r := range before {
			_, err := l.Lab.Zone().Upsert(r)
			errs = append(errs, err)
		}
		return translated(errors.Join(errs...))
	}, nil
}

// RemoveName deletes the record set of a host; addresses are what it answered last.
func (l onLab) RemoveName(_ context.Context, host string) (addresses []string, restore func(context.Context) error, err error) {
	z := l.Lab.Zone()
	if z == nil {
		return nil, nil, errors.New("this lab has no hosted zone: add topology.hosted_zone")
	}
	before, ok := z.Record(host)
	if !ok {
		return nil, nil, fmt.Errorf("the hosted zone has no record set %q", host)
	}
	values := before.Values
	if before.Alias != nil {
		values = before.Alias()
	}
	for _, v := range values {
		addresses = append(addresses, v.String())
	}
	if _, err := z.Delete(host); err != nil {
		return nil, nil, translated(err)
	}
	return addresses, func(context.Context) error {
		_, err := z.Upsert(before)
		return translated(err)
	}, nil
}

func (l onLab) ScalingGroups() []string {
	var out []string
	for _, g := range l.Lab.ScalingGroups() {
		out = append(out, g.Describe().Name)
	}
	return out
}

func (l onLab) Capacity(group string) (desired, inService int) {
	g, err := l.Lab.ScalingGroup(group)
	if err != nil {
		return 0, 0
	}
	d := g.Describe()
	for _, in := range d.Instances {
		if in.Lifecycle == autoscaling.InService {
			inService++
		}
	}
	return d.Desired, inService
}

func (l onLab) Aside(instance string) bool {
	for _, g := range l.Lab.ScalingGroups() {
		if slices.ContainsFunc(g.Describe().WarmPool, func(in autoscaling.InstanceDescription) bool { return in.Name == instance }) {
			return true
		}
	}
	return false
}

func (l onLab) SetDesired(_ context.Context, group string, n int) error {
	return l.scale(group, func(g *autoscaling.Group) error { return g.SetDesiredCapacity(n, false) })
}

func (l onLab) StartRefresh(_ context.Context, group, instanceType string, minHealthy int) (string, error) {
	id, err := l.Lab.StartRefresh(group, instanceType, minHealthy)
	return id, translated(err)
}

func (l onLab) RefreshStatus(group string) (status string, percent int) {
	r, _ := l.Lab.Refresh(group)
	return string(r.Status), r.PercentageComplete
}

func (l onLab) CancelRefresh(_ context.Context, group string) error {
	return l.scale(group, func(g *autoscaling.Group) error { return g.CancelInstanceRefresh() })
}

func (l onLab) Suspend(group string, processes ...string) error {
	return l.scale(group, func(g *autoscaling.Group) error { return g.SuspendProcesses(processes...) })
}

func (l onLab) Resume(group string, processes ...string) error {
	return l.scale(group, func(g *autoscaling.Group) error { return g.ResumeProcesses(processes...) })
}

func (l onLab) scale(group string, do func(*autoscaling.Group) error) error {
	g, err := l.Lab.ScalingGroup(group)
	if err != nil {
		return err
	}
	return translated(do(g))
}
