package vpc

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"showdown"
	"showdown/targets/cloud"
)

// Member is a network interface that security groups protect: here, an instance.
type Member struct {
	// Name is the instance's.
	Name string
	// Groups are the names of its security groups; empty is [showdown.DefaultGroup].
	Groups []string
	// Private is its private address: what a rule that names one of its groups lets in.
	// Public addresses open nothing (EC2 User Guide, Security group rules, sources).
	Private netip.Addr
}

// Network is security groups with their members, as a value: time and sockets are
// somebody else's. The zero Network is not usable; make one with [NewNetwork].
type Network struct {
	limits   Limits
	internet netip.Prefix
	groups   map[string][]rule
	members  map[string]Member
	cuts     map[cut]struct{}
}

// cut is two sides between which no packet passes.
type cut struct{ a, b string }

// NewNetwork is groups without members. internet is where the lab's clients are. It
// fails with AWS's code for what the groups may not be.
func NewNetwork(groups []showdown.SecurityGroup, internet netip.Prefix, limits Limits) (*Network, error) {
	limits, err := limits.resolved()
	if err != nil {
		return nil, err
	}
	n := &Network{
		limits: limits, internet: internet,
		groups: map[string][]rule{}, members: map[string]Member{}, cuts: map[cut]struct{}{},
	}
	for _, g := range groups {
		switch _, taken := n.groups[g.Name]; {
		case g.Name == "" || g.Name == showdown.FromInternet || strings.ContainsAny(g.Name, "./: "):
			return nil, cloud.NewAPIError(opCreate, CodeInvalidParameterValue, "the group name "+quote(g.Name)+" cannot be: it would read as a source of another kind")
		case taken:
			return nil, cloud.NewAPIError(opCreate, CodeGroupDuplicate, "the security group "+quote(g.Name)+" exists already")
		}
		n.groups[g.Name] = nil
	}
	if _, own := n.groups[showdown.DefaultGroup]; !own {
		// Unlike a VPC's own default group, which lets in nobody but its members: a lab
		// that says nothing of groups has none that is in the way.
		n.groups[showdown.DefaultGroup] = []rule{{"0.0.0.0/0", cloud.Port}}
	}
	for _, g := range groups {
		if err := n.authorize(g.Name, g.Inbound); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func quote(s string) string { return `"` + s + `"` }

// authorize adds rules to a group, all of them or none.
func (n *Network) authorize(group string, rules []showdown.SecurityRule) error {
	have, ok := n.groups[group]
	if !ok {
		return of(opAuthorize, refusal(CodeGroupNotFound, "the security group %q does not exist", group))
	}
	have = slices.Clone(have)
	for _, r := range rules {
		in, err := ruleOf(r, n.isGroup)
		if err != nil {
			return of(opAuthorize, err)
		}
		if slices.Contains(have, in) {
			return of(opAuthorize, refusal(CodeRuleDuplicate, "the group %q has the rule %s already", group, in))
		}
		have = append(have, in)
	}
	if len(have) > n.limits.Rules {
		return of(opAuthorize, refusal(CodeTooManyRules, "the group %q would have %d inbound rules, more than %d", group, len(have), n.limits.Rules))
	}
	n.groups[group] = have
	return nil
}

// revoke takes rules from a group, all of them or none.
func (n *Network) revoke(group string, rules []showdown.SecurityRule) error {
	have, ok := n.groups[group]
	if !ok {
		return of(opRevoke, refusal(CodeGroupNotFound, "the security group %q does not exist", group))
	}
	have = slices.Clone(have)
	for _, r := range rules {
		in, err := ruleOf(r, n.isGroup)
		if err != nil {
			return of(opRevoke, err)
		}
		i := slices.Index(have, in)
		if i < 0 {
			return of(opRevoke, refusal(CodeRuleNotFound, "the group %q has no rule %s", group, in))
		}
		have = slices.Delete(have, i, i+1)
	}
	n.groups[group] = have
	return nil
}

// Join adds a member, or replaces the one of its name. It fails with AWS's code for
// groups that it cannot have.
func (n *Network) Join(m Member) error {
	if len(m.Groups) == 0 {
		m.Groups = []string{showdown.DefaultGroup}
	}
	if len(m.Groups) > n.limits.Groups {
		return of(opAttach, refusal(CodeTooManyGroups, "%q has %d security groups, more than %d", m.Name, len(m.Groups), n.limits.Groups))
	}
	for _, g := range m.Groups {
		if !n.isGroup(g) {
			return of(opAttach, refusal(CodeGroupNotFound, "the security group %q of %q does not exist", g, m.Name))
		}
	}
	if !m.Private.Is4() {
		return of(opAttach, refusal(CodeInvalidParameterValue, "%q has no private IPv4 address", m.Name))
	}
	n.members[m.Name] = m
	return nil
}

// cut drops what passes between two sides.
func (n *Network) cut(a, b string) error {
	for _, side := range []string{a, b} {
		if _, member := n.members[side]; member || n.isGroup(side) || side == showdown.FromInternet {
			continue
		}
		if _, err := ParseCIDR(side); err != nil {
			return fmt.Errorf("cut %q from %q: %q is neither an instance, a security group, %q nor a CIDR block", a, b, side, showdown.FromInternet)
		}
	}
	n.cuts[cutOf(a, b)] = struct{}{}
	return nil
}

// cutOf is the cut between two sides, the same for both orders.
func cutOf(a, b string) cut { return cut{min(a, b), max(a, b)} }

func (n *Network) isGroup(name string) bool { _, ok := n.groups[name]; return ok }

// Members are the names of a group's members, sorted.
func (n *Network) Members(group string) []string {
	var out []string
	for name, m := range n.members {
		if slices.Contains(m.Groups, group) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Inbound is what a member lets in: the union of the rules of its groups, of which the
// most permissive wins (EC2 User Guide, Security group rules), and the sources that are
// cut from it. Rules that name groups are resolved to their present members. ok is
// false when there is no such member.
func (n *Network) Inbound(member string) (in cloud.Inbound, ok bool) {
	m, ok := n.members[member]
	if !ok {
		return in, false
	}
	return cloud.Inbound{Allow: n.allowed(m.Groups), Cut: n.cutFrom(m)}, true
}

// inbounds is what each member lets in. What a set of groups allows is worked out once
// for all who have it: a hundred members of a group that lets itself in are ten thousand
// addresses.
func (n *Network) inbounds() map[string]cloud.Inbound {
	out := make(map[string]cloud.Inbound, len(n.members))
	allowed := map[string][]cloud.Allowed{}
	for name, m := range n.members {
		groups := strings.Join(m.Groups, " ") // no name has a space
		allow, known := allowed[groups]
		if !known {
			allow = n.allowed(m.Groups)
			allowed[groups] = allow
		}
		out[name] = cloud.Inbound{Allow: allow, Cut: n.cutFrom(m)}
	}
	return out
}

// allowed is the union of the rules of groups.
func (n *Network) allowed(groups []string) []cloud.Allowed {
	byPort := map[int][]netip.Prefix{}
	for _, g := range groups {
		for _, r := range n.groups[g] {
			byPort[r.port] = append(byPort[r.port], n.sources(r.from)...)
		}
	}
	allow := []cloud.Allowed{}
	for _, port := range slices.Sorted(maps.Keys(byPort)) {
		for _, p := range simplest(byPort[port]) {
			allow = append(allow, cloud.Allowed{From: p, Port: port})
		}
	}
	return allow
}

// cutFrom is the sources that are cut from a member.
func (n *Network) cutFrom(m Member) []netip.Prefix {
	var cut []netip.Prefix
	for c := range n.cuts {
		if n.stands(c.a, m) {
			cut = append(cut, n.addresses(c.b)...)
		}
		if n.stands(c.b, m) {
			cut = append(cut, n.addresses(c.a)...)
		}
	}
	return simplest(cut)
}

// stands says whether a side of a cut means a member.
func (n *Network) stands(side string, m Member) bool {
	return slices.ContainsFunc(n.addresses(side), func(p netip.Prefix) bool { return p.Contains(m.Private) })
}

// addresses is what a name means at present: the private address of a member, or what
// it means as the source of a rule.
func (n *Network) addresses(name string) []netip.Prefix {
	if m, ok := n.members[name]; ok {
		return []netip.Prefix{netip.PrefixFrom(m.Private, 32)}
	}
	return n.sources(name)
}

// sources is what the source of a rule means at present: the private addresses of a
// group's members, the lab's clients, or a block. A name that nobody has means nobody.
func (n *Network) sources(from string) []netip.Prefix {
	if n.isGroup(from) {
		var out []netip.Prefix
		for _, name := range n.Members(from) {
			out = append(out, netip.PrefixFrom(n.members[name].Private, 32))
		}
		return out
	}
	if from == showdown.FromInternet {
		return []netip.Prefix{n.internet}
	}
	if p, err := ParseCIDR(from); err == nil {
		return []netip.Prefix{p}
	}
	return nil
}

// Allows says whether the rules let all of a source connect to a port of a member: an
// instance, a group, [showdown.FromInternet] or a CIDR block; port 0 is the
// application's. A source without an address is let in nowhere. What is cut does not
// count: this is what the rules promise, to be held against what is met.
func (n *Network) Allows(from, to string, port int) bool {
	if port == 0 {
		port = cloud.Port
	}
	in, ok := n.Inbound(to)
	sources := n.addresses(from)
	if !ok || len(sources) == 0 {
		return false
	}
	for _, s := range sources {
		if !slices.ContainsFunc(in.Allow, func(a cloud.Allowed) bool {
			return a.Port == port && a.From.Bits() <= s.Bits() && a.From.Contains(s.Addr())
		}) {
			return false
		}
	}
	return true
}

// describe is a group's inbound rules in words: "8080 from internet, 8080 from web".
func (n *Network) describe(group string) string {
	rules := n.groups[group]
	if len(rules) == 0 {
		return "nobody"
	}
	words := make([]string, len(rules))
	for i, r := range rules {
		words[i] = r.String()
	}
	return strings.Join(words, ", ")
}
