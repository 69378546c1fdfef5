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
	for _, to := range t.Instances {
		out = append(out, Reach{
			From: showdown.FromInternet, To: to.Name, Port: cloud.Port, Allowed: n.Allows(showdown.FromInternet, to.Name, cloud.Port),
		})
	}
	for _, group := range groupNames(t) {
		for _, to := range t.Instances {
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
	plan := addresses{slot: journal.MinSlot, private: map[int]int{}}
	for _, in := range t.Instances {
		text, err := plan.Private(in.Zone)
		if err != nil {
			return nil, fmt.Errorf("instance %q: %w", in.Name, err)
		}
		private, err := netip.ParseAddr(text)
		if err != nil {
			return nil, err
		}
		if err := n.Join(vpc.Member{Name: in.Name, Groups: in.SecurityGroups, Private: private}); err != nil {
			return nil, err
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
