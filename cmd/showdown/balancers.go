package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"showdown"
	"showdown/targets/cloud"
)

// writeBalancers shows a topology's load balancers: their nodes, where requests go, and
// how targets are looked at.
func writeBalancers(to io.Writer, top showdown.Topology) {
	for _, b := range top.LoadBalancers {
		fmt.Fprintf(to, "  load balancer %s: %s, idle for %s at most\n", b.Name, b.Type, b.IdleTimeout)
		w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
		for _, zone := range b.Zones {
			fmt.Fprintf(w, "    node %s\t%s\t%s\n", b.NodeName(zone), zone, protectedBy(b.SecurityGroups))
		}
		w.Flush()
		for _, l := range b.Listeners {
			port := l.Port
			if port == 0 {
				port = cloud.Port
			}
			fmt.Fprintf(w, "    port %d\tto %s\n", port, shares(l.Forward))
		}
		w.Flush()
		for _, g := range b.TargetGroups {
			writeTargetGroup(to, top, b, g)
		}
	}
}

func writeTargetGroup(to io.Writer, top showdown.Topology, b showdown.LoadBalancer, g showdown.TargetGroup) {
	fmt.Fprintf(to, "    target group %s: %s\n", g.Name, registered(top, g))
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	h := g.HealthCheck
	first := ""
	if b.Type == showdown.ApplicationBalancer {
		first = " (a new target: 1)"
	}
	fmt.Fprintf(w, "      health check\t%s every %s within %s, %s is good\n", h.Path, h.Interval, h.Timeout, h.Matcher)
	fmt.Fprintf(w, "      \tunhealthy after %d, healthy after %d%s\n", h.UnhealthyThreshold, h.HealthyThreshold, first)
	zones := "across zones"
	if !g.CrossZone {
		zones = "each node in its own zone"
	}
	fmt.Fprintf(w, "      requests\t%s, %s\n", g.Algorithm, zones)
	if g.SlowStart > 0 {
		fmt.Fprintf(w, "      \ta new target's share grows for %s\n", g.SlowStart)
	}
	delay := "no time for requests in flight"
	if g.DeregistrationDelay > 0 {
		delay = fmt.Sprintf("up to %s for requests in flight", g.DeregistrationDelay)
	}
	fmt.Fprintf(w, "      deregistered\t%s\n", delay)
	if s := g.Stickiness; s != nil {
		text := fmt.Sprintf("%s for %s", s.Type, s.Duration)
		if s.Type == showdown.ApplicationCookie {
			text = fmt.Sprintf("%s, with the application's cookie %q", s.Type, s.Cookie)
		}
		fmt.Fprintf(w, "      sticky\t%s\n", text)
	}
	w.Flush()
}

// registered is the targets that a target group has when the lab comes up.
func registered(top showdown.Topology, g showdown.TargetGroup) string {
	out := append([]string(nil), g.Instances...)
	for _, s := range top.AutoScalingGroups {
		for _, name := range s.TargetGroups {
			if name == g.Name {
				out = append(out, "what "+s.Name+" launches")
			}
		}
	}
	if len(out) == 0 {
		return "no target"
	}
	return strings.Join(out, ", ")
}

// shares is the target groups of a listener, with their parts of the requests where
// there are several.
func shares(forward []showdown.Forward) string {
	sum := 0
	for _, f := range forward {
		sum += f.Weight
	}
	var out []string
	for _, f := range forward {
		text := f.TargetGroup
		if len(forward) > 1 && sum > 0 {
			text += " " + strconv.FormatFloat(100*float64(f.Weight)/float64(sum), 'g', 3, 64) + "%"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// protectedBy is the security groups of something, in words.
func protectedBy(groups []string) string {
	if len(groups) == 0 {
		groups = []string{showdown.DefaultGroup}
	}
	if len(groups) == 1 {
		return "security group " + groups[0]
	}
	return "security groups " + strings.Join(groups, ", ")
}
