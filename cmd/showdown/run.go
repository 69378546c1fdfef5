package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/dashboards/live"
	"showdown/play"
	"showdown/results"
	"showdown/results/analysis"
	"showdown/results/report"
	"showdown/targets/journeys"
)

func (t *terminal) runCommand() *cli.Command {
	return &cli.Command{
		Name:         "run",
		Usage:        "play stages and measure them",
		ArgsUsage:    "TARGET...",
		Description:  "TARGET is a journey (whatsthetime), a stage (whatsthetime/vertical), a stage file\nor a folder of them. Exit codes: 0 every claim and gate held, 3 one deviated,\n4 unknown, 5 something could not be undone, 130 interrupted (after healing).",
		OnUsageError: usage,
		BashComplete: t.completeTargets,
		Flags: append([]cli.Flag{
			speedFlag(), seedFlag(), outFlag(), jsonFlag(), quietFlag(), noColorFlag(), metricsFlag(), lingerFlag(), remoteWriteFlag(), liveGrafanaFlag(),
			&cli.StringSliceFlag{Name: "cell", EnvVars: []string{"SHOWDOWN_CELL"}, Usage: "play only the cells `NAME,...`"},
			gateFlag(), yesFlag(), repeatFlag(), serveFlag(), listenFlag(), publicURLFlag(),
		}, againstFlags()...),
		Action: func(c *cli.Context) error {
			wanted, err := targets(c)
			if err != nil {
				return err
			}
			if err := playable(c, wanted...); err != nil {
				return err
			}
			if wanted, err = gated(c, wanted); err != nil {
				return err
			}
			repeats, err := repeatsOf(c)
			if err != nil {
				return err
			}
			against, err := t.againstOf(c, wanted)
			if err != nil {
				return err
			}
			return t.withPlayer(c, func(p *player) error {
				if repeats > 1 {
					return p.repeat(wanted, repeats, against)
				}
				code, documents := exitHeld, []any(nil)
				for _, target := range wanted {
					if err := context.Cause(p.ctx); err != nil {
						return errors.Join(err, t.documents(c, documents))
					}
					document, result, err := p.target(target)
					if document != nil {
						documents = append(documents, document)
					}
					if err == nil {
						result, err = p.judged(against, document, result)
					}
					if err != nil {
						return errors.Join(err, t.documents(c, documents))
					}
					code = worse(code, verdictCode(result))
				}
				if err := t.documents(c, documents); err != nil {
					return err
				}
				if code != exitHeld {
					return verdict(code)
				}
				return nil
			})
		},
	}
}

// playable fails when one of the stages cannot be played as the flags want it: that
// is said before anything is started.
func playable(c *cli.Context, wanted ...target) error {
	if err := confirmed(c, wanted...); err != nil {
		return err
	}
	for _, target := range wanted {
		for _, s := range target.Stages {
			clock, err := clockOf(c, s)
			if err != nil {
				return err
			}
			// Beside other stages one with a speed of its own keeps it; asked for alone at
			// another one, it says so.
			if asked, err := showdown.NewClock(c.Float64("speed")); c.IsSet("speed") && len(target.Stages) == 1 && err == nil {
				clock = asked
			}
			if err := journeys.Validate(s, clock); err != nil {
				return &failure{code: exitUsage, err: err, hint: "choose a lower --speed, or change the stage"}
			}
			if err := equipped(s); err != nil {
				return err
			}
			for _, name := range c.StringSlice("cell") {
				if _, ok := s.Cell(name); !ok {
					return misuse("showdown show "+s.ID()+" describes them", "--cell: stage %s has no cell %q: it has %s", s.ID(), name, cellNames(s))
				}
			}
		}
	}
	return nil
}

func cellNames(s *showdown.Stage) string {
	var names []string
	for _, c := range s.Cells {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// documents prints the results of a run with --json: one target's alone, several
// in a list.
func (t *terminal) documents(c *cli.Context, documents []any) error {
	if !c.Bool("json") || len(documents) == 0 {
		return nil
	}
	if len(documents) == 1 {
		return t.document(documents[0])
	}
	list := make([]json.RawMessage, 0, len(documents))
	for _, d := range documents {
		var text bytes.Buffer
		if err := (&terminal{stdout: &text}).document(d); err != nil {
			return err
		}
		list = append(list, text.Bytes())
	}
	return t.document(map[string]any{"version": results.SummaryVersion, "runs": list})
}

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
	if err := store.Writable(); err != nil {
		return err
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

// advised adds to an error of a run what can be done about it, and its exit code.
func advised(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, play.ErrNotUndone):
		return &failure{code: exitNotUndone, err: err, hint: "run showdown recover, then look for what it names"}
	case errors.Is(err, play.ErrLost):
		return hinted(err, "nothing of the lab is left; run it again")
	case programHint(err.Error()) != "":
		return hinted(err, "%s", programHint(err.Error()))
	case strings.Contains(err.Error(), syscall.EADDRINUSE.Error()):
		// The reason comes as text, from another process.
		return hinted(err, "another program listens on this port, at this address or at all (0.0.0.0): end it; ss -ltnp tells which")
	}
	return err
}

// clockOf is the clock of a stage: at the stage's own speed, which no flag changes, else
// that of --speed, else the default.
func clockOf(c *cli.Context, s *showdown.Stage) (showdown.Clock, error) {
	speed := showdown.DefaultSpeed
	if err := realTime(c, s); err != nil {
		return showdown.Clock{}, err
	}
	if s.Speed > 0 {
		speed = s.Speed
	} else if c.IsSet("speed") {
		speed = c.Float64("speed")
	}
	clock, err := showdown.NewClock(speed)
	if err != nil {
		return clock, misuse("the default is 60: a minute of AWS in a second", "--speed: %w", err)
	}
	return clock, nil
}

// rounded is a lab time in AWS time, to the millisecond: below that is only the noise
// of a division.
func rounded(c showdown.Clock, at time.Duration) showdown.Duration {
	return showdown.Duration(time.Duration(c.AWS(at)).Round(time.Millisecond))
}

// playedCells are the cells of a stage that are played: those named, or all.
func playedCells(s *showdown.Stage, only []string) []*showdown.Cell {
	var out []*showdown.Cell
	for i := range s.Cells {
		if len(only) == 0 || slices.Contains(only, s.Cells[i].Name) {
			out = append(out, &s.Cells[i])
		}
	}
	return out
}

// commandLine is what the user typed after the program's name.
func commandLine(c *cli.Context) []string {
	words := []string{c.Command.Name}
	for _, name := range c.LocalFlagNames() {
		if several, ok := c.Value(name).(*expressions); ok {
			for _, text := range several.list {
				words = append(words, "--"+name+"="+text)
			}
			continue
		}
		words = append(words, "--"+name+"="+fmt.Sprint(c.Value(name)))
	}
	return append(words, c.Args().Slice()...)
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
