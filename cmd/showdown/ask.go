package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// asker asks at a terminal for what no flag says. nil asks nothing.
type asker struct {
	c   *cli.Context
	in  *bufio.Reader
	out io.Writer
}

// asker is nil where nobody sits at a terminal or wants to be asked.
func (t *terminal) asker(c *cli.Context) *asker {
	f, ok := t.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || c.Bool("no-input") {
		return nil
	}
	return &asker{c: c, in: bufio.NewReader(t.stdin), out: t.stderr}
}

// unread says that standard input is a file or a pipe that somebody may have put answers
// into. Whether a pipe holds any is not waited for: it may be one that nobody ever closes.
func unread(stdin io.Reader) bool {
	f, ok := stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	return info.Mode()&os.ModeNamedPipe != 0 || info.Mode().IsRegular() && info.Size() > 0
}

// text asks what a flag would say; an empty answer keeps the value.
func (a *asker) text(flag, question string, value *string) error {
	return a.ask(flag, question, *value, func(answer string) error { *value = answer; return nil })
}

func (a *asker) number(flag, question string, value *int) error {
	return a.ask(flag, question, strconv.Itoa(*value), func(answer string) error {
		n, err := strconv.Atoi(answer)
		if err != nil {
			return errors.New("a whole number, please")
		}
		*value = n
		return nil
	})
}

func (a *asker) yes(flag, question string, value *bool) error {
	is := map[bool]string{true: "yes", false: "no"}
	return a.ask(flag, question, is[*value], func(answer string) error {
		switch strings.ToLower(answer) {
		case "yes", "y":
			*value = true
		case "no", "n":
			*value = false
		default:
			return errors.New("yes or no, please")
		}
		return nil
	})
}

// ask asks until the answer is one.
func (a *asker) ask(flag, question, now string, set func(string) error) error {
	if a == nil || a.c.IsSet(flag) {
		return nil
	}
	for {
		fmt.Fprintf(a.out, "%s [%s]: ", question, now)
		line, err := answer(a.c.Context, a.in)
		if a.c.Context.Err() != nil {
			fmt.Fprintln(a.out)
			return err
		}
		line = strings.TrimSpace(line)
		if err != nil && line == "" {
			fmt.Fprintln(a.out)
			return misuse("answer the questions, or give --no-input", "init: nothing was written: %w", err)
		}
		if line == "" {
			return nil
		}
		if err := set(line); err != nil {
			fmt.Fprintf(a.out, "  %v\n", err)
			continue
		}
		return nil
	}
}

// answer reads a line. An interrupt does not wait for it: the reader is left behind with
// its line, and what asked ends.
func answer(ctx context.Context, in *bufio.Reader) (string, error) {
	type read struct {
		line string
		err  error
	}
	done := make(chan read, 1)
	go func() {
		line, err := in.ReadString('\n')
		done <- read{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case r := <-done:
		return r.line, r.err
	}
}
