package main

import (
	"context"
	"errors"
	"slices"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/dashboards/live"
	"showdown/play"
	"showdown/play/lesson"
	"showdown/results"
)

func (t *terminal) serveCommand() *cli.Command {
	return &cli.Command{
		Name:      "serve",
		Usage:     "keep a lab running under load, with chaos buttons on the live page",
		ArgsUsage: "[TARGET]",
		Description: "TARGET is a journey (the default is whatsthetime), a stage of one, which is then shown first,\n" +
			"a stage file or a folder of them. The stages' own timelines are not played: their chaos\n" +
			"actions are buttons of the presenter's view, commands of showdown chaos, and POSTs.\n" +
			"Each stage that was shown is recorded as a run of its own. Interrupt it to end: what is\n" +
			"in place is healed first. Beyond loopback a command needs the token that is printed, or\n" +
			"the one in " + pageToken + ".",
		OnUsageError: usage,
		BashComplete: t.completeTargets,
		Flags: []cli.Flag{
			&cli.Float64Flag{Name: "speed", EnvVars: []string{"SHOWDOWN_SPEED"}, Value: serveSpeed, Usage: "AWS seconds that pass in a second here"},
			&cli.Float64Flag{Name: "rate", EnvVars: []string{"SHOWDOWN_RATE"}, Usage: "requests a second here of each cell", DefaultText: "what the stage's traffic begins with"},
			&cli.StringSliceFlag{Name: "cell", EnvVars: []string{"SHOWDOWN_CELL"}, Usage: "play the cells `NAME,...` side by side (default: base)"},
			listenFlag(), publicURLFlag(), seedFlag(), outFlag(), quietFlag(), noColorFlag(), metricsFlag(), remoteWriteFlag(), liveGrafanaFlag(),
		},
		Action: func(c *cli.Context) error {
			target, first, err := lessonOf(c)
			if err != nil {
				return err
			}
			for _, s := range target.Stages {
				if err := equipped(s); err != nil {
					return err
				}
			}
			return t.lesson(c, target, first)
		},
	}
}

// lessonOf is the journey that the arguments mean, and the stage that is shown first.
func lessonOf(c *cli.Context) (target, *showdown.Stage, error) {
	name := "whatsthetime"
	if c.NArg() > 1 {
		return target{}, nil, misuse("showdown serve whatsthetime/elb", "serve: want at most one target")
	}
	if c.NArg() == 1 {
		name = c.Args().First()
	}
	wanted, err := resolve(name)
	if err != nil {
		return target{}, nil, err
	}
	first := wanted.Stages[0]
	if wanted.journey || first.Journey == "" {
		return wanted, first, cellsKnown(c, wanted.Stages)
	}
	// A stage of a journey has the others before and after it.
	if whole, err := resolve(first.Journey); err == nil && whole.journey {
		if i := slices.IndexFunc(whole.Stages, func(s *showdown.Stage) bool { return s.ID() == first.ID() && s.Source == first.Source }); i >= 0 {
			return whole, whole.Stages[i], cellsKnown(c, whole.Stages)
		}
	}
	return wanted, first, cellsKnown(c, wanted.Stages)
}

// cellsKnown fails where no stage has a cell that is asked for.
func cellsKnown(c *cli.Context, stages []*showdown.Stage) error {
	for _, name := range c.StringSlice("cell") {
		if !slices.ContainsFunc(stages, func(s *showdown.Stage) bool { _, ok := s.Cell(name); return ok }) {
			return misuse("showdown list describes the stages, showdown show a stage's cells", "--cell: no stage has a cell %q", name)
		}
	}
	return nil
}

// lesson keeps stages of a target running until the command is interrupted.
func (t *terminal) lesson(c *cli.Context, target target, first *showdown.Stage) error {
	var p *player
	made, err := lesson.New(lesson.Config{
		Stages: target.Stages, Cells: c.StringSlice("cell"),
		Play: func(ctx context.Context, opened *showdown.Stage, clock showdown.Clock, open *play.Open) error {
			return p.open(ctx, opened, clock, open)
		},
		Say: func(text string) {
			t.progress(c, "%s", text)
			p.page.hub.Step(text)
		},
	}, live.Start{Stage: first.Name, Speed: c.Float64("speed"), Rate: c.Float64("rate")})
	if err != nil {
		return refusedStart(err)
	}
	return t.withControl(c, made, func(with *player) error {
		p = with
		p.page.journey(target)
		t.watching = true
		return advised(made.Run(p.ctx))
	})
}

// open plays a stage that is kept open, as a run of its own.
func (p *player) open(ctx context.Context, opened *showdown.Stage, clock showdown.Clock, open *play.Open) error {
	config := p.config(opened, clock, func(m *results.Manifest) (*results.Recorder, error) {
		return p.store.Create(opened.Journey+"-"+opened.Name, m)
	})
	config.Open = open
	result, err := p.watched(ctx, config)
	if result.Dir != "" && err == nil {
		p.t.progress(p.c, "recorded in %s", result.Dir)
	}
	return err
}

// refusedStart is the usage error of a lesson that cannot begin.
func refusedStart(err error) error {
	var why *live.Refusal
	if errors.As(err, &why) {
		return misuse(why.Hint, "serve: %s", why.Text)
	}
	return err
}
