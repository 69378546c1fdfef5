package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"showdown/results"
)

func (t *terminal) runsCommand() *cli.Command {
	return &cli.Command{
		Name:         "runs",
		Usage:        "list what was recorded, oldest first; tag and remove it",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "journey", EnvVars: []string{"SHOWDOWN_JOURNEY"}, Usage: "only runs of the journey `NAME`"},
			&cli.StringFlag{Name: "stage", EnvVars: []string{"SHOWDOWN_STAGE"}, Usage: "only runs of the stage `NAME`, in journeys too"},
			&cli.StringFlag{Name: "verdict", EnvVars: []string{"SHOWDOWN_VERDICT"}, Usage: "only held, deviated or unknown runs; none for those without"},
			&cli.StringSliceFlag{Name: "tag", EnvVars: []string{"SHOWDOWN_TAG"}, Usage: "only runs with the tag `NAME`; several must all be there"},
			&cli.StringFlag{Name: "since", EnvVars: []string{"SHOWDOWN_SINCE"}, Usage: "only runs since a `TIME`: 2026-11-23, 2026-11-23T10:15:00Z, or how long ago: 90m, 7d"},
			outFlag(), jsonFlag(), quietFlag(),
		},
		HideHelpCommand: true,
		Subcommands:     []*cli.Command{t.tagCommand(), t.removeCommand()},
		Action:          t.runs,
	}
}

func (t *terminal) runs(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	filter, err := newRunFilter(c, time.Now())
	if err != nil {
		return err
	}
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return err
	}
	entries, err := store.List()
	if err != nil {
		return err
	}
	groups, err := groupRows(store)
	if err != nil {
		return err
	}
	kept := filter.keep(entries)
	if c.Bool("json") {
		return t.document(runRows(kept, groups))
	}
	switch {
	case len(entries) == 0:
		t.progress(c, "%s holds no run yet; showdown demo makes one", store.Dir())
		return nil
	case len(kept) == 0:
		t.progress(c, "none of %s in %s is of that kind", countRuns(len(entries)), store.Dir())
		return nil
	}
	w := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "run\tverdict\ttime\tsize\twhat")
	var size int64
	for _, e := range kept {
		what := e.Title
		if len(e.Tags) > 0 {
			what += " [" + strings.Join(e.Tags, " ") + "]"
		}
		switch {
		case e.Broken != "":
			what += " (" + e.Broken + ")"
		case e.Run.InUse():
			what += " (being recorded)"
		case !e.Complete:
			what += " (the end of the record is missing)"
		}
		verdict := string(e.Verdict)
		if verdict == "" {
			verdict = "-"
		}
		size += e.Size
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.ID, verdict, e.Duration.Round(100*time.Millisecond), mebibytes(e.Size), printable(what))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	listed := groupsOf(groups, kept)
	if err := writeRepeats(t.stdout, listed); err != nil {
		return err
	}
	t.progress(c, "%s, %s", countRuns(len(kept)), mebibytes(size))
	if len(listed) > 0 {
		t.progress(c, "showdown compare takes the id of repeats as it takes a run's")
	}
	return nil
}

func countRuns(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// printable is text without control characters: titles come from anybody's files.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 || c == '\u2028' || c == '\u2029' || c >= '\u202a' && c <= '\u202e' {
			return '�'
		}
		return c
	}, text)
}

// runRow is a run in the JSON of runs.
type runRow struct {
	Run        string    `json:"run"`
	Dir        string    `json:"dir"`
	Title      string    `json:"title"`
	Journey    bool      `json:"journey"`
	Started    time.Time `json:"started"`
	Verdict    string    `json:"verdict"`
	LabSeconds float64   `json:"lab_seconds"`
	Complete   bool      `json:"complete"`
	Broken     string    `json:"broken,omitempty"`
	// JourneyName and Stage are what was run.
	JourneyName string   `json:"journey_name"`
	Stage       string   `json:"stage"`
	Tags        []string `json:"tags"`
	Bytes       int64    `json:"bytes"`
	InUse       bool     `json:"in_use"`
	// Imported is the format that an imported run was in.
	Imported string `json:"imported,omitempty"`
	// Repeats is the id of the repeats that the run is one of.
	Repeats string `json:"repeats,omitempty"`
}

func runRows(entries []results.Entry, groups []groupRow) []runRow {
	rows := make([]runRow, 0, len(entries))
	for _, e := range entries {
		row := runRow{
			Run: e.ID, Dir: e.Dir, Title: e.Title, Journey: e.Journey, Started: e.Started, Verdict: string(e.Verdict),
			LabSeconds: e.Duration.Seconds(), Complete: e.Complete, Broken: e.Broken,
			JourneyName: e.JourneyName, Stage: e.StageName, Tags: append([]string{}, e.Tags...), Bytes: e.Size, InUse: e.Run.InUse(), Repeats: repeats(groups, e.ID),
		}
		if e.Source != nil {
			row.Imported = e.Source.Format
		}
		rows = append(rows, row)
	}
	return rows
}

// runFilter says which runs are listed.
type runFilter struct {
	journey, stage, verdict string
	tags                    []string
	since                   time.Time
}

func newRunFilter(c *cli.Context, now time.Time) (runFilter, error) {
	f := runFilter{journey: c.String("journey"), stage: c.String("stage"), verdict: c.String("verdict"), tags: c.StringSlice("tag")}
	switch f.verdict {
	case "", "held", "deviated", "unknown", "none":
	default:
		return f, misuse("write --verdict held, deviated, unknown or none", "runs: no verdict %q", f.verdict)
	}
	if text := c.String("since"); text != "" {
		var err error
		if f.since, err = sinceTime(text, now); err != nil {
			return f, misuse("write --since 2026-11-23, --since 90m or --since 7d", "runs: %w", err)
		}
	}
	return f, nil
}

// sinceTime is the time that a text means: a date, a time, or how long before now.
func sinceTime(text string, now time.Time) (time.Time, error) {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return at, nil
		}
	}
	days := 0
	if n, err := fmt.Sscanf(text, "%dd", &days); err == nil && n == 1 && text == fmt.Sprintf("%dd", days) && days >= 0 {
		return now.AddDate(0, 0, -days), nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a time nor a duration", text)
}

// keep is the runs that fit. Where a stage is asked for, a journey's run of it stands in its
// place.
func (f runFilter) keep(entries []results.Entry) []results.Entry {
	var out []results.Entry
	for _, e := range entries {
		if f.stage == "" || !e.Journey {
			if f.fits(e, e.Tags) {
				out = append(out, e)
			}
			continue
		}
		for _, st := range e.Stages {
			// A stage has its journey's tags beside its own.
			if tags := append(slices.Clone(e.Tags), st.Tags...); f.fits(st, tags) {
				out = append(out, st)
			}
		}
	}
	return out
}

func (f runFilter) fits(e results.Entry, tags []string) bool {
	verdict := string(e.Verdict)
	if verdict == "" {
		verdict = "none"
	}
	for _, tag := range f.tags {
		if !slices.Contains(tags, tag) {
			return false
		}
	}
	return (f.journey == "" || f.journey == e.JourneyName) && (f.stage == "" || f.stage == e.StageName) &&
		(f.verdict == "" || f.verdict == verdict) && !e.Started.Before(f.since)
}

func (t *terminal) tagCommand() *cli.Command {
	return &cli.Command{
		Name:         "tag",
		Usage:        "tag a run, or say its tags",
		ArgsUsage:    "RUN [NAME...]",
		Description:  "The tags are kept in the run's folder. A name with a hyphen at its end is taken away: slides-",
		OnUsageError: usage,
		Flags:        []cli.Flag{outFlag(), jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return misuse("showdown runs tag latest slides", "runs tag: want a run and tags")
			}
			store, err := results.OpenStore(c.String("out"))
			if err != nil {
				return err
			}
			run, err := store.Resolve(c.Args().First())
			if err != nil {
				return &failure{code: exitUsage, err: err, hint: "showdown runs lists what was recorded"}
			}
			var add, remove []string
			for _, name := range c.Args().Tail() {
				if gone, ok := strings.CutSuffix(name, "-"); ok {
					remove = append(remove, gone)
				} else {
					add = append(add, name)
				}
			}
			tags, err := results.ChangeTags(run.Dir, add, remove)
			if err != nil {
				if errors.Is(err, results.ErrTag) {
					return &failure{code: exitUsage, err: err, hint: "showdown runs tag RUN NAME..."}
				}
				return hinted(err, "showdown runs tag RUN NAME...")
			}
			if c.Bool("json") {
				return t.document(map[string]any{"run": run.ID, "tags": append([]string{}, tags...)})
			}
			fmt.Fprintln(t.stdout, strings.Join(tags, " "))
			return nil
		},
	}
}

func (t *terminal) removeCommand() *cli.Command {
	return &cli.Command{
		Name:         "rm",
		Usage:        "remove runs from the store, for good",
		ArgsUsage:    "RUN...",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "yes", EnvVars: []string{"SHOWDOWN_YES"}, Usage: "do not ask"},
			outFlag(), jsonFlag(), quietFlag(),
		},
		Action: t.remove,
	}
}

func (t *terminal) remove(c *cli.Context) error {
	if c.NArg() == 0 {
		return misuse("showdown runs rm 20261123T101500-whatsthetime-vertical-3f2a", "runs rm: want a run")
	}
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return err
	}
	var runs []results.Run
	var size int64
	for _, ref := range c.Args().Slice() {
		run, err := store.Resolve(ref)
		if err != nil {
			return &failure{code: exitUsage, err: err, hint: "nothing was removed; showdown runs lists what was recorded"}
		}
		if slices.ContainsFunc(runs, func(r results.Run) bool { return filepath.Clean(r.Dir) == filepath.Clean(run.Dir) }) {
			continue
		}
		if run.InUse() {
			return hinted(fmt.Errorf("remove %s: it is in use: a run is being recorded there", run.ID), "nothing was removed; wait until it has ended")
		}
		runs = append(runs, run)
		size += run.Bytes()
	}
	if !c.Bool("yes") {
		for _, r := range runs {
			fmt.Fprintln(t.stderr, r.ID)
		}
		fmt.Fprintf(t.stderr, "remove %s, %s, for good? [y/N] ", countRuns(len(runs)), mebibytes(size))
		line, err := answer(c.Context, bufio.NewReader(t.stdin))
		if err != nil {
			fmt.Fprintln(t.stderr) // the question has no answer that ended its line
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if said := strings.ToLower(strings.TrimSpace(line)); said != "y" && said != "yes" {
			return misuse("answer y, or write --yes", "runs rm: nothing was removed")
		}
	}
	removed := []string{}
	for _, r := range runs {
		if err := store.Remove(r); err != nil {
			return hinted(err, "%d of %s were removed", len(removed), countRuns(len(runs)))
		}
		removed = append(removed, r.ID)
	}
	if c.Bool("json") {
		return t.document(map[string]any{"removed": removed, "bytes": size})
	}
	t.progress(c, "removed %s, %s", countRuns(len(removed)), mebibytes(size))
	return nil
}
