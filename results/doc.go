// Package results keeps what a run did, and reads it again: the manifest, every
// request, every event, and the summary that analysis makes of them.
//
// A run is a folder in a store. Everything after the lab can be made again from the
// folder alone. docs/record.md describes the files.
//
// The writer never slows the attack: a caller hands over memory, and
// [Recorder.Run] encodes and writes it. What is on disk is readable at every moment;
// a record whose end is missing says so.
package results
