package results

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// DefaultStore is where runs are kept unless another folder is named.
const DefaultStore = "results/runs"

// Latest is the reference to the newest run.
const Latest = "latest"

// idTime is the form of the time in a run's id, in UTC, so that ids sort by it.
const idTime = "20060102T150405"

var idForm = regexp.MustCompile(`^\d{8}T\d{6}-[a-z0-9-]+$`)

// Store is a folder of runs.
type Store struct{ dir string }

// OpenStore is the store in the folder dir, which is made when the first run is
// created. It fails when dir is something else than a folder.
func OpenStore(dir string) (*Store, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("open store %s: %w", dir, advise(err))
	case !info.IsDir():
		return nil, fmt.Errorf("open store %s: it is a file, not a folder: choose another store with --out", dir)
	}
	return &Store{dir: dir}, nil
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// Writable returns nil when runs can be created in the store, by making and removing
// a file; the folder is made for it. It is asked before a lab is built for nothing.
func (s *Store) Writable() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fmt.Errorf("create store %s: %w", s.dir, advise(err))
	}
	f, err := os.CreateTemp(s.dir, ".probe-")
	if err != nil {
		return fmt.Errorf("write store %s: %w", s.dir, advise(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Create makes the folder of a run of its own and starts its record. name says what
// is run, "whatsthetime-vertical", and becomes part of the id. It sets m's Run, and
// Started where it is zero.
func (s *Store) Create(name string, m *Manifest) (*Recorder, error) {
	if m.Started.IsZero() {
		m.Started = time.Now()
	}
	id, dir, err := s.mkdir(name, m.Started)
	if err != nil {
		return nil, err
	}
	m.Run = id
	return startRecord(dir, m)
}

// startRecord is record in a folder that was just made, which a failure removes.
func startRecord(dir string, m *Manifest) (*Recorder, error) {
	r, err := record(dir, m)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return r, nil
}

// mkdir makes a folder that nobody had before, also when two programs ask at once.
func (s *Store) mkdir(name string, started time.Time) (id, dir string, err error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return "", "", fmt.Errorf("create store %s: %w", s.dir, advise(err))
	}
	for range 100 {
		var tail [2]byte
		// Read never fails; what it returns only keeps ids of one second apart.
		_, _ = rand.Read(tail[:])
		id = started.UTC().Format(idTime) + "-" + slug(name) + "-" + hex.EncodeToString(tail[:])
		dir = filepath.Join(s.dir, id)
		if err = os.Mkdir(dir, 0o755); !errors.Is(err, os.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("create run in store %s: %w", s.dir, advise(err))
	}
	return id, dir, nil
}

// slug is name in the letters that an id may have.
func slug(name string) string {
	name = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return '-'
	}, name)
	if len(name) > 80 {
		name = name[:80]
	}
	if name = strings.Trim(name, "-"); name == "" {
		return "run"
	}
	return name
}

// Journey is the folder of a journey's run: journey.json and one folder for the run
// of each stage.
type Journey struct {
	dir      string
	manifest JourneyManifest
	// held marks the folder as in use, between two stages too; nil where the system has no
	// locks.
	held io.Closer
}

// CreateJourney makes the folder of a journey's run. It sets m's Run, and Started
// where it is zero.
func (s *Store) CreateJourney(name string, m *JourneyManifest) (*Journey, error) {
	if m.Started.IsZero() {
		m.Started = time.Now()
	}
	id, dir, err := s.mkdir(name, m.Started)
	if err != nil {
		return nil, err
	}
	m.Run = id
	if err := WriteJourney(dir, m); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Journey{dir: dir, manifest: *m, held: hold(dir)}, nil
}

// Dir is the journey's folder.
func (j *Journey) Dir() string { return j.dir }

// Close says that no further stage will be recorded: the journey is in use no longer.
func (j *Journey) Close() error {
	if j.held == nil {
		return nil
	}
	held := j.held
	j.held = nil
	return held.Close()
}

// ID is the id of the journey's run.
func (j *Journey) ID() string { return j.manifest.Run }

// Create makes the folder of the run of a stage and starts its record. A second run
// of the same stage gets "-2" after its name, and so on. It sets m's Run and Parent,
// and Started where it is zero. It is not safe for concurrent use.
func (j *Journey) Create(stage string, m *Manifest) (*Recorder, error) {
	if m.Started.IsZero() {
		m.Started = time.Now()
	}
	var (
		name = slug(stage)
		dir  string
		err  error
	)
	for n := 2; ; n++ {
		dir = filepath.Join(j.dir, name)
		if err = os.Mkdir(dir, 0o755); !errors.Is(err, os.ErrExist) || n > 10000 {
			break
		}
		name = fmt.Sprintf("%s-%d", slug(stage), n)
	}
	if err != nil {
		return nil, fmt.Errorf("create run in journey %s: %w", j.dir, advise(err))
	}
	m.Run, m.Parent = j.ID()+"/"+name, j.ID()
	r, err := startRecord(dir, m)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(j.manifest.Stages, name) {
		j.manifest.Stages = append(j.manifest.Stages, name)
		if err := WriteJourney(j.dir, &j.manifest); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}
