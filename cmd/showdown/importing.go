package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown/results"
	"showdown/results/analysis"
	"showdown/results/foreign"
	"showdown/results/report"
)

func (t *terminal) importCommand() *cli.Command {
	var formats []string
	for _, f := range foreign.Formats() {
		formats = append(formats, string(f))
	}
	return &cli.Command{
		Name:      "import",
		Usage:     "make a record of what another tool recorded",
		ArgsUsage: "FILE",
		Description: "FILE is what vegeta attack wrote (gob, json or csv), k6 run --out json=FILE, or oha --output-format csv;\n" +
			"it may be gzipped, and - is standard input. What it does not say is blank in the record, which says so.",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", EnvVars: []string{"SHOWDOWN_FORMAT"}, Usage: strings.Join(formats, ", ") + " (default: seen from the content)"},
			outFlag(), jsonFlag(), quietFlag(), noColorFlag(),
		},
		Action: t.importFile,
	}
}

func (t *terminal) importFile(c *cli.Context) error {
	name, err := onlyArgument(c, "a file")
	if err != nil {
		return err
	}
	var format foreign.Format
	if f := c.String("format"); f != "" {
		if format, err = foreign.ParseFormat(f); err != nil {
			return &failure{code: exitUsage, err: err, hint: "showdown import --help lists them"}
		}
	}
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return err
	}
	in := t.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return hinted(fmt.Errorf("import %s: %w", name, unpath(err)), "name a file that can be read, or - for standard input")
		}
		defer f.Close()
		in = f
	}
	got, err := foreign.Import(c.Context, &aliveReader{c.Context, in}, foreign.Config{
		Store: store, File: name, Format: format, Command: append([]string{"showdown"}, commandLine(c)...),
	})
	if err != nil {
		return hinted(err, "no record was made of it")
	}
	s, err := analysis.Analyse(got.Run.Dir)
	if err == nil {
		err = results.WriteSummary(got.Run.Dir, s)
	}
	if err != nil {
		return hinted(errors.Join(err, os.RemoveAll(got.Run.Dir)), "no record was made of it")
	}
	t.recorded = got.Run.Dir
	t.progress(c, "%d requests of %s (%s) are recorded in %s", got.Requests, got.Source.File, got.Format, quoted(got.Run.Dir))
	if c.Bool("json") {
		return s.Encode(t.stdout)
	}
	return report.Terminal(t.stdout, s, t.colour(c, t.stdout))
}

// aliveReader reads until its context ends.
type aliveReader struct {
	ctx context.Context
	in  io.Reader
}

func (a *aliveReader) Read(p []byte) (int, error) {
	if err := context.Cause(a.ctx); err != nil {
		return 0, err
	}
	return a.in.Read(p)
}
