package lab

import (
	"fmt"
	"net/netip"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/vpc"
	"showdown/targets/journal"
)

// Expected is the connection matrix that a topology's security groups promise, before
// there is a lab: the rows of [Lab.Reach], in its order, with nothing met yet. It fails
// for groups that AWS would refuse.
func Expected(t showdown.Topology) ([]Reach, error) {
	n, err := planNetwork(t)
	if err != nil {
		return nil, err
	}
	var out []Reach
	fromInternet := func(to string) {
		out = append(out, Reach{
			From: showdown.FromInternet, To: to, Port: cloud.Port, Allowed: n.Allows(showdown.FromInternet, to, cloud.Port),
		})
	}
	instances := t.AllInstances()
	for _, to := range instances {
		fromInternet(to.Name)
	}
	for _, b := range t.LoadBalancers {
		for _, zone := range b.Zones {
			fromInternet(b.NodeName(zone))
		}
	}
	for _, group := range groupNames(t) {
		for _, to := range instances {
			for _, from := range n.Members(group) {
				if from != to.Name {
					out = append(out, Reach{From: group, To: to.Name, Port: cloud.Port, Allowed: n.Allows(from, to.Name, cloud.Port)})
					break
				}
			}
		}
	}
	return out, nil
}

// planNetwork is a topology's security groups with its instances as members, at
// addresses that a lab in the first slot would give them.
func planNetwork(t showdown.Topology) (*vpc.Network, error) {
	internet, err := vpc.Plan{Slot: journal.MinSlot}.Internet()
	if err != nil {
		return nil, err
	}
	n, err := vpc.NewNetwork(t.SecurityGroups, internet, vpc.Limits{})
	if err != nil {
		return nil, err
	}
	plan := addresses{slot: journal.MinSlot, private: map[int]int{}, nodes: map[int]int{}}
	join := func(what, name, zone string, groups []string) error {
		text, err := plan.Private(zone)
		if err != nil {
			return fmt.Errorf("%s %q: %w", what, name, err)
		}
		private, err := netip.ParseAddr(text)
		if err != nil {
			return err
		}
		return n.Join(vpc.Member{Name: name, Groups: groups, Private: private})
	}
	for _, in := range t.AllInstances() {
		if err := join("instance", in.Name, in.Zone, in.SecurityGroups); err != nil {
			return nil, err
		}
	}
	for _, b := range t.LoadBalancers {
		for _, zone := range b.Zones {
			if err := join("load balancer node", b.NodeName(zone), zone, b.SecurityGroups); err != nil {
				return nil, err
			}
		}
	}
	return n, nil
}

// groupNames are the groups that a topology defines in its order, and the default one
// at the end.
func groupNames(t showdown.Topology) []string {
	var out []string
	own := false
	for _, g := range t.SecurityGroups {
		own = own || g.Name == showdown.DefaultGroup
		out = append(out, g.Name)
	}
	if !own {
		out = append(out, showdown.DefaultGroup)
	}
	return out
}
