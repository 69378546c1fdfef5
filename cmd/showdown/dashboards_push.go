package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"showdown/dashboards"
	"showdown/results"
)

// grafanaToken is where the token of a Grafana service account is read from. It has
// no flag: command lines are seen by everyone on the machine, and are recorded.
const grafanaToken = "SHOWDOWN_GRAFANA_TOKEN"

func grafanaFlag() cli.Flag {
	return &cli.StringFlag{Name: "grafana-url", EnvVars: []string{"SHOWDOWN_GRAFANA_URL"}, Usage: "`URL` of the Grafana server, such as http://127.0.0.1:3000", Required: true}
}

func (t *terminal) dashboardsPushCommand() *cli.Command {
	return &cli.Command{
		Name:         "push",
		Usage:        "send a run's dashboards, with its chaos as annotations, to a Grafana server",
		ArgsUsage:    "RUN",
		Description:  "The token of a service account is read from " + grafanaToken + ".",
		OnUsageError: usage,
		Flags:        []cli.Flag{grafanaFlag(), outFlag(), jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			var failures []error
			p, run, err := t.pusher(c, func(err error) { failures = append(failures, err) })
			if err != nil {
				return err
			}
			address, err := p.PushDashboards()
			if err != nil {
				return hinted(err, "look at --grafana-url, and at the token in %s", grafanaToken)
			}
			pushed, err := pushAnnotations(c.Context, p, run)
			if err := errors.Join(append(failures, err)...); err != nil {
				return hinted(err, "the dashboards are there; their annotations are not, or not all")
			}
			if c.Bool("json") {
				return t.document(map[string]any{"dashboard": address, "events": pushed})
			}
			fmt.Fprintln(t.stdout, address)
			return nil
		},
	}
}

func (t *terminal) dashboardsRemoveCommand() *cli.Command {
	return &cli.Command{
		Name:         "remove",
		Usage:        "take a run's dashboards and annotations off a Grafana server",
		ArgsUsage:    "RUN",
		OnUsageError: usage,
		Flags:        []cli.Flag{grafanaFlag(), outFlag(), jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			p, run, err := t.pusher(c, nil)
			if err != nil {
				return err
			}
			boards, err := p.RemoveDashboards()
			if err != nil {
				return hinted(err, "look at --grafana-url, and at the token in %s", grafanaToken)
			}
			annotations, err := p.RemoveAnnotations()
			if err != nil {
				return hinted(err, "the dashboards are gone; its annotations are not, or not all")
			}
			if c.Bool("json") {
				return t.document(map[string]any{"removed": run.ID, "dashboards": boards, "annotations": annotations})
			}
			fmt.Fprintf(t.stdout, "removed %d dashboards and %d annotations of %s\n", boards, annotations, run.ID)
			return nil
		},
	}
}

// pusher is the client for the run that the command names.
func (t *terminal) pusher(c *cli.Context, report func(error)) (*dashboards.Pusher, results.Run, error) {
	ref, err := onlyArgument(c, "a run")
	if err != nil {
		return nil, results.Run{}, err
	}
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return nil, results.Run{}, hinted(err, "name another folder with --out DIR")
	}
	run, err := t.resolve(c, store, ref)
	if err != nil {
		return nil, run, err
	}
	// The metrics of a journey's stages carry the journey's id.
	id, _, _ := strings.Cut(run.ID, "/")
	begin, end := traffic(run)
	p, err := dashboards.NewPusher(dashboards.PushConfig{
		URL: c.String("grafana-url"), Token: os.Getenv(grafanaToken), Run: id, Begin: begin, End: end, Report: report,
	})
	if err != nil {
		return nil, run, misuse("write --grafana-url http://127.0.0.1:3000", "dashboards: %w", err)
	}
	return p, run, nil
}

// traffic is when a run's traffic began and ended, of a journey's from its first stage
// to its last; zero where its record does not tell.
func traffic(run results.Run) (begin, end time.Time) {
	dirs := []string{run.Dir}
	if run.Journey {
		if j, err := results.ReadJourney(run.Dir); err == nil {
			dirs = nil
			for _, stage := range j.Stages {
				dirs = append(dirs, filepath.Join(run.Dir, stage))
			}
		}
	}
	for _, dir := range dirs {
		m, err := results.ReadManifest(dir)
		if err != nil {
			continue // the journey ended before this stage
		}
		if begin.IsZero() || m.Zero.Before(begin) {
			begin = m.Zero
		}
		events, _, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
		if err != nil || len(events) == 0 {
			continue
		}
		if at := events[len(events)-1].At; at.After(end) {
			end = at
		}
	}
	return begin, end
}

// pushAnnotations sends the chaos of a run, or of all stages of a journey's, and
// returns how many events that were.
func pushAnnotations(ctx context.Context, p *dashboards.Pusher, run results.Run) (int, error) {
	dirs := []string{run.Dir}
	if run.Journey {
		j, err := results.ReadJourney(run.Dir)
		if err != nil {
			return 0, err
		}
		dirs = nil
		for _, stage := range j.Stages {
			dirs = append(dirs, filepath.Join(run.Dir, stage))
		}
	}
	// A push is repeated without drawing everything twice.
	if _, err := p.RemoveAnnotations(); err != nil {
		return 0, err
	}
	sent := 0
	for _, dir := range dirs {
		m, err := results.ReadManifest(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue // the journey ended before this stage
		}
		if err != nil {
			return sent, err
		}
		events, _, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
		if err != nil {
			return sent, err
		}
		// One stage at a time goes through the bounded queue: Run empties it.
		p.StageStarted(m.Stage, m.Zero)
		for _, e := range events {
			p.Event(e)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := p.Run(ended); err != nil {
			return sent, err
		}
		sent += len(events)
	}
	if n := p.Dropped(); n > 0 {
		return sent, fmt.Errorf("push annotations: %d events did not fit the queue", n)
	}
	return sent, nil
}
