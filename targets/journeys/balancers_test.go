package journeys

import (
	"slices"
	"strings"
	"testing"
)

// withBalancer is the small stage with a load balancer, an Auto Scaling group and an
// alias, in which the only place of old is replaced; an empty one changes nothing.
func withBalancer(t testing.TB, old, with string) string {
	t.Helper()
	text := edit(t, "          type: t2.micro\n    traffic:\n", `          type: t2.micro
          private: true
        - {name: web-2, type: t2.micro, zone: us-east-1b}
      load_balancers:
        - name: shop
          zones: [us-east-1a, us-east-1b]
          security_groups: [front]
          idle_timeout: 30s
          target_groups:
            - name: blue
              instances: [web-1, web-2]
              health_check: {path: /ready, interval: 10s, timeout: 4s, healthy_threshold: 3, unhealthy_threshold: 4, matcher: 200-299}
              deregistration_delay: 60s
              slow_start: 30s
              stickiness: {duration: 1h}
            - name: green
              algorithm: least_outstanding_requests
              stickiness: {type: app_cookie, cookie: basket}
          listeners:
            - forward: [{target_group: blue, weight: 9}, {target_group: green}]
            - {port: 9090, forward: [{target_group: green}]}
        - {name: old, type: classic, target_groups: [{instances: [web-1]}]}
      auto_scaling_groups:
        - name: fleet
          template: {type: t2.micro, role: api, private: true, security_groups: [back]}
          min: 2
          max: 4
          desired: 3
          zones: [us-east-1a, us-east-1b]
          target_groups: [green]
          health_check: ELB
          grace_period: 2m
          warmup: 1m
          policies:
            - {name: track, type: target_tracking, target: 1000, disable_scale_in: true}
            - {name: stairs, type: step, metric: ASGAverageCPUUtilization, threshold: 70, steps: [{adjustment: 1}, {from: 20, adjustment: 2}], warmup: 3m}
            - {name: less, type: simple, threshold: 100, below: true, periods: 5, adjustment: -1, cooldown: 2m}
          scheduled:
            - {name: evening, at: 5m, min: 3, max: 6}
            - {name: night, at: 8m, desired: 6}
          warm_pool: {size: 1}
          suspended: [AZRebalance]
        - {name: spare, template: {type: t2.micro}, min: 1, max: 2}
      security_groups:
        - {name: front, inbound: [{from: internet}]}
        - {name: back, inbound: [{from: front}]}
      hosted_zone:
        name: shop.example
        records:
          - {name: www, alias: shop}
    traffic:
      host: www
`)
	if old == "" {
		return text
	}
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q is %d times in the stage, want once", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, with, 1)
}

// refuses loads the stage of withBalancer with each of the changes: a line of the error
// must be the one that is wanted.
func refuses(t *testing.T, cases map[string]struct{ old, with, want string }) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := Load([]byte(withBalancer(t, c.old, c.with)), "mine.yaml", testKnown())
			if err == nil {
				t.Fatalf("loaded %+v, want an error with %q", s, c.want)
			}
			if !slices.Contains(strings.Split(err.Error(), "\n"), c.want) {
				t.Errorf("got:\n%v\nwant:\n%s", err, c.want)
			}
		})
	}
}

func TestLoadRefusesBadLoadBalancers(t *testing.T) {
	refuses(t, map[string]struct{ old, with, want string }{
		"no name":                      {"        - name: shop\n          zones", "        - zones", `mine.yaml:14:11: the load balancer's name is missing: add "name:" here`},
		"a long name":                  {"name: shop\n", "name: a-shop-with-a-name-that-is-too-long\n", `mine.yaml:14:17: the load balancer's name "a-shop-with-a-name-that-is-too-long" is not a name: write small letters, digits and single dashes, beginning with a letter, at most 32`},
		"named as an instance":         {"name: shop\n", "name: web-1\n", `mine.yaml:14:17: the load balancer's name "web-1" exists already: names are used once, choose another one`},
		"a node like an instance":      {"name: web-2,", "name: shop-1b,", `mine.yaml:14:17: load balancer "shop" calls its node in us-east-1b "shop-1b", and that name exists already: choose another one`},
		"a type":                       {"type: classic", "type: network", `mine.yaml:31:29: unknown type of a load balancer "network": write one of application, classic`},
		"one zone":                     {"zones: [us-east-1a, us-east-1b]\n          security", "zones: [us-east-1a]\n          security", "mine.yaml:15:18: an Application Load Balancer needs at least two zones: add one, or write type: classic"},
		"no zones":                     {"          zones: [us-east-1a, us-east-1b]\n          security", "          security", "mine.yaml:14:11: an Application Load Balancer needs at least two zones: add one, or write type: classic"},
		"an empty list of zones":       {"zones: [us-east-1a, us-east-1b]\n          security", "zones: []\n          security", "mine.yaml:15:18: the list of zones is empty: fill it in"},
		"another region's zone":        {"zones: [us-east-1a, us-east-1b]\n          security", "zones: [us-east-1a, us-east-1b, eu-west-1a]\n          security", `mine.yaml:15:43: zone "eu-west-1a" is not in region "us-east-1": write us-east-1a to us-east-1f`},
		"a zone twice":                 {"zones: [us-east-1a, us-east-1b]\n          security", "zones: [us-east-1a, us-east-1b, us-east-1b]\n          security", `mine.yaml:15:43: zone "us-east-1b" stands here twice: keep one of the two`},
		"five zones":                   {"zones: [us-east-1a, us-east-1b]\n          security", "zones: [us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1e]\n          security", "mine.yaml:15:18: load balancer shop is spread over 5 zones: write at most 4"},
		"an unknown security group":    {"security_groups: [front]", "security_groups: [frnt]", `mine.yaml:16:29: unknown security group "frnt": did you mean "front"?`},
		"a security group like a node": {"        - {name: back, inbound", "        - {name: shop-1a}\n        - {name: back, inbound", `mine.yaml:55:18: "shop-1a" is a load balancer's node already: name the group otherwise, so that a claim knows which is meant`},
		"a security group like a group's instance": {"        - {name: back, inbound", "        - {name: fleet-2}\n        - {name: back, inbound", `mine.yaml:55:18: "fleet-2" is an instance already: name the group otherwise, so that a claim knows which is meant`},
		"a long idle timeout":                      {"idle_timeout: 30s", "idle_timeout: 4001s", "mine.yaml:17:25: idle_timeout must lie between 1s and 4000s, as Elastic Load Balancing's does"},
		"an unknown field":                         {"idle_timeout: 30s", "idle_time: 30s", `mine.yaml:17:11: unknown field "idle_time" in load_balancers entry 1: did you mean "idle_timeout"?`},
		"no listeners":                             {"          listeners:\n            - forward: [{target_group: blue, weight: 9}, {target_group: green}]\n            - {port: 9090, forward: [{target_group: green}]}\n", "", `mine.yaml:14:11: the list of listeners is missing, and there are several target groups: add "listeners:" here, which say what goes where`},
		"an empty list of listeners":               {"          listeners:\n            - forward: [{target_group: blue, weight: 9}, {target_group: green}]\n            - {port: 9090, forward: [{target_group: green}]}\n", "          listeners: []\n", "mine.yaml:28:22: the list of listeners is empty: fill it in, or drop the line where there is one target group"},
		"a low port":                               {"port: 9090", "port: 443", "mine.yaml:30:22: port must lie between 1024 and 65535, since a lower one needs privilege: leave the line out for the application's, 8080"},
		"a port twice":                             {"port: 9090", "port: 8080", "mine.yaml:30:15: port 8080 has a listener already: forward to all its target groups there"},
		"no port of the application":               {"            - forward: [{target_group: blue", "            - port: 8081\n              forward: [{target_group: blue", "mine.yaml:29:13: no listener takes the port that clients reach, the application's: leave the port of one out"},
		"no forward":                               {"- {port: 9090, forward: [{target_group: green}]}", "- {port: 9090}", `mine.yaml:30:15: the list of target groups that the listener forwards to is missing: add "forward:" here`},
		"no target group in forward":               {"{port: 9090, forward: [{target_group: green}]}", "{port: 9090, forward: [{weight: 1}]}", `mine.yaml:30:38: the target group is missing: add "target_group:" here`},
		"an unknown target group":                  {"{port: 9090, forward: [{target_group: green}]}", "{port: 9090, forward: [{target_group: gren}]}", `mine.yaml:30:53: unknown target group "gren": did you mean "green"?`},
		"a target group twice in forward":          {"{port: 9090, forward: [{target_group: green}]}", "{port: 9090, forward: [{target_group: green}, {target_group: green}]}", `mine.yaml:30:76: target group "green" stands here twice: keep one of the two, with the weight of both`},
		"another balancer's target group":          {"{port: 9090, forward: [{target_group: green}]}", "{port: 9090, forward: [{target_group: old}]}", `mine.yaml:30:53: unknown target group "old": write one of blue, green`},
		"a large weight":                           {"weight: 9}", "weight: 1000}", "mine.yaml:29:54: weight must lie between 0 and 999: it is the group's part among those of the listener"},
		"weights of nothing":                       {"{target_group: blue, weight: 9}, {target_group: green}", "{target_group: blue, weight: 0}, {target_group: green, weight: 0}", "mine.yaml:29:24: every weight is 0, and no request would get anywhere: give a target group a weight"},
		"six groups in forward":                    {"{target_group: blue, weight: 9}, {target_group: green}]", "{target_group: blue}, {target_group: green}, {target_group: c}, {target_group: d}, {target_group: e}, {target_group: f}]", "mine.yaml:29:24: the listener forwards to 6 target groups: AWS takes at most 5"},
		"an unused target group":                   {"{target_group: blue, weight: 9}, {target_group: green}", "{target_group: green}", `mine.yaml:19:15: no listener forwards to target group "blue": add it to one, or drop the group`},
		"classic: two in forward":                  {"target_groups: [{instances: [web-1]}]", "target_groups: [{name: a, instances: [web-1]}, {name: b}], listeners: [{forward: [{target_group: a}, {target_group: b}]}]", "mine.yaml:31:119: a Classic Load Balancer has one target group and divides nothing by weight: keep one, or write type: application"},
		"classic: a weight":                        {"target_groups: [{instances: [web-1]}]", "target_groups: [{name: a, instances: [web-1]}], listeners: [{forward: [{target_group: a, weight: 2}]}]", "mine.yaml:31:127: a Classic Load Balancer divides nothing by weight: drop the line"},
		"21 balancers":                             {"        - {name: old, type: classic, target_groups: [{instances: [web-1]}]}\n", "        - {name: b0}\n        - {name: b1}\n        - {name: b2}\n        - {name: b3}\n        - {name: b4}\n        - {name: b5}\n        - {name: b6}\n        - {name: b7}\n        - {name: b8}\n        - {name: b9}\n        - {name: b10}\n        - {name: b11}\n        - {name: b12}\n        - {name: b13}\n        - {name: b14}\n        - {name: b15}\n        - {name: b16}\n        - {name: b17}\n        - {name: b18}\n        - {name: b19}\n", "mine.yaml:13:7: the cell has 21 load balancers: a lab has at most 20 of their nodes"},
	})
}
