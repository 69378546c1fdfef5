// Package report writes summaries for people: on a terminal and as Markdown.
//
// Both forms say the same. A report is a [document] first, in words and tables, and
// a writer lays it out; so what a number is called and how it is rounded is decided
// once. Durations are AWS time, with the lab time in brackets beside them; latencies
// are real.
package report

import (
	"io"

	"showdown/results"
)

// Terminal writes the summary of a run for a terminal, in lines of at most 100
// columns. Colours are used when color is true.
func Terminal(w io.Writer, s *results.Summary, color bool) error {
	return terminal{color: color}.write(w, describe(s))
}

// Markdown writes the summary of a run as Markdown.
func Markdown(w io.Writer, s *results.Summary) error { return writeMarkdown(w, describe(s)) }

// JourneyTable writes one line for each stage of a journey, in lines of at most 100
// columns: what users felt in the reference window, what the stage costs, and how
// many claims held; then the claims that compare stages, and the pillars in words. Colours
// are used when color is true.
func JourneyTable(w io.Writer, j *results.JourneySummary, color bool) error {
	return terminal{color: color}.write(w, describeJourney(j, false))
}

// Journey is [JourneyTable] with every number of the pillars.
func Journey(w io.Writer, j *results.JourneySummary, color bool) error {
	return terminal{color: color}.write(w, describeJourney(j, true))
}

// JourneyMarkdown writes what [Journey] writes as Markdown.
func JourneyMarkdown(w io.Writer, j *results.JourneySummary) error {
	return writeMarkdown(w, describeJourney(j, true))
}
