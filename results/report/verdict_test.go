package report

import (
	"bytes"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
)

// A run that nothing was asked of has no claim that held, least of all one that nobody
// got an answer in.
func TestBadge(t *testing.T) {
	claim, gate := results.ClaimResult{Verdict: showdown.Held}, results.GateResult{Verdict: showdown.Held}
	for name, c := range map[string]struct {
		s    results.Summary
		want showdown.Verdict
	}{
		"nothing was asked": {results.Summary{Verdict: showdown.Held}, measured},
		"a claim":           {results.Summary{Verdict: showdown.Held, Claims: []results.ClaimResult{claim}}, showdown.Held},
		"a gate":            {results.Summary{Verdict: showdown.Held, Gates: []results.GateResult{gate}}, showdown.Held},
		"an earlier run":    {results.Summary{Verdict: showdown.Held, Against: &results.Against{}}, showdown.Held},
		"no request":        {results.Summary{Verdict: showdown.Unknown}, showdown.Unknown},
	} {
		if got := badge(&c.s); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestNobodyWasAnswered(t *testing.T) {
	s := &results.Summary{Stage: "url", Speed: 1, Complete: true, Verdict: showdown.Held}
	s.Requests = results.Requests{Scheduled: 250, Sent: 250, Failed: 250}
	s.Availability, s.Downtime.LongestOutageS = ptr(0), 4.99
	if got := sentence(s, times{1}); got != "No request was answered well." {
		t.Errorf("it says %q", got)
	}
	var text, page bytes.Buffer
	if err := Terminal(&text, s, false); err != nil {
		t.Fatal(err)
	}
	if head, _, _ := strings.Cut(text.String(), "\n"); !strings.HasSuffix(head, " MEASURED") {
		t.Errorf("the first line is %q", head)
	}
	if err := HTML(&page, RunPage{Summary: s}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), `<b class="verdict measured">· measured</b>`) || strings.Contains(page.String(), `verdict held"`) {
		t.Error("the page says that something held")
	}
}

// Who reads of an outage that no fault explains is told at once that the machine may be
// its reason.
func TestSentenceOfADisturbedMachine(t *testing.T) {
	s := vertical()
	s.Verdict, s.Generator.Disturbed = showdown.Unknown, true
	if got := sentence(s, times{60}); !strings.Contains(got, "The machine was disturbed or too slow while it ran") {
		t.Errorf("it says %q", got)
	}
	s.Verdict = showdown.Held
	if got := sentence(s, times{60}); strings.Contains(got, "disturbed") {
		t.Errorf("claims that held anyway are doubted: %q", got)
	}
}
