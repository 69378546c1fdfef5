// Command course writes docs/course: a chapter for each journey, made from a run of it, with
// its figures and their numbers.
//
//	go run ./.ci/course -root .                       plays the journeys first
//	go run ./.ci/course -root . -from results/runs/ID  takes a record that is there
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"showdown/results"
	"showdown/results/draw"
	"showdown/results/figure"
	"showdown/results/report"
)

// journeys are those that have a chapter.
func journeys() []string { return []string{"whatsthetime"} }

func main() {
	root := flag.String("root", ".", "folder of the project")
	from := flag.String("from", "", "folder of a journey's record; empty plays all journeys")
	speed := flag.Float64("speed", 60, "speed of the runs")
	seed := flag.Uint64("seed", 1, "seed of the runs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *root, *from, *speed, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "course:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root, from string, speed float64, seed uint64) (err error) {
	if from != "" {
		return chapter(root, from)
	}
	work, err := os.MkdirTemp("", "showdown-course-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	binary := filepath.Join(work, "showdown")
	if err := command(ctx, root, "go", "build", "-o", binary, "./cmd/showdown"); err != nil {
		return err
	}
	for _, j := range journeys() {
		store := filepath.Join(work, j)
		err := command(ctx, root, binary, "run", j, "--speed", fmt.Sprint(speed), "--seed", fmt.Sprint(seed), "--out", store)
		if err != nil {
			return fmt.Errorf("%w: a chapter is of a journey whose claims held; run it again", err)
		}
		s, err := results.OpenStore(store)
		if err != nil {
			return err
		}
		r, err := s.Resolve(results.Latest)
		if err != nil {
			return err
		}
		if err := chapter(root, r.Dir); err != nil {
			return err
		}
	}
	return nil
}

func command(ctx context.Context, dir, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, io.Discard, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return nil
}

// most is how large a file of a chapter may be.
const most = 200 << 10

// chapter writes the chapter of the journey whose record is in dir.
func chapter(root, dir string) error {
	store, err := results.OpenStore(filepath.Dir(dir))
	if err != nil {
		return err
	}
	r, err := store.Resolve(filepath.Base(dir))
	if err != nil {
		return err
	}
	m, err := results.ReadJourney(r.Dir)
	if err != nil {
		return err
	}
	set, err := figure.Load(r)
	if err != nil {
		return err
	}
	to := filepath.Join(root, "docs", "course")
	files := filepath.Join(to, m.Journey)
	if err := os.RemoveAll(files); err != nil {
		return err
	}
	if err := os.MkdirAll(files, 0o755); err != nil {
		return err
	}
	var failed error
	link := func(stage string, plate report.Plate) string {
		name, err := write(files, set, stage, plate.ID)
		if err != nil {
			failed = errors.Join(failed, err)
		}
		if name == "" {
			return ""
		}
		return m.Journey + "/" + name
	}
	var text bytes.Buffer
	if err := errors.Join(report.Chapter(&text, report.JourneyPageOf(set, m), link), failed); err != nil {
		return err
	}
	return results.WriteFile(filepath.Join(to, m.Journey+".md"), text.Bytes())
}

// write draws a figure of the journey, or of one stage, beside its numbers. Its name is empty
// where it would be too large for a repository.
func write(dir string, set *figure.Set, stage, id string) (string, error) {
	k, err := figure.KindNamed(id)
	if err != nil {
		return "", err
	}
	about := set
	for _, src := range set.Sources {
		if src.Summary.Stage == stage && stage != "" {
			about = &figure.Set{Name: src.Name, Sources: []figure.Source{src}}
		}
	}
	f := figure.Build(k, about, figure.Page{Shape: figure.Print, Lang: figure.English})
	if f.Picture == nil {
		return "", nil
	}
	name := f.File()
	if stage != "" {
		name = stage + "-" + name
	}
	var svg, csv bytes.Buffer
	if err := f.Picture.SVG(&svg, draw.Light(), figure.PrintCM, "cm"); err != nil {
		return "", err
	}
	if err := f.Table.CSV(&csv); err != nil {
		return "", err
	}
	if svg.Len() > most || csv.Len() > most {
		fmt.Fprintf(os.Stderr, "left out: %s has %d bytes, its numbers %d\n", name, svg.Len(), csv.Len())
		return "", nil
	}
	err = results.WriteFile(filepath.Join(dir, name+".svg"), svg.Bytes())
	return name + ".svg", errors.Join(err, results.WriteFile(filepath.Join(dir, name+".csv"), csv.Bytes()))
}
