package journeys

import "showdown"

// Known is what other packages know and a stage file refers to. What is empty is
// not checked, so that the zero Known reads any well-formed stage.
type Known struct {
	// Types are the instance types that exist: "t2.micro".
	Types []string
	// Apps are the applications that an instance can run: "clock".
	Apps []string
	// Regions are the AWS Regions whose prices are known: "us-east-1".
	Regions []string
	// Program looks whether an application of one's own of the stage is there to be run.
	Program func(s *showdown.Stage, p *showdown.Program) error
	// Claim compiles the expectation of a claim of the stage. It fails with what is
	// wrong in it.
	Claim func(s *showdown.Stage, c showdown.Claim) error
	// Comparison compiles the expectation of a claim that compares stages; it is asked
	// only where all of them are there.
	Comparison func(stages []*showdown.Stage, c showdown.Claim) error
	// StopIf compiles a stop_if condition of a cell.
	StopIf func(s *showdown.Stage, c *showdown.Cell, condition string) error
}
