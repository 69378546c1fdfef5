package analysis

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
	"showdown/results"
)

// look is the event of a look from a source to web-1.
func look(cell, from, met string, t float64, allowed bool) showdown.Event {
	return showdown.Event{T: t, Cell: cell, Kind: showdown.Reached, Source: "vpc", Target: "web-1", Data: map[string]any{
		"from": from, "met": met, "allowed": allowed, "fidelity": "a socket filter drops the SYN, as AWS does",
	}}
}

// lookedAt is a good run whose base cell was looked at twice from the internet: what
// was looked at last counts.
func lookedAt(t *testing.T) run {
	r := good(t)
	r.events = append(
		r.events,
		look("base", "internet", "answered", -2, true), look("base", "default", "silent", -2, false),
		look("base", "internet", "silent", 300, false),
		look("no-eip", "internet", "refused", -2, true),
		showdown.Event{Cell: "base", Kind: showdown.Reached, Target: "web-1"}, // of a later version, perhaps
	)
	return r
}

func TestReachIsWhatWasMetLast(t *testing.T) {
	for _, tt := range []struct {
		expect, cell string
		verdict      showdown.Verdict
		measured     string
		reason       string
	}{
		{`reach("internet", "web-1") == "silent"`, "", showdown.Held, "silent", ""},
		{`reach("internet", "web-1") == "answered"`, "", showdown.Deviated, "silent", ""},
		{`not reachable("internet", "web-1")`, "", showdown.Held, "no", ""},
		{`reachable("internet", "web-1")`, "no-eip", showdown.Deviated, "no", ""},
		{`reach("no-eip/internet", "web-1") == "refused"`, "", showdown.Held, "refused", ""},
		{`reachable("web-1", "web-1")`, "", showdown.Unknown, "nothing", "nobody looked from web-1 to web-1 in cell base"},
		{`reach("default", "web-1") != "silent"`, "no-eip", showdown.Unknown, "nothing", "nobody looked from default to web-1 in cell no-eip"},
	} {
		r := lookedAt(t)
		r.stage.Claims = []showdown.Claim{{ID: "1", Expect: tt.expect, Cell: tt.cell}}
		c := r.analyse(t).Claims[0]
		if c.Verdict != tt.verdict || c.Measured != tt.measured || c.Reason != tt.reason {
			t.Errorf("%s in %q: %s, measured %q, reason %q", tt.expect, tt.cell, c.Verdict, c.Measured, c.Reason)
		}
	}
}

func TestSummaryHasTheMatrix(t *testing.T) {
	const fidelity = "a socket filter drops the SYN, as AWS does"
	s := lookedAt(t).analyse(t)
	want := []results.Reach{
		{From: "internet", To: "web-1", Met: "silent", Fidelity: fidelity, AtS: 300},
		{From: "default", To: "web-1", Met: "silent", Fidelity: fidelity, AtS: -2},
	}
	if d := cmp.Diff(want, s.Reach); d != "" {
		t.Errorf("base (-want +got):\n%s", d)
	}
	want = []results.Reach{{From: "internet", To: "web-1", Met: "refused", Allowed: true, Fidelity: fidelity, AtS: -2}}
	if d := cmp.Diff(want, s.Cells["no-eip"].Reach); d != "" {
		t.Errorf("no-eip (-want +got):\n%s", d)
	}
	if s := good(t).analyse(t); s.Reach != nil {
		t.Errorf("nobody looked, and the matrix is %v", s.Reach)
	}
}
