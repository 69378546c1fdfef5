package lab

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"showdown"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/pricing"
	"showdown/targets/cloud/route53"
)

// Cost is what the lab costs: USD a month as it is now, and USD of the run so far,
// by item. It is readable after Down too.
func (l *Lab) Cost() (pricing.Bill, error) {
	l.mu.Lock()
	region, zone, upAt, downAt := l.region, l.zone, l.upAt, l.downAt
	l.mu.Unlock()
	if region == nil {
		return Estimate(l.cfg.Cell.Topology)
	}
	until := downAt
	if until.IsZero() {
		until = time.Now()
	}
	instances, elastic := region.Usage(until)
	up := l.cfg.Clock.AWS(until.Sub(upAt))
	topology := l.cfg.Cell.Topology
	lines := together(used(l.asked(), instances, elastic, up), topology.AutoScalingGroups)
	lines = append(lines, ofGroups(topology.AutoScalingGroups, up)...)
	for i, b := range l.Balancers() {
		lines = append(lines, ofBalancer(useOfBalancer(topology.LoadBalancers[i].Type, b.Usage(until)))...)
	}
	if zone != nil {
		lines = append(lines, ofZone(zone.Name(), zone.Usage(until), up)...)
	}
	bill, err := pricing.BillOf(lines)
	if err != nil || len(topology.Reservations) == 0 {
		return bill, err
	}
	var runs []ec2.Run
	now := map[string]int{}
	for _, u := range instances {
		runs = append(runs, u.Runs...)
		if !u.Terminated {
			now[u.Type]++
		}
	}
	_, ran, err := useOf(runs, l.cfg.Work, l.cfg.Clock, upAt, until)
	if err != nil {
		return bill, err
	}
	return reserve(bill, topology.Reservations, now, ran)
}

// Estimate is what a topology costs a month, before it runs.
func Estimate(t showdown.Topology) (pricing.Bill, error) {
	bill, err := pricing.BillOf(planned(t))
	if err != nil || len(t.Reservations) == 0 {
		return bill, err
	}
	now := map[string]int{}
	for _, in := range t.AllInstances() {
		now[in.Type]++
	}
	return reserve(bill, t.Reservations, now, pricing.Trace{})
}

// planned is the lines of a topology that has used nothing yet. What a load balancer
// takes for its load is not among them: it is not known before the traffic.
func planned(t showdown.Topology) []pricing.Line {
	var lines []pricing.Line
	for _, in := range t.AllInstances() {
		lines = append(lines, pricing.Line{Owner: in.Name, What: in.Type, Units: 1})
		if !in.Private {
			lines = append(lines, pricing.Line{Owner: in.Name, What: pricing.PublicIPv4, Units: 1})
		}
		lines = append(lines, volume(in, 0))
	}
	lines = append(together(lines, t.AutoScalingGroups), ofGroups(t.AutoScalingGroups, 0)...)
	for _, b := range t.LoadBalancers {
		lines = append(lines, ofBalancer(balancerUse{Name: b.Name, Type: b.Type, Nodes: len(b.Zones)})...)
	}
	if z := t.HostedZone; z != nil {
		lines = append(lines, ofZone(z.Name, route53.Usage{}, 0)...)
	}
	return lines
}

// ofZone is the lines of a hosted zone. Queries come as often in a month as they came in
// the run: the clients' caches run on the AWS clock, so that their number is AWS's.
// Health checks of addresses that are AWS's cost less than those of others.
func ofZone(name string, u route53.Usage, up showdown.Duration) []pricing.Line {
	lines := []pricing.Line{{
		Owner: name, What: pricing.HostedZone, Units: 1,
		Used: []pricing.Used{{What: pricing.HostedZone, Units: 1, For: up}},
	}}
	const million = 1e6
	if billed := float64(u.Billed()) / million; billed > 0 && up > 0 {
		lines = append(lines, pricing.Line{
			Owner: name, What: pricing.DNSQueries, Units: billed * pricing.MonthHours * showdown.Hour.Seconds() / up.Seconds(),
			Used: []pricing.Used{{What: pricing.DNSQueries, Units: billed}},
		})
	}
	for _, c := range u.Checks {
		line := pricing.Line{
			Owner: c.Name, What: pricing.HealthCheckAWS, Label: "health check of " + c.Value.String(),
			Used: []pricing.Used{{What: pricing.HealthCheckAWS, Units: 1, For: c.For}},
		}
		if c.Now {
			line.Units = 1
		}
		lines = append(lines, line)
		if c.Fast {
			fast := line
			fast.What, fast.Label = pricing.FastCheckAWS, "fast interval of "+c.Value.String()
			fast.Used = []pricing.Used{{What: pricing.FastCheckAWS, Units: 1, For: c.For}}
			lines = append(lines, fast)
		}
	}
	return lines
}

// volume is the line of an instance's root volume, which is paid for whether the
// instance runs or not.
func volume(in showdown.Instance, held showdown.Duration) pricing.Line {
	size := float64(in.VolumeGiB)
	return pricing.Line{
		Owner: in.Name, What: pricing.GP2, Label: fmt.Sprintf("%d GiB gp2", in.VolumeGiB), Units: size,
		Used: []pricing.Used{{What: pricing.GP2, Units: size, For: held}},
	}
}

// used is the lines of a lab that has been up for a time. An elastic IP counts
// under the instance that it is associated with.
func used(asked []showdown.Instance, instances []ec2.Usage, elastic []ec2.ElasticUsage, up showdown.Duration) []pricing.Line {
	var lines []pricing.Line
	place := func(name string) int {
		return slices.IndexFunc(asked, func(in showdown.Instance) bool { return in.Name == name })
	}
	slices.SortStableFunc(instances, func(a, b ec2.Usage) int { return cmp.Compare(place(a.Name), place(b.Name)) })
	for _, u := range instances {
		lines = append(lines, ofInstance(u))
		address := pricing.Line{Owner: u.Name, What: pricing.PublicIPv4}
		hold := func(d showdown.Duration) {
			address.Used = append(address.Used, pricing.Used{What: pricing.PublicIPv4, Units: 1, For: d})
		}
		if u.PublicNow {
			address.Units = 1
		}
		if u.AutoIPv4 > 0 {
			hold(u.AutoIPv4)
		}
		for _, e := range elastic {
			if e.Instance == u.Name {
				hold(e.Held)
			}
		}
		if address.Units > 0 || len(address.Used) > 0 {
			lines = append(lines, address) // a private instance never had one
		}
		if u.SurplusCredits > 0 {
			lines = append(lines, pricing.Line{Owner: u.Name, What: pricing.Surplus, Used: []pricing.Used{{
				What: pricing.Surplus, Units: u.SurplusCredits / ec2.SurplusPerVCPUHour, For: showdown.Hour,
			}}})
		}
		if u.Terminated {
			continue // a root volume is deleted with its instance
		}
		for _, in := range asked {
			if in.Name == u.Name {
				lines = append(lines, volume(in, up))
			}
		}
	}
	for _, e := range elastic {
		if e.Instance == "" {
			line := pricing.Line{
				Owner: e.Address, What: pricing.PublicIPv4, Label: "idle elastic IP",
				Used: []pricing.Used{{What: pricing.PublicIPv4, Units: 1, For: e.Held}},
			}
			if !e.Released {
				line.Units = 1
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func ofInstance(u ec2.Usage) pricing.Line {
	line := pricing.Line{Owner: u.Name, What: u.Type}
	if !u.Terminated {
		line.Units = 1
	}
	for _, run := range u.Runs {
		line.Used = append(line.Used, pricing.Used{What: run.Type, Units: 1, For: run.Billed})
	}
	return line
}
