package figure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"showdown/results"
	"showdown/results/analysis"
)

// Load reads runs into a set: one run with its cells, a journey with its stages in their
// order, or several of either to be set beside each other. Each record is analysed anew;
// what a summary beside it says is not asked, but for the spread over repeats.
//
// A stage of a journey that cannot be read is left out, and the set says so.
func Load(runs ...results.Run) (*Set, error) {
	s := &Set{}
	var names []string
	for _, r := range runs {
		names = append(names, r.ID)
		if !r.Journey {
			c, err := loadRun(r.Dir)
			if err != nil {
				return nil, err
			}
			s.Sources = append(s.Sources, *c)
			continue
		}
		if err := s.loadJourney(r, len(runs) == 1); err != nil {
			return nil, err
		}
	}
	if len(s.Sources) == 0 {
		return nil, fmt.Errorf("figures: %s holds no run that can be read%s", strings.Join(names, ", "), because(s.Missing))
	}
	s.Name = strings.Join(names, ", ")
	s.distinguish()
	return s, nil
}

func because(missing []string) string {
	if len(missing) == 0 {
		return ""
	}
	return ": " + missing[0]
}

func (s *Set) loadJourney(r results.Run, alone bool) error {
	if alone {
		j, err := analysis.AnalyseJourney(r.Dir)
		if err != nil {
			// Without the claims over the whole journey the stages are still worth drawing.
			s.Missing = append(s.Missing, err.Error())
			j = &results.JourneySummary{Run: r.ID}
		}
		s.Journey = j
	}
	last := map[string]int{} // the source of each stage
	for _, stage := range r.Stages() {
		c, err := loadRun(stage.Dir)
		if err != nil {
			s.Missing = append(s.Missing, err.Error())
			continue
		}
		// A stage that was played again is there once, as in the journey's summary.
		if i, again := last[c.Summary.Stage]; again {
			s.Sources[i] = *c
			continue
		}
		last[c.Summary.Stage] = len(s.Sources)
		s.Sources = append(s.Sources, *c)
	}
	return nil
}

func loadRun(dir string) (*Source, error) {
	c := &Source{}
	var err error
	if c.Manifest, err = results.ReadManifest(dir); err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	if c.Summary, err = analysis.Analyse(dir); err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	if old, err := results.ReadSummary(dir); err == nil && old.Run == c.Summary.Run {
		c.Summary.Repeats = old.Repeats
	}
	c.Events, _, err = results.ReadEvents(filepath.Join(dir, results.EventsFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("figures: %w", err)
	}
	if c.Series, err = analysis.SeriesOf(dir); err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	c.Name = c.Summary.Stage
	if c.Name == "" {
		c.Name = c.Summary.Run
	}
	return c, nil
}

// distinguish adds a part of the run's id to names that are there twice.
func (s *Set) distinguish() {
	count := map[string]int{}
	for _, c := range s.Sources {
		count[c.Name]++
	}
	for i := range s.Sources {
		c := &s.Sources[i]
		if count[c.Name] < 2 {
			continue
		}
		id := c.Summary.Run
		if journey, _, staged := strings.Cut(id, "/"); staged {
			id = journey
		}
		if k := strings.LastIndexByte(id, '-'); k >= 0 {
			id = id[k+1:]
		}
		c.Name += " (" + id + ")"
	}
}
