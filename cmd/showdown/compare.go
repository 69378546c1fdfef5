package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown/results"
	"showdown/results/compare"
	"showdown/results/figure"
	"showdown/results/report"
)

func (t *terminal) compareCommand() *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "put recorded runs side by side",
		ArgsUsage: "RUN RUN...",
		Description: "RUN is a run's id, a unique prefix of it, the path of its folder, latest, a stage of a\n" +
			"journey's run (ID/asg), or the id of the runs of --repeat. The first is what the others\n" +
			"are compared with. One run of a journey alone compares its stages.",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", EnvVars: []string{"SHOWDOWN_FORMAT"}, Value: "text", Usage: "text, md, json or html"},
			&cli.StringFlag{Name: "to", EnvVars: []string{"SHOWDOWN_TO"}, Usage: "write to `FILE` (default: standard output)"},
			outFlag(), jsonFlag(), quietFlag(), noColorFlag(),
		},
		Action: func(c *cli.Context) error {
			format := c.String("format")
			if c.Bool("json") {
				format = "json"
			}
			if format != "text" && format != "md" && format != "json" && format != "html" {
				return misuse("write --format text, md, json or html", "compare: no format %q", format)
			}
			store, err := results.OpenStore(c.String("out"))
			if err != nil {
				return err
			}
			if !c.Args().Present() {
				return misuse(whatThereIs(store), "compare: want the runs")
			}
			var subjects []subject
			for _, ref := range c.Args().Slice() {
				s, err := t.subject(c, store, ref)
				if err != nil {
					return err
				}
				subjects = append(subjects, s)
			}
			var text bytes.Buffer
			if err := t.compareSubjects(c, &text, subjects, format); err != nil {
				return err
			}
			return t.deliver(c, text.Bytes())
		},
	}
}

// whatThereIs says where the names of runs and of their repeats are.
func whatThereIs(store *results.Store) string {
	hint := "showdown compare RUN RUN; showdown runs lists what was recorded"
	if groups, err := store.Groups(); err == nil && len(groups) > 0 {
		slices.Reverse(groups)
		hint += "; repeats: " + someOf(groups)
	}
	return hint
}

// deliver writes the result to where --to says, in one step where that is a file.
func (t *terminal) deliver(c *cli.Context, text []byte) error {
	path := c.String("to")
	if path == "" {
		_, err := t.stdout.Write(text)
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".showdown-*")
	if err != nil {
		return hinted(fmt.Errorf("write %s: %w", path, unpath(err)), "choose another file with --to")
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	err = cmp.Or(err, f.Chmod(0o644))
	err = cmp.Or(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return hinted(fmt.Errorf("write %s: %w", path, unpath(err)), "free some space there, or choose another file with --to")
	}
	t.progress(c, "written to %s", quoted(path))
	return nil
}

// subject is what a RUN of compare means, read.
type subject struct {
	id string
	// side is a stage's runs; journey is not nil where it is a journey's.
	side    compare.Side
	journey *compare.JourneySide
	// runs are where they are recorded.
	runs []results.Run
}

// stages are the runs of each stage.
func (s subject) stages() []compare.Side {
	if s.journey != nil {
		return s.journey.Stages
	}
	return []compare.Side{s.side}
}

// subject finds and reads what ref means.
func (t *terminal) subject(c *cli.Context, store *results.Store, ref string) (subject, error) {
	id, runs, err := t.found(c, store, ref)
	if err != nil {
		return subject{}, &failure{code: exitUsage, err: err, hint: "showdown runs lists what was recorded"}
	}
	out := subject{id: id, runs: runs}
	for _, r := range runs {
		if !r.Journey {
			run, err := compare.Load(r)
			if err != nil {
				return subject{}, hinted(err, "showdown runs says which records can be read")
			}
			out.side.Runs = append(out.side.Runs, run)
			continue
		}
		if out.journey == nil {
			out.journey = &compare.JourneySide{}
		}
		out.journey.Runs = append(out.journey.Runs, r.ID)
		if err := addStages(out.journey, r); err != nil {
			return subject{}, hinted(err, "showdown runs says which records can be read")
		}
	}
	return out, nil
}

// addStages reads the stages of a journey's run. Of a stage that was played again, since
// the machine was disturbed, the last run counts.
func addStages(j *compare.JourneySide, r results.Run) error {
	last := map[string]compare.Run{}
	var order []string
	for _, s := range r.Stages() {
		run, err := compare.Load(s)
		if err != nil {
			return err
		}
		name := run.Summary.Stage
		if _, again := last[name]; !again {
			order = append(order, name)
		}
		last[name] = run
	}
	for _, name := range order {
		at := -1
		for i := range j.Stages {
			if j.Stages[i].Name == name {
				at = i
			}
		}
		if at < 0 {
			at = len(j.Stages)
			j.Stages = append(j.Stages, compare.Side{Name: name})
		}
		j.Stages[at].Runs = append(j.Stages[at].Runs, last[name])
	}
	return nil
}

// found are the runs that ref means: one, or those of a group.
func (t *terminal) found(c *cli.Context, store *results.Store, ref string) (id string, runs []results.Run, err error) {
	if file, stage, packed := packedFile(ref); packed && ref != results.Latest {
		run, err := t.unpack(c, file, stage)
		return run.ID, []results.Run{run}, err
	}
	run, runErr := store.Resolve(ref)
	group, path, groupErr := store.ResolveGroup(ref)
	switch {
	case groupErr == nil && (runErr != nil || group.Group == ref):
		found, gone := results.GroupRuns(group, path)
		if len(gone) > 0 {
			t.progress(c, "not in the store any more, of the runs of %s: %s", group.Group, someOf(gone))
		}
		if len(found) == 0 {
			return "", nil, fmt.Errorf("%w: group %s has no run that was finished", results.ErrNoRun, group.Group)
		}
		return group.Group, found, nil
	case groupErr == nil && runErr == nil && ref != results.Latest && strings.HasPrefix(run.ID, ref) && run.ID != ref:
		return "", nil, fmt.Errorf("%w %q: the run %s and the repeats %s", results.ErrAmbiguous, ref, run.ID, group.Group)
	case runErr != nil:
		return "", nil, runErr
	}
	return run.ID, []results.Run{run}, nil
}

// compareSubjects writes the comparison.
func (t *terminal) compareSubjects(c *cli.Context, w io.Writer, subjects []subject, format string) error {
	journeys := 0
	for _, s := range subjects {
		if s.journey != nil {
			journeys++
		}
	}
	switch {
	case len(subjects) == 1 && journeys == 1:
		return t.compareSides(c, w, subjects, subjects[0].journey.Stages, format)
	case len(subjects) == 1:
		return misuse("name another run to compare it with; showdown runs lists what was recorded", "compare: %s is alone", subjects[0].id)
	case journeys > 0 && journeys < len(subjects):
		hint := ""
		for _, s := range subjects {
			if s.journey != nil && len(s.journey.Stages) > 0 {
				hint = fmt.Sprintf("name a stage of the journey: %s/%s", s.id, s.journey.Stages[0].Name)
			}
		}
		return misuse(hint, "compare: some of these are journeys and some are runs of a stage")
	case journeys > 0:
		return t.compareJourneys(c, w, subjects, format)
	}
	sides := make([]compare.Side, len(subjects))
	for i, s := range subjects {
		sides[i] = s.side
	}
	return t.compareSides(c, w, subjects, compare.Named(sides), format)
}

// compareSides compares runs of stages. Of a journey's own stages those without a
// reference window are left out: they play nothing that the others do.
func (t *terminal) compareSides(c *cli.Context, w io.Writer, subjects []subject, sides []compare.Side, format string) error {
	if c.NArg() == 1 {
		var with []compare.Side
		for _, s := range sides {
			if s.Runs[0].Summary.Reference != nil {
				with = append(with, s)
			} else {
				t.progress(c, "%s is left out: it has no reference window", s.Name)
			}
		}
		sides = with
	}
	if len(sides) < 2 {
		return misuse("name another run to compare it with", "compare: there is one stage only")
	}
	result, err := compare.Compare(sides)
	if err != nil {
		return err
	}
	switch format {
	case "json":
		return encodeTo(w, result)
	case "md":
		return report.ComparisonMarkdown(w, result)
	case "html":
		return report.ComparisonHTML(w, result, t.beside(c, subjects, eventOf(result, sides)), version())
	}
	return report.Comparison(w, result, t.colour(c, t.stdout) && c.String("to") == "")
}

func (t *terminal) compareJourneys(c *cli.Context, w io.Writer, subjects []subject, format string) error {
	sides := make([]compare.JourneySide, len(subjects))
	for i, s := range subjects {
		sides[i] = *s.journey
		sides[i].Name = compare.Letter(i)
	}
	result, err := compare.CompareJourneys(sides)
	if err != nil {
		return err
	}
	switch format {
	case "json":
		return encodeTo(w, result)
	case "md":
		return report.JourneyComparisonMarkdown(w, result)
	case "html":
		return report.JourneyComparisonHTML(w, result, t.beside(c, subjects, nil), version())
	}
	return report.JourneyComparison(w, result, t.colour(c, t.stdout) && c.String("to") == "")
}

// eventOf is the letter of the fault that a comparison's sentence is about, by run.
func eventOf(c *compare.Comparison, sides []compare.Side) map[string]string {
	if c.Event == nil {
		return nil
	}
	out := map[string]string{}
	for i, letter := range c.Event.Letters {
		out[sides[i].Runs[0].Summary.Run] = letter
	}
	return out
}

// beside are the figures that set the subjects beside each other, the first run of each. A
// page is worth writing without them.
func (t *terminal) beside(c *cli.Context, subjects []subject, event map[string]string) []report.Plate {
	var runs []results.Run
	for _, s := range subjects {
		runs = append(runs, s.runs[0])
	}
	set, err := figure.Load(runs...)
	if err != nil {
		t.progress(c, "the page has no figures: %v", err)
		return nil
	}
	return report.PlatesBeside(set, event)
}

// encodeTo writes v as one JSON document.
func encodeTo(w io.Writer, v any) error { return (&terminal{stdout: w}).document(v) }
