package journeys

import "testing"

func TestLoadRefusesBadAliasesAndPrivateInstances(t *testing.T) {
	refuses(t, map[string]struct{ old, with, want string }{
		"no alias":                                  {"alias: shop}", "alias: ''}", "mine.yaml:59:32: the load balancer of the alias is empty: fill it in"},
		"an unknown alias":                          {"alias: shop}", "alias: shpo}", `mine.yaml:59:32: unknown load balancer "shpo": did you mean "shop"?`},
		"an alias with a TTL":                       {"alias: shop}", "alias: shop, ttl: 60s}", "mine.yaml:59:38: an alias has no ttl of its own: it has the load balancer's, 60s; drop the line, or the alias"},
		"an alias with instances":                   {"alias: shop}", "alias: shop, instances: [web-1]}", "mine.yaml:59:38: an alias has no instances of its own: its answer is the addresses of the load balancer's nodes; drop the line, or the alias"},
		"an alias with values":                      {"alias: shop}", "alias: shop, values: [127.0.0.9]}", "mine.yaml:59:38: an alias has no values of its own: its answer is the addresses of the load balancer's nodes; drop the line, or the alias"},
		"a multivalue alias":                        {"alias: shop}", "alias: shop, multivalue: true}", "mine.yaml:59:38: an alias has no multivalue of its own: its answer is the addresses of the load balancer's nodes; drop the line, or the alias"},
		"an alias with a health check":              {"alias: shop}", "alias: shop, health_check: {path: /x}}", "mine.yaml:59:38: an alias has no health_check of its own: the load balancer looks after its targets itself; drop the line, or the alias"},
		"a private instance in a record":            {"alias: shop}", "instances: [web-1]}", `mine.yaml:59:37: instance "web-1" is private: a private instance has no public address, which a record's value is: name another one, or write alias with a load balancer in front of it`},
		"a private instance of a group in a record": {"alias: shop}", "instances: [fleet-1]}", `mine.yaml:59:37: instance "fleet-1" is private: a private instance has no public address, which a record's value is: name another one, or write alias with a load balancer in front of it`},
		"an unknown node that clients know":         {"      host: www\n", "      cohorts: [{name: all, share: 100%, knows: [shop-1x]}]\n", `mine.yaml:61:50: unknown instance "shop-1x": did you mean "shop-1a"?`},
		"a private instance's elastic IP":           {"          private: true\n", "          private: true\n          elastic_ip: true\n", "mine.yaml:12:23: a private instance has no public address, and an elastic IP is one: drop elastic_ip or private"},
		"a record of an alias in a step":            {"do: kill", "do: remove-dns-record\n        with: {host: www}", `mine.yaml:73:22: host "www" is the alias of load balancer "shop" and holds no address of an instance: name another record`},
		"a new instance like a group's":             {"do: kill", "do: add-instance\n        with: {name: fleet-9}", `mine.yaml:73:22: name "fleet-9" is one that group "fleet" gives its instances: choose another one`},
		"a new instance like a node":                {"do: kill", "do: add-instance\n        with: {name: shop-1a}", `mine.yaml:73:22: name "shop-1a" exists already: names are used once, choose another one`},
		"a target that is not there yet":            {"target: web-1", "target: fleet-4", `mine.yaml:73:17: target "fleet-4" matches no instance: did you mean "fleet-1"?`},
		"an unknown target":                         {"target: web-1", "target: one role:apy", `mine.yaml:73:17: target "one role:apy" matches no instance: did you mean "role:api"?`},
	})
}
