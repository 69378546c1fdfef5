package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"showdown"
)

// writeScaling shows a topology's Auto Scaling groups: what they launch, how many, and
// what changes that.
func writeScaling(to io.Writer, top showdown.Topology) {
	for _, g := range top.AutoScalingGroups {
		fmt.Fprintf(to, "  Auto Scaling group %s: %d instances, %d to %d, in %s\n", g.Name, g.Desired, g.Min, g.Max, strings.Join(g.Zones, ", "))
		w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
		in := g.Template
		fmt.Fprintf(w, "    launches\t%s, %s, credits %s, %s\n", in.Type, addressOf(in), orLaunch(in.Credits), protectedBy(in.SecurityGroups))
		if len(g.TargetGroups) > 0 {
			fmt.Fprintf(w, "    registers\tin target group %s\n", strings.Join(g.TargetGroups, ", "))
		}
		health := string(g.HealthCheck)
		if g.HealthCheck == showdown.ELBHealthCheck {
			health = fmt.Sprintf("EC2 and ELB, the latter %s after a launch", g.GracePeriod)
		}
		fmt.Fprintf(w, "    health check\t%s\n", health)
		for _, p := range g.Policies {
			fmt.Fprintf(w, "    policy %s\t%s\n", p.Name, policyText(g, p))
		}
		for _, a := range g.Scheduled {
			fmt.Fprintf(w, "    at %s\t%s: %s\n", a.At, a.Name, sizesText(a))
		}
		if p := g.WarmPool; p != nil {
			size := p.Size
			if size == 0 {
				size = g.Max - g.Desired
			}
			fmt.Fprintf(w, "    warm pool\t%d instances, %s\n", size, strings.ToLower(p.State))
		}
		if len(g.Suspended) > 0 {
			fmt.Fprintf(w, "    suspended\t%s\n", strings.Join(g.Suspended, ", "))
		}
		w.Flush()
	}
}

// policyText is a scaling policy as a sentence.
func policyText(g showdown.AutoScalingGroup, p showdown.ScalingPolicy) string {
	wait := func(what string, own, group showdown.Duration) string {
		if own == 0 {
			own = group
		}
		if own == 0 {
			return ""
		}
		return fmt.Sprintf("; %s %s", what, own)
	}
	if p.Type == showdown.TargetTracking {
		text := fmt.Sprintf("keeps %s at %g", p.Metric, p.Target)
		if p.DisableScaleIn {
			text += ", and never scales in"
		}
		return text + wait("warm-up", p.Warmup, g.Warmup)
	}
	side := "above"
	if p.Below {
		side = "below"
	}
	when := fmt.Sprintf("when %s is %s %g for %s", p.Metric, side, p.Threshold, showdown.Duration(p.Periods)*showdown.Minute)
	if p.Type == showdown.SimpleScaling {
		return fmt.Sprintf("%+d %s", p.Adjustment, when) + wait("cooldown", p.Cooldown, g.Cooldown)
	}
	var steps []string
	for _, s := range p.Steps {
		steps = append(steps, fmt.Sprintf("%+d from %g past it", s.Adjustment, s.From))
	}
	return when + ": " + strings.Join(steps, ", ") + wait("warm-up", p.Warmup, g.Warmup)
}

// sizesText is the sizes that a scheduled action sets.
func sizesText(a showdown.ScheduledAction) string {
	var out []string
	for _, s := range []struct {
		name string
		n    *int
	}{{"min", a.Min}, {"max", a.Max}, {"desired", a.Desired}} {
		if s.n != nil {
			out = append(out, fmt.Sprintf("%s %d", s.name, *s.n))
		}
	}
	return strings.Join(out, ", ")
}

// addressOf is how an instance can be reached from outside.
func addressOf(in showdown.Instance) string {
	switch {
	case in.Private:
		return "private address alone"
	case in.ElasticIP:
		return "elastic IP"
	}
	return "public address by chance"
}
