package journeys

import (
	"strings"
	"testing"
)

// named is small with a second instance, groups, names, and further steps from line 42.
func named(t *testing.T, steps ...string) string {
	t.Helper()
	return strings.Replace(more(t, steps...), "    traffic:\n", `        - name: web-2
          type: t2.micro
      security_groups:
        - name: web
          inbound: [{from: internet}]
        - name: db
          inbound:
            - from: web
      hosted_zone:
        name: mine.example
        propagation: 60s
        negative_ttl: 300s
        records:
          - name: "@"
            ttl: 60s
            instances: [web-1]
          - {name: www, ttl: 60s, instances: [web-1]}
    traffic:
`, 1)
}

func TestParametersAreTaken(t *testing.T) {
	mustLoad(t, named(t,
		"{letter: B, at: 1m, do: add-instance, target: web-1, with: {name: web-3}}",
		"{letter: C, at: 2m, do: kill, target: web-3, for: 1m}",
		"{letter: D, after: C, do: add-instance, target: web-3, with: {name: web-4}}",
		"{letter: E, at: 9m, do: remap-eip, target: web-1, with: {to: web-3}}",
		"{letter: F, at: 3m, do: allocate-address, with: {count: 6}}",
		"{letter: G, at: 3m, do: remove-instance, target: web-2, with: {leaves: refusal}}",
		"{letter: H, at: 3m, do: dns-fail}",
		"{letter: I, at: 4m, do: dns-fail, with: {mode: silent, host: www}}",
		"{letter: J, at: 3m, do: remove-dns-record, target: web-1}",
		"{letter: K, at: 3m, do: cut, with: {from: internet, to: default}}",
		"{letter: L, at: 3m, do: change-security-group, with: {group: web, revoke: internet, authorize: 10.0.0.0/8}}",
		"{letter: M, at: 4m, do: change-security-group, with: {group: db, revoke: web}}",
		"{letter: N, at: 3m, do: clock-skew, target: web-1, with: {by: 5m}}",
		// The first of the two is gone when the second comes.
		"{letter: O, at: 5m, for: 1m, do: add-instance, target: web-1, with: {name: spare}, repeat: {times: 2, every: 2m}}",
	))
}

func TestParametersAreRefusedWithThePlaceAndTheFix(t *testing.T) {
	for name, c := range map[string]struct{ step, want string }{
		"taken name":         {"{letter: B, do: add-instance, target: web-1, with: {name: web-2}}", `mine.yaml:42:67: name "web-2" exists already: names are used once, choose another one`},
		"no name":            {"{letter: B, do: add-instance, target: web-1, with: {name: Web 3}}", `mine.yaml:42:67: name "Web 3" is not a name`},
		"a name twice":       {"{letter: B, do: add-instance, target: web-1, with: {name: w}}\n      - {letter: C, at: 1m, do: add-instance, target: web-1, with: {name: w}}", `mine.yaml:43:75: name "w" exists already`},
		"before it is there": {"{letter: B, at: 5m, do: add-instance, target: web-1, with: {name: w}}\n      - {letter: C, at: 1m, do: kill, target: w}", `mine.yaml:43:47: target "w" matches no instance`},
		"unknown instance":   {"{letter: B, do: remap-eip, target: web-1, with: {to: web3}}", `mine.yaml:42:62: unknown instance "web3": did you mean "web-1"?`},
		"no instance":        {"{letter: B, do: remap-eip, target: web-1, with: {to: x}}", `unknown instance "x": write one of web-1, web-2`},
		"count of words":     {"{letter: B, do: allocate-address, with: {count: many}}", `mine.yaml:42:57: count must be a whole number from 1 to 1000: found "many"`},
		"count of nothing":   {"{letter: B, do: allocate-address, with: {count: 0}}", `count must be a whole number from 1 to 1000: found "0"`},
		"choice":             {"{letter: B, do: dns-fail, with: {mode: servfial}}", `mine.yaml:42:48: unknown mode "servfial": did you mean "servfail"?`},
		"far choice":         {"{letter: B, do: remove-instance, target: web-1, with: {leaves: traces}}", `unknown leaves "traces": write one of silence, refusal`},
		"unknown group":      {"{letter: B, do: cut, with: {from: wbe, to: db}}", `mine.yaml:42:43: unknown security group "wbe": did you mean "web"?`},
		"unknown source":     {"{letter: B, do: change-security-group, with: {group: web, revoke: internte}}", `mine.yaml:42:75: unknown source "internte": did you mean "internet", or a CIDR block like 10.0.0.0/16`},
		"half a CIDR":        {"{letter: B, do: change-security-group, with: {group: web, revoke: 10.0.0.0/33}}", `"10.0.0.0/33" is not a CIDR block`},
		"an address":         {"{letter: B, do: change-security-group, with: {group: web, revoke: 10.0.0.1}}", `"10.0.0.1" is one address and not a CIDR block: write 10.0.0.1/32`},
		"unknown host":       {"{letter: B, do: dns-fail, with: {host: wwww}}", `mine.yaml:42:48: host "wwww" is no record of the zone "mine.example": did you mean "www"?`},
		"required":           {"{letter: B, do: cut, with: {from: web}}", `cut needs the parameter "to" (the other side)`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load([]byte(named(t, c.step)), "mine.yaml", testKnown())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got:\n%v\nwant:\n%s", err, c.want)
			}
		})
	}
	_, err := Load([]byte(more(t, "{letter: B, do: remove-dns-record, target: web-1}")), "mine.yaml", testKnown())
	if err == nil || !strings.Contains(err.Error(), `host "@" is to be resolved and the topology has no hosted_zone`) {
		t.Errorf("names without a zone: %v", err)
	}
}
