package vpc

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"showdown"
	"showdown/targets/cloud"
)

// ParseCIDR is the IPv4 block that text writes, with the bits beyond its length
// cleared, as EC2 does it. It fails for everything else, a bare address included.
func ParseCIDR(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		hint := "write it like 10.0.0.0/16, or 0.0.0.0/0 for everybody"
		if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
			hint = fmt.Sprintf("write %s/32 for this address alone", a)
		}
		return netip.Prefix{}, fmt.Errorf("%q is no IPv4 CIDR block: %s", text, hint)
	}
	return p.Masked(), nil
}

// rule is a rule as it is compared: two that mean the same are equal.
type rule struct {
	// from is the source: [showdown.FromInternet], a group's name, or a block in its
	// usual form.
	from string
	port int
}

// ruleOf is r in the form that is compared. isGroup says which names are groups.
func ruleOf(r showdown.SecurityRule, isGroup func(string) bool) (rule, error) {
	port := r.Port
	if port == 0 {
		port = cloud.Port
	}
	if port < 1 || port > 65535 {
		return rule{}, refusal(CodeInvalidParameterValue, "port %d is outside 1 to 65535", r.Port)
	}
	switch from := strings.TrimSpace(r.From); {
	case from == showdown.FromInternet, isGroup(from):
		return rule{from, port}, nil
	case !strings.ContainsAny(from, "./:"):
		return rule{}, refusal(CodeGroupNotFound, "the security group %q does not exist", from)
	default:
		p, err := ParseCIDR(from)
		if err != nil {
			return rule{}, refusal(CodeInvalidParameterValue, "the source %w", err)
		}
		return rule{p.String(), port}, nil
	}
}

// String is the rule in words: "8080 from web".
func (r rule) String() string { return fmt.Sprintf("%d from %s", r.port, r.from) }

// refusal is a refusal whose operation is added by who was asked.
func refusal(code, format string, args ...any) error {
	return cloud.NewAPIError("", code, fmt.Errorf(format, args...).Error())
}

// simplest is prefixes in order, without those that another one holds.
func simplest(prefixes []netip.Prefix) []netip.Prefix {
	slices.SortFunc(prefixes, comparePrefixes)
	var out []netip.Prefix
	for _, p := range prefixes {
		if n := len(out); n == 0 || !out[n-1].Overlaps(p) {
			out = append(out, p)
		}
	}
	return out
}

// comparePrefixes orders by address, the wider block first: what a block holds follows
// it.
func comparePrefixes(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return a.Bits() - b.Bits()
}
