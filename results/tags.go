package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// TagsFile is the name of the file of a run's tags, which is there when it has some.
const TagsFile = "tags.json"

// TagsVersion is the version of its form.
const TagsVersion = 1

// maxTags bounds the tags of a run.
const maxTags = 100

var tagForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// tagsForm is the form of tags.json.
type tagsForm struct {
	Version int      `json:"version"`
	Tags    []string `json:"tags"`
}

// ReadTags are the tags of the run in folder dir, sorted; none where it has no such file.
func ReadTags(dir string) ([]string, error) {
	var f tagsForm
	err := readVersioned(filepath.Join(dir, TagsFile), TagsVersion, &f.Version, &f)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(f.Tags)
	return slices.Compact(f.Tags), nil
}

// ErrTag is the error of a tag that cannot be one.
var ErrTag = errors.New("want up to 64 letters, digits, points, hyphens and underlines")

// ChangeTags adds tags to the run in folder dir and removes others, and returns what it has
// then. A tag is up to 64 letters, digits, points, hyphens and underlines.
func ChangeTags(dir string, add, remove []string) ([]string, error) {
	for _, tag := range add {
		if !tagForm.MatchString(tag) {
			return nil, fmt.Errorf("tag %q: %w", tag, ErrTag)
		}
	}
	tags, err := ReadTags(dir)
	if err != nil {
		return nil, err
	}
	before := slices.Clone(tags)
	tags = slices.DeleteFunc(append(tags, add...), func(tag string) bool { return slices.Contains(remove, tag) })
	slices.Sort(tags)
	tags = slices.Compact(tags)
	switch {
	case len(tags) > maxTags:
		return nil, fmt.Errorf("tag %s: a run has at most %d tags", dir, maxTags)
	case slices.Equal(tags, before):
		return tags, nil
	}
	return tags, writeJSON(filepath.Join(dir, TagsFile), &tagsForm{Version: TagsVersion, Tags: filled(tags)})
}

// Bytes is the size of all files in the run's folder. What disappears meanwhile counts nothing.
func (r Run) Bytes() int64 {
	var n int64
	_ = filepath.WalkDir(r.Dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n
}

// Remove deletes a run of the store, with the stages of a journey. It refuses a run that is in
// use, a stage of a journey, since the journey would no longer be what it says, and a folder
// that is not the store's.
func (s *Store) Remove(r Run) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("remove %s: %w", r.ID, fmt.Errorf(format, args...))
	}
	dir, err := filepath.Abs(r.Dir)
	if err != nil {
		return fail("%w", err)
	}
	store, err := filepath.Abs(s.dir)
	if err != nil {
		return fail("%w", err)
	}
	if filepath.Dir(dir) != store {
		if isJourney(filepath.Dir(dir)) {
			return fail("it is a stage of a journey: remove the journey")
		}
		return fail("it lies in %s and not in the store %s", r.Dir, s.dir)
	}
	if r.InUse() {
		return fail("it is in use: a run is being recorded there")
	}
	// It is gone from the store in one step, whatever happens to the rest.
	gone := filepath.Join(store, ".removed-"+filepath.Base(dir))
	if err := os.Rename(dir, gone); err != nil {
		return fail("%w", advise(err))
	}
	if err := os.RemoveAll(gone); err != nil {
		return fail("%w", advise(err))
	}
	return nil
}
