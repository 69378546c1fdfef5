package main

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/dashboards"
	"showdown/results"
)

// openMetrics is the format of export that fills a Prometheus with a record.
const openMetrics = "openmetrics"

// backFill writes the metrics of a run, or of all stages of a journey's, in AWS time.
func (t *terminal) backFill(c *cli.Context, ref string) error {
	run, err := t.openRun(c, ref)
	if err != nil {
		return err
	}
	if _, err := lastStage(run); err != nil {
		return err
	}
	var (
		dirs  []string
		known = map[string]bool{}
	)
	for _, stage := range run.Stages() {
		dirs = append(dirs, stage.Dir)
		files, err := results.HitFiles(stage.Dir)
		if err != nil {
			return err
		}
		for name := range files {
			known[name] = true
		}
	}
	var cells []string
	if cell := c.String("cell"); c.IsSet("cell") {
		if !known[cell] {
			return misuse("it has "+strings.Join(slices.Sorted(maps.Keys(known)), ", "), "export: %s has no cell %q", run.ID, cell)
		}
		cells = []string{cell}
	}
	// The series of a journey's stages carry the journey's id, as those of a live run do.
	id, _, _ := strings.Cut(run.ID, "/")
	var filled dashboards.Filled
	err = t.write(c, func(w io.Writer) (err error) {
		filled, err = dashboards.BackFill(w, id, dirs, cells...)
		return err
	})
	if damaged := new(results.CorruptError); errors.As(err, &damaged) {
		return hinted(err, "%d requests that can be read were written", filled.Requests)
	}
	if err != nil {
		return err
	}
	for _, s := range filled.Spans {
		t.progress(c, "%s: %s to %s, a sample every %s", s.Stage, s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), showdown.Duration(s.Step))
	}
	return nil
}
