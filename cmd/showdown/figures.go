package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown/results"
	"showdown/results/draw"
	"showdown/results/figure"
)

func (t *terminal) figuresCommand() *cli.Command {
	list := "The figures:\n"
	for _, k := range figure.Kinds() {
		list += fmt.Sprintf("  %-4s %-13s %s\n", k.ID, k.Slug, k.Shows)
	}
	return &cli.Command{
		Name:      "figures",
		Usage:     "draw what runs show, as SVG, PNG and CSV",
		ArgsUsage: "RUN...",
		Description: "RUN is a run's id, a unique prefix of it, the path of its folder, or latest; a journey's\n" +
			"stage is latest/vertical. Of a run its cells are drawn, of a journey its stages in their\n" +
			"reference windows, and several RUNs are set beside each other.\n\n" + list,
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "only", EnvVars: []string{"SHOWDOWN_ONLY"}, Usage: "`F1,F6`: these figures alone, by number or name"},
			&cli.StringFlag{Name: "format", EnvVars: []string{"SHOWDOWN_FORMAT"}, Value: "svg,png,csv", Usage: "`FORMATS`: some of svg, png and csv"},
			&cli.StringFlag{Name: "lang", EnvVars: []string{"SHOWDOWN_LANG"}, Value: "en", Usage: "`LANGUAGE`: en or fr"},
			&cli.StringFlag{Name: "theme", EnvVars: []string{"SHOWDOWN_THEME"}, Value: "light", Usage: "`THEME`: light or dark"},
			&cli.StringFlag{Name: "to", EnvVars: []string{"SHOWDOWN_TO"}, Usage: "`DIR` of the figures (default: figures in the folder of the first RUN)"},
			outFlag(), jsonFlag(), quietFlag(),
		},
		Action: func(c *cli.Context) error {
			kinds, files, err := wantedFigures(c)
			if err != nil {
				return err
			}
			runs, err := t.figureRuns(c)
			if err != nil {
				return err
			}
			if files.Dir == "" {
				files.Dir = figuresDir(runs)
			}
			set, err := figure.Load(runs...)
			if err != nil {
				return hinted(err, "showdown runs says which records can be read")
			}
			for _, m := range set.Missing {
				t.progress(c, "left out: %s", m)
			}
			return t.writeFigures(c, kinds, files, set)
		},
	}
}

// wantedFigures is what the flags ask for.
func wantedFigures(c *cli.Context) (kinds []figure.Kind, files figure.Files, err error) {
	kinds = figure.Kinds()
	if names := split(c.String("only")); len(names) > 0 {
		kinds = nil
		for _, name := range names {
			k, err := figure.KindNamed(name)
			if err != nil {
				return nil, files, misuse("showdown figures --help says what each shows", "--only: %w", err)
			}
			if !slices.ContainsFunc(kinds, func(o figure.Kind) bool { return o.ID == k.ID }) {
				kinds = append(kinds, k)
			}
		}
	}
	files.Dir = c.String("to")
	for _, format := range split(c.String("format")) {
		if !slices.Contains(figure.Formats(), format) {
			return nil, files, misuse("write --format svg,png,csv, or some of them", "--format: no format %q", format)
		}
		if !slices.Contains(files.Formats, format) {
			files.Formats = append(files.Formats, format)
		}
	}
	if len(files.Formats) == 0 {
		return nil, files, misuse("write --format svg,png,csv, or some of them", "--format names no format")
	}
	if files.Lang, err = figure.LangNamed(c.String("lang")); err != nil {
		return nil, files, misuse("write --lang en or fr", "--lang: %w", err)
	}
	if files.Theme, err = draw.ThemeNamed(c.String("theme")); err != nil {
		return nil, files, misuse("write --theme light or dark", "--theme: %w", err)
	}
	return kinds, files, nil
}

// split is the words of a list with commas.
func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// figureRuns are the runs that the arguments name.
func (t *terminal) figureRuns(c *cli.Context) ([]results.Run, error) {
	if c.NArg() == 0 {
		return nil, misuse("write showdown figures latest, or a run's id; showdown runs lists them", "figures: want a run")
	}
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return nil, err
	}
	var runs []results.Run
	for _, ref := range c.Args().Slice() {
		run, err := t.resolve(c, store, ref)
		if err != nil {
			return nil, err
		}
		if _, _, packed := packedFile(ref); packed && c.String("to") == "" {
			return nil, misuse("write --to DIR", "figures: %s is packed: its figures need a folder", ref)
		}
		if !slices.ContainsFunc(runs, func(r results.Run) bool { return r.Dir == run.Dir }) {
			runs = append(runs, run)
		}
	}
	return runs, nil
}

// figuresDir is where the figures of runs go that no flag sends elsewhere: into the folder
// of the first, for several into one of their own there.
func figuresDir(runs []results.Run) string {
	dir := filepath.Join(runs[0].Dir, "figures")
	if len(runs) == 1 {
		return dir
	}
	names := make([]string, 0, len(runs)-1)
	for _, r := range runs[1:] {
		names = append(names, strings.ReplaceAll(r.ID, "/", "-"))
	}
	name := "beside-" + strings.Join(names, "+")
	return filepath.Join(dir, name[:min(len(name), 120)])
}

// figureRow is a figure in the JSON of figures.
type figureRow struct {
	ID      string `json:"id"`
	Slug    string `json:"slug"`
	Title   string `json:"title"`
	Caption string `json:"caption,omitempty"`
	Footer  string `json:"footer,omitempty"`
	// Empty says why there is nothing to show; then there are no files.
	Empty string   `json:"empty,omitempty"`
	Files []string `json:"files"`
}

// writeFigures writes the figures and says which files there are. One that has nothing to
// show is named on stderr.
func (t *terminal) writeFigures(c *cli.Context, kinds []figure.Kind, files figure.Files, set *figure.Set) error {
	rows := make([]figureRow, 0, len(kinds))
	for _, k := range kinds {
		if err := c.Context.Err(); err != nil {
			return err
		}
		f, paths, err := files.Write(k, set)
		if err != nil {
			return err
		}
		if f.Empty != "" {
			t.progress(c, "%s %s: %s", f.ID, f.Slug, f.Empty)
		} else {
			t.progress(c, "%s %s: %s", f.ID, f.Slug, f.Title)
		}
		row := figureRow{ID: f.ID, Slug: f.Slug, Title: f.Title, Caption: f.Caption, Empty: f.Empty, Files: paths}
		if f.Empty == "" {
			row.Footer = f.Footer
		} else {
			row.Title, row.Files = "", []string{}
		}
		rows = append(rows, row)
		if !c.Bool("json") {
			for _, path := range paths {
				fmt.Fprintln(t.stdout, path)
			}
		}
	}
	if c.Bool("json") {
		return t.document(map[string]any{"dir": files.Dir, "figures": rows})
	}
	return nil
}
