package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"showdown"
)

// Entry is a run in a store's list.
type Entry struct {
	Run
	// Title is the stage's or, of a journey, its name.
	Title   string
	Started time.Time
	// JourneyName and StageName are what was run; StageName is empty for a journey.
	JourneyName, StageName string
	// Source is where an imported run comes from; nil for one that was played.
	Source *Source
	// Tags are the run's, sorted.
	Tags []string
	// Size is the size of its files in bytes.
	Size int64
	// Verdict is the summary's, else that of the last event; empty when neither says.
	Verdict showdown.Verdict
	// Duration is the lab time of the traffic by the summary, else the time between
	// the start and the last event.
	Duration time.Duration
	// Complete says that the ends of all the run's files are there.
	Complete bool
	// Broken says in a sentence what cannot be read; empty when all can.
	Broken string
	// Stages are the entries of a journey's stages.
	Stages []Entry
}

// List describes the top-level runs of the store, oldest first. A folder that cannot
// be read is listed with what is broken.
func (s *Store) List() ([]Entry, error) {
	all, err := s.Runs()
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(all))
	for _, r := range all {
		out = append(out, r.Entry())
	}
	return out, nil
}

// Entry describes r from its folder.
func (r Run) Entry() Entry {
	if r.Journey {
		return r.journeyEntry()
	}
	e := Entry{Run: r, Title: r.ID, Started: r.Started()}
	note := func(err error) {
		if err != nil && e.Broken == "" {
			e.Broken = err.Error()
		}
	}
	m, err := ReadManifest(r.Dir)
	note(err)
	if err == nil {
		e.JourneyName, e.StageName, e.Source = m.Journey, m.Stage, m.Source
	}
	e.Size = r.Bytes()
	tags, tagsErr := ReadTags(r.Dir)
	e.Tags = tags
	note(tagsErr)
	if err == nil && m.Spec != nil {
		if e.Title = m.Spec.Title; e.Title == "" {
			e.Title = m.Spec.ID()
		}
	}
	if last, ok := lastEvent(filepath.Join(r.Dir, EventsFile)); ok {
		if !e.Started.IsZero() {
			e.Duration = max(0, last.At.Sub(e.Started))
		}
	}
	e.Complete, err = complete(r.Dir)
	note(err)
	switch sum, err := ReadSummary(r.Dir); {
	case err == nil:
		e.Verdict = sum.Verdict
		e.Duration = time.Duration(sum.LabSeconds * float64(time.Second))
	case !errors.Is(err, os.ErrNotExist):
		note(err)
	}
	return e
}

func (r Run) journeyEntry() Entry {
	e := Entry{Run: r, Title: r.ID, Started: r.Started(), Complete: true}
	m, err := ReadJourney(r.Dir)
	if err != nil {
		e.Broken, e.Complete = err.Error(), false
	} else {
		e.Title, e.JourneyName = m.Journey, m.Journey
	}
	e.Size = r.Bytes()
	tags, tagsErr := ReadTags(r.Dir)
	if e.Tags = tags; tagsErr != nil && e.Broken == "" {
		e.Broken = tagsErr.Error()
	}
	for _, st := range r.Stages() {
		s := st.Entry()
		e.Stages = append(e.Stages, s)
		e.Duration += s.Duration
		e.Complete = e.Complete && s.Complete
		if e.Verdict = e.Verdict.Worse(s.Verdict); s.Verdict == "" {
			e.Verdict = e.Verdict.Worse(showdown.Unknown)
		}
		if e.Broken == "" && s.Broken != "" {
			e.Broken = fmt.Sprintf("stage %s: %s", filepath.Base(st.Dir), s.Broken)
		}
	}
	if err == nil && len(e.Stages) < len(m.Stages) || len(e.Stages) == 0 {
		e.Complete = false
	}
	switch sum, err := ReadJourneySummary(r.Dir); {
	case err == nil:
		e.Verdict = sum.Verdict
	case !errors.Is(err, os.ErrNotExist) && e.Broken == "":
		e.Broken = err.Error()
	}
	return e
}

// complete says whether the ends of all files of the run in dir are there, from
// those ends alone. The error says which file cannot be read.
func complete(dir string) (bool, error) {
	last, ok := lastEvent(filepath.Join(dir, EventsFile))
	whole := ok && last.Kind == showdown.RunEnded
	if !ok {
		if _, err := os.Stat(filepath.Join(dir, EventsFile)); err != nil {
			return false, fmt.Errorf("open events: %w", err)
		}
	}
	files, err := HitFiles(dir)
	if err != nil {
		return false, err
	}
	if len(files) == 0 {
		return false, fmt.Errorf("no %s in %s", HitsFile, dir)
	}
	for _, path := range files {
		ended, err := HitsEnded(path)
		if err != nil {
			return false, err
		}
		whole = whole && ended
	}
	return whole, nil
}
