package journeys

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

func TestLoadReadsBalancersAndGroups(t *testing.T) {
	top := mustLoad(t, withBalancer(t, "", "")).Cells[0].Topology
	health := showdown.TargetHealthCheck{
		Path: "/healthz", Interval: 30 * showdown.Second, Timeout: 5 * showdown.Second, HealthyThreshold: 5, UnhealthyThreshold: 2, Matcher: "200",
	}
	classic := health
	classic.HealthyThreshold = 10
	balancers := []showdown.LoadBalancer{
		{
			Name: "shop", Type: showdown.ApplicationBalancer, Zones: []string{"us-east-1a", "us-east-1b"},
			SecurityGroups: []string{"front"}, IdleTimeout: 30 * showdown.Second,
			TargetGroups: []showdown.TargetGroup{
				{
					Name: "blue", Instances: []string{"web-1", "web-2"}, Algorithm: showdown.RoundRobin,
					HealthCheck: showdown.TargetHealthCheck{
						Path: "/ready", Interval: 10 * showdown.Second, Timeout: 4 * showdown.Second, HealthyThreshold: 3, UnhealthyThreshold: 4, Matcher: "200-299",
					},
					DeregistrationDelay: showdown.Minute, SlowStart: 30 * showdown.Second, CrossZone: true,
					Stickiness: &showdown.Stickiness{Type: showdown.DurationCookie, Duration: showdown.Hour},
				},
				{
					Name: "green", Algorithm: showdown.LeastOutstanding, HealthCheck: health, DeregistrationDelay: 5 * showdown.Minute, CrossZone: true,
					Stickiness: &showdown.Stickiness{Type: showdown.ApplicationCookie, Duration: 24 * showdown.Hour, Cookie: "basket"},
				},
			},
			Listeners: []showdown.Listener{
				{Forward: []showdown.Forward{{TargetGroup: "blue", Weight: 9}, {TargetGroup: "green", Weight: 1}}},
				{Port: 9090, Forward: []showdown.Forward{{TargetGroup: "green", Weight: 1}}},
			},
		},
		{
			// Everything else of it is a default.
			Name: "old", Type: showdown.ClassicBalancer, Zones: []string{"us-east-1a"}, IdleTimeout: showdown.Minute,
			TargetGroups: []showdown.TargetGroup{{
				Name: "old", Instances: []string{"web-1"}, Algorithm: showdown.LeastOutstanding, HealthCheck: classic,
				DeregistrationDelay: 5 * showdown.Minute, CrossZone: true,
			}},
			Listeners: []showdown.Listener{{Forward: []showdown.Forward{{TargetGroup: "old", Weight: 1}}}},
		},
	}
	if d := cmp.Diff(balancers, top.LoadBalancers); d != "" {
		t.Errorf("load balancers (-want +got):\n%s", d)
	}
	three, six := 3, 6
	template := showdown.Instance{Role: "web", Type: "t2.micro", Credits: "launch", Queue: 20, VolumeGiB: 8}
	api := template
	api.Role, api.Private, api.SecurityGroups = "api", true, []string{"back"}
	groups := []showdown.AutoScalingGroup{
		{
			Name: "fleet", Template: api, Min: 2, Max: 4, Desired: 3, Zones: []string{"us-east-1a", "us-east-1b"}, TargetGroups: []string{"green"},
			HealthCheck: showdown.ELBHealthCheck, GracePeriod: 2 * showdown.Minute, Cooldown: 5 * showdown.Minute, Warmup: showdown.Minute,
			Policies: []showdown.ScalingPolicy{
				{Name: "track", Type: showdown.TargetTracking, Metric: showdown.RequestCountPerTarget, Target: 1000, DisableScaleIn: true},
				{
					Name: "stairs", Type: showdown.StepScaling, Metric: showdown.AverageCPU, Threshold: 70, Periods: 3,
					Steps: []showdown.ScalingStep{{Adjustment: 1}, {From: 20, Adjustment: 2}}, Warmup: 3 * showdown.Minute,
				},
				{
					Name: "less", Type: showdown.SimpleScaling, Metric: showdown.RequestCountPerTarget, Threshold: 100, Below: true, Periods: 5,
					Adjustment: -1, Cooldown: 2 * showdown.Minute,
				},
			},
			Scheduled: []showdown.ScheduledAction{
				{Name: "evening", At: 5 * showdown.Minute, Min: &three, Max: &six},
				{Name: "night", At: 8 * showdown.Minute, Desired: &six},
			},
			WarmPool: &showdown.WarmPool{Size: 1, State: "Stopped"}, Suspended: []string{"AZRebalance"},
		},
		{
			Name: "spare", Template: template, Min: 1, Max: 2, Desired: 1, Zones: []string{"us-east-1a"},
			HealthCheck: showdown.EC2HealthCheck, GracePeriod: 5 * showdown.Minute, Cooldown: 5 * showdown.Minute,
		},
	}
	if d := cmp.Diff(groups, top.AutoScalingGroups); d != "" {
		t.Errorf("groups (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]showdown.RecordSet{{Name: "www", Alias: "shop"}}, top.HostedZone.Records); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
	if !top.Instances[0].Private || top.Instances[1].Private {
		t.Errorf("private are %t and %t", top.Instances[0].Private, top.Instances[1].Private)
	}
}

// What a file may leave out, and what it may write in another way.
func TestLoadTakesBalancersAndGroups(t *testing.T) {
	for name, c := range map[string]struct{ old, with string }{
		"a status of many":       {"matcher: 200-299", `matcher: "200,302"`},
		"the longest timeout":    {"interval: 10s, timeout: 4s", "interval: 121s, timeout: 120s"},
		"no slow start":          {"slow_start: 30s", "slow_start: 0s"},
		"no draining":            {"deregistration_delay: 60s", "deregistration_delay: 0s"},
		"a week of stickiness":   {"duration: 1h", "duration: 168h"},
		"listeners of a classic": {"target_groups: [{instances: [web-1]}]", "listeners: [{forward: [{target_group: old}]}], target_groups: [{instances: [web-1]}]"},
		"zones of a classic":     {"type: classic,", "type: classic, zones: [us-east-1a, us-east-1b], "},
		"a classic's stickiness": {"[{instances: [web-1]}]", "[{instances: [web-1], cross_zone: false, stickiness: {type: app_cookie, cookie: c}}]"},
		"without cross-zone":     {"stickiness: {duration: 1h}", "cross_zone: false"},
		"an empty target group":  {"target_groups: [green]", "target_groups: [blue]"},
		"a group of none":        {"min: 1, max: 2}", "min: 0, max: 2}"},
		"a running warm pool":    {"{size: 1}", "{state: Running}"},
		"fifty":                  {"max: 4\n", "max: 50\n"},
		"its first instance":     {"target: web-1", "target: fleet-3"},
		"its role":               {"target: web-1", "target: one role:api"},
		"its zone":               {"do: kill\n        target: web-1", "do: kill\n        target: 50% zone:us-east-1b"},
		"like one of it":         {"do: kill\n        target: web-1", "do: add-instance\n        with: {name: fleet-x}\n        target: fleet-1"},
	} {
		s := mustLoad(t, withBalancer(t, c.old, c.with))
		// Slow enough for the tenth of the requests that the group shares.
		if err := Validate(s, mustClock(t, 10)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A cell may be made of Auto Scaling groups alone.
func TestLoadTakesGroupsInPlaceOfInstances(t *testing.T) {
	group := func(of string) string {
		text := edit(t, "      instances:\n        - name: web-1\n          type: t2.micro\n", "      auto_scaling_groups:\n        - {name: web, template: {type: t2.micro}, "+of+"}\n")
		return text
	}
	s := mustLoad(t, group("min: 2, max: 3"))
	if got := instanceNames(&s.Cells[0].Topology); !slices.Equal(got, []string{"web-1", "web-2"}) {
		t.Errorf("the cell comes up with %v", got)
	}
	for name, c := range map[string]struct{ text, want string }{
		"nothing":     {edit(t, "      instances:\n        - name: web-1\n          type: t2.micro\n", "      region: us-east-1\n"), `mine.yaml:7:5: the list of instances is missing: add "instances:" or "auto_scaling_groups:" here`},
		"no instance": {group("min: 0, max: 3"), "mine.yaml:8:7: no instance is there when the lab comes up, and nobody could answer: give a group a desired of 1 or more"},
		"all private": {edit(t, "          type: t2.micro\n", "          type: t2.micro\n          private: true\n"), "mine.yaml:12:5: every instance is private, and clients without a host are told public addresses: put a load balancer before them, and give the traffic a host whose record is its alias"},
		"some lost": {
			strings.Replace(edit(t, "          type: t2.micro\n", "          type: t2.micro\n          private: true\n"), "      phases:", "      cohorts: [{name: all, share: 100%}]\n      phases:", 1),
			"mine.yaml:12:5: every instance is private",
		},
	} {
		_, err := Load([]byte(c.text), "mine.yaml", testKnown())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v\nwant %s", name, err, c.want)
		}
	}
}

// What a stage may have of each is bounded, by AWS or by what a lab carries.
func TestLoadBoundsBalancersAndGroups(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	classic := "        - {name: old, type: classic, target_groups: [{instances: [web-1]}]}\n"
	green := "            - {port: 9090, forward: [{target_group: green}]}\n"
	policy := "            - {name: less"
	action := "            - {name: night"
	refuses(t, map[string]struct{ old, with, want string }{
		"nodes":             {classic, many(5, "        - {name: b%d, type: classic, zones: [us-east-1a, us-east-1b, us-east-1c, us-east-1d], target_groups: [{instances: [web-1]}]}\n"), "mine.yaml:13:7: the load balancers have 22 nodes, one in each of their zones: a lab has at most 20"},
		"listeners":         {green, strings.ReplaceAll(many(50, "            - {port: 9%03d, forward: [{target_group: green}]}\n"), "port: 90", "port: 91"), "mine.yaml:29:13: the load balancer has 51 listeners: AWS gives it at most 50"},
		"target groups":     {classic, "        - {name: old, target_groups: [" + many(101, "{name: t%d}, ") + "]}\n", "mine.yaml:31:38: the load balancer has 101 target groups: AWS gives it at most 100"},
		"groups":            {"        - {name: spare, template: {type: t2.micro}, min: 1, max: 2}\n", many(100, "        - {name: g%d}\n"), "mine.yaml:32:7: the cell has 101 Auto Scaling groups: a lab has at most 100 instances"},
		"policies":          {policy, many(48, "            - {name: p%d, type: target_tracking, target: 5}\n") + policy, "mine.yaml:44:13: the group has 51 policies: AWS takes at most 50"},
		"scheduled actions": {action, many(124, "            - {name: a%d, at: 6m, min: 1}\n") + action, "mine.yaml:48:13: the group has 126 scheduled actions: AWS takes at most 125"},
		"instances":         {"suspended: [AZRebalance]", "suspended: [AZRebalance]\n        - {name: most, template: {type: t2.micro}, min: 1, max: 50}\n        - {name: more, template: {type: t2.micro}, min: 1, max: 42}", "mine.yaml:32:7: the cell can grow to 101 instances, the groups' max and the sizes of their warm pools counted: a lab has at most 100; make max smaller"},
	})
}

// Requests to an alias are shared by the weights, and then by the targets that are
// there.
func TestPartsBehindABalancer(t *testing.T) {
	for name, c := range map[string]struct {
		old, with string
		want      map[string]float64
	}{
		"weighted": {"", "", map[string]float64{"web-1": .45, "web-2": .45, "fleet-1": .1 / 3, "fleet-2": .1 / 3, "fleet-3": .1 / 3}},
		"by zones": {
			"algorithm: least_outstanding_requests\n              stickiness: {type: app_cookie, cookie: basket}", "cross_zone: false",
			map[string]float64{"web-1": .45, "web-2": .45, "fleet-1": .025, "fleet-2": .05, "fleet-3": .025},
		},
		"classic":      {"alias: shop", "alias: old", map[string]float64{"web-1": 1}},
		"one of two":   {"{target_group: blue, weight: 9}", "{target_group: blue, weight: 0}", map[string]float64{"fleet-1": 1. / 3, "fleet-2": 1. / 3, "fleet-3": 1. / 3}},
		"of instances": {"alias: shop", "instances: [web-2]", map[string]float64{"web-2": 1}},
	} {
		s := mustLoad(t, withBalancer(t, c.old, c.with))
		got := parts(&s.Cells[0].Topology, "www")
		if !maps.EqualFunc(got, c.want, func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestValidateBalancersAndGroups(t *testing.T) {
	for name, c := range map[string]struct {
		old, with string
		speed     float64
		want      string
	}{
		"a health check": {"interval: 10s", "interval: 5s", 501, `21:54: speed too high: the health check of target group "blue" every 5s would tick every 9.98004ms here; the highest speed that works is 500`},
		"a record's": {
			"{name: www, alias: shop}", "{name: www, alias: shop}\n          - {name: direct, instances: [web-2], multivalue: true, health_check: {interval: 10s}}",
			1001, `speed too high: the health check of record "direct" every 10s would tick every 9.99001ms here; the highest speed that works is 1000`,
		},
		// Of 100 requests/s the listener gives each of three a thirtieth of the rest.
		"a target that is hardly asked": {"target: web-1", "target: fleet-1", 60, `phase "calm": speed too high: at 3.33333 requests/s a target is asked every 18 AWS s`},
		"scheduled in the ladder":       {"at: 8m", "at: 12m", 10, `49:33: scheduled action "night" comes at 12m, after the traffic's end at 10m20s (1m2s here)`},
	} {
		path := filepath.Join(t.TempDir(), "mine.yaml")
		if err := os.WriteFile(path, []byte(withBalancer(t, c.old, c.with)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := LoadFile(path, testKnown())
		if err != nil {
			t.Fatalf("%s:\n%v", name, err)
		}
		err = Validate(s, mustClock(t, c.speed))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path+":") {
			t.Errorf("%s: got %v\nwant %s", name, err, c.want)
		}
		if strings.Contains(c.want, "too high") != errors.Is(err, showdown.ErrTooFast) {
			t.Errorf("%s: ErrTooFast is %t", name, errors.Is(err, showdown.ErrTooFast))
		}
	}
	// The group looks once a minute, which every speed carries.
	if found := tooOften(&showdown.Topology{AutoScalingGroups: []showdown.AutoScalingGroup{{Name: "web"}}}, mustClock(t, showdown.MaxSpeed), ""); len(found) > 0 {
		t.Errorf("a group at the highest speed: %v", found)
	}
}

// The kinds of parameters that name parts of the cell, on an action that has them all.
func TestParametersNameZonesBalancersAndGroups(t *testing.T) {
	s := mustLoad(t, withBalancer(t, "", ""))
	action := showdown.Action{Name: "fake", NoTarget: true, Params: []showdown.Param{
		{Name: "in", Kind: "zone"}, {Name: "of", Kind: "balancer"}, {Name: "from", Kind: "target_group"}, {Name: "to", Kind: "scaling_group"},
	}}
	good := map[string]string{"in": "us-east-1b", "of": "old", "from": "green", "to": "spare"}
	for name, c := range map[string]struct{ param, value, want string }{
		"all is well":             {"in", "us-east-1a", ""},
		"a default target group":  {"from", "old", ""},
		"a zone with nothing":     {"in", "us-east-1c", `unknown zone "us-east-1c": did you mean "us-east-1a"?`},
		"a letter alone":          {"in", "b", `unknown zone "b": write one of us-east-1a, us-east-1b`},
		"an unknown balancer":     {"of", "shpo", `unknown load balancer "shpo": did you mean "shop"?`},
		"a balancer's group":      {"of", "blue", `unknown load balancer "blue": write one of shop, old`},
		"an unknown target group": {"from", "gren", `unknown target group "gren": did you mean "green"?`},
		"an instance":             {"to", "fleet-1", `unknown Auto Scaling group "fleet-1": did you mean "fleet"?`},
		"an unknown group":        {"to", "web", `unknown Auto Scaling group "web": write one of fleet, spare`},
		"no group":                {"to", "", `fake needs the parameter "to" ()`},
	} {
		step := showdown.Step{Do: "fake", With: maps.Clone(good)}
		if step.With[c.param] = c.value; c.value == "" {
			delete(step.With, c.param)
		}
		ch := checker{stage: s, places: newPlaces(), known: testKnown()}
		ch.params(&s.Cells[0], &step, action, "with")
		var got []string
		for _, f := range ch.findings {
			got = append(got, f.err.Error())
		}
		if text := strings.Join(got, "\n"); text == "" != (c.want == "") || !strings.Contains(text, c.want) {
			t.Errorf("%s: got %q, want %q", name, text, c.want)
		}
	}
	// Where there is none of them, every name is wrong.
	s = mustLoad(t, small)
	ch := checker{stage: s, places: newPlaces(), known: testKnown()}
	ch.params(&s.Cells[0], &showdown.Step{Do: "fake", With: good}, action, "with")
	if len(ch.findings) != len(action.Params) {
		t.Errorf("without balancers and groups: %v", ch.findings)
	}
}

func FuzzMatcher(f *testing.F) {
	for _, s := range []string{"200", "200,302", "200-299", "200-", "-", ",", "499-200", "200,200-299", "0200", "+200", "٢٠٠", "600"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := checkMatcher(text)
		if (err == nil) != matches(text) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// matches is a slower reading of a matcher.
func matches(text string) bool {
	known := map[string]bool{}
	for a := minStatus; a <= maxStatus; a++ {
		known[fmt.Sprint(a)] = true
	}
	if words := strings.Split(text, "-"); len(words) == 2 {
		return known[words[0]] && known[words[1]] && words[0] < words[1]
	}
	for _, w := range strings.Split(text, ",") {
		if !known[w] {
			return false
		}
	}
	return true
}
