package main

import (
	"testing"

	"showdown/results/analysis"
	"showdown/targets/journeys"
)

// Every claim that comes with showdown has a plain sentence in a report.
func TestBuiltinClaimsHaveWords(t *testing.T) {
	all, err := journeys.Builtin(known())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	check := func(id, expect string) {
		n++
		if _, ok := analysis.Plain(expect); !ok {
			t.Errorf("claim %s: there are no words for %s", id, expect)
		}
	}
	for _, j := range all {
		for _, c := range j.Claims {
			check(c.ID, c.Expect)
		}
		for _, s := range j.Stages {
			for _, c := range s.Claims {
				check(c.ID, c.Expect)
			}
		}
	}
	if n < 39 {
		t.Errorf("%d claims, want at least those of one journey", n)
	}
}
