package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/dashboards/live"
	"showdown/play"
	"showdown/results"
	"showdown/results/analysis"
	"showdown/results/report"
)

// player plays targets for a command.
type player struct {
	t       *terminal
	c       *cli.Context
	ctx     context.Context
	store   *results.Store
	harness *harness
	metrics *metrics
	page    *runPage
	seed    uint64
	// silent keeps the runs from being reported one by one.
	silent bool
	// between is called before each stage of a journey and after it, where a command
	// has something to say there.
	before func(s *showdown.Stage, number, of int)
	after  func(s *showdown.Stage, r *results.Summary)
}

// withPlayer opens the store, heals, starts the processes, calls f, and ends
// everything again.
func (t *terminal) withPlayer(c *cli.Context, f func(*player) error) error {
	return t.withControl(c, nil, f)
}

// withControl is withPlayer with a page whose commands control takes; nil takes none.
func (t *terminal) withControl(c *cli.Context, control live.Control, f func(*player) error) (err error) {
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return err
	}
	p := &player{t: t, c: c, ctx: c.Context, store: store, seed: c.Uint64("seed")}
	if !c.IsSet("seed") {
		p.seed = uint64(time.Now().UnixMicro() % 1_000_000)
	}
	if p.metrics, err = t.serveMetrics(c, c.Bool("serve") || control != nil); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.metrics.Close(c.Context, c.Duration("linger"))) }()
	if p.page, err = t.servePage(c, p.metrics, control); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.page.Close(c.Context)) }()
	// After the addresses: a port that is taken leaves no folder behind.
	if err := store.Writable(); err != nil {
		return hinted(err, "choose another folder with --out")
	}
	p.harness, err = t.newHarness(c.Context, newMark(), func(format string, args ...any) { t.progress(c, format, args...) })
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := p.harness.Close(c.Context); closeErr != nil {
			err = errors.Join(closeErr, err)
		}
	}()
	return f(p)
}

// target plays one target and returns its JSON document and verdict.
func (p *player) target(target target) (any, showdown.Verdict, error) {
	p.page.journey(target)
	if !target.journey {
		result, err := p.single(target.Stages[0])
		if result.Summary == nil {
			return nil, "", err
		}
		return result.Summary, result.Summary.Verdict, err
	}
	j, err := p.journey(target)
	if j == nil {
		return nil, "", err
	}
	return j, j.Verdict, err
}

// single plays a stage as a run of its own and reports it.
func (p *player) single(s *showdown.Stage) (play.Result, error) {
	name := s.Journey + "-" + s.Name
	result, err := p.settled(s, func(m *results.Manifest) (*results.Recorder, error) { return p.store.Create(name, m) })
	if result.Summary != nil {
		// A run that failed before its traffic has an error to show and no numbers.
		if !p.c.Bool("json") && !p.silent && (err == nil || result.Summary.Requests.Scheduled > 0) {
			err = errors.Join(err, report.Terminal(p.t.stdout, result.Summary, p.t.colour(p.c, p.t.stdout)))
		}
		p.t.progress(p.c, "recorded in %s", quoted(result.Dir))
	}
	return result, err
}

// settled plays a stage, and once more when a disturbance of the machine kept it
// from a verdict.
func (p *player) settled(s *showdown.Stage, record play.Recording) (play.Result, error) {
	for again := false; ; again = true {
		result, err := p.stage(s, record)
		if err != nil || again || p.ctx.Err() != nil || result.Summary.Verdict == showdown.Held || !disturbed(result.Summary) {
			return result, err
		}
		p.t.progress(p.c, "the machine was disturbed while %s was measured (%s); playing it once more", s.ID(), result.Dir)
	}
}

func disturbed(s *results.Summary) bool {
	if s.Generator.Disturbed || s.Generator.Saturated {
		return true
	}
	for _, c := range s.Cells {
		if c.Generator.Disturbed || c.Generator.Saturated {
			return true
		}
	}
	return false
}

// stage plays a stage once.
func (p *player) stage(s *showdown.Stage, record play.Recording) (play.Result, error) {
	clock, err := clockOf(p.c, s)
	if err != nil {
		return play.Result{}, err
	}
	config := p.config(s, clock, record)
	config.Cells, config.Public = p.c.StringSlice("cell"), p.c.Bool("yes")
	return p.watched(p.ctx, config)
}

// config is what a stage is played with.
func (p *player) config(s *showdown.Stage, clock showdown.Clock, record play.Recording) play.Config {
	return play.Config{
		Stage: s, Clock: clock, Seed: p.seed, Record: record,
		Command: append([]string{"showdown"}, commandLine(p.c)...),
		Backend: p.harness.backend, Lost: p.harness.backend.Lost(), Ended: p.harness.ended,
		Journal: p.harness.journal,
	}
}

// watched plays a stage with its status line, its metrics and the page.
func (p *player) watched(run context.Context, config play.Config) (play.Result, error) {
	s, clock := config.Stage, config.Clock
	if p.metrics != nil {
		watched := p.metrics.stage(s, clock)
		config.Observers, config.Started = append(config.Observers, watched), watched.Started
	}
	p.page.watch(&config)
	ctx, stop := context.WithCancel(run)
	ended := make(chan struct{})
	if !p.c.Bool("quiet") {
		line := newStatus(p.t.stderr, s, playedCells(s, config.Cells), clock)
		config.Observers, config.Step = append(config.Observers, line), both(config.Step, line.Step)
		go func() { defer close(ended); _ = line.Run(ctx) }()
	} else {
		close(ended)
	}
	result, err := play.Stage(run, config)
	stop()
	<-ended
	p.metrics.ended(result.Summary)
	if result.Dir != "" {
		p.t.recorded = result.Dir
	}
	return result, advised(err)
}

// journey plays the stages of a journey, each into a folder of the journey's.
func (p *player) journey(target target) (*results.JourneySummary, error) {
	names := make([]string, len(target.Stages))
	for i, s := range target.Stages {
		names[i] = s.Name
	}
	folder, err := p.store.CreateJourney(target.Name, &results.JourneyManifest{
		Journey: target.Name, Title: target.Title, Opening: target.Opening, Stages: names, Claims: target.comparisons(), Speed: p.speed(), Seed: p.seed,
		Command: append([]string{"showdown"}, commandLine(p.c)...), Machine: results.ThisMachine(),
	})
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	for i, s := range target.Stages {
		if err = context.Cause(p.ctx); err != nil {
			break
		}
		if p.before != nil {
			p.before(s, i+1, len(target.Stages))
		}
		result, playErr := p.settled(s, func(m *results.Manifest) (*results.Recorder, error) { return folder.Create(s.Name, m) })
		// What a teacher says of a stage is true of one that was played to its end.
		if playErr == nil && p.after != nil {
			p.after(s, result.Summary)
		}
		if playErr != nil {
			err = playErr
			break
		}
	}
	j, saveErr := analysis.AnalyseJourney(folder.Dir())
	if saveErr == nil {
		saveErr = results.WriteJourneySummary(folder.Dir(), j)
	}
	if saveErr != nil {
		return j, errors.Join(err, saveErr)
	}
	if !p.c.Bool("json") && !p.silent {
		fmt.Fprintln(p.t.stdout)
		err = errors.Join(err, report.JourneyTable(p.t.stdout, j, p.t.colour(p.c, p.t.stdout)))
	}
	p.t.progress(p.c, "recorded in %s", quoted(folder.Dir()))
	return j, err
}

func (p *player) speed() float64 {
	if p.c.IsSet("speed") {
		return p.c.Float64("speed")
	}
	return showdown.DefaultSpeed
}
