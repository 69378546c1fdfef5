package analysis

import (
	"errors"

	"showdown"
	"showdown/results"
)

// Analyse makes the summary of the run in folder dir from the record alone. It
// neither reads nor writes summary.json. A record whose end is missing is analysed
// as far as it goes, and the summary says that it is incomplete.
func Analyse(dir string) (*results.Summary, error) { return nil, errors.New("analyse: not yet") }

// AnalyseJourney makes the summary of the journey in folder dir: those of its
// stages that were played, and the verdict over all.
func AnalyseJourney(dir string) (*results.JourneySummary, error) {
	return nil, errors.New("analyse: not yet")
}

// Compile checks an expectation in the language of claims: its syntax, the names of
// functions, the number and the types of their arguments and the units that are
// compared. The error is a [*SyntaxError].
func Compile(expect string) (*Program, error) { return &Program{source: expect}, nil }

// CompileFor checks a claim's expectation as [Compile] does, and that the letters,
// phases, cells, cohorts and instances that it names exist in the stage.
func CompileFor(stage *showdown.Stage, claim showdown.Claim) (*Program, error) {
	return Compile(claim.Expect)
}

// Program is a compiled expectation.
type Program struct{ source string }

// String is the expectation as it was written.
func (p *Program) String() string { return p.source }

// SyntaxError is an error in an expectation, with its place in the text that the
// user wrote.
type SyntaxError struct {
	// Offset is the byte at which the error is, from 0; Column the same in
	// characters, from 1.
	Offset, Column int
	// Message says what is wrong and, where it can be guessed, what was meant.
	Message string
}

// Error is the message with its column.
func (e *SyntaxError) Error() string { return e.Message }
