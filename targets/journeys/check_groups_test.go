package journeys

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// grouped is the small stage with security groups and an instance that has some.
func grouped(t *testing.T, groups, of string) string {
	t.Helper()
	return edit(t, "          type: t2.micro\n", "          type: t2.micro\n"+of+groups)
}

const someGroups = `      security_groups:
        - name: web
          inbound:
            - from: internet
        - name: db
          inbound:
            - {from: web, port: 3306}
            - {from: 10.0.0.0/16}
            - {from: default}
        - name: closed
`

func TestLoadReadsSecurityGroups(t *testing.T) {
	s := mustLoad(t, grouped(t, someGroups, "          security_groups: [web, closed]\n"))
	top := s.Cells[0].Topology
	want := []showdown.SecurityGroup{
		{Name: "web", Inbound: []showdown.SecurityRule{{From: "internet"}}},
		{Name: "db", Inbound: []showdown.SecurityRule{{From: "web", Port: 3306}, {From: "10.0.0.0/16"}, {From: "default"}}},
		{Name: "closed"},
	}
	if d := cmp.Diff(want, top.SecurityGroups); d != "" {
		t.Errorf("groups (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"web", "closed"}, top.Instances[0].SecurityGroups); d != "" {
		t.Errorf("of the instance (-want +got):\n%s", d)
	}
	if err := validateYAML(t, compileSchema(t), []byte(grouped(t, someGroups, "          security_groups: [web]\n"))); err != nil {
		t.Errorf("the schema: %v", err)
	}
}

func TestLoadRefusesBadSecurityGroups(t *testing.T) {
	one := func(rules string) string {
		return grouped(t, "      security_groups:\n        - name: web\n          inbound: ["+rules+"]\n", "")
	}
	rules := make([]string, maxGroupRules+1)
	var six, names []string
	for i := range rules {
		rules[i] = fmt.Sprintf("{from: internet, port: %d}", i+1)
	}
	for i := range maxInstanceGroups + 1 {
		names = append(names, fmt.Sprintf("g%d", i))
		six = append(six, "{name: "+names[i]+"}")
	}
	for name, c := range map[string]struct{ text, want string }{
		"no name":             {grouped(t, "      security_groups: [{inbound: []}]\n", ""), "the security group's name is missing"},
		"a bad name":          {grouped(t, "      security_groups: [{name: Web}]\n", ""), `the security group's name "Web" is not a name`},
		"twice":               {grouped(t, "      security_groups: [{name: a}, {name: a}]\n", ""), `the security group's name "a" exists already`},
		"named internet":      {grouped(t, "      security_groups: [{name: internet}]\n", ""), `a security group cannot be named "internet"`},
		"named as instance":   {grouped(t, "      security_groups: [{name: web-1}]\n", ""), `"web-1" is an instance already`},
		"unknown field":       {one("{form: internet}"), `unknown field "form" in inbound entry 1: did you mean "from"?`},
		"no source":           {one("{port: 80}"), `the source of the rule is missing: add "from:" here`},
		"unknown source":      {one("{from: wbe}"), `unknown source "wbe": did you mean "web"?; or write a CIDR block like 0.0.0.0/0`},
		"no source is near":   {one("{from: everybody}"), `unknown source "everybody": write one of web, default, internet`},
		"a bare address":      {one("{from: 10.0.0.1}"), `source "10.0.0.1" is an address without a length: write 10.0.0.1/32`},
		"a bad block":         {one("{from: 10.0.0.0/33}"), `source "10.0.0.0/33" is no IPv4 CIDR block`},
		"IPv6":                {one(`{from: "::/0"}`), `source "::/0" is no IPv4 CIDR block`},
		"a rule twice":        {one("{from: internet}, {from: internet, port: 8080}"), `the rule that lets internet in stands here twice`},
		"a block twice":       {one("{from: 10.0.0.1/8}, {from: 10.0.0.0/8}"), `stands here twice`},
		"a port beyond":       {one("{from: internet, port: 65536}"), `port must lie between 1 and 65535`},
		"61 rules":            {one(strings.Join(rules, ", ")), `security group "web" has 61 inbound rules: AWS gives a group at most 60`},
		"6 groups":            {grouped(t, "      security_groups: ["+strings.Join(six, ", ")+"]\n", "          security_groups: ["+strings.Join(names, ", ")+"]\n"), `instance "web-1" has 6 security groups: AWS gives it at most 5`},
		"an unknown group":    {grouped(t, someGroups, "          security_groups: [wbe]\n"), `mine.yaml:11:29: unknown security group "wbe": did you mean "web"?`},
		"one of them twice":   {grouped(t, someGroups, "          security_groups: [web, web]\n"), `security group "web" stands here twice`},
		"without definitions": {grouped(t, "", "          security_groups: [web]\n"), `unknown security group "web": write one of default`},
	} {
		_, err := Load([]byte(c.text), "mine.yaml", testKnown())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}

func FuzzSource(f *testing.F) {
	for _, s := range []string{"internet", "web", "10.1.2.3/8", "10.0.0.1", "::/0", "::ffff:1.2.3.4/100", "a/b", "1.2.3.4/", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		groups := []string{"web", "default"}
		from, err := source(text, groups)
		if err != nil {
			return
		}
		if from != showdown.FromInternet && !slices.Contains(groups, from) {
			if p, err := netip.ParsePrefix(from); err != nil || !p.Addr().Is4() || p != p.Masked() {
				t.Errorf("%q is taken as %q", text, from)
			}
		}
		if again, err := source(from, groups); err != nil || again != from {
			t.Errorf("%q is %q, which is %q, %v", text, from, again, err)
		}
	})
}
