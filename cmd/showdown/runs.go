package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown/results"
	"showdown/results/analysis"
	"showdown/results/report"
)

func (t *terminal) reportCommand() *cli.Command {
	return &cli.Command{
		Name:         "report",
		Usage:        "analyse a record again, print what it shows and write it as a page",
		ArgsUsage:    "RUN",
		Description:  "RUN is a run's id, a unique prefix of it, the path of its folder or of a packed file, or\nlatest. The text is printed, and report.html is written into the run's folder; other\nformats are printed alone. With --gate the exit code is that of the gates asked for:\n0 held, 3 deviated, 4 unknown.",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", EnvVars: []string{"SHOWDOWN_FORMAT"}, Value: "text", Usage: "text, html, md, json, junit or openmetrics"},
			gateFlag(), outFlag(), jsonFlag(), quietFlag(), noColorFlag(),
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
			if !slices.Contains(reportFormats(), format) {
				return misuse("write --format "+strings.Join(reportFormats(), ", "), "report: no format %q", format)
			}
			run, err := t.openRun(c, ref)
			if err != nil {
				return err
			}
			if run.Journey {
				err = t.reportJourney(c, run, format)
			} else {
				err = t.reportRun(c, run, format)
			}
			// A report that could not be made, or was asked for wrongly, has no page.
			made := err == nil || errors.As(err, new(verdict))
			if _, _, packed := packedFile(ref); made && format == "text" && !packed {
				if pageErr := t.keepPage(c, run); err == nil {
					err = pageErr
				}
			}
			return err
		},
	}
}

// reportRun analyses a run again. Where its folder can be written the new summary
// is kept there.
func (t *terminal) reportRun(c *cli.Context, run results.Run, format string) (err error) {
	gates := askedGates(c)
	if err := checkGates(gates, run.Dir); err != nil {
		return err
	}
	s, err := analysis.AnalyseGates(run.Dir, gates)
	if err != nil {
		return hinted(err, "showdown runs says which records can be read")
	}
	// What is asked of a record does not become part of it.
	if len(gates) > 0 {
		defer func() {
			if err == nil {
				err = gateVerdict(len(gates), *s)
			}
		}()
	} else if err := results.WriteSummary(run.Dir, s); err != nil && !errors.Is(err, os.ErrPermission) {
		t.progress(c, "the summary was not kept: %v", err)
	}
	if !s.Complete {
		t.progress(c, "the end of this record is missing: the run was killed, or its disk was full; what is there was analysed")
	}
	switch format {
	case "json":
		return s.Encode(t.stdout)
	case "html":
		return t.printPage(run, *s)
	case "md":
		return report.Markdown(t.stdout, s)
	case "junit", "openmetrics":
		return t.reportTo(format, report.Set{Name: s.Run}, []string{run.Dir}, *s)
	}
	return report.Terminal(t.stdout, s, t.colour(c, t.stdout))
}

func (t *terminal) reportJourney(c *cli.Context, run results.Run, format string) (err error) {
	gates := askedGates(c)
	dirs, missing, err := stageDirs(run.Dir)
	if err == nil {
		err = checkGates(gates, dirs...)
	}
	if err != nil {
		return err
	}
	j, err := analysis.AnalyseJourneyGates(run.Dir, gates)
	if err != nil {
		return hinted(err, "showdown runs says which records can be read")
	}
	if len(gates) > 0 {
		defer func() {
			if err == nil {
				err = gateVerdict(len(gates), j.Stages...)
			}
			if err == nil && len(missing) > 0 {
				err = verdict(exitUnknown) // a stage that was not played held no gate
			}
		}()
	} else if err := results.WriteJourneySummary(run.Dir, j); err != nil && !errors.Is(err, os.ErrPermission) {
		t.progress(c, "the summary was not kept: %v", err)
	}
	switch format {
	case "html":
		return t.printPage(run, j.Stages...)
	case "junit", "openmetrics":
		return t.reportTo(format, report.Set{Name: j.Run, Journey: j, Missing: missing}, dirs, j.Stages...)
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
