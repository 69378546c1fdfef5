package journeys

import (
	"showdown"
	"showdown/targets/journal"
)

// subnets checks that the instances of each zone find room in its subnet. One that the
// timeline adds is refused when it is launched, as on AWS: that may be what is shown.
func (c *checker) subnets(top showdown.Topology, path string) {
	taken := map[string]int{}
	for i, in := range top.Instances {
		taken[in.Zone]++
		if taken[in.Zone] == journal.MaxHosts+1 {
			c.add(element(path+".instances", i)+".zone", "instance %q is one too many for zone %s: its subnet has %d addresses; put some instances into another zone",
				in.Name, in.Zone, journal.MaxHosts)
		}
	}
}
