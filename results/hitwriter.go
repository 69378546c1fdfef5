package results

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"showdown"
)

// maxQueued is how many hits may wait for a disk that has stopped answering; later
// ones are lost, and the error says how many.
const maxQueued = 4 << 20

// HitWriter takes the requests of a cell. [HitWriter.Append] never waits for the
// disk; [Recorder.Run] writes.
type HitWriter struct {
	path string
	// wake asks for a flush before its time.
	wake func()

	mu     sync.Mutex
	queue  [][]showdown.Hit
	queued int
	closed bool
	err    error
	lost   uint64

	// disk guards what follows, and is held while the disk works.
	disk    sync.Mutex
	file    hitFile
	done    bool
	offset  int64
	count   uint64
	prefix  prefix
	hits    []showdown.Hit
	encoder blockEncoder
	buffer  []byte
}

// hitFile is what a HitWriter needs of a file.
type hitFile interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// createHits makes the file at path, which must not exist, with its header.
func createHits(path, run, cell string, wake func()) (*HitWriter, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, advise(err))
	}
	w, err := newHitWriter(path, f, run, cell, wake)
	if err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}

// WriteHits makes a hits.bin at path, which must not exist, of hits in the order of their Seq.
func WriteHits(path, run, cell string, hits []showdown.Hit) error {
	w, err := createHits(path, run, cell, func() {})
	if err != nil {
		return err
	}
	for block := range slices.Chunk(hits, maxQueued) {
		w.Append(block)
		if err := w.flush(); err != nil {
			break // finish says so again
		}
	}
	return w.finish()
}

func newHitWriter(path string, f hitFile, run, cell string, wake func()) (*HitWriter, error) {
	head, err := header(run, cell)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	w := &HitWriter{path: path, file: f, wake: wake}
	if err := w.write(head); err != nil {
		return nil, err
	}
	return w, nil
}

// Append takes hits, in any order, and keeps the slice: the caller gives it away. It
// is safe for concurrent use. Hits that cannot be kept, because the disk failed or
// the recorder was closed, are counted and [Recorder.Close] says how many.
func (w *HitWriter) Append(hits []showdown.Hit) {
	if len(hits) == 0 {
		return
	}
	w.mu.Lock()
	if w.err != nil || w.closed || w.queued+len(hits) > maxQueued {
		w.lost += uint64(len(hits))
		w.mu.Unlock()
		return
	}
	w.queue = append(w.queue, hits)
	w.queued += len(hits)
	full := w.queued >= writeBlockHits
	w.mu.Unlock()
	if full {
		w.wake()
	}
}

// full says that enough hits wait for a block of the usual size.
func (w *HitWriter) full() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queued >= writeBlockHits
}

// flush writes what was appended so far. After a failure it writes nothing more and
// returns the same error.
func (w *HitWriter) flush() error {
	w.disk.Lock()
	defer w.disk.Unlock()
	return w.drain()
}

func (w *HitWriter) drain() error {
	w.mu.Lock()
	queue, err := w.queue, w.err
	w.queue, w.queued = nil, 0
	w.mu.Unlock()
	if err != nil || w.done {
		return err
	}
	if w.hits = w.hits[:0]; cap(w.hits) > 16*writeBlockHits {
		w.hits = nil // a backlog's memory is given back
	}
	for _, batch := range queue {
		w.hits = append(w.hits, batch...)
	}
	if !slices.IsSortedFunc(w.hits, bySeq) {
		slices.SortStableFunc(w.hits, bySeq)
	}
	left := len(w.hits)
	for block := range slices.Chunk(w.hits, writeBlockHits) {
		w.buffer = beginFrame(w.buffer[:0])
		w.buffer = w.encoder.append(w.buffer, block, w.prefix.add(block))
		closeFrame(w.buffer, 0, hitsFrame)
		if err := w.write(w.buffer); err != nil {
			return w.fail(err, left)
		}
		left -= len(block)
		w.count += uint64(len(block))
	}
	return nil
}

// write writes p whole, or takes back the part that went through: the file always
// ends with a whole block, as far as the disk lets us.
func (w *HitWriter) write(p []byte) error {
	if _, err := w.file.Write(p); err != nil {
		_ = w.file.Truncate(w.offset)
		return fmt.Errorf("write %s: %w", w.path, advise(err))
	}
	w.offset += int64(len(p))
	return nil
}

// fail keeps the first error and counts what is lost with it.
func (w *HitWriter) fail(err error, lost int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
	w.lost += uint64(lost)
	return w.err
}

// finish writes what is left and the end mark, and closes the file. After a failure
// there is no end mark, so the record says that it is not complete.
func (w *HitWriter) finish() error {
	w.disk.Lock()
	defer w.disk.Unlock()
	if w.done {
		return nil
	}
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	err := w.drain()
	w.done = true
	if err == nil && w.missing() == 0 {
		if err = w.write(appendEnd(nil, w.count)); err == nil {
			if err = w.file.Sync(); err != nil {
				err = fmt.Errorf("write %s: %w", w.path, advise(err))
			}
		}
	}
	if closeErr := w.file.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("close %s: %w", w.path, closeErr)
	}
	if n := w.missing(); n > 0 {
		if err == nil {
			err = fmt.Errorf("write %s: the disk was too slow", w.path)
		}
		err = fmt.Errorf("%w; %d requests are not in the record", err, n)
	}
	return err
}

// missing is how many hits could not be kept.
func (w *HitWriter) missing() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}
