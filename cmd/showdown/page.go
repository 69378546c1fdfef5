package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"showdown/results"
	"showdown/results/figure"
	"showdown/results/report"
)

// pageFile is the name of the HTML report in a run's or a journey's folder.
const pageFile = "report.html"

// page is the HTML report of a run or a journey, with the gates of asked, which are summaries
// of its stages.
func page(run results.Run, asked ...results.Summary) ([]byte, error) {
	set, err := figure.Load(run)
	if err != nil {
		return nil, err
	}
	for i := range asked {
		for k := range set.Sources {
			if s := set.Sources[k].Summary; s.Run == asked[i].Run {
				s.Gates, s.Verdict, s.Reasons = asked[i].Gates, asked[i].Verdict, asked[i].Reasons
			}
		}
	}
	var out bytes.Buffer
	if run.Journey {
		m, err := results.ReadJourney(run.Dir)
		if err != nil {
			return nil, err
		}
		err = report.JourneyHTML(&out, report.JourneyPageOf(set, m))
		return out.Bytes(), err
	}
	err = report.HTML(&out, report.RunPageOf(set))
	return out.Bytes(), err
}

// keepPage writes the HTML report into the run's folder, whole or not at all, and says
// where. A folder that is read-only is no reason to fail: the report is on stdout too.
func (t *terminal) keepPage(c *cli.Context, run results.Run) error {
	data, err := page(run)
	path := filepath.Join(run.Dir, pageFile)
	if err == nil {
		err = results.WriteFile(path, data)
	}
	switch {
	case errors.Is(err, os.ErrPermission):
		t.progress(c, "%s was not written: the folder is read-only; --format html prints it", quoted(path))
	case err != nil:
		return hinted(err, "--format html prints the report")
	default:
		t.progress(c, "the report: %s", quoted(path))
	}
	return nil
}

// printPage prints the HTML report.
func (t *terminal) printPage(run results.Run, asked ...results.Summary) error {
	data, err := page(run, asked...)
	if err != nil {
		return hinted(err, "showdown runs says which records can be read")
	}
	if _, err := t.stdout.Write(data); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
