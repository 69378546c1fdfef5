package analysis

import (
	"slices"

	"showdown"
	"showdown/results"
)

// exposure is what of a cell can be reached from outside, by tier: the role of the
// instances, in the order of the topology. It is empty where no instance said its
// addresses before the traffic.
func (c *cellRecord) exposure() []results.Tier {
	public := c.addresses()
	if len(public) == 0 {
		return nil
	}
	reaches := c.reachesOf()
	looked := slices.ContainsFunc(reaches, func(r results.Reach) bool { return r.From == showdown.FromInternet })
	var out []results.Tier
	at := map[string]int{}
	for _, in := range c.cell.Topology.AllInstances() {
		i, seen := at[in.Role]
		if !seen {
			i = len(out)
			at[in.Role] = i
			out = append(out, results.Tier{Name: in.Role})
			if looked {
				out[i].Reachable = new(int)
			}
		}
		out[i].Instances++
		if public[in.Name] {
			out[i].Public++
		}
		for _, r := range reaches {
			if r.From == showdown.FromInternet && r.To == in.Name && r.Met == results.MetAnswered {
				*out[i].Reachable++
			}
		}
	}
	return out
}

// addresses says of each instance whether it had a public address when the traffic
// started.
func (c *cellRecord) addresses() map[string]bool {
	out := map[string]bool{}
	for _, e := range c.events {
		if e.Kind == showdown.InstanceAddress && e.T <= 0 {
			address, _ := e.Data["public"].(string)
			out[e.Target] = address != ""
		}
	}
	return out
}
