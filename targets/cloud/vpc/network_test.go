package vpc

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
	"showdown/targets/cloud"
)

const internet = "127.16.0.0/16"

func group(name string, rules ...showdown.SecurityRule) showdown.SecurityGroup {
	return showdown.SecurityGroup{Name: name, Inbound: rules}
}

func from(source string) showdown.SecurityRule { return showdown.SecurityRule{From: source} }

func on(port int, source string) showdown.SecurityRule {
	return showdown.SecurityRule{From: source, Port: port}
}

func member(name, private string, groups ...string) Member {
	return Member{Name: name, Groups: groups, Private: netip.MustParseAddr(private)}
}

// tiers is the layering of the notes: a balancer that everybody reaches, web servers
// that it reaches, a database that they reach.
func tiers() []showdown.SecurityGroup {
	return []showdown.SecurityGroup{
		group("elb", from("internet")), group("web", from("elb")), group("db", from("web"), on(3306, "web")), group("closed"),
	}
}

func mustNetwork(t testing.TB, groups []showdown.SecurityGroup, members ...Member) *Network {
	t.Helper()
	n, err := NewNetwork(groups, netip.MustParsePrefix(internet), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if err := n.Join(m); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func tierMembers() []Member {
	return []Member{
		member("elb-1", "127.19.0.4", "elb"), member("web-1", "127.19.0.5", "web"), member("web-2", "127.19.1.4", "web"),
		member("db-1", "127.19.0.6", "db"),
	}
}

// words is an Inbound in words: "8080 127.19.0.4/32", a cut after "!".
func words(in cloud.Inbound) string {
	var out []string
	for _, a := range in.Allow {
		out = append(out, fmt.Sprintf("%d %s", a.Port, a.From))
	}
	for _, c := range in.Cut {
		out = append(out, "!"+c.String())
	}
	return strings.Join(out, ", ")
}

func TestInbound(t *testing.T) {
	wide := group("wide", from("127.0.0.0/8"), from("127.19.0.4/32"), on(9999, "127.19.0.4/32"))
	for name, c := range map[string]struct {
		groups  []showdown.SecurityGroup
		members []Member
		of      string
		want    string
	}{
		"the default lets everybody in": {nil, []Member{member("a", "127.19.0.4")}, "a", "8080 0.0.0.0/0"},
		"a default of its own": {
			[]showdown.SecurityGroup{group("default", from("internet"))},
			[]Member{member("a", "127.19.0.4")},
			"a", "8080 " + internet,
		},
		"no rule is nobody": {tiers(), []Member{member("a", "127.19.0.4", "closed")}, "a", ""},
		"the internet":      {tiers(), tierMembers(), "elb-1", "8080 " + internet},
		"a group's members": {tiers(), tierMembers(), "web-2", "8080 127.19.0.4/32"},
		"several members and ports": {
			tiers(), tierMembers(), "db-1",
			"3306 127.19.0.5/32, 3306 127.19.1.4/32, 8080 127.19.0.5/32, 8080 127.19.1.4/32",
		},
		"a group without members": {tiers(), []Member{member("a", "127.19.0.4", "web")}, "a", ""},
		"the union of groups": {
			tiers(), append(tierMembers(), member("both", "127.19.0.9", "web", "elb")), "both",
			// It is a member of elb itself, and so lets itself in.
			"8080 " + internet + ", 8080 127.19.0.4/32, 8080 127.19.0.9/32",
		},
		"the most permissive wins": {
			append(tiers(), wide), append(tierMembers(), member("a", "127.19.0.9", "web", "wide")), "a",
			"8080 127.0.0.0/8, 9999 127.19.0.4/32",
		},
		"one group in another's words": {
			[]showdown.SecurityGroup{group("self", from("self"))},
			[]Member{member("a", "127.19.0.4", "self"), member("b", "127.19.0.5", "self")},
			"a", "8080 127.19.0.4/32, 8080 127.19.0.5/32",
		},
		"an instance with the name of a group": {
			tiers(), append(tierMembers(), member("web", "127.19.9.9", "closed")), "db-1",
			"3306 127.19.0.5/32, 3306 127.19.1.4/32, 8080 127.19.0.5/32, 8080 127.19.1.4/32",
		},
		"an untidy block": {
			[]showdown.SecurityGroup{group("a", from("127.19.3.7/16"))}, []Member{member("a", "127.19.0.4", "a")}, "a", "8080 127.19.0.0/16",
		},
	} {
		n := mustNetwork(t, c.groups, c.members...)
		in, ok := n.Inbound(c.of)
		if got := words(in); got != c.want || !ok {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if in.Allow == nil {
			t.Errorf("%s: the list of who is allowed is nil", name)
		}
	}
	if _, ok := mustNetwork(t, nil).Inbound("nobody"); ok {
		t.Error("nobody lets somebody in")
	}
}

func TestAllows(t *testing.T) {
	n := mustNetwork(t, tiers(), tierMembers()...)
	for _, c := range []struct {
		from, to string
		port     int
		want     bool
	}{
		{"internet", "elb-1", 0, true},
		{"internet", "elb-1", cloud.Port, true},
		{"internet", "elb-1", 22, false},
		{"internet", "web-1", 0, false},
		{"elb", "web-1", 0, true},
		{"elb-1", "web-1", 0, true},
		{"web-1", "web-2", 0, false},
		{"web", "db-1", 3306, true},
		{"elb", "db-1", 0, false},
		{"127.16.3.0/24", "elb-1", 0, true},
		{"127.0.0.0/8", "elb-1", 0, false}, // not all of it
		{"closed", "db-1", 0, false},       // nobody is no exception
		{"nobody", "db-1", 0, false},
		{"web", "nobody", 0, false},
	} {
		if got := n.Allows(c.from, c.to, c.port); got != c.want {
			t.Errorf("%s to %s:%d is %v", c.from, c.to, c.port, got)
		}
	}
	if err := n.cut("elb", "web"); err != nil {
		t.Fatal(err)
	}
	if !n.Allows("elb", "web-1", 0) {
		t.Error("a cut is no rule")
	}
}

// Whoever could be let in by his public address is not: its packets are the internet's.
func TestPublicAddressesOpenNothing(t *testing.T) {
	n := mustNetwork(t, tiers(), tierMembers()...)
	in, _ := n.Inbound("web-1")
	public := netip.MustParseAddr("127.17.0.4") // the address of elb-1 in another role
	for _, a := range in.Allow {
		if a.From.Contains(public) {
			t.Errorf("web-1 lets %s in, which holds %s", a.From, public)
		}
	}
}

func TestCutsBothWays(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want map[string]string // the cuts of who has any
	}{
		"two groups": {"elb", "web", map[string]string{
			"elb-1": "!127.19.0.5/32, !127.19.1.4/32", "web-1": "!127.19.0.4/32", "web-2": "!127.19.0.4/32",
		}},
		"two instances":        {"web-1", "db-1", map[string]string{"web-1": "!127.19.0.6/32", "db-1": "!127.19.0.5/32"}},
		"from the internet":    {"internet", "elb-1", map[string]string{"elb-1": "!" + internet}},
		"a block of addresses": {"127.19.1.0/24", "db-1", map[string]string{"db-1": "!127.19.1.0/24", "web-2": "!127.19.0.6/32"}},
		"nobody":               {"closed", "web", map[string]string{}},
	} {
		n := mustNetwork(t, tiers(), tierMembers()...)
		before := map[string]cloud.Inbound{}
		for m := range n.members {
			before[m], _ = n.Inbound(m)
		}
		if err := n.cut(c.a, c.b); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for m := range n.members {
			in, _ := n.Inbound(m)
			if len(in.Cut) > 0 {
				got[m] = words(cloud.Inbound{Cut: in.Cut})
			}
			if d := cmp.Diff(words(before[m]), words(cloud.Inbound{Allow: in.Allow})); d != "" {
				t.Errorf("%s changed what the rules of %s say: %s", name, m, d)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	if err := mustNetwork(t, tiers()).cut("web", "wbe"); err == nil || !strings.Contains(err.Error(), `"wbe" is neither an instance, a security group, "internet" nor a CIDR block`) {
		t.Errorf("a side that does not exist: %v", err)
	}
}

func TestGroupsThatCannotBe(t *testing.T) {
	var many []showdown.SecurityRule
	for i := range DefaultRules + 1 {
		many = append(many, on(1000+i, "internet"))
	}
	for name, c := range map[string]struct {
		groups []showdown.SecurityGroup
		code   string
		want   string
	}{
		"unknown source":       {[]showdown.SecurityGroup{group("a", from("wbe"))}, CodeGroupNotFound, `"wbe" does not exist`},
		"bad block":            {[]showdown.SecurityGroup{group("a", from("10.0.0.0/33"))}, CodeInvalidParameterValue, "is no IPv4 CIDR block"},
		"bare address":         {[]showdown.SecurityGroup{group("a", from("10.0.0.1"))}, CodeInvalidParameterValue, "write 10.0.0.1/32"},
		"IPv6":                 {[]showdown.SecurityGroup{group("a", from("::/0"))}, CodeInvalidParameterValue, "is no IPv4 CIDR block"},
		"a port beyond":        {[]showdown.SecurityGroup{group("a", on(70000, "internet"))}, CodeInvalidParameterValue, "port 70000"},
		"a negative port":      {[]showdown.SecurityGroup{group("a", on(-1, "internet"))}, CodeInvalidParameterValue, "port -1"},
		"twice":                {[]showdown.SecurityGroup{group("a", from("internet"), on(cloud.Port, "internet"))}, CodeRuleDuplicate, "8080 from internet already"},
		"twice in other words": {[]showdown.SecurityGroup{group("a", from("10.0.0.1/8"), from("10.0.0.0/8"))}, CodeRuleDuplicate, "already"},
		"61 rules":             {[]showdown.SecurityGroup{group("a", many...)}, CodeTooManyRules, "61 inbound rules, more than 60"},
		"a group twice":        {[]showdown.SecurityGroup{group("a"), group("a")}, CodeGroupDuplicate, "exists already"},
		"named internet":       {[]showdown.SecurityGroup{group("internet")}, CodeInvalidParameterValue, "source of another kind"},
		"named as a block":     {[]showdown.SecurityGroup{group("10.0.0.0/8")}, CodeInvalidParameterValue, "source of another kind"},
	} {
		_, err := NewNetwork(c.groups, netip.MustParsePrefix(internet), Limits{})
		if Code(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s and %q in it", name, err, c.code, c.want)
		}
	}
	if _, err := NewNetwork([]showdown.SecurityGroup{group("a", many[1:]...)}, netip.MustParsePrefix(internet), Limits{}); err != nil {
		t.Errorf("60 rules: %v", err)
	}
}

func TestMembersThatCannotBe(t *testing.T) {
	var groups []showdown.SecurityGroup
	var names []string
	for i := range DefaultGroups + 1 {
		names = append(names, fmt.Sprintf("g%d", i))
		groups = append(groups, group(names[i]))
	}
	n := mustNetwork(t, groups)
	for name, c := range map[string]struct {
		m    Member
		code string
	}{
		"6 groups":      {member("a", "127.19.0.4", names...), CodeTooManyGroups},
		"unknown group": {member("a", "127.19.0.4", "g9"), CodeGroupNotFound},
		"no address":    {Member{Name: "a"}, CodeInvalidParameterValue},
	} {
		if err := n.Join(c.m); Code(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if _, ok := n.Inbound("a"); ok {
			t.Errorf("%s: it is a member", name)
		}
	}
	if err := n.Join(member("a", "127.19.0.4", names[:5]...)); err != nil {
		t.Errorf("5 groups: %v", err)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		in   Limits
		want Limits
		err  string
	}{
		{Limits{}, Limits{60, 5}, ""},
		{Limits{Groups: 16}, Limits{60, 16}, ""},
		{Limits{Groups: 17, Rules: 1}, Limits{}, "at most 16"},
		{Limits{Rules: 200}, Limits{200, 5}, ""},
		{Limits{Rules: 201}, Limits{}, "at most 1000 together"},
		{Limits{Rules: -1}, Limits{}, "negative"},
	} {
		got, err := c.in.resolved()
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) || c.err == "" && (err != nil || got != c.want) {
			t.Errorf("%+v: %+v, %v", c.in, got, err)
		}
	}
}

func FuzzParseCIDR(f *testing.F) {
	for _, s := range []string{"0.0.0.0/0", "10.1.2.3/8", "10.0.0.1", "::/0", "::ffff:10.0.0.0/104", "10.0.0.0/33", "", "internet"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseCIDR(text)
		if err != nil {
			return
		}
		if !p.Addr().Is4() || p != p.Masked() {
			t.Errorf("%q is %s, which is no tidy IPv4 block", text, p)
		}
		again, err := ParseCIDR(p.String())
		if err != nil || again != p {
			t.Errorf("%q is %s, which reads as %s, %v", text, p, again, err)
		}
	})
}

// TestInboundsAreThoseOfEach: what is worked out for all members at once is what each
// lets in.
func TestInboundsAreThoseOfEach(t *testing.T) {
	members := append(tierMembers(), member("both-1", "127.19.2.4", "web", "db"), member("closed-1", "127.19.2.5", "closed"))
	n := mustNetwork(t, tiers(), members...)
	if err := n.cut("web", "db"); err != nil {
		t.Fatal(err)
	}
	all := n.inbounds()
	if len(all) != len(members) {
		t.Errorf("%d members let something in, want %d", len(all), len(members))
	}
	for _, m := range members {
		want, ok := n.Inbound(m.Name)
		if !ok || !equal(all[m.Name], want) {
			t.Errorf("%s: %v, want %v", m.Name, all[m.Name], want)
		}
	}
}
