package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNoRun is the error of a reference that fits no run, and ErrAmbiguous of one that
// fits several. Errors that wrap them list candidates.
var (
	ErrNoRun     = errors.New("no such run")
	ErrAmbiguous = errors.New("several runs fit")
)

// Run is where a run lies.
type Run struct {
	// ID is the run's id, "journey's id/stage" for a stage of a journey.
	ID  string
	Dir string
	// Journey says that it is the run of a journey, whose stages are runs of their
	// own.
	Journey bool
}

// Stages are the runs of a journey's stages in the order in which they were played,
// those that were planned and never started left out. The run of a stage is its own.
func (r Run) Stages() []Run {
	if !r.Journey {
		return []Run{r}
	}
	var names []string
	if m, err := ReadJourney(r.Dir); err == nil {
		names = m.Stages
	}
	// What the manifest does not list, because it is broken, comes after.
	entries, _ := os.ReadDir(r.Dir)
	for _, e := range entries {
		if isRun(filepath.Join(r.Dir, e.Name())) && !slices.Contains(names, e.Name()) {
			names = append(names, e.Name())
		}
	}
	var out []Run
	for _, name := range names {
		dir := filepath.Join(r.Dir, name)
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			out = append(out, Run{ID: r.ID + "/" + name, Dir: dir})
		}
	}
	return out
}

// Started is when the run started, by its manifest or else by its id; zero when
// neither says.
func (r Run) Started() time.Time {
	if r.Journey {
		if m, err := ReadJourney(r.Dir); err == nil {
			return m.Started
		}
	} else if m, err := ReadManifest(r.Dir); err == nil {
		return m.Started
	}
	id := filepath.Base(r.ID)
	if len(id) > len(idTime) {
		id = id[:len(idTime)]
	}
	t, _ := time.Parse(idTime, id)
	return t
}

func isRun(dir string) bool     { return isFile(filepath.Join(dir, ManifestFile)) }
func isJourney(dir string) bool { return isFile(filepath.Join(dir, JourneyFile)) }

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Runs are the top-level runs of the store, oldest first. A folder is one when its
// name has an id's form or it holds a manifest.
func (s *Store) Runs() ([]Run, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list store %s: %w", s.dir, advise(err))
	}
	var out []Run
	for _, e := range entries {
		dir := filepath.Join(s.dir, e.Name())
		if !e.IsDir() || !idForm.MatchString(e.Name()) && !isRun(dir) && !isJourney(dir) {
			continue
		}
		out = append(out, Run{ID: e.Name(), Dir: dir, Journey: isJourney(dir)})
	}
	return out, nil
}

// Resolve is the run that ref means: an id, a prefix of one only, either of them
// followed by "/" and the name of a stage, the path of a run's folder, or [Latest].
// The error wraps [ErrNoRun] or [ErrAmbiguous] and lists what was perhaps meant.
func (s *Store) Resolve(ref string) (Run, error) {
	all, err := s.Runs()
	if err != nil {
		return Run{}, err
	}
	top, stage, staged := strings.Cut(strings.TrimSuffix(ref, "/"), "/")
	if top == Latest {
		if len(all) == 0 {
			return Run{}, fmt.Errorf("%w: store %s is empty", ErrNoRun, s.dir)
		}
		return withStage(newest(all), stage, staged)
	}
	for _, r := range all {
		if r.ID == top {
			return withStage(r, stage, staged)
		}
	}
	if r, ok := at(ref); ok {
		return r, nil
	}
	fits := withPrefix(all, top)
	switch {
	case top == "":
	case len(fits) == 1:
		return withStage(fits[0], stage, staged)
	case len(fits) > 1:
		return Run{}, fmt.Errorf("%w %q: %s", ErrAmbiguous, ref, candidates(fits))
	}
	if info, err := os.Stat(ref); err == nil && info.IsDir() {
		return Run{}, fmt.Errorf("%w: folder %s has neither %s nor %s", ErrNoRun, ref, ManifestFile, JourneyFile)
	}
	if len(all) == 0 {
		return Run{}, fmt.Errorf("%w as %q: store %s is empty", ErrNoRun, ref, s.dir)
	}
	return Run{}, fmt.Errorf("%w as %q in store %s; there are %s", ErrNoRun, ref, s.dir, candidates(closest(all, top)))
}

// at is the run in the folder at path.
func at(path string) (Run, bool) {
	path = filepath.Clean(path)
	switch {
	case isJourney(path):
		r := Run{ID: filepath.Base(path), Dir: path, Journey: true}
		if m, err := ReadJourney(path); err == nil && m.Run != "" {
			r.ID = m.Run
		}
		return r, true
	case isRun(path):
		r := Run{ID: filepath.Base(path), Dir: path}
		if m, err := ReadManifest(path); err == nil && m.Run != "" {
			r.ID = m.Run
		}
		return r, true
	}
	return Run{}, false
}

// withStage is r, or its stage of that name or only prefix.
func withStage(r Run, stage string, staged bool) (Run, error) {
	if !staged {
		return r, nil
	}
	if !r.Journey {
		return Run{}, fmt.Errorf("%w: %s is not a journey and has no stage %q", ErrNoRun, r.ID, stage)
	}
	stages := r.Stages()
	for _, st := range stages {
		if st.ID == r.ID+"/"+stage {
			return st, nil
		}
	}
	fits := withPrefix(stages, r.ID+"/"+stage)
	switch {
	case stage != "" && len(fits) == 1:
		return fits[0], nil
	case stage != "" && len(fits) > 1:
		return Run{}, fmt.Errorf("%w %q: %s", ErrAmbiguous, r.ID+"/"+stage, candidates(fits))
	case len(stages) == 0:
		return Run{}, fmt.Errorf("%w: journey %s has no stage that was started", ErrNoRun, r.ID)
	}
	return Run{}, fmt.Errorf("%w: journey %s has no stage %q; there are %s", ErrNoRun, r.ID, stage, candidates(stages))
}

// newest is the run that started last. Ids of one second do not say which.
func newest(runs []Run) Run {
	last := runs[len(runs)-1]
	second := last.ID[:min(len(last.ID), len(idTime))]
	started := last.Started()
	for _, r := range runs[:len(runs)-1] {
		if strings.HasPrefix(r.ID, second) {
			if t := r.Started(); t.After(started) {
				last, started = r, t
			}
		}
	}
	return last
}

func withPrefix(runs []Run, prefix string) []Run {
	var out []Run
	for _, r := range runs {
		if strings.HasPrefix(r.ID, prefix) {
			out = append(out, r)
		}
	}
	return out
}

// closest are the runs whose ids contain part, or all when none does.
func closest(runs []Run, part string) []Run {
	var out []Run
	for _, r := range runs {
		if part != "" && strings.Contains(r.ID, part) {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return runs
	}
	return out
}

// candidates lists the newest of runs.
func candidates(runs []Run) string {
	const most = 5
	var names []string
	for i := len(runs) - 1; i >= 0 && len(names) < most; i-- {
		names = append(names, runs[i].ID)
	}
	text := strings.Join(names, ", ")
	if more := len(runs) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d older", more)
	}
	return text
}
