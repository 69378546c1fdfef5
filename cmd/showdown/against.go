package main

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/results"
	"showdown/results/compare"
	"showdown/results/report"
)

func againstFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "against", EnvVars: []string{"SHOWDOWN_AGAINST"}, Usage: "hold the result to an earlier `RUN` of the same stage"},
		&cli.StringSliceFlag{Name: "fail-if", EnvVars: []string{"SHOWDOWN_FAIL_IF"}, Usage: "with --against, a change that may not be, such as `\"p99 > +10%\"`"},
		&cli.BoolFlag{Name: "significant", EnvVars: []string{"SHOWDOWN_SIGNIFICANT"}, Usage: "with --against and --repeat, fail only on what chance alone would not do"},
	}
}

// against is the earlier run that a run is held to. A nil one asks nothing.
type against struct {
	ref    string
	bounds []compare.Bound
	// dir is the folder of the store that this run is recorded in.
	dir string
	// stages are the earlier runs by the stage's id.
	stages      map[string]compare.Side
	significant bool
}

// againstOf reads the flags and the earlier run, and fails where the two cannot be
// compared: that is said before anything is played.
func (t *terminal) againstOf(c *cli.Context, wanted []target) (*against, error) {
	ref, texts := c.String("against"), c.StringSlice("fail-if")
	switch {
	case ref == "" && len(texts) > 0:
		return nil, misuse("add --against RUN; showdown runs lists what was recorded", "--fail-if: a change needs an earlier run")
	case ref == "" && c.Bool("significant"):
		return nil, misuse("add --against RUN; showdown runs lists what was recorded", "--significant: a change needs an earlier run")
	case ref == "":
		return nil, nil
	}
	a := &against{ref: ref, dir: c.String("out"), stages: map[string]compare.Side{}, significant: c.Bool("significant")}
	for _, text := range texts {
		b, err := compare.ParseBound(text)
		if err != nil {
			return nil, badBound(err)
		}
		a.bounds = append(a.bounds, b)
	}
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return nil, err
	}
	s, err := t.subject(c, store, ref)
	if err != nil {
		return nil, err
	}
	a.ref = s.id
	for _, side := range s.stages() {
		a.stages[stageID(side.Runs[0].Summary)] = side
	}
	return a, a.check(wanted)
}

// badBound is the usage error of a bound.
func badBound(err error) error {
	hint := "showdown run --help"
	if b := new(compare.BoundError); errors.As(err, &b) && b.Hint != "" {
		hint = b.Hint
	}
	return misuse(hint, "--fail-if: %w", err)
}

// stageID is what a summary's stage is called: "whatsthetime/vertical".
func stageID(s *results.Summary) string { return path.Join(s.Journey, s.Stage) }

// check fails when one of the targets is not of the earlier run, or when a bound is about
// something that none of its stages has.
func (a *against) check(wanted []target) error {
	for _, t := range wanted {
		var sides []compare.Side
		for _, s := range t.Stages {
			if side, there := a.stages[s.ID()]; there {
				sides = append(sides, side)
			}
		}
		if len(sides) == 0 {
			return misuse("an earlier run of "+t.id()+" is needed; showdown runs lists what was recorded",
				"--against: %s is of %s, and not of %s", a.ref, someOf(slices.Sorted(maps.Keys(a.stages))), t.id())
		}
		for _, b := range a.bounds {
			var why error
			for _, side := range sides {
				// The stages of a journey do not all have the same faults and cells.
				if why = b.Check(side); why == nil {
					break
				}
			}
			if why != nil {
				return badBound(why)
			}
		}
	}
	return nil
}

// played are the runs of a target that are held to earlier ones.
type played struct {
	runs     []*results.Summary
	journeys []*results.JourneySummary
}

// stages are the runs by their stages, in the order in which they were played.
func (p played) stages() (out [][]*results.Summary) {
	if len(p.journeys) == 0 {
		return [][]*results.Summary{p.runs}
	}
	at := map[string]int{}
	for _, j := range p.journeys {
		for i := range j.Stages {
			s := &j.Stages[i]
			k, known := at[s.Stage]
			if !known {
				k = len(out)
				at[s.Stage] = k
				out = append(out, nil)
			}
			out[k] = append(out[k], s)
		}
	}
	return out
}

// pair are the earlier runs of a stage and those of now; ok is false where there are no
// earlier ones.
func (a *against) pair(runs []*results.Summary) (sides []compare.Side, ok bool) {
	before, ok := a.stages[stageID(runs[0])]
	if !ok {
		return nil, false
	}
	before.Name = "before"
	now := compare.Side{Name: "now"}
	for _, s := range runs {
		r := compare.Run{ID: s.Run, Summary: s}
		if m, err := results.ReadManifest(filepath.Join(a.dir, filepath.FromSlash(s.Run))); err == nil {
			r.Manifest = m
		}
		now.Runs = append(now.Runs, r)
	}
	return []compare.Side{before, now}, true
}

// judge holds runs to the earlier ones; nil where nothing was asked.
func (a *against) judge(p played) *results.Against {
	if a == nil {
		return nil
	}
	out := &results.Against{Run: a.ref, Bounds: []results.BoundResult{}}
	for _, runs := range p.stages() {
		sides, ok := a.pair(runs)
		if !ok {
			continue
		}
		stage := ""
		if len(p.journeys) > 0 {
			stage = runs[0].Stage
		}
		for _, text := range compare.Differences(sides) {
			if stage != "" {
				text = stage + ": " + text
			}
			out.Warnings = append(out.Warnings, text)
		}
		for _, b := range a.bounds {
			r := b.Judge(sides[0], sides[1], a.significant)
			if r.Number == "" && stage != "" {
				continue // this stage of a journey has no such number
			}
			r.Stage = stage
			out.Bounds = append(out.Bounds, r)
		}
	}
	return out
}

// worstOf is the verdict of all bounds together.
func worstOf(a *results.Against) (v showdown.Verdict) {
	if a == nil {
		return showdown.Held
	}
	for _, b := range a.Bounds {
		v = v.Worse(b.Verdict)
	}
	return v
}

// judged holds what one target showed to the earlier run, says it, and returns the verdict
// of both.
func (p *player) judged(a *against, document any, v showdown.Verdict) (showdown.Verdict, error) {
	if a == nil || document == nil {
		return v, nil
	}
	var of played
	switch s := document.(type) {
	case *results.Summary:
		of.runs = []*results.Summary{s}
		s.Against = a.judge(of)
		v = v.Worse(worstOf(s.Against))
		s.Verdict = v
		return v, p.sayAgainst(a, s.Against, of)
	case *results.JourneySummary:
		of.journeys = []*results.JourneySummary{s}
		s.Against = a.judge(of)
		v = v.Worse(worstOf(s.Against))
		s.Verdict = v
		return v, p.sayAgainst(a, s.Against, of)
	}
	return v, nil
}

// sayAgainst writes it where people read: the bounds, and without one the whole
// comparison.
func (p *player) sayAgainst(a *against, result *results.Against, of played) error {
	if a == nil || p.c.Bool("json") {
		return nil
	}
	colour := p.t.colour(p.c, p.t.stdout)
	fmt.Fprintln(p.t.stdout)
	if len(a.bounds) > 0 {
		return report.AgainstResult(p.t.stdout, result, colour)
	}
	for _, runs := range of.stages() {
		sides, ok := a.pair(runs)
		if !ok {
			continue
		}
		c, err := compare.Compare(sides)
		if err != nil {
			return err
		}
		if err := report.Comparison(p.t.stdout, c, colour); err != nil {
			return err
		}
	}
	return nil
}

// someOf is a few names of many.
func someOf(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
