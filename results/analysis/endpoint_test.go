package analysis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"showdown"
)

// scenarioRun has two endpoints in turn in two cohorts: one of ten checkouts is wrong while
// fault A lasts, each front page is answered, and every hundredth request finds no client.
func scenarioRun(t testing.TB) run {
	r := good(t)
	c := &r.stage.Cells[0]
	c.Traffic.Script = []showdown.Request{{Name: "front"}, {Name: "checkout"}}
	c.Traffic.Cohorts = []showdown.Cohort{{Name: "told", Share: 0.5}, {Name: "old", Share: 0.5}}
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	hits := hitsOf(c.Traffic, clock, fine)
	for i := range hits {
		h := &hits[i]
		h.Endpoint = [...]string{"front", "checkout"}[i%2]
		h.Latency = time.Duration(1+i%2) * time.Millisecond
		switch at := h.Intended; {
		case i%100 == 99:
			*h = showdown.Hit{Seq: h.Seq, Intended: at, Sent: at, Client: h.Client, Outcome: showdown.Dropped, Reason: "no client was free"}
		case i%20 == 1 && at >= 2*time.Second && at < 3*time.Second:
			h.Outcome, h.Reason = showdown.Wrong, "the status is not 200"
		}
	}
	r.hits["base"] = hits
	return r
}

func TestEndpoints(t *testing.T) {
	r := scenarioRun(t)
	r.stage.Claims = []showdown.Claim{
		{ID: "x-a", Text: "t", Expect: `availability(endpoint("front")) == 100%`},
		{ID: "x-b", Text: "t", Expect: `count(endpoint("checkout", during("A")), "wrong") == 10`},
		{ID: "x-c", Text: "t", Expect: `p50(endpoint("checkout")) > 1.5 * p50(endpoint("front"))`},
		{ID: "x-d", Text: "t", Expect: `requests(cohort("told", endpoint("checkout"))) + requests(cohort("old", endpoint("checkout"))) == requests(endpoint("checkout"))`},
		{ID: "x-e", Text: "t", Expect: `lost(endpoint("front")) == 0 and lost(endpoint("checkout", during("A"))) > 0`},
		{ID: "x-f", Text: "t", Expect: `longest(endpoint("front")) == 0`},
	}
	s := r.analyse(t)
	for i, c := range s.Claims {
		want := showdown.Held
		if i == 5 {
			want = showdown.Unknown
		}
		if c.Verdict != want {
			t.Errorf("%s is %s (%s; %s), want %s", c.Expect, c.Verdict, c.Measured, c.Reason, want)
		}
	}
	if len(s.Endpoints) != 2 {
		t.Fatalf("endpoints %+v", s.Endpoints)
	}
	front, checkout := s.Endpoints[0], s.Endpoints[1]
	if front.Name != "front" || front.Requests.Scheduled != 1350 || *front.Availability != 1 || front.Reasons != nil {
		t.Errorf("front %+v", front)
	}
	if checkout.Requests.Scheduled != 1350-27 || checkout.Requests.Outcomes["wrong"] != 10 || checkout.Reasons["the status is not 200"] != 10 {
		t.Errorf("checkout %+v", checkout)
	}
	if *front.LatencyMS.P50 != 1 || *checkout.LatencyMS.P50 != 2 {
		t.Errorf("medians %v and %v", *front.LatencyMS.P50, *checkout.LatencyMS.P50)
	}
	if s.RequestReasons["no client was free"] != 27 || s.RequestReasons["the status is not 200"] != 10 {
		t.Errorf("reasons %v", s.RequestReasons)
	}
	if other := s.Cells["no-eip"]; other.Endpoints != nil || other.RequestReasons != nil {
		t.Errorf("a cell without a scenario has endpoints %v", other.Endpoints)
	}
}

// A name that the stage does not have is an error before a run.
func TestUnknownEndpointIsRefused(t *testing.T) {
	stage := scenarioRun(t).stage
	_, err := CompileFor(stage, showdown.Claim{Expect: `availability(endpoint("check-out")) > 1%`})
	if err == nil || !strings.Contains(err.Error(), "front, checkout") {
		t.Errorf("error %v does not name those there are", err)
	}
}

// A record of a stranger with thousands of reasons is counted in bounded memory.
func TestReasonsAreBounded(t *testing.T) {
	var a tally
	for i := range 5000 {
		a.add(&showdown.Hit{Outcome: showdown.Wrong}, -1)
		a.reason(fmt.Sprint("reason ", i), 1)
	}
	if len(a.reasons) != maxReasons+1 || a.reasons[otherReasons] != 4900 {
		t.Errorf("%d reasons, %d others", len(a.reasons), a.reasons[otherReasons])
	}
}
