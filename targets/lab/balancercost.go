package lab

import (
	"fmt"
	"strconv"

	"showdown"
	"showdown/targets/cloud/elb"
	"showdown/targets/cloud/pricing"
)

// balancerUse is what a load balancer has used so far, in AWS time and as many as there
// would have been on AWS.
type balancerUse struct {
	Name string
	Type showdown.BalancerType
	// Gone says that it was deleted; For is how long it existed.
	Gone bool
	For  showdown.Duration
	// Nodes is how many nodes it has now, each of which has a public IPv4 address;
	// Addresses is how long their addresses were held, added up.
	Nodes     int
	Addresses showdown.Duration
	// Load is what its nodes did together.
	Load pricing.BalancerLoad
	// LCUHours is the capacity units of each hour, added up, where somebody followed them
	// by the hour as AWS does; 0 takes the mean of all of the time from Load.
	LCUHours float64
	// CrossZone is the bytes to and from targets in other zones than the node's.
	CrossZone float64
}

// useOfBalancer is what a load balancer says that it used.
func useOfBalancer(of showdown.BalancerType, u elb.Usage) balancerUse {
	out := balancerUse{
		Name: u.Name, Type: of, Gone: !u.Now, For: u.For,
		Nodes: u.Nodes, Addresses: showdown.Duration(u.Nodes) * u.For, CrossZone: u.CrossZoneBytes,
		Load: pricing.BalancerLoad{NewConnections: u.NewConnections, Bytes: u.Bytes, Requests: u.Requests},
	}
	for _, h := range u.LCU {
		out.LCUHours += h.LCU * h.For.Seconds() / 3600
		out.Load.ActiveConnectionMinutes += h.ActiveConnections.Mean * h.For.Seconds() / 60
	}
	return out
}

// lcus is the mean capacity units, and " by" the measure that decided where it is known.
func (u balancerUse) lcus() (n float64, by string) {
	if s := u.For.Seconds(); u.LCUHours > 0 && s > 0 {
		return u.LCUHours / (s / 3600), ""
	}
	most := u.Load.LCUs(u.For)[0]
	return most.LCUs, " by " + most.Name
}

// ofBalancer is the lines of a load balancer. In a month it does as much as it did in the
// run; one that is gone costs nothing any more.
func ofBalancer(u balancerUse) []pricing.Line {
	monthly := 0.0 // what a month has of what the run had
	if s := u.For.Seconds(); s > 0 && !u.Gone {
		monthly = pricing.MonthHours * showdown.Hour.Seconds() / s
	}
	lasting := func(what, label string, units float64) pricing.Line {
		line := pricing.Line{Owner: u.Name, What: what, Label: label, Units: units, Used: []pricing.Used{{What: what, Units: units, For: u.For}}}
		if u.Gone {
			line.Units = 0
		}
		return line
	}
	counted := func(what, label string, bytes float64) pricing.Line {
		gb := bytes / pricing.GB
		return pricing.Line{Owner: u.Name, What: what, Label: label, Units: gb * monthly, Used: []pricing.Used{{What: what, Units: gb}}}
	}
	hours := pricing.ApplicationBalancer
	if u.Type == showdown.ClassicBalancer {
		hours = pricing.ClassicBalancer
	}
	address := pricing.Line{
		Owner: u.Name, What: pricing.PublicIPv4, Label: fmt.Sprintf("public IPv4 of %d nodes", u.Nodes), Units: float64(u.Nodes),
		Used: []pricing.Used{{What: pricing.PublicIPv4, Units: 1, For: u.Addresses}},
	}
	if u.Nodes == 1 {
		address.Label = "public IPv4 of its node"
	}
	if u.Gone {
		address.Units = 0
	}
	lines := []pricing.Line{lasting(hours, "", 1), address}
	if u.Type == showdown.ClassicBalancer {
		if u.Load.Bytes > 0 {
			lines = append(lines, counted(pricing.ClassicData, "data", u.Load.Bytes))
		}
	} else if lcus, by := u.lcus(); lcus > 0 {
		lines = append(lines, lasting(pricing.BalancerCapacity, strconv.FormatFloat(lcus, 'g', 3, 64)+" LCU"+by, lcus))
	}
	if u.CrossZone > 0 {
		lines = append(lines, counted(pricing.BalancerCrossZone, "data to other zones, free", u.CrossZone))
	}
	return lines
}

// ofGroups is the lines of the Auto Scaling groups themselves, which are free: the
// CloudWatch alarms of their policies. Target tracking keeps two.
func ofGroups(groups []showdown.AutoScalingGroup, up showdown.Duration) []pricing.Line {
	var lines []pricing.Line
	for _, g := range groups {
		alarms := 0.0
		for _, p := range g.Policies {
			alarms++
			if p.Type == showdown.TargetTracking && !p.DisableScaleIn {
				alarms++
			}
		}
		if alarms > 0 {
			lines = append(lines, pricing.Line{
				Owner: g.Name, What: pricing.Alarm, Label: "CloudWatch alarms", Units: alarms,
				Used: []pricing.Used{{What: pricing.Alarm, Units: alarms, For: up}},
			})
		}
	}
	return lines
}

// together puts the lines of a group's instances under the group: it may launch a
// hundred in a day, and their names say nothing.
func together(lines []pricing.Line, groups []showdown.AutoScalingGroup) []pricing.Line {
	type key struct{ owner, what string }
	at := map[key]int{}
	var out []pricing.Line
	for _, l := range lines {
		g, launched := launcher(groups, l.Owner)
		if !launched {
			out = append(out, l)
			continue
		}
		k := key{g.Name, l.What}
		i, seen := at[k]
		if !seen {
			i = len(out)
			at[k] = i
			out = append(out, pricing.Line{Owner: g.Name, What: l.What})
		}
		out[i].Units += l.Units
		out[i].Used = append(out[i].Used, l.Used...)
	}
	for k, i := range at {
		if n := out[i].Units; k.what == pricing.GP2 {
			out[i].Label = fmt.Sprintf("%g GiB gp2", n)
		} else {
			out[i].Label = fmt.Sprintf("%g x %s", n, k.what)
		}
	}
	return out
}

// launcher is the group that launches instances of that name.
func launcher(groups []showdown.AutoScalingGroup, name string) (showdown.AutoScalingGroup, bool) {
	for _, g := range groups {
		if n, err := strconv.Atoi(name[min(len(g.Name)+1, len(name)):]); err == nil && n > 0 && name == g.InstanceName(n) {
			return g, true
		}
	}
	return showdown.AutoScalingGroup{}, false
}
