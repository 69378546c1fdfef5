package main

import (
	"testing"

	"showdown/results"
)

const reachStage = `version: 1
journey: mine
stage: reach
title: Who reaches whom
cells:
  - name: base
    topology:
      instances:
        - {name: web-1, type: m5.large, security_groups: [web]}
        - {name: db-1, type: m5.large, role: db, security_groups: [db]}
      security_groups:
        - {name: web, inbound: [{from: internet}]}
        - {name: db, inbound: [{from: web}]}
    traffic:
      clients: 10
      cohorts: [{name: shop, share: 80%, knows: [web-1]}, {name: nosy, share: 20%, knows: [db-1]}]
      phases:
        - {name: calm, for: 1m, rate: 100}
claims:
  - {id: x-web, text: the web server is open, expect: 'reachable("internet", "web-1") and availability(cohort("shop")) > 90%'}
  - {id: x-db, text: the database is open to it alone, expect: 'reach("internet", "db-1") == "silent" and reachable("web", "db-1") and availability(cohort("nosy")) == 0'}
`

// TestSecurityGroupsOfARun plays a stage with security groups: what the rules close is
// closed to the clients, and the record has the connection matrix.
func TestSecurityGroupsOfARun(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("run", p.file("reach.yaml", reachStage), "--speed", "60", "--json")
	if code := p.wait(); code != exitHeld {
		t.Fatalf("exit code %d, want %d; it said:\n%s\n%s", code, exitHeld, p.stderr.String(), p.stdout.String())
	}
	p.left("with security groups", nil)
	s, err := results.ReadSummary(p.record())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range s.Reach {
		got[r.From+" > "+r.To] = r.Met
		if r.Allowed != (r.Met == results.MetAnswered) || r.AtS >= 0 || r.Fidelity == "" {
			t.Errorf("row %+v", r)
		}
	}
	want := map[string]string{
		"internet > web-1": "answered", "internet > db-1": "silent", "web > db-1": "answered", "db > web-1": "silent",
	}
	if len(got) != len(want) {
		t.Errorf("the matrix is %v", got)
	}
	for pair, met := range want {
		if got[pair] != met {
			t.Errorf("%s met %q, want %q", pair, got[pair], met)
		}
	}
}
