package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"
)

// write calls fn with where --output says: a file, which appears whole or not at all, or
// standard output, which it is without one and for "-". Nothing is written after an interrupt.
func (t *terminal) write(c *cli.Context, fn func(w io.Writer) error) error {
	name := c.String("output")
	if name == "" || name == "-" {
		return fn(&alive{c.Context, t.stdout})
	}
	return writeWhole(c.Context, name, fn)
}

// writeWhole writes a file beside its place and moves it there when it is whole. What was there
// before stays when anything fails.
func writeWhole(ctx context.Context, name string, fn func(w io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".showdown-")
	if err != nil {
		return hinted(fmt.Errorf("write %s: %w", name, unpath(err)), "name another file with --output")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	// A damaged record is exported as far as it goes, and fn says so.
	fnErr := fn(&alive{ctx, f})
	if fnErr != nil && !keeps(fnErr) {
		return hinted(fmt.Errorf("write %s: %w", name, unpath(fnErr)), "free some space there, or name another file with --output")
	}
	// A temporary file is its owner's alone, and this one is a result.
	if err := errors.Join(f.Chmod(0o644), f.Sync()); err != nil {
		return hinted(fmt.Errorf("write %s: %w", name, unpath(err)), "free some space there, or name another file with --output")
	}
	if err := f.Close(); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, unpath(err)), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, unpath(err)), os.Remove(f.Name()))
	}
	return fnErr
}

// unpath is err without the path of the temporary file in it.
func unpath(err error) error {
	if p := new(os.PathError); errors.As(err, &p) {
		return p.Err
	}
	if l := new(os.LinkError); errors.As(err, &l) {
		return l.Err
	}
	return err
}

// alive writes until its context ends.
type alive struct {
	ctx context.Context
	out io.Writer
}

func (a *alive) Write(p []byte) (int, error) {
	if err := context.Cause(a.ctx); err != nil {
		return 0, err
	}
	return a.out.Write(p)
}

func outputFlag(what string) cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, EnvVars: []string{"SHOWDOWN_OUTPUT"}, Usage: "`FILE` for " + what}
}

// mebibytes is a size for people.
func mebibytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}
