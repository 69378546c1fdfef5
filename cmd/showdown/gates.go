package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

// gateFlag takes the gates of a command line. They are written with commas, so this is no
// list flag of the library, which would split them.
func gateFlag() cli.Flag {
	return &cli.GenericFlag{
		Name: "gate", EnvVars: []string{"SHOWDOWN_GATE"}, Value: &expressions{},
		Usage: "an `EXPRESSION` that must be true, in the language of claims, in every stage; again for more (docs/gates.md)",
	}
}

// expressions are the values of a flag that may be given several times. In an environment
// variable each line is one.
type expressions struct{ list []string }

// Set adds the lines of text. A text without any is refused: it comes from a variable that
// somebody forgot, and would let everything pass.
func (e *expressions) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("it is empty: write an expression, such as availability(whole()) > 99%")
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			e.list = append(e.list, line)
		}
	}
	return nil
}

// String is all expressions, one a line.
func (e *expressions) String() string {
	if e == nil {
		return ""
	}
	return strings.Join(e.list, "\n")
}

// Get is e itself, for the command line that the record keeps.
func (e *expressions) Get() any { return e }

// askedGates are the gates of the command line.
func askedGates(c *cli.Context) []showdown.Gate {
	var gates []showdown.Gate
	if e, ok := c.Generic("gate").(*expressions); ok {
		for _, text := range e.list {
			gates = append(gates, showdown.Gate{Expect: text})
		}
	}
	return gates
}

// gated is wanted with the gates of the command line in each stage. They are compiled, so
// that nothing is started for one that cannot be evaluated.
func gated(c *cli.Context, wanted []target) ([]target, error) {
	gates := askedGates(c)
	if len(gates) == 0 {
		return wanted, nil
	}
	wanted = slices.Clone(wanted)
	for i := range wanted {
		wanted[i].Stages = slices.Clone(wanted[i].Stages)
		for k, s := range wanted[i].Stages {
			played := *s
			played.Cells = nil
			for _, cell := range playedCells(s, c.StringSlice("cell")) {
				played.Cells = append(played.Cells, *cell)
			}
			if err := compileGates(&played, gates, "showdown show "+s.ID()+" tells what this one has"); err != nil {
				return nil, err
			}
			with := *s
			with.Gates = slices.Concat(s.Gates, gates)
			wanted[i].Stages[k] = &with
		}
	}
	return wanted, nil
}

// compileGates fails with the place of what is wrong in a gate of the command line. Where
// says how to find the names that the stage has.
func compileGates(s *showdown.Stage, gates []showdown.Gate, where string) error {
	for _, g := range gates {
		err := analysis.CompileGate(s, g)
		if err == nil {
			continue
		}
		hint := "docs/gates.md lists what can be asked"
		if _, general := analysis.Compile(g.Expect); general == nil {
			hint = "a gate is put to every stage; " + where
			err = fmt.Errorf("stage %s: %w", s.ID(), err)
		}
		return misuse(hint, "--gate: %w%s", err, pointed(g.Expect, err))
	}
	return nil
}

// pointed is an expression with a mark under the place of an error, as lines of their own;
// empty where the place is not known or the line is too long to be looked at.
func pointed(text string, err error) string {
	var at *analysis.SyntaxError
	const most = 160
	if !errors.As(err, &at) || utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		return ""
	}
	return "\n    " + text + "\n    " + strings.Repeat(" ", at.Column-1) + "^"
}

// gateVerdict ends a report of which gates were asked: with the code of the worst of those
// in any of the stages, whatever the claims and gates of the record came to. A run that is
// void, because it was killed for example, has held nothing. Among the gates of a stage those
// that were asked are the last before the conditions of abort_if.
func gateVerdict(asked int, stages ...results.Summary) error {
	if asked == 0 {
		return nil
	}
	worst := showdown.Held
	for i := range stages {
		for _, g := range lastAsked(asked, stages[i].Gates) {
			worst = worst.Worse(g.Verdict)
		}
		if !stages[i].Complete || stages[i].Voids > 0 {
			worst = worst.Worse(showdown.Unknown)
		}
	}
	if len(stages) == 0 {
		worst = showdown.Unknown
	}
	if code := verdictCode(worst); code != exitHeld {
		return verdict(code)
	}
	return nil
}

// lastAsked are the gates of the command line among the results of a stage.
func lastAsked(asked int, gates []results.GateResult) []results.GateResult {
	gates = slices.DeleteFunc(slices.Clone(gates), func(g results.GateResult) bool { return g.Abort })
	return gates[max(0, len(gates)-asked):]
}

// checkGates fails unless the gates of the command line can be put to each of the runs in
// the folders dirs, as far as they are there.
func checkGates(gates []showdown.Gate, dirs ...string) error {
	for _, dir := range dirs {
		if len(gates) == 0 {
			return nil
		}
		s, err := analysis.StageOf(dir)
		if err != nil {
			continue // the analysis says what is wrong with it
		}
		if err := compileGates(s, gates, "the report without --gate tells what this one has"); err != nil {
			return err
		}
	}
	return nil
}

// showGates tells what a stage must meet and what ends it early.
func (t *terminal) showGates(s *showdown.Stage) {
	tell := func(kind, name, cell, does, expression string) {
		if name != "" {
			kind += " " + name
		}
		if cell != "" {
			kind += " in the cell " + cell
		}
		fmt.Fprintln(t.stdout, kind)
		for _, line := range wrap(does+" "+expression, storyWidth-2) {
			fmt.Fprintln(t.stdout, "  "+line)
		}
	}
	for _, g := range s.Gates {
		tell("gate", g.Name, g.Cell, "expects", g.Expect)
	}
	for _, a := range s.AbortIf {
		tell("abort_if", a.Name, a.Cell, "aborts if", a.If)
	}
}
