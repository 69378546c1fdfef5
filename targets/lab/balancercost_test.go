package lab

import (
	"strings"
	"testing"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/elb"
	"showdown/targets/cloud/pricing"
)

// behind is a topology with n private m5.large behind a load balancer in the zones.
func behind(typ showdown.BalancerType, n int, zones ...string) showdown.Topology {
	t := showdown.Topology{
		LoadBalancers: []showdown.LoadBalancer{{Name: "front", Type: typ, Zones: zones}},
		HostedZone:    &showdown.HostedZone{Name: "whatisthetime.com"},
	}
	for _, name := range []string{"web-1", "web-2", "web-3"}[:n] {
		in := web(name, "m5.large", false)
		in.Private = true
		t.Instances = append(t.Instances, in)
	}
	return t
}

// TestBalancedStagePrices: the stages of the journey with a load balancer, without
// traffic. What is private has no address, and each node has one.
func TestBalancedStagePrices(t *testing.T) {
	group := behind(showdown.ApplicationBalancer, 0, "us-east-1a", "us-east-1b")
	template := web("", "m5.large", false)
	template.Private = true
	group.AutoScalingGroups = []showdown.AutoScalingGroup{{
		Name: "web", Template: template, Min: 2, Max: 6, Desired: 4, Zones: []string{"us-east-1a", "us-east-1b"},
		Policies: []showdown.ScalingPolicy{{Type: showdown.TargetTracking}, {Type: showdown.StepScaling}},
	}}
	for _, tt := range []struct {
		name     string
		topology showdown.Topology
		cents    int
		items    string
	}{
		{
			"three behind an application balancer in two zones", behind(showdown.ApplicationBalancer, 3, "us-east-1a", "us-east-1b"),
			21264 + 1643 + 730 + 50,
			"web-1 m5.large, web-1 8 GiB gp2, web-2 m5.large, web-2 8 GiB gp2, web-3 m5.large, web-3 8 GiB gp2, " +
				"front application load balancer, front public IPv4 of 2 nodes, whatisthetime.com hosted zone",
		},
		{
			"one behind a classic balancer in one zone", behind(showdown.ClassicBalancer, 1, "us-east-1a"), 7088 + 1825 + 365 + 50,
			"web-1 m5.large, web-1 8 GiB gp2, front classic load balancer, front public IPv4 of its node, whatisthetime.com hosted zone",
		},
		{
			"a group of four", group, 4*7088 + 1643 + 730 + 50 + 30,
			"web 4 x m5.large, web 32 GiB gp2, web CloudWatch alarms, front application load balancer, front public IPv4 of 2 nodes, " +
				"whatisthetime.com hosted zone",
		},
	} {
		b, err := Estimate(tt.topology)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, i := range b.Items {
			names = append(names, i.Name)
		}
		if got := strings.Join(names, ", "); cents(b.MonthUSD()) != tt.cents || got != tt.items {
			t.Errorf("%s: %.4f a month, want %d cents; %s", tt.name, b.MonthUSD(), tt.cents, got)
		}
	}
}

// TestBalancerIsBilled for what it did, in an AWS hour at speed 60: a lab minute.
func TestBalancerIsBilled(t *testing.T) {
	const hour = showdown.Hour
	load := func(c cloud.BalancerCounters) balancerUse {
		return useOfBalancer(showdown.ApplicationBalancer, elb.Usage{
			Name: "front", Now: true, For: hour, Nodes: 2, NewConnections: 60 * float64(c.NewConnections),
			Bytes: 60 * float64(c.Bytes), CrossZoneBytes: 60 * float64(c.CrossZone), Requests: 60 * float64(c.Requests),
			LCU: []elb.LCUHour{{For: hour, ActiveConnections: elb.Dimension{Mean: float64(c.ActiveConnections)}}},
		})
	}
	gone := load(cloud.BalancerCounters{NewConnections: 50 * 60})
	gone.Gone = true
	followed := load(cloud.BalancerCounters{NewConnections: 50 * 60})
	followed.LCUHours = 4
	classic := load(cloud.BalancerCounters{NewConnections: 5000 * 60, Bytes: 16_666_667, CrossZone: 8_333_333})
	classic.Type, classic.Nodes, classic.Addresses = showdown.ClassicBalancer, 1, hour
	for _, tt := range []struct {
		name string
		use  balancerUse
		want map[string][2]float64 // month and run
	}{
		{
			"50 new connections a second are 2 LCU", load(cloud.BalancerCounters{NewConnections: 50 * 60, ActiveConnections: 3000}),
			map[string][2]float64{
				"front application load balancer": {16.425, 0.0225},
				"front public IPv4 of 2 nodes":    {7.30, 0.010},
				"front 2 LCU by new connections":  {11.68, 0.016},
			},
		},
		{
			"bytes, half of them to the other zone", load(cloud.BalancerCounters{Bytes: 3e9 / 60, CrossZone: 18_333_333, Requests: 100}),
			map[string][2]float64{
				"front application load balancer": {16.425, 0.0225},
				"front public IPv4 of 2 nodes":    {7.30, 0.010},
				"front 3 LCU by bytes":            {17.52, 0.024},
				"front data to other zones, free": {0, 0},
			},
		},
		{
			"a classic one pays by the GB", classic,
			map[string][2]float64{
				"front classic load balancer":     {18.25, 0.025},
				"front public IPv4 of its node":   {3.65, 0.005},
				"front data":                      {5.84, 0.008},
				"front data to other zones, free": {0, 0},
			},
		},
		{
			"capacity units that were followed by the hour", followed,
			map[string][2]float64{
				"front application load balancer": {16.425, 0.0225},
				"front public IPv4 of 2 nodes":    {7.30, 0.010},
				"front 4 LCU":                     {23.36, 0.032},
			},
		},
		{
			"one that is gone", gone,
			map[string][2]float64{
				"front application load balancer": {0, 0.0225},
				"front public IPv4 of 2 nodes":    {0, 0.010},
				"front 2 LCU by new connections":  {0, 0.016},
			},
		},
	} {
		b, err := pricing.BillOf(ofBalancer(tt.use))
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range b.Items {
			w, ok := tt.want[i.Name]
			// The bytes of a lab are whole, so that a GB is not hit to the last byte.
			if !ok || !within(i.MonthUSD, w[0], 1e-4) || !within(i.RunUSD, w[1], 1e-7) {
				t.Errorf("%s: %s is %g a month and %g a run, want %v", tt.name, i.Name, i.MonthUSD, i.RunUSD, w)
			}
			delete(tt.want, i.Name)
		}
		for name := range tt.want {
			t.Errorf("%s: no item %q", tt.name, name)
		}
	}
}

func within(a, b, by float64) bool { return a-b <= by && b-a <= by }

// TestTogether: the instances of a group are its own items, whatever has become of them.
func TestTogether(t *testing.T) {
	groups := []showdown.AutoScalingGroup{{Name: "web"}}
	hours := func(n float64) []pricing.Used {
		return []pricing.Used{{What: "m5.large", Units: 1, For: showdown.Duration(n * float64(showdown.Hour))}}
	}
	b, err := pricing.BillOf(together([]pricing.Line{
		{Owner: "web-1", What: "m5.large", Used: hours(1)},
		{Owner: "web-2", What: "m5.large", Units: 1, Used: hours(2)},
		{Owner: "web-2", What: pricing.GP2, Label: "8 GiB gp2", Units: 8},
		{Owner: "web-x", What: "m5.large", Units: 1},
		{Owner: "web-15", What: "m5.large", Units: 1, Used: hours(0.5)},
		{Owner: "web-015", What: "t2.micro", Units: 1},
	}, groups))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range b.Items {
		got = append(got, i.Name)
	}
	if want := "web 2 x m5.large, web 8 GiB gp2, web-x m5.large, web-015 t2.micro"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
	if i := b.Items[0]; !near(i.MonthUSD, 2*70.08) || !near(i.RunUSD, 3.5*0.096) {
		t.Errorf("%+v", i)
	}
}
