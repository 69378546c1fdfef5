package journeys

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"showdown"
)

// Bounds of a topology.
const (
	// maxZones is how many Availability Zones a load balancer or a group is spread over.
	maxZones = 4
	// maxMachines is how many instances a lab with Auto Scaling groups can grow to:
	// docs/bounds.md has what a hundred machines cost.
	maxMachines = 100
	// maxNodes is how many load balancer nodes a lab runs: each is a process.
	maxNodes = 20
	// maxShortName is the longest name that Elastic Load Balancing takes (Elastic Load
	// Balancing API Reference, CreateLoadBalancer, CreateTargetGroup). It is the bound of
	// groups as well, whose names begin those of their instances.
	maxShortName = 32
)

// topology checks what is built. It is false when there is so much of it that nothing
// that refers to it should be looked at.
func (c *checker) topology(top *showdown.Topology, path string) bool {
	c.oneOf(path+".region", "region", top.Region, c.known.Regions)
	if len(top.Instances) == 0 && len(top.AutoScalingGroups) == 0 {
		if at := path + ".instances"; c.places.has(at) {
			c.add(at, "the list of instances is empty: fill it in, or add auto_scaling_groups to the topology")
		} else {
			c.addKey(at, "the list of instances is missing: add \"instances:\" or \"auto_scaling_groups:\" here")
		}
	}
	if !c.counts(top, path) {
		return false
	}
	c.names(top, path)
	for i := range top.Instances {
		c.instance(&top.Instances[i], top, element(path+".instances", i))
	}
	c.scalingGroups(top, path)
	if !c.machines(top, path) {
		return false
	}
	c.hostedZone(top, path+".hosted_zone")
	c.subnets(*top, path)
	c.groups(top, path)
	c.balancers(top, path)
	c.reservations(top, path+".reservations")
	return true
}

// reservations checks what is paid for by the year.
func (c *checker) reservations(top *showdown.Topology, path string) {
	seen := map[string]bool{}
	for i, r := range top.Reservations {
		at := element(path, i)
		if seen[r.Type] {
			c.add(at+".type", "the type %q is reserved twice: write one reservation with their count", r.Type)
		}
		seen[r.Type] = true
		c.oneOf(at+".type", "instance type", r.Type, c.known.Types)
		if r.Count < 1 || r.Count > maxMachines {
			c.add(at+".count", "count must lie between 1 and %d: so many instances are reserved", maxMachines)
		}
		if r.Term != "1y" && r.Term != "3y" {
			c.add(at+".term", "term %q is not one that AWS has: write 1y or 3y", r.Term)
		}
		if r.Payment != "no upfront" && r.Payment != "all upfront" {
			c.add(at+".payment", "payment %q is not known: write \"no upfront\" or \"all upfront\"", r.Payment)
		}
	}
}

// counts checks that there are not too many load balancers and groups to be looked at.
func (c *checker) counts(top *showdown.Topology, path string) bool {
	if n := len(top.LoadBalancers); n > maxNodes {
		c.addKey(path+".load_balancers", "the cell has %d load balancers: a lab has at most %d of their nodes", n, maxNodes)
		return false
	}
	if n := len(top.AutoScalingGroups); n > maxMachines {
		c.addKey(path+".auto_scaling_groups", "the cell has %d Auto Scaling groups: a lab has at most %d instances", n, maxMachines)
		return false
	}
	return true
}

// machines checks how many machines the lab comes up with and can grow to.
func (c *checker) machines(top *showdown.Topology, path string) bool {
	if len(top.AutoScalingGroups) == 0 {
		return true
	}
	most, first := len(top.Instances), 0
	for _, g := range top.AutoScalingGroups {
		// A size out of its range was reported as such.
		most += min(max(0, g.Max), maxSize)
		first += g.Desired
		if g.WarmPool != nil {
			most += min(max(0, g.WarmPool.Size), maxSize)
		}
	}
	at := path + ".auto_scaling_groups"
	if most > maxMachines {
		c.addKey(at, "the cell can grow to %d instances, the groups' max and the sizes of their warm pools counted: a lab has at most %d; make max smaller", most, maxMachines)
		return false
	}
	if len(top.Instances)+first == 0 {
		c.addKey(at, "no instance is there when the lab comes up, and nobody could answer: give a group a desired of 1 or more")
	}
	return true
}

// names checks that everything which is built has a name of its own: claims, events and
// figures know it by that.
func (c *checker) names(top *showdown.Topology, path string) {
	taken := map[string]bool{}
	for i, in := range top.Instances {
		c.name(element(path+".instances", i)+".name", "the instance's name", in.Name, taken)
	}
	nodes := 0
	for i, b := range top.LoadBalancers {
		at := element(path+".load_balancers", i) + ".name"
		c.shortName(at, "the load balancer's name", b.Name, taken)
		for j, zone := range b.Zones {
			if b.Name == "" || !inRegion(zone, top.Region) || slices.Contains(b.Zones[:j], zone) {
				continue
			}
			nodes++
			node := b.NodeName(zone)
			if taken[node] {
				c.add(at, "load balancer %q calls its node in %s %q, and that name exists already: choose another one", b.Name, zone, node)
			}
			taken[node] = true
		}
	}
	if nodes > maxNodes {
		c.addKey(path+".load_balancers", "the load balancers have %d nodes, one in each of their zones: a lab has at most %d", nodes, maxNodes)
	}
	for i, g := range top.AutoScalingGroups {
		c.shortName(element(path+".auto_scaling_groups", i)+".name", "the Auto Scaling group's name", g.Name, taken)
	}
	all := sortedKeys(taken)
	for i, g := range top.AutoScalingGroups {
		for _, name := range all {
			if gives(g, name) {
				c.add(element(path+".auto_scaling_groups", i)+".name", "group %q calls its instances %s, %s and so on, and %q exists already: choose another name",
					g.Name, g.InstanceName(1), g.InstanceName(2), name)
				break
			}
		}
	}
}

// gives says that the name is one that the group gives, now or later, to an instance.
func gives(g showdown.AutoScalingGroup, name string) bool {
	number, ok := strings.CutPrefix(name, g.Name+"-")
	n, err := strconv.Atoi(number)
	return ok && err == nil && n > 0 && g.InstanceName(n) == name
}

// shortName is name for what AWS gives a shorter one.
func (c *checker) shortName(path, what, name string, taken map[string]bool) {
	c.nameUpTo(maxShortName, path, what, name, taken)
}

// zone checks that a zone is one of the region.
func (c *checker) zone(path, zone, region string) {
	if !inRegion(zone, region) {
		c.add(path, "zone %q is not in region %q: write %sa to %[2]sf", zone, region, region)
	}
}

// inRegion says that a zone can be one of the region.
func inRegion(zone, region string) bool {
	letter, ok := strings.CutPrefix(zone, region)
	return ok && len(letter) == 1 && letter >= "a" && letter <= "f"
}

// zones checks the zones that something is spread over.
func (c *checker) zones(path, what string, zones []string, region string) {
	if len(zones) == 0 {
		c.missing(path, "the list of zones")
	}
	if len(zones) > maxZones {
		c.add(path, "%s is spread over %d zones: write at most %d", what, len(zones), maxZones)
	}
	for i, zone := range zones {
		c.zone(element(path, i), zone, region)
	}
	c.once(path, "zone", zones)
}

// once checks that no name stands twice in a list.
func (c *checker) once(path, what string, names []string) {
	seen := map[string]bool{}
	for i, name := range names {
		if seen[name] {
			c.add(element(path, i), "%s %q stands here twice: keep one of the two", what, name)
		}
		seen[name] = true
	}
}

// memberships checks which security groups protect an instance, a template or a load
// balancer. AWS gives each of them the same number.
func (c *checker) memberships(path, what string, of, groups []string) {
	if len(of) > maxInstanceGroups {
		c.add(path, "%s has %d security groups: AWS gives it at most %d", what, len(of), maxInstanceGroups)
	}
	for i, name := range of {
		c.oneOf(element(path, i), "security group", name, groups)
	}
	c.once(path, "security group", of)
}

// ranged checks the documented range of a length of time; service is whose it is.
func (c *checker) ranged(path string, d, low, high showdown.Duration, service string) bool {
	if d >= low && d <= high {
		return true
	}
	c.add(path, "%s must lie between %s and %s, as %s's does", leaf(path), inSeconds(low), inSeconds(high), service)
	return false
}

// inSeconds is a length of time as AWS's documentation writes it.
func inSeconds(d showdown.Duration) string { return fmt.Sprintf("%gs", d.Seconds()) }
