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
	"showdown/play"
	"showdown/results"
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
