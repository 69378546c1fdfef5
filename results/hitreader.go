package results

import (
	"showdown"
)

// HitReader reads the requests of a cell from a hits.bin.
type HitReader struct{}

// OpenHits opens the hits.bin at path.
func OpenHits(path string) (*HitReader, error) { panic("not yet") }

// Run is the id of the run, and Cell the name of the cell, that the file says it is
// of.
func (r *HitReader) Run() string  { return "" }
func (r *HitReader) Cell() string { return "" }

// EachInOrder calls fn with all hits in strict order of Seq, in batches, which are
// fn's until it returns. It stops at fn's error.
func (r *HitReader) EachInOrder(fn func(hits []showdown.Hit) error) error { panic("not yet") }

// Complete says, once everything was read, whether the end of the file was there.
func (r *HitReader) Complete() bool { return false }

// Close closes the file.
func (r *HitReader) Close() error { return nil }

// ReadEvents reads the events.ndjson at path.
func ReadEvents(path string) (events []showdown.Event, complete bool, err error) { panic("not yet") }

// HitFiles is the path of each cell's hits.bin in the run's folder dir, by the
// cell's name.
func HitFiles(dir string) (map[string]string, error) { panic("not yet") }

// EventsFile is the name of the event log in a run's folder.
const EventsFile = "events.ndjson"
