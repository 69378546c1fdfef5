package journeys

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// withNames is the small stage with a zone and clients that resolve it, in which the
// only place of old is replaced; an empty one changes nothing.
func withNames(t *testing.T, old, with string) string {
	t.Helper()
	text := edit(t, "          type: t2.micro\n    traffic:\n", `          type: t2.micro
        - {name: web-2, type: t2.micro}
      hosted_zone:
        name: shop.example
        propagation: 60s
        records:
          - name: www
            instances: [web-1, web-2]
            values: [127.0.0.9]
            multivalue: true
            health_check: {path: /healthz}
          - {name: "@", ttl: 1h, instances: [web-1]}
    traffic:
      host: www
      connections: {requests: 5}
      cohorts:
        - {name: many, share: 90%}
        - {name: few, share: 10%, profile: pinned, host: "@", connections: {age: 30s}}
`)
	if old == "" {
		return text
	}
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q is %d times in the stage, want once", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, with, 1)
}

func TestLoadNames(t *testing.T) {
	c := mustLoad(t, withNames(t, "", "")).Cells[0]
	want := &showdown.HostedZone{
		Name: "shop.example", Propagation: showdown.Minute, NegativeTTL: 900 * showdown.Second,
		Records: []showdown.RecordSet{
			{
				Name: "www", TTL: 300 * showdown.Second, Instances: []string{"web-1", "web-2"}, Values: []string{"127.0.0.9"}, Multivalue: true,
				HealthCheck: &showdown.DNSHealthCheck{Path: "/healthz", Interval: 30 * showdown.Second, Threshold: 3, Checkers: 16},
			},
			{Name: "@", TTL: showdown.Hour, Instances: []string{"web-1"}},
		},
	}
	if d := cmp.Diff(want, c.Topology.HostedZone); d != "" {
		t.Errorf("zone (-want +got):\n%s", d)
	}
	if got := c.Traffic; got.Host != "www" || got.Connections != (showdown.Ageing{Requests: 5}) {
		t.Errorf("traffic: host %q, connections %+v", got.Host, got.Connections)
	}
	cohorts := []showdown.Cohort{
		{Name: "many", Share: 0.9, Profile: showdown.Browser},
		{Name: "few", Share: 0.1, Profile: showdown.Pinned, Host: "@", Connections: showdown.Ageing{Age: 30 * showdown.Second}},
	}
	if d := cmp.Diff(cohorts, c.Traffic.Cohorts); d != "" {
		t.Errorf("cohorts (-want +got):\n%s", d)
	}
}

func TestLoadChecksNames(t *testing.T) {
	replace := func(old, with string) string { return withNames(t, old, with) }
	records := func(with string) string {
		text := replace("", "")
		from, to := strings.Index(text, "        records:\n"), strings.Index(text, "    traffic:\n")
		return text[:from] + with + text[to:]
	}
	for name, c := range map[string]struct{ text, want string }{
		"no zone name":        {replace("        name: shop.example\n", ""), `the zone's name is missing: add "name:" here`},
		"a final dot":         {replace("name: shop.example", "name: shop.example."), `mine.yaml:13:15: the zone's name "shop.example." is not a domain name`},
		"one label":           {replace("name: shop.example", "name: shop"), `the zone's name "shop" is not a domain name`},
		"propagation":         {replace("propagation: 60s", "propagation: 2h"), `mine.yaml:14:22: propagation must lie between 0s and 1h`},
		"negative ttl":        {replace("propagation: 60s", "negative_ttl: 1500ms"), `mine.yaml:14:23: negative_ttl 1.5s is not a TTL: write whole seconds from 0s to 172800s`},
		"no records":          {records(""), `the list of records is missing`},
		"empty records":       {records("        records: []\n"), `the list of records is empty`},
		"no record name":      {replace(`{name: "@", ttl: 1h,`, `{ttl: 1h,`), `the record's name is missing`},
		"a bad record name":   {replace("- name: www", "- name: www.shop.example."), `the record's name "www.shop.example." is not one: write the part before the zone's name`},
		"a record twice":      {replace(`{name: "@", ttl: 1h,`, `{name: www, ttl: 1h,`), `the record's name "www" exists already: list all its addresses in one record`},
		"a long ttl":          {replace("ttl: 1h", "ttl: 49h"), `ttl 49h is not a TTL`},
		"a part of a second":  {replace("ttl: 1h", "ttl: 500ms"), `ttl 500ms is not a TTL`},
		"no address":          {replace("ttl: 1h, instances: [web-1]", "ttl: 1h"), `record "@" has no address: name its instances`},
		"unknown instance":    {replace("[web-1, web-2]", "[web-1, web2]"), `unknown instance "web2": did you mean "web-2"?`},
		"an instance twice":   {replace("[web-1, web-2]", "[web-1, web-1]"), `instance "web-1" stands here twice`},
		"a value twice":       {replace("[127.0.0.9]", "[127.0.0.9, 127.0.0.9]"), `value "127.0.0.9" stands here twice`},
		"no IPv4":             {replace("[127.0.0.9]", `["::1"]`), `value "::1" is not an IPv4 address`},
		"a name as value":     {replace("[127.0.0.9]", `[web-1]`), `value "web-1" is not an IPv4 address`},
		"a simple checked":    {replace("            multivalue: true\n", ""), `mine.yaml:19:13: record "www" has a health check and is not multivalue`},
		"a path":              {replace("{path: /healthz}", "{path: healthz}"), `path "healthz" is not a path`},
		"an interval":         {replace("{path: /healthz}", "{interval: 20s}"), `interval 20s is not one that Route 53 has: write 30s, or 10s`},
		"a threshold":         {replace("{path: /healthz}", "{threshold: 11}"), `threshold must lie between 1 and 10`},
		"no threshold":        {replace("{path: /healthz}", "{threshold: 0}"), `threshold must lie between 1 and 10`},
		"checkers":            {replace("{path: /healthz}", "{checkers: 33}"), `checkers must lie between 1 and 32`},
		"an unknown host":     {replace("host: www", "host: ww"), `mine.yaml:23:13: host "ww" is no record of the zone "shop.example": did you mean "www"?`},
		"a cohort's host":     {replace(`host: "@"`, "host: api"), `host "api" is no record of the zone "shop.example": write one of www, @`},
		"no host":             {replace("host: www", `host: ""`), `the host is empty: fill it in`},
		"no zone":             {edit(t, "      phases:", "      host: www\n      phases:"), `host "www" is to be resolved and the topology has no hosted_zone`},
		"host and knows":      {replace("share: 90%", "share: 90%, knows: [web-1]"), `the cohort knows instances and its host is "www": it resolves a name or knows addresses, keep one of the two`},
		"a list of addresses": {replace("share: 90%", "share: 90%, profile: address-list"), `clients of the profile address-list know addresses and no names, and their host is "www"`},
		"no requests":         {replace("{requests: 5}", "{requests: 0}"), `requests is 0 and bounds nothing: leave the line out`},
		"negative requests":   {replace("{requests: 5}", "{requests: -1}"), `requests must be 1 or more`},
		"no age":              {replace("{age: 30s}", "{age: 0s}"), `age is 0 and bounds nothing`},
	} {
		_, err := Load([]byte(c.text), "mine.yaml", testKnown())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v\nwant %s", name, err, c.want)
		}
	}
}

// Without cohorts the traffic's own profile counts.
func TestLoadChecksTheProfileOfTheHost(t *testing.T) {
	text := withNames(t, "", "")
	from, to := strings.Index(text, "      cohorts:\n"), strings.Index(text, "      phases:\n")
	text = text[:from] + "      profile: address-list\n" + text[to:]
	_, err := Load([]byte(text), "mine.yaml", testKnown())
	if want := `mine.yaml:25:16: clients of the profile address-list know addresses and no names, and their host is "www"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if s := mustLoad(t, strings.Replace(text, "profile: address-list", "profile: jvm", 1)); s.Cells[0].Traffic.Profile != showdown.JVM {
		t.Errorf("profile %q", s.Cells[0].Traffic.Profile)
	}
}

// Clients with a host ask the instances behind it, and nobody else does.
func TestLeastAskedBehindAName(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want float64
	}{
		// Nine tenths share two instances, and a tenth asks the first alone.
		"two records":  {withNames(t, "", ""), 0.45},
		"one record":   {withNames(t, `host: "@", `, ""), 0.5},
		"only one":     {withNames(t, "host: www", `host: "@"`), 1},
		"some told":    {withNames(t, "      host: www\n", ""), 0.45},
		"values alone": {withNames(t, "instances: [web-1, web-2]\n            values", "values"), 0.1},
	} {
		s := mustLoad(t, c.text)
		all := map[string]bool{}
		for _, n := range instanceNames(&s.Cells[0].Topology) {
			all[n] = true
		}
		if got := leastAsked(&s.Cells[0], all); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("%s: the least asked instance gets %g of the requests, want %g", name, got, c.want)
		}
	}
}

// Only the instances whose recovery is to be seen must be asked often: not one that is
// taken away for good, and not one that nothing happens to.
func TestWatched(t *testing.T) {
	cell := &showdown.Cell{
		Topology: showdown.Topology{Instances: []showdown.Instance{
			{Name: "web-1", Role: "web"}, {Name: "web-2", Role: "web"}, {Name: "gone", Role: "gone"}, {Name: "rest", Role: "rest"},
		}},
		Timeline: []showdown.Step{
			{Letter: "A", Do: "kill", Target: "one role:web", For: showdown.Minute},
			{Letter: "B", Do: "remove-instance", Target: "gone"},
			{Letter: "C", Do: "remove-dns-record", Target: "gone"},
			{Letter: "D", Do: "spike", For: showdown.Minute},
		},
	}
	if got := slices.Sorted(maps.Keys(watched(cell))); !slices.Equal(got, []string{"web-1", "web-2"}) {
		t.Errorf("watched are %v", got)
	}
	cell.Timeline[1].For = showdown.Minute
	if got := slices.Sorted(maps.Keys(watched(cell))); !slices.Equal(got, []string{"gone", "web-1", "web-2"}) {
		t.Errorf("watched are %v", got)
	}
}
