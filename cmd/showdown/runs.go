package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"showdown/results"
	"showdown/results/analysis"
	"showdown/results/report"
)

func (t *terminal) reportCommand() *cli.Command {
	return &cli.Command{
		Name:         "report",
		Usage:        "analyse a record again and print what it shows",
		ArgsUsage:    "RUN",
		Description:  "RUN is a run's id, a unique prefix of it, the path of its folder or of a packed file, or latest.",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", EnvVars: []string{"SHOWDOWN_FORMAT"}, Value: "text", Usage: "text, md or json"},
			outFlag(), jsonFlag(), quietFlag(), noColorFlag(),
		},
		Action: func(c *cli.Context) error {
			ref, err := onlyArgument(c, "a run")
			if err != nil {
				return err
			}
			format := c.String("format")
			if c.Bool("json") {
				format = "json"
			}
			if format != "text" && format != "md" && format != "json" {
				return misuse("write --format text, md or json", "report: no format %q", format)
			}
			run, err := t.openRun(c, ref)
			if err != nil {
				return err
			}
			if run.Journey {
				return t.reportJourney(c, run, format)
			}
			return t.reportRun(c, run, format)
		},
	}
}

// reportRun analyses a run again. Where its folder can be written the new summary
// is kept there.
func (t *terminal) reportRun(c *cli.Context, run results.Run, format string) error {
	s, err := analysis.Analyse(run.Dir)
	if err != nil {
		return hinted(err, "showdown runs says which records can be read")
	}
	if err := results.WriteSummary(run.Dir, s); err != nil && !errors.Is(err, os.ErrPermission) {
		t.progress(c, "the summary was not kept: %v", err)
	}
	if !s.Complete {
		t.progress(c, "the end of this record is missing: the run was killed, or its disk was full; what is there was analysed")
	}
	switch format {
	case "json":
		return s.Encode(t.stdout)
	case "md":
		return report.Markdown(t.stdout, s)
	}
	return report.Terminal(t.stdout, s, t.colour(c, t.stdout))
}

func (t *terminal) reportJourney(c *cli.Context, run results.Run, format string) error {
	j, err := analysis.AnalyseJourney(run.Dir)
	if err != nil {
		return hinted(err, "showdown runs says which records can be read")
	}
	if err := results.WriteJourneySummary(run.Dir, j); err != nil && !errors.Is(err, os.ErrPermission) {
		t.progress(c, "the summary was not kept: %v", err)
	}
	switch format {
	case "json":
		return j.Encode(t.stdout)
	case "md":
		if err := report.JourneyMarkdown(t.stdout, j); err != nil {
			return err
		}
		for i := range j.Stages {
			fmt.Fprintln(t.stdout)
			if err := report.Markdown(t.stdout, &j.Stages[i]); err != nil {
				return err
			}
		}
		return nil
	}
	colour := t.colour(c, t.stdout)
	for i := range j.Stages {
		if err := report.Terminal(t.stdout, &j.Stages[i], colour); err != nil {
			return err
		}
		fmt.Fprintln(t.stdout)
	}
	return report.Journey(t.stdout, j, colour)
}
