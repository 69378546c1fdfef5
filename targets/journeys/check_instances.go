package journeys

import (
	"showdown"
)

// Bounds of an instance. The volume's is EBS's for gp2
// (https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html).
const (
	maxQueue     = 10_000
	maxVolumeGiB = 16_384
)

// instance checks one instance of the topology but for its name.
func (c *checker) instance(in *showdown.Instance, top *showdown.Topology, path string) {
	c.zone(path+".zone", in.Zone, top.Region)
	if in.Private && in.ElasticIP {
		c.add(path+".elastic_ip", "a private instance has no public address, and an elastic IP is one: drop elastic_ip or private")
	}
	c.machine(in, path)
}

// machine checks what an instance of the topology and the template of a group share.
func (c *checker) machine(in *showdown.Instance, path string) {
	c.name(path+".role", "the instance's role", in.Role, nil)
	if in.Type == "" {
		c.missing(path+".type", "the instance type")
	} else {
		c.oneOf(path+".type", "instance type", in.Type, c.known.Types)
	}
	if _, err := in.Credits.Balance(0, 0); err != nil {
		c.add(path+".credits", "%w", err)
	}
	switch in.CreditMode {
	case "", "standard", "unlimited":
	default:
		c.add(path+".credit_mode", "credit_mode %q: write standard or unlimited, or leave the line out for the family's default", in.CreditMode)
	}
	if in.Queue < 1 || in.Queue > maxQueue {
		c.add(path+".queue", "queue must lie between 1 and %d: it is how many requests may wait for a worker", maxQueue)
	}
	if in.VolumeGiB < 1 || in.VolumeGiB > maxVolumeGiB {
		c.add(path+".volume_gib", "volume_gib must lie between 1 and %d, as a gp2 volume's size does", maxVolumeGiB)
	}
}

// instanceNames are the instances that the cell comes up with.
func instanceNames(top *showdown.Topology) []string { return namesOf(top.AllInstances()) }

// publicNames are those of them that have a public address.
func publicNames(top *showdown.Topology) []string {
	var out []string
	for _, in := range top.AllInstances() {
		if !in.Private {
			out = append(out, in.Name)
		}
	}
	return out
}

// knowable is whose address clients may know: instances, a private one being somebody's
// find, and the nodes of load balancers.
func knowable(top *showdown.Topology) []string {
	out := instanceNames(top)
	for _, b := range top.LoadBalancers {
		for _, zone := range b.Zones {
			out = append(out, b.NodeName(zone))
		}
	}
	return out
}

// public checks that an instance is there and has a public address; why says what needs
// one.
func (c *checker) public(path, name string, top *showdown.Topology, why string) {
	c.among(path, "instance", name, instanceNames(top))
	for _, in := range top.AllInstances() {
		if in.Name == name && in.Private {
			c.add(path, "instance %q is private: a private instance has no public address, %s", name, why)
			return
		}
	}
}
