package report

import (
	"showdown"
	"showdown/results"
)

// measured is the word in the place of a verdict for a run that was asked nothing: a load
// with neither a claim nor a gate has nothing that could hold, and a sign that it did
// would stand over an outage as well.
const measured showdown.Verdict = "measured"

// badge is the verdict of a run as a reader sees it. The summary and the exit code keep
// their own.
func badge(s *results.Summary) showdown.Verdict {
	if s.Verdict == showdown.Held && len(s.Claims)+len(s.Gates) == 0 && s.Against == nil {
		return measured
	}
	return s.Verdict
}
