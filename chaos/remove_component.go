package chaos

import (
	"errors"
	"fmt"
	"slices"

	"showdown"
)

// removeComponent takes one managed part of an architecture away, to see what it was
// good for: the name, the load balancer, or the Auto Scaling group.
func removeComponent() deed {
	return deed{
		evidence: "route53: every name server says that there is no such name; elb: the nodes refuse, and the names that pointed at them give other addresses; asg: every process is suspended, and no instance comes into service",
		made:     "route53: the record is deleted, and the clients are told its addresses and ask no more; elb: the nodes' processes end, and alias records get the instances' public addresses with a TTL of 60 s; asg: every process of the group is suspended",
		bounds:   map[string]string{"balancer": "a load balancer of the cell, for elb", "scaling_group": "an Auto Scaling group of the cell, for asg", "host": "a record of the hosted zone, or @, for route53"},
		check: func(v values) error {
			takes := map[string]string{"route53": "host", "elb": "balancer", "asg": "scaling_group"}[v.choices["component"]]
			if takes == "" {
				return nil // an error of its own
			}
			var problems []error
			for _, p := range []string{"host", "balancer", "scaling_group"} {
				switch given := v.names[p] != ""; {
				case p == takes && !given:
					problems = append(problems, fmt.Errorf("remove-component %s needs %s: add with: {%[2]s: ...}", v.choices["component"], p))
				case p != takes && given:
					problems = append(problems, fmt.Errorf("remove-component %s takes no %s: remove it", v.choices["component"], p))
				}
			}
			return errors.Join(problems...)
		},
		fits: func(c showdown.Cell, _ showdown.Step, v values) error {
			switch v.choices["component"] {
			case "route53":
				return needHost(c, v.names["host"])
			case "elb":
				if err := needBalancer(c, v.names["balancer"]); err != nil {
					return err
				}
				if !slices.ContainsFunc(c.Topology.AllInstances(), func(in showdown.Instance) bool { return !in.Private }) {
					return fmt.Errorf("without %s its names give the public addresses of the instances, and all of them are private: let one have an address, or drop the step", v.names["balancer"])
				}
				return nil
			case "asg":
				return needScalingGroup(c, v.names["scaling_group"])
			}
			return nil
		},
		effect: func(t *target, v values) effect {
			switch v.choices["component"] {
			case "route53":
				return &nameless{target: t, host: v.names["host"]}
			case "elb":
				return &unbalanced{target: t, balancer: v.names["balancer"]}
			}
			return &unscaled{target: t, group: v.names["scaling_group"]}
		},
	}
}

func needHost(c showdown.Cell, host string) error {
	if c.Topology.HostedZone == nil {
		return errors.New("this cell has no hosted zone: add topology.hosted_zone, or drop the step")
	}
	var hosts []string
	for _, r := range c.Topology.HostedZone.Records {
		hosts = append(hosts, r.Name)
	}
	if host != "" && !slices.Contains(hosts, host) {
		return fmt.Errorf("the hosted zone has no record %q%s", host, hint(host, hosts))
	}
	return nil
}
