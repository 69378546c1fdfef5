package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown"
)

// The exit codes. Of several runs the most severe is returned, in the order not
// undone, error, deviated, unknown, held.
const (
	exitHeld        = 0
	exitError       = 1
	exitUsage       = 2
	exitDeviated    = 3
	exitUnknown     = 4
	exitNotUndone   = 5
	exitInterrupted = 130
)

// severity orders the exit codes of runs.
var severity = map[int]int{exitHeld: 0, exitUnknown: 1, exitDeviated: 2, exitError: 3, exitNotUndone: 4}

// worse is the more severe of two exit codes.
func worse(a, b int) int {
	if severity[b] > severity[a] {
		return b
	}
	return a
}

// verdictCode is the exit code of a verdict.
func verdictCode(v showdown.Verdict) int {
	switch v {
	case showdown.Held, "":
		return exitHeld
	case showdown.Deviated:
		return exitDeviated
	}
	return exitUnknown
}

// failure is an error that knows its exit code and, where there is one, the next
// step that a person can take.
type failure struct {
	code int
	err  error
	hint string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// hinted adds a hint to an error of showdown itself.
func hinted(err error, hint string, args ...any) error {
	if err == nil {
		return nil
	}
	return &failure{code: exitError, err: err, hint: fmt.Sprintf(hint, args...)}
}

// misuse is an error of the command line.
func misuse(hint, format string, args ...any) error {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...), hint: hint}
}

// verdict ends a command with a code and no message: the result says it all.
type verdict int

func (verdict) Error() string { return "" }

// exit reports err and returns the exit code that it stands for.
func (t *terminal) exit(ctx context.Context, err error) int {
	var why interrupted
	if errors.As(context.Cause(ctx), &why) {
		if err != nil && !errors.Is(err, context.Canceled) && !errors.As(err, new(verdict)) {
			fmt.Fprintf(t.stderr, "showdown: %v\n", err)
			if f := new(failure); errors.As(err, &f) && f.code == exitNotUndone {
				return exitNotUndone
			}
		}
		fmt.Fprintln(t.stderr, "showdown: interrupted; everything was healed, and what was recorded is in the run's folder")
		return exitInterrupted
	}
	if err == nil {
		return exitHeld
	}
	if v := verdict(0); errors.As(err, &v) {
		return int(v)
	}
	code, hint := exitError, ""
	var f *failure
	switch {
	case errors.As(err, &f):
		code, hint = f.code, f.hint
	case errors.As(err, new(cli.ExitCoder)):
		code = exitUsage
	}
	fmt.Fprintf(t.stderr, "showdown: %s\n", strings.TrimSpace(err.Error()))
	if hint != "" {
		fmt.Fprintf(t.stderr, "  %s\n", hint)
	}
	return code
}
