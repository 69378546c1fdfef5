package journeys

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"showdown"
	"showdown/targets/cloud"
)

// Quotas on security groups (VPC User Guide, Amazon VPC quotas, security groups).
const (
	maxGroupRules     = 60
	maxInstanceGroups = 5
)

// groups checks the security groups of a topology and which of them protect its
// instances and load balancers.
func (c *checker) groups(top *showdown.Topology, path string) {
	is := map[string]string{}
	for _, b := range top.LoadBalancers {
		for _, zone := range b.Zones {
			is[b.NodeName(zone)] = "a load balancer's node"
		}
	}
	for _, name := range instanceNames(top) {
		is[name] = "an instance"
	}
	names := groupNames(*top)
	taken := map[string]bool{}
	for i, g := range top.SecurityGroups {
		at := element(path+".security_groups", i)
		c.name(at+".name", "the security group's name", g.Name, taken)
		switch {
		case g.Name == showdown.FromInternet:
			c.add(at+".name", "a security group cannot be named %q: in a rule that word means the clients; choose another one", g.Name)
		case is[g.Name] != "":
			c.add(at+".name", "%q is %s already: name the group otherwise, so that a claim knows which is meant", g.Name, is[g.Name])
		}
		if len(g.Inbound) > maxGroupRules {
			c.add(at+".inbound", "security group %q has %d inbound rules: AWS gives a group at most %d", g.Name, len(g.Inbound), maxGroupRules)
		}
		given := map[string]bool{}
		for j, r := range g.Inbound {
			c.rule(element(at+".inbound", j), r, names, given)
		}
	}
	for i, in := range top.Instances {
		c.memberships(element(path+".instances", i)+".security_groups", fmt.Sprintf("instance %q", in.Name), in.SecurityGroups, names)
	}
	for i, b := range top.LoadBalancers {
		c.memberships(element(path+".load_balancers", i)+".security_groups", fmt.Sprintf("load balancer %q", b.Name), b.SecurityGroups, names)
	}
	for i, g := range top.AutoScalingGroups {
		c.memberships(element(path+".auto_scaling_groups", i)+".template.security_groups", fmt.Sprintf("the template of group %q", g.Name), g.Template.SecurityGroups, names)
	}
}

// rule checks one inbound rule. given holds what the rules before it let in.
func (c *checker) rule(at string, r showdown.SecurityRule, groups []string, given map[string]bool) {
	if r.Port < 0 || r.Port > 65535 {
		c.add(at+".port", "port must lie between 1 and 65535: leave the line out for the application's")
	}
	if r.From == "" {
		c.missing(at+".from", "the source of the rule")
		return
	}
	from, err := source(r.From, groups)
	if err != nil {
		c.add(at+".from", "%w", err)
		return
	}
	port := r.Port
	if port == 0 {
		port = cloud.Port
	}
	key := fmt.Sprintf("%s %d", from, port)
	if given[key] {
		c.add(at, "the rule that lets %s in stands here twice: keep one of the two", r.From)
	}
	given[key] = true
}

// source is what a rule lets in, in the form in which two that mean the same are equal:
// a security group's name, "internet", or a CIDR block.
func source(from string, groups []string) (string, error) {
	if from == showdown.FromInternet || slices.Contains(groups, from) {
		return from, nil
	}
	if !strings.ContainsAny(from, "./:") {
		return "", fmt.Errorf("unknown source %q: %s; or write a CIDR block like 0.0.0.0/0", from, meant(from, append(slices.Clone(groups), showdown.FromInternet)))
	}
	p, err := netip.ParsePrefix(from)
	if err == nil && p.Addr().Is4() {
		return p.Masked().String(), nil
	}
	if a, err := netip.ParseAddr(from); err == nil && a.Is4() {
		return "", fmt.Errorf("source %q is an address without a length: write %s/32 for this address alone", from, a)
	}
	return "", fmt.Errorf("source %q is no IPv4 CIDR block: write it like 10.0.0.0/16, or 0.0.0.0/0 for everybody", from)
}

// groupNames are the security groups that a topology has; the default one is always
// there.
func groupNames(top showdown.Topology) []string {
	var out []string
	for _, g := range top.SecurityGroups {
		out = append(out, g.Name)
	}
	if !slices.Contains(out, showdown.DefaultGroup) {
		out = append(out, showdown.DefaultGroup)
	}
	return out
}
