package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/results"
	"showdown/results/export"
)

func (t *terminal) exportCommand() *cli.Command {
	formats := []string{openMetrics}
	for _, f := range export.Formats() {
		formats = append(formats, string(f))
	}
	return &cli.Command{
		Name:      "export",
		Usage:     "write a record's requests for other tools",
		ArgsUsage: "RUN",
		Description: "RUN is a run's id, a unique prefix of it, the path of its folder or of a packed file, or latest.\n" +
			"The base cell is written unless --cell names another. Requests that were never sent are left out.\n" +
			"OpenMetrics has all cells, and of a journey all stages, unless RUN and --cell name one.\n\n" +
			"  showdown export latest --format vegeta-gob | vegeta report\n" +
			"  showdown export latest --format openmetrics --output run.om\n" +
			"  promtool tsdb create-blocks-from openmetrics run.om DIR",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", EnvVars: []string{"SHOWDOWN_FORMAT"}, Usage: strings.Join(formats, ", ")},
			&cli.StringFlag{Name: "cell", EnvVars: []string{"SHOWDOWN_CELL"}, Value: showdown.BaseCell, Usage: "`NAME` of the cell"},
			outputFlag("the result, in place of standard output"),
			outFlag(), quietFlag(),
		},
		Action: t.export,
	}
}

func (t *terminal) export(c *cli.Context) error {
	ref, err := onlyArgument(c, "a run")
	if err != nil {
		return err
	}
	if c.String("format") == "" {
		return misuse("showdown export "+ref+" --format vegeta-gob", "export: want --format")
	}
	if c.String("format") == openMetrics {
		return t.backFill(c, ref)
	}
	format, err := export.ParseFormat(c.String("format"))
	if err != nil {
		return &failure{code: exitUsage, err: err, hint: "showdown export --help lists them"}
	}
	toFile := c.String("output") != "" && c.String("output") != "-"
	if format.Binary() && !toFile && isTerminal(t.stdout) {
		return misuse("write it to a file with --output FILE, or to another program with |", "export: %s is binary and not for a terminal", format)
	}
	run, err := t.openRun(c, ref)
	if err != nil {
		return err
	}
	if run, err = lastStage(run); err != nil {
		return err
	}
	m, err := results.ReadManifest(run.Dir)
	if err != nil {
		return hinted(err, "showdown runs says which records can be read")
	}
	cell := c.String("cell")
	files, err := results.HitFiles(run.Dir)
	if err != nil {
		return err
	}
	path, ok := files[cell]
	if !ok {
		return misuse("it has "+strings.Join(slices.Sorted(maps.Keys(files)), ", "), "export: %s has no cell %q", run.ID, cell)
	}
	reader, err := results.OpenHits(path)
	if err != nil {
		return err
	}
	defer reader.Close()
	var n uint64
	err = t.write(c, func(w io.Writer) (err error) {
		n, err = export.Write(w, reader, m, cell, format)
		return err
	})
	if damaged := new(results.CorruptError); errors.As(err, &damaged) {
		return hinted(err, "%d requests that can be read were written", n)
	}
	if err != nil {
		return err
	}
	if !reader.Complete() {
		t.progress(c, "the end of this record is missing: the run was killed, or its disk was full; what is there was written")
	}
	if toFile {
		t.progress(c, "%d requests of %s, cell %s, are in %s", n, run.ID, cell, quoted(c.String("output")))
	}
	return nil
}

// keeps says that a file is whole although its writer has something to say.
func keeps(err error) bool { return errors.As(err, new(*results.CorruptError)) }

// lastStage is the run itself, or the last stage of a journey.
func lastStage(run results.Run) (results.Run, error) {
	stages := run.Stages()
	if len(stages) == 0 {
		return run, fmt.Errorf("journey %s has no stage that was started", run.ID)
	}
	return stages[len(stages)-1], nil
}
