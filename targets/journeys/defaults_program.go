package journeys

import (
	"time"

	"showdown"
)

// Defaults of an application of one's own.
const (
	DefaultHealth = "/"
	DefaultReady  = showdown.LabDuration(10 * time.Second)
)

// setProgramDefaults fills in what the file leaves out of applications of one's own, and
// what follows from them: how long their instances boot and what health checks ask for.
func setProgramDefaults(s *showdown.Stage, p places) {
	setOwnDefaults(s.Program, p, appField)
	for i := range s.Cells {
		c, at := &s.Cells[i], element("cells", i)+".topology"
		eachMachine(c, at, func(in *showdown.Instance, at string) {
			setOwnDefaults(in.Program, p, child(at, appField))
			if own := s.ProgramOf(in); own != nil {
				set(&in.AppBoot, own.Boot, p, at+".app_boot")
			}
		})
		path := healthOf(s, c)
		if path == "" {
			continue
		}
		for j := range c.Topology.LoadBalancers {
			groups := c.Topology.LoadBalancers[j].TargetGroups
			for k := range groups {
				set(&groups[k].HealthCheck.Path, path, p, element(element(at+".load_balancers", j)+".target_groups", k)+".health_check.path")
			}
		}
		if zone := c.Topology.HostedZone; zone != nil {
			for j := range zone.Records {
				if h := zone.Records[j].HealthCheck; h != nil {
					set(&h.Path, path, p, element(at+".hosted_zone.records", j)+".health_check.path")
				}
			}
		}
	}
}

func setOwnDefaults(own *showdown.Program, p places, path string) {
	if own != nil {
		set(&own.Health, DefaultHealth, p, path+".health")
		set(&own.Ready, DefaultReady, p, path+".ready")
	}
}

// healthOf is the health path of a cell whose instances all have the same, because they
// run applications of one's own; else it is empty.
func healthOf(s *showdown.Stage, c *showdown.Cell) string {
	path, first := "", true
	eachMachine(c, "", func(in *showdown.Instance, _ string) {
		health := ""
		if own := s.ProgramOf(in); own != nil {
			health = own.Health
		}
		if first {
			path, first = health, false
		} else if health != path {
			path = ""
		}
	})
	return path
}

// eachMachine calls f with the instances and the templates of a cell whose topology
// stands at path, and where each stands.
func eachMachine(c *showdown.Cell, path string, f func(in *showdown.Instance, path string)) {
	for i := range c.Topology.Instances {
		f(&c.Topology.Instances[i], element(path+".instances", i))
	}
	for i := range c.Topology.AutoScalingGroups {
		f(&c.Topology.AutoScalingGroups[i].Template, element(path+".auto_scaling_groups", i)+".template")
	}
}
