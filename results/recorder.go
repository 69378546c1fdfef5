package results

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"showdown"
)

// HitsFile is the name of the file of a cell's requests: in the run's folder for the
// base cell, in cells/NAME for another.
const HitsFile = "hits.bin"

const (
	cellsDir = "cells"
	// flushEvery is how often what was appended goes to the files. Hits wait for two
	// of them, so that a death at any moment loses less than a second of them, the
	// time in the attack's own buffers included.
	flushEvery   = 250 * time.Millisecond
	flushesAHits = 2
)

// Recorder writes the record of one run. Its methods are safe for concurrent use;
// only Run, Sync, SetManifest and Close wait for the disk.
type Recorder struct {
	dir     string
	wake    chan struct{}
	closing chan struct{}
	once    sync.Once
	closed  error
	events  *eventLog
	// held marks the folder as in use; nil where the system has no locks.
	held io.Closer

	mu       sync.Mutex
	manifest Manifest
	hits     map[string]*HitWriter
	failed   []error
}

// record makes the files of a run in dir, which exists and is empty.
func record(dir string, m *Manifest) (*Recorder, error) {
	if err := WriteManifest(dir, m); err != nil {
		return nil, err
	}
	events, err := createEvents(filepath.Join(dir, EventsFile))
	if err != nil {
		return nil, err
	}
	r := &Recorder{
		dir: dir, manifest: *m, events: events, hits: map[string]*HitWriter{},
		wake: make(chan struct{}, 1), closing: make(chan struct{}), held: hold(dir),
	}
	if m.Spec != nil {
		for _, c := range m.Spec.Cells {
			if _, err := r.open(c.Name); err != nil {
				return nil, errors.Join(err, r.Close())
			}
		}
	}
	return r, nil
}

// Dir is the run's folder.
func (r *Recorder) Dir() string { return r.dir }

// ID is the run's id.
func (r *Recorder) ID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.manifest.Run
}

// Hits is the writer of a cell's requests. That of a cell which the manifest's spec
// does not have is made by the first call; when that fails the writer takes hits and
// keeps none, and Run and Close return the error.
func (r *Recorder) Hits(cell string) *HitWriter {
	w, err := r.open(cell)
	if err != nil {
		return &HitWriter{wake: func() {}, err: err}
	}
	return w
}

func (r *Recorder) open(cell string) (*HitWriter, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w, ok := r.hits[cell]; ok {
		return w, nil
	}
	w, err := r.create(cell)
	if err != nil {
		r.failed = append(r.failed, err)
		return nil, err
	}
	r.hits[cell] = w
	return w, nil
}

func (r *Recorder) create(cell string) (*HitWriter, error) {
	path, err := hitsPath(r.dir, cell)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("create %s: %w", filepath.Dir(path), advise(err))
	}
	return createHits(path, r.manifest.Run, cell, func() {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	})
}

// hitsPath is where the requests of a cell lie in the run's folder dir.
func hitsPath(dir, cell string) (string, error) {
	if cell == showdown.BaseCell {
		return filepath.Join(dir, HitsFile), nil
	}
	if cell == "" || cell == "." || filepath.Base(cell) != cell || !filepath.IsLocal(cell) {
		return "", fmt.Errorf("record cell %q: the name cannot be that of a folder", cell)
	}
	return filepath.Join(dir, cellsDir, cell, HitsFile), nil
}

// HitFiles is the path of each recorded cell's hits.bin in the run's folder dir, by
// the cell's name.
func HitFiles(dir string) (map[string]string, error) {
	out := map[string]string{}
	base := filepath.Join(dir, HitsFile)
	if _, err := os.Stat(base); err == nil {
		out[showdown.BaseCell] = base
	}
	cells, err := os.ReadDir(filepath.Join(dir, cellsDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list cells: %w", err)
	}
	for _, c := range cells {
		path := filepath.Join(dir, cellsDir, c.Name(), HitsFile)
		if _, err := os.Stat(path); err == nil {
			out[c.Name()] = path
		}
	}
	return out, nil
}

// Event adds e to the event log. The caller has stamped it.
func (r *Recorder) Event(e showdown.Event) { r.events.append(e) }

// Sync returns when every event so far is on the disk: what is planned must be there
// before it happens.
func (r *Recorder) Sync() error { return r.events.sync() }

// SetManifest changes the run's manifest and writes it in one step.
func (r *Recorder) SetManifest(change func(m *Manifest)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.manifest)
	return WriteManifest(r.dir, &r.manifest)
}

// Run writes what is appended until ctx ends or the recorder is closed, and then
// once more. It returns at the first write that fails: from then on requests are not
// kept, and what was written before stays readable. A ctx that ended is no error.
func (r *Recorder) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for ticks := 1; ; {
		var err error
		select {
		case <-ctx.Done():
			return r.flush(all)
		case <-r.closing:
			return nil
		case <-r.wake:
			err = r.flush(fullOnes)
		case <-tick.C:
			if ticks++; ticks%flushesAHits == 0 {
				err = r.flush(all)
			} else {
				err = r.flush(none)
			}
		}
		if err != nil {
			return err
		}
	}
}

// Flush writes what was appended so far and returns when it is in the files. A caller that
// makes requests faster than the disk takes them keeps pace with it so, in place of Run.
func (r *Recorder) Flush() error { return r.flush(all) }

// which says whose hits a flush writes; events are always written.
type which int

const (
	none which = iota
	fullOnes
	all
)

func (r *Recorder) flush(which which) error {
	r.mu.Lock()
	errs := append([]error(nil), r.failed...)
	writers := make([]*HitWriter, 0, len(r.hits))
	for _, w := range r.hits {
		writers = append(writers, w)
	}
	r.mu.Unlock()
	errs = append(errs, r.events.flush())
	for _, w := range writers {
		if which == all || which == fullOnes && w.full() {
			errs = append(errs, w.flush())
		}
	}
	return errors.Join(errs...)
}

// Close writes what is left and the end marks, waits for the disk, and closes the
// files; Run returns. The error is that of whatever could not be recorded, also when
// Run has returned it already. A second call returns the same.
func (r *Recorder) Close() error {
	r.once.Do(func() {
		close(r.closing)
		r.mu.Lock()
		defer r.mu.Unlock()
		errs := append([]error(nil), r.failed...)
		for _, w := range r.hits {
			errs = append(errs, w.finish())
		}
		errs = append(errs, r.events.close())
		if r.held != nil {
			errs = append(errs, r.held.Close())
		}
		r.closed = errors.Join(errs...)
	})
	return r.closed
}
