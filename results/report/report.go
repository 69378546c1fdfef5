// Package report writes summaries for people: on a terminal and as Markdown.
package report

import (
	"io"

	"showdown/results"
)

// Terminal writes the summary of a run for a terminal, in lines of at most 100
// columns. Colours are used when color is true.
func Terminal(w io.Writer, s *results.Summary, color bool) error { return nil }

// Markdown writes the summary of a run as Markdown.
func Markdown(w io.Writer, s *results.Summary) error { return nil }

// JourneyTable writes one line for each stage of a journey, in lines of at most 100
// columns: what users felt in the reference window, what it costs, and how many
// claims held.
func JourneyTable(w io.Writer, j *results.JourneySummary, color bool) error { return nil }

// JourneyMarkdown writes the table of [JourneyTable] as Markdown.
func JourneyMarkdown(w io.Writer, j *results.JourneySummary) error { return nil }
