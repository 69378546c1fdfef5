package chaos

import (
	"strings"
	"testing"

	"showdown"
)

// zonalCell is a cell with everything that the actions on zones and groups name.
func zonalCell(timeline ...showdown.Step) showdown.Cell {
	c := cell(timeline...)
	instances := c.Topology.Instances
	c.Topology = (&world{}).topology()
	c.Topology.Instances = instances
	return c
}

func TestCheckOfZonesAndGroups(t *testing.T) {
	hung := act("X", 0, "hang", "web-1", 6*minute)
	mends := func(with ...string) []showdown.Step {
		return []showdown.Step{hung, within("X", act("A", 0, "operator", "web-1", 0, with...))}
	}
	for _, c := range []struct {
		name     string
		plain    bool // without balancer and groups
		timeline []showdown.Step
		want     string // empty: no error
	}{
		{"zone", true, []showdown.Step{act("A", 0, "fail-az", "", minute, "zone", "us-east-1a")}, ""},
		{"zone of nobody", true, []showdown.Step{act("A", 0, "fail-az", "", minute, "zone", "us-east-1b")}, `no machine of this cell is in the zone "us-east-1b": did you mean "us-east-1a"?`},
		{"zone of a node", false, []showdown.Step{act("A", 0, "az-slow", "", minute, "zone", "us-east-1b")}, ""},
		{"no zone", false, []showdown.Step{act("A", 0, "fail-az", "", minute)}, "fail-az needs zone"},
		{"no part", false, []showdown.Step{act("A", 0, "fail-az", "", minute, "zone", "us-east-1a", "instances", "no", "balancer", "no", "launches", "no")}, "fail-az does nothing: leave one of instances, balancer and launches at yes"},
		{"half a part", false, []showdown.Step{act("A", 0, "fail-az", "", minute, "zone", "us-east-1a", "balancer", "maybe")}, `balancer of fail-az: unknown choice "maybe"`},
		{"long recovery", false, []showdown.Step{act("A", 0, "fail-az", "", minute, "zone", "us-east-1a", "spacing", "11m")}, "spacing of fail-az is 11m: at most 10m"},
		{"two zones at once", false, []showdown.Step{act("A", 0, "fail-az", "", 0, "zone", "us-east-1a"), act("B", 0, "fail-az", "", 0, "zone", "us-east-1b")}, ""},
		{"one zone twice", false, []showdown.Step{act("A", 0, "fail-az", "", 0, "zone", "us-east-1a"), act("B", minute, "fail-az", "", 0, "zone", "us-east-1a")}, "B fail-az: it overlaps with A"},
		{"too slow", false, []showdown.Step{act("A", 0, "az-slow", "", minute, "zone", "us-east-1a", "latency", "2s")}, "latency of az-slow is 2s: at most 1s"},
		{"cut from itself", false, []showdown.Step{act("A", 0, "cut-between-zones", "", minute, "a", "us-east-1a", "b", "us-east-1a")}, "is between us-east-1a and itself"},
		{"cut from nobody", true, []showdown.Step{act("A", 0, "cut-between-zones", "", minute, "a", "us-east-1a", "b", "us-east-1c")}, `no machine of this cell is in the zone "us-east-1c"`},
		{"scale", false, []showdown.Step{act("A", 0, "scale", "", 0, "scaling_group", "fleet", "desired", "10")}, ""},
		{"scale twice", false, []showdown.Step{act("A", 0, "scale", "", 0, "scaling_group", "fleet", "desired", "4"), act("B", minute, "scale", "", 0, "scaling_group", "fleet", "desired", "1")}, ""},
		{"scale too far", false, []showdown.Step{act("A", 0, "scale", "", 0, "scaling_group", "fleet", "desired", "11")}, "desired 11 is outside fleet's 0 to 10"},
		{"scale nothing", true, []showdown.Step{act("A", 0, "scale", "", 0, "scaling_group", "fleet", "desired", "4")}, "this cell has no Auto Scaling group: add topology.auto_scaling_groups, or drop the step"},
		{"scale a stranger", false, []showdown.Step{act("A", 0, "scale", "", 0, "scaling_group", "fleed", "desired", "4")}, `this cell has no Auto Scaling group "fleed": did you mean "fleet"?`},
		{"refresh", false, []showdown.Step{act("A", 0, "instance-refresh", "", 0, "scaling_group", "fleet", "min-healthy", "100")}, ""},
		{"refresh beyond all", false, []showdown.Step{act("A", 0, "instance-refresh", "", 0, "scaling_group", "fleet", "min-healthy", "101")}, "min-healthy of instance-refresh is 101: at most 100"},
		{"check", false, []showdown.Step{act("A", 0, "wrong-health-check", "", 0, "target_group", "web")}, ""},
		{"check of nobody", true, []showdown.Step{act("A", 0, "wrong-health-check", "", 0, "target_group", "web")}, "this cell has no target group: add topology.load_balancers"},
		{"right check", false, []showdown.Step{act("A", 0, "wrong-health-check", "", 0, "target_group", "web", "path", "/healthz")}, "the health check of web asks for /healthz already"},
		{"no path", false, []showdown.Step{act("A", 0, "wrong-health-check", "", 0, "target_group", "web", "path", "healthz")}, "write a path that begins with /"},
		{"no status", false, []showdown.Step{act("A", 0, "wrong-health-check", "", 0, "target_group", "web", "matcher", "2xx")}, "write statuses like 200"},
		{"deregister", false, []showdown.Step{act("A", 0, "deregister", "web-1", 0, "target_group", "web")}, ""},
		{"deregister from nowhere", true, []showdown.Step{act("A", 0, "deregister", "web-1", 0, "target_group", "web")}, "this cell has no target group"},
		{"deregister nobody", false, []showdown.Step{act("A", 0, "deregister", "", 0, "target_group", "web")}, "deregister hits nobody: add target: web-1"},
		{"no component", false, []showdown.Step{act("A", 0, "remove-component", "", 0)}, "remove-component needs component"},
		{"balancer", false, []showdown.Step{act("A", 0, "remove-component", "", 0, "component", "elb", "balancer", "lb")}, ""},
		{"balancer before private instances", true, []showdown.Step{act("A", 0, "remove-component", "", 0, "component", "elb", "balancer", "hidden")}, "without hidden its names give the public addresses of the instances, and all of them are private"},
		{"which balancer", false, []showdown.Step{act("A", 0, "remove-component", "", 0, "component", "elb")}, "remove-component elb needs balancer: add with: {balancer: ...}"},
		{"balancer of a name", false, []showdown.Step{act("A", 0, "remove-component", "", 0, "component", "route53", "host", "www", "balancer", "lb")}, "remove-component route53 takes no balancer: remove it"},
		{"no balancer", true, []showdown.Step{act("A", 0, "remove-component", "", 0, "component", "elb", "balancer", "lb")}, "this cell has no load balancer"},
		{"no zone of names", true, []showdown.Step{act("A", 0, "remove-component", "", 0, "component", "route53", "host", "www")}, "this cell has no hosted zone"},
		{"unknown name", false, []showdown.Step{act("A", 0, "remove-component", "", 0, "component", "route53", "host", "wwv")}, `the hosted zone has no record "wwv": did you mean "www"?`},
		{"no group", true, []showdown.Step{act("A", 0, "remove-component", "", 0, "component", "asg", "scaling_group", "fleet")}, "this cell has no Auto Scaling group"},
		{"operator", false, mends("target_group", "web"), ""},
		{"operator restarts", true, mends("does", "restart"), ""},
		{"operator without a group", false, mends(), "an operator who does replace needs a target group: add with: {target_group: ...}"},
		{"operator of a stranger", false, mends("target_group", "wep"), `this cell has no target group "wep": did you mean "web"?`},
		{"operator of nothing", false, []showdown.Step{act("A", 0, "operator", "web-1", 0, "target_group", "web")}, "an operator mends a fault: add during: A, its letter"},
		{"operator far too slow", false, mends("target_group", "web", "notices", "10m"), "the operator needs 6m at least, and X is over after 6m"},
		{"operator acts twice", false, append(mends("does", "deregister", "target_group", "web"), within("X", act("B", minute, "operator", "web-1", 0, "does", "register", "target_group", "web"))), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tested := zonalCell(c.timeline...)
			if c.plain {
				tested = cell(c.timeline...)
			}
			if strings.Contains(c.name, "private") {
				tested.Topology = (&world{}).topology()
				tested.Topology.LoadBalancers[0].Name = "hidden"
				tested.Topology.AutoScalingGroups[0].Template.Private = true
			}
			err := Check(&showdown.Stage{Cells: []showdown.Cell{tested}})
			switch {
			case c.want == "" && err != nil:
				t.Errorf("error %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v does not say %q", err, c.want)
			}
		})
	}
}

// TestCheckLetsNodesLook: a closed instance can be seen by a load balancer's nodes, where
// its security groups let these in.
func TestCheckLetsNodesLook(t *testing.T) {
	for _, c := range []struct {
		name    string
		from    string
		groups  []string // of the balancer
		refused bool
	}{
		{"by the balancer's group", "edge", []string{"edge"}, false},
		{"by another one's", "office", []string{"edge"}, true},
		{"by addresses, which nobody knows before", "10.0.0.0/8", []string{"edge"}, false},
		{"by the default group, which the balancer has", showdown.DefaultGroup, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tested := zonalCell(act("A", minute, "kill", "web-1", 0))
			tested.Topology.Instances[0].SecurityGroups = []string{"back"}
			tested.Topology.LoadBalancers[0].SecurityGroups = c.groups
			tested.Topology.SecurityGroups = []showdown.SecurityGroup{
				{Name: "edge", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}}},
				{Name: "office"},
				{Name: "back", Inbound: []showdown.SecurityRule{{From: c.from}}},
			}
			err := Check(&showdown.Stage{Cells: []showdown.Cell{tested}})
			if refused := err != nil && strings.Contains(err.Error(), "nobody could see what happens to web-1"); refused != c.refused {
				t.Errorf("refused %t, want %t: %v", refused, c.refused, err)
			}
		})
	}
}
