package report

import (
	"strings"
	"unicode/utf8"

	"showdown"
	"showdown/results"
)

// Set is one run, or the runs of a journey, for the formats that other programs read.
type Set struct {
	// Name is the id of the run or of the journey's.
	Name string
	Runs []Run
	// Journey is what the runs showed together; nil for a run of its own.
	Journey *results.JourneySummary
	// Missing are the stages of the journey that were planned and have no record.
	Missing []string
}

// Run is the run of a stage with what is known of how it was made.
type Run struct {
	Summary *results.Summary
	// Manifest is the run's; nil where it is not there.
	Manifest *results.Manifest
}

// machine is where and with what the run was made, as far as that is known.
func (r Run) machine() results.Machine {
	if r.Manifest == nil {
		return results.Machine{}
	}
	return r.Manifest.Machine
}

// stageID is the stage's name with its journey.
func stageID(s *results.Summary) string { return strings.Trim(s.Journey+"/"+s.Stage, "/") }

// worstOf is the worst verdict of a summary's claims and gates.
func worstOf(claims []results.ClaimResult, gates []results.GateResult) showdown.Verdict {
	worst := showdown.Held
	for _, c := range claims {
		worst = worst.Worse(c.Verdict)
	}
	for _, g := range gates {
		worst = worst.Worse(g.Verdict)
	}
	return worst
}

// capped is text of at most n runes, with a sign where something is missing.
func capped(text string, n int) string {
	if len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
