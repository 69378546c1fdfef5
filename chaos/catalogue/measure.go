package catalogue

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"showdown"
	"showdown/results"
)

// Run is what a run of the catalogue's stage showed.
type Run struct {
	// Manifest says with what it was measured.
	Manifest *results.Manifest
	// Cells are what was seen in each cell, by its name.
	Cells map[string]Cell
}

// Cell is what was seen in one cell.
type Cell struct {
	// Disturbed says that the machine stalled while it was measured, or that the load
	// came late.
	Disturbed bool
	// Calm is what clients saw of the whole cell, where its timeline is empty.
	Calm []Row
	// Shown are the steps that are not helpers, in the order of the timeline.
	Shown []Shown
}

// Shown is a step and what was seen of it.
type Shown struct {
	Step showdown.Step
	// Confirmed says that the probe saw it, Evidence what it saw.
	Confirmed bool
	Evidence  string
	// Facts are those that it found then, and Later what it found beside when it looked
	// for the end.
	Facts, Later map[string]any
	// Failure is why it was not played, or not wholly.
	Failure string
	// Rows are what clients saw, kind by kind and for each window by window.
	Rows []Row
}

// Row is what one kind of clients saw in one window.
type Row struct {
	// Clients is the name of the kind, When that of the window.
	Clients, When string
	Tally
}

// Measure reads the record of a run in folder dir.
func Measure(dir string) (*Run, error) {
	m, err := results.ReadManifest(dir)
	if err != nil {
		return nil, fmt.Errorf("measure faults: %w", err)
	}
	clock, err := showdown.NewClock(m.Speed)
	if err != nil {
		return nil, fmt.Errorf("measure faults: %w", err)
	}
	events, complete, err := results.ReadEvents(filepath.Join(dir, "events.ndjson"))
	if err == nil && !complete {
		err = fmt.Errorf("the run in %s did not come to its end: play it again", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("measure faults: %w", err)
	}
	summary, err := results.ReadSummary(dir)
	if err != nil {
		return nil, fmt.Errorf("measure faults: %w", err)
	}
	run := &Run{Manifest: m, Cells: map[string]Cell{}}
	for _, spec := range m.Spec.Cells {
		hits := filepath.Join(dir, "cells", spec.Name, "hits.bin")
		generator := summary.Cells[spec.Name].Generator
		if spec.Name == showdown.BaseCell {
			hits = filepath.Join(dir, "hits.bin")
		}
		// Where the base cell was not played, another one stands at the top of the summary.
		if spec.Name == summary.Cell {
			generator = summary.Generator
		}
		c := newCell(spec, events, clock)
		if err := eachHit(hits, c.add); err != nil {
			return nil, fmt.Errorf("measure cell %s: %w", spec.Name, err)
		}
		out := c.cell()
		out.Disturbed = generator.Disturbed || generator.Saturated
		run.Cells[spec.Name] = out
	}
	return run, nil
}

func eachHit(path string, f func(*showdown.Hit)) (err error) {
	r, err := results.OpenHits(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		hits, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range hits {
			f(&hits[i])
		}
	}
}

// counting is a cell whose requests are being counted.
type counting struct {
	lives map[string]*life
	// kinds are the names of the kinds of clients, and kindOf the kind of each client.
	kinds  []string
	kindOf []int
	shown  []countingStep
}

// countingStep is a step of the cell, or the whole of a cell without steps, whose step
// has no letter.
type countingStep struct {
	step    showdown.Step
	windows []window
	// tallies are by kind and window.
	tallies [][]Tally
}

func newCell(spec showdown.Cell, events []showdown.Event, clock showdown.Clock) *counting {
	c := &counting{lives: lives(events, spec.Name, clock)}
	for i, size := range spec.Traffic.CohortSizes() {
		name := spec.Name
		if len(spec.Traffic.Cohorts) > 0 {
			name = spec.Traffic.Cohorts[i].Name
		}
		c.kinds = append(c.kinds, name)
		for range size {
			c.kindOf = append(c.kindOf, i)
		}
	}
	timeout, _ := clock.Timeout(spec.Traffic.Timeout, showdown.FloorClient)
	length := spec.Traffic.Length(clock)
	if len(spec.Timeline) == 0 {
		c.show(showdown.Step{}, []window{{name: calm, after: -1}})
	}
	for _, s := range spec.Timeline {
		if !Helper(s) {
			c.show(s, windows(c.lives, s.Letter, showdown.Actions()[s.Do].Repairs, timeout, length))
		}
	}
	return c
}

func (c *counting) show(s showdown.Step, windows []window) {
	step := countingStep{step: s, windows: windows}
	for range c.kinds {
		step.tallies = append(step.tallies, make([]Tally, len(windows)))
	}
	c.shown = append(c.shown, step)
}

func (c *counting) add(h *showdown.Hit) {
	if int(h.Client) >= len(c.kindOf) {
		return
	}
	kind := c.kindOf[h.Client]
	for _, s := range c.shown {
		for w := range s.windows {
			if s.windows[w].has(h) {
				s.tallies[kind][w].add(h)
			}
		}
	}
}

func (c *counting) cell() Cell {
	var out Cell
	for _, s := range c.shown {
		var rows []Row
		for kind, name := range c.kinds {
			for w := range s.windows {
				rows = append(rows, Row{Clients: name, When: s.windows[w].name, Tally: s.tallies[kind][w]})
			}
		}
		if s.step.Letter == "" {
			out.Calm = rows
			continue
		}
		shown := Shown{Step: s.step, Rows: rows}
		if l := c.lives[s.step.Letter]; l != nil {
			shown.Confirmed, shown.Evidence, shown.Failure = l.confirmed, l.evidence, l.failure
			shown.Facts, shown.Later = l.facts, l.news()
		}
		out.Shown = append(out.Shown, shown)
	}
	return out
}

// Disturbed lists the cells that the machine disturbed, in the order of the stage.
func (r *Run) Disturbed() []string {
	var out []string
	for _, c := range r.Manifest.Spec.Cells {
		if r.Cells[c.Name].Disturbed {
			out = append(out, c.Name)
		}
	}
	return out
}

// Doubtful lists the cells that are worth another try, in the order of the stage: those
// that the machine disturbed, and those that do not say everything.
func (r *Run) Doubtful() []string {
	var out []string
	for _, c := range r.Manifest.Spec.Cells {
		if r.Cells[c.Name].doubt() > 0 {
			out = append(out, c.Name)
		}
	}
	return out
}

// Replace takes over the cells of a later run of the same stage that are less doubtful.
func (r *Run) Replace(later *Run) {
	for name, c := range later.Cells {
		if c.doubt() < r.Cells[name].doubt() {
			r.Cells[name] = c
		}
	}
}

// doubt is 0 for a cell that says everything, 1 where the machine disturbed it, and 2
// where something is missing.
func (c Cell) doubt() int {
	switch {
	case len(c.problems()) > 0:
		return 2
	case c.Disturbed:
		return 1
	}
	return 0
}

// Complete fails unless every step was played and seen, and every kind of clients sent
// something in every window.
func (r *Run) Complete() error {
	var problems []error
	for _, spec := range r.Manifest.Spec.Cells {
		for _, err := range r.Cells[spec.Name].problems() {
			problems = append(problems, fmt.Errorf("cell %s: %w", spec.Name, err))
		}
	}
	return errors.Join(problems...)
}

// problems are what a cell does not say.
func (c Cell) problems() (problems []error) {
	if len(c.Calm) == 0 && len(c.Shown) == 0 {
		return []error{errors.New("it shows nothing: give it a step that is no helper")}
	}
	for _, s := range c.Shown {
		switch {
		case s.Failure != "":
			problems = append(problems, fmt.Errorf("%s failed: %s", s.Step.Letter, s.Failure))
		case !s.Confirmed:
			problems = append(problems, fmt.Errorf("%s was not seen by the probe: %s", s.Step.Letter, s.Evidence))
		}
		for i := range s.Rows {
			if r := &s.Rows[i]; r.Requests() == 0 {
				problems = append(problems, fmt.Errorf("%s: %s clients sent nothing %s: give it more time", s.Step.Letter, r.Clients, r.When))
			}
		}
	}
	return problems
}
