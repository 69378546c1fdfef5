package main

import (
	"errors"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

func TestExpressions(t *testing.T) {
	var e expressions
	for _, text := range []string{`count(whole(), "refused") < 3`, " a \n\n b\n"} {
		if err := e.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.String(); got != "count(whole(), \"refused\") < 3\na\nb" {
		t.Errorf("%q", got)
	}
	if err := e.Set(" \n"); err == nil {
		t.Error("an empty expression is accepted")
	}
	if (*expressions)(nil).String() != "" {
		t.Error("none is something")
	}
}

func TestPointed(t *testing.T) {
	for text, want := range map[string]string{
		`recovered("A") < 60`:                "\n    recovered(\"A\") < 60\n                     ^",
		`fact("A", "ä") == 1 and sum(1)`:     "\n    fact(\"A\", \"ä\") == 1 and sum(1)\n                            ^",
		"a\tb":                               "",
		strings.Repeat("x", 161):             "",
		`availability(whole()) > ` + "99% x": "\n    availability(whole()) > 99% x\n                                ^",
	} {
		_, err := analysis.Compile(text)
		if err == nil {
			t.Fatalf("%q compiles", text)
		}
		if got := pointed(text, err); got != want {
			t.Errorf("%q: %q, want %q (%v)", text, got, want, err)
		}
	}
	if pointed("x", errors.New("x")) != "" {
		t.Error("a place of an error without one")
	}
}

func TestGateVerdict(t *testing.T) {
	stage := func(verdicts ...showdown.Verdict) results.Summary {
		s := results.Summary{Complete: true}
		for _, v := range verdicts {
			s.Gates = append(s.Gates, results.GateResult{Verdict: v})
		}
		s.Gates = append(s.Gates, results.GateResult{Abort: true, Verdict: showdown.Deviated})
		return s
	}
	void := func(s results.Summary) results.Summary {
		s.Voids, s.Reasons = 1, []string{"the run was interrupted"}
		return s
	}
	const held, deviated, unknown = showdown.Held, showdown.Deviated, showdown.Unknown
	for _, tt := range []struct {
		name   string
		asked  int
		stages []results.Summary
		want   int
	}{
		{"none asked", 0, []results.Summary{stage(deviated)}, exitHeld},
		{"those of the record do not count", 1, []results.Summary{stage(deviated, held)}, exitHeld},
		{"the asked one", 1, []results.Summary{stage(held, deviated)}, exitDeviated},
		{"the worst of two", 2, []results.Summary{stage(unknown, held)}, exitUnknown},
		{"the worst of two stages", 1, []results.Summary{stage(unknown), stage(held)}, exitUnknown},
		{"held in a void run", 1, []results.Summary{void(stage(held))}, exitUnknown},
		{"deviated in a void run", 1, []results.Summary{void(stage(deviated))}, exitDeviated},
		{"held in half a record", 1, []results.Summary{stage(held), {Gates: stage(held).Gates}}, exitUnknown},
		{"no stage at all", 1, nil, exitUnknown},
	} {
		code := exitHeld
		if err := gateVerdict(tt.asked, tt.stages...); err != nil {
			code = int(err.(verdict))
		}
		if code != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, code, tt.want)
		}
	}
}
