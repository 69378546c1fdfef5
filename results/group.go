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

// GroupVersion is the version of the form of a group's file that this build writes.
const GroupVersion = 1

// groupsDir is the folder in a store that the files of groups are in. Its name is no
// run's.
const groupsDir = "repeats"

// Group is runs that repeat each other: the form of repeats/ID.json. Each of them is a
// run of its own in the store.
type Group struct {
	Version int `json:"version"`
	// Group is the group's id: the name of its file without its ending.
	Group string `json:"group"`
	// Target is what was played: "whatsthetime/vertical".
	Target string `json:"target"`
	// Journey says that the runs are those of a journey.
	Journey bool `json:"journey"`
	// Repeat is how many runs were asked for, Seed what their seeds derive from.
	Repeat  int       `json:"repeat"`
	Seed    uint64    `json:"seed"`
	Started time.Time `json:"started"`
	Command []string  `json:"command"`
	// Runs are those that were finished, in the order in which they were played. A group
	// that was interrupted has fewer than were asked for.
	Runs []GroupRun `json:"runs"`
}

// GroupRun is a run of a group.
type GroupRun struct {
	Run  string `json:"run"`
	Seed uint64 `json:"seed"`
}

// CreateGroup gives g an id and writes its file. name says what is repeated. It sets g's
// Started where that is zero.
func (s *Store) CreateGroup(name string, g *Group) error {
	if g.Started.IsZero() {
		g.Started = time.Now()
	}
	dir := filepath.Join(s.dir, groupsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create group in store %s: %w", s.dir, advise(err))
	}
	// A folder of that name in the store keeps the id apart from those of runs and of
	// other groups while it is chosen.
	id, held, err := s.mkdir(fmt.Sprintf("%s-x%d", name, g.Repeat), g.Started)
	if err != nil {
		return err
	}
	g.Group = id
	return errors.Join(s.WriteGroup(g), os.Remove(held))
}

// WriteGroup writes g's file in one step.
func (s *Store) WriteGroup(g *Group) error {
	c := *g
	c.Version, c.Command, c.Runs = GroupVersion, filled(c.Command), filled(c.Runs)
	return writeJSON(s.GroupPath(g.Group), &c)
}

// GroupPath is the path of a group's file.
func (s *Store) GroupPath(id string) string { return filepath.Join(s.dir, groupsDir, id+".json") }

// ReadGroup reads the file of a group at path.
func ReadGroup(path string) (*Group, error) {
	var g Group
	if err := readVersioned(path, GroupVersion, &g.Version, &g); err != nil {
		return nil, err
	}
	return &g, nil
}

// Groups are the ids of the groups in the store, oldest first.
func (s *Store) Groups() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, groupsDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list groups in store %s: %w", s.dir, advise(err))
	}
	var out []string
	for _, e := range entries {
		if id, is := strings.CutSuffix(e.Name(), ".json"); is && idForm.MatchString(id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// ResolveGroup is the group that ref means, an id, a prefix of one only or the path of a
// file, and the path of its file. The error wraps [ErrNoRun] or [ErrAmbiguous].
func (s *Store) ResolveGroup(ref string) (*Group, string, error) {
	all, err := s.Groups()
	if err != nil {
		return nil, "", err
	}
	fits := slices.DeleteFunc(all, func(id string) bool { return ref == "" || !strings.HasPrefix(id, ref) })
	switch {
	case slices.Contains(fits, ref):
		fits = []string{ref}
	case strings.HasSuffix(ref, ".json") && isFile(ref):
		g, err := ReadGroup(ref)
		return g, ref, err
	}
	switch len(fits) {
	case 1:
		path := s.GroupPath(fits[0])
		g, err := ReadGroup(path)
		return g, path, err
	case 0:
		return nil, "", fmt.Errorf("%w as %q among the groups of store %s", ErrNoRun, ref, s.dir)
	}
	return nil, "", fmt.Errorf("%w %q: %s", ErrAmbiguous, ref, strings.Join(fits, ", "))
}

// GroupRuns are the runs of the group whose file is at path, and the ids of those that
// are not in their store any more.
func GroupRuns(g *Group, path string) (found []Run, gone []string) {
	store := filepath.Dir(filepath.Dir(path))
	for _, r := range g.Runs {
		// An id is one name: a file that somebody wrote may not lead out of the store.
		if dir := filepath.Join(store, r.Run); filepath.IsLocal(r.Run) && filepath.Base(r.Run) == r.Run && (isRun(dir) || isJourney(dir)) {
			found = append(found, Run{ID: r.Run, Dir: dir, Journey: isJourney(dir)})
			continue
		}
		gone = append(gone, r.Run)
	}
	return found, gone
}
