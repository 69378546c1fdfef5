package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	if errors.As(context.Cause(ctx), &why) && (err != nil || !t.watching) {
		return t.exitInterrupted(why, err)
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
	fmt.Fprintf(t.stderr, "showdown: %s\n", once(err))
	if hint != "" {
		fmt.Fprintf(t.stderr, "  %s\n", hint)
	}
	return code
}

// exitInterrupted ends an interrupted command with what is true: everything was
// healed, or it was not; the record is complete, or it is not.
func (t *terminal) exitInterrupted(why interrupted, err error) int {
	said := "interrupted (" + why.Error() + ")"
	if t.healed.Load() {
		said += "; everything was healed"
	}
	err = apart(err)
	if err != nil {
		fmt.Fprintf(t.stderr, "showdown: %s\n", once(err))
		if f := new(failure); errors.As(err, &f) && f.code == exitNotUndone {
			fmt.Fprintf(t.stderr, "  %s\n", f.hint)
			return exitNotUndone
		}
	} else if t.recorded != "" {
		said += "; the record is complete"
	}
	if !t.healed.Load() && t.recorded == "" {
		said += " before anything was started"
	}
	fmt.Fprintf(t.stderr, "showdown: %s\n", said)
	return exitInterrupted
}

// apart is what went wrong apart from the interrupt; nil when nothing did.
func apart(err error) error {
	if err == nil {
		return nil
	}
	// Errors that were joined are looked at one by one.
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var texts []string
		var left []error
		for _, e := range joined.Unwrap() {
			texts, left = append(texts, e.Error()), append(left, apart(e))
		}
		if strings.Join(texts, "\n") == err.Error() {
			return errors.Join(left...)
		}
	}
	if f := new(failure); errors.As(err, &f) && f.code == exitNotUndone {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.As(err, new(interrupted)) || errors.As(err, new(verdict)) {
		return nil
	}
	return err
}

// once is the text of err without the lines that end as an earlier one: errors that
// are joined often have one reason, of which a later one only says where else.
func once(err error) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(err.Error())) {
		line = strings.TrimRight(line, "\n")
		if !slices.ContainsFunc(lines, func(said string) bool { return strings.HasSuffix(line, said) }) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
