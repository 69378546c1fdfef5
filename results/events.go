package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"showdown"
)

// EventsFile is the name of the event log in a run's folder.
const EventsFile = "events.ndjson"

const (
	// maxEventLine is the longest line that a reader takes, in bytes.
	maxEventLine = 4 << 20
	// maxEventBuffer bounds what waits for a disk that fails, in bytes.
	maxEventBuffer = 16 << 20
)

// eventLog writes events, one JSON object a line. Its methods are safe for
// concurrent use; append never waits for the disk.
type eventLog struct {
	path string

	mu     sync.Mutex
	buffer []byte
	lost   int

	// disk guards what follows, and is held while the disk works.
	disk    sync.Mutex
	file    hitFile
	closed  bool
	offset  int64
	pending []byte
}

func createEvents(path string) (*eventLog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, advise(err))
	}
	return &eventLog{path: path, file: f}, nil
}

// append adds e to the log. Data that JSON cannot hold, an infinity for one, is
// replaced by a note that says so.
func (l *eventLog) append(e showdown.Event) {
	line, err := json.Marshal(e)
	if err != nil {
		e.Data = map[string]any{"unrecordable": err.Error()}
		line, err = json.Marshal(e)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || len(l.buffer)+len(line) > maxEventBuffer {
		l.lost++
		return
	}
	l.buffer = append(append(l.buffer, line...), '\n')
}

// flush writes what was appended so far. What a failing disk did not take is tried
// again by the next flush.
func (l *eventLog) flush() error {
	l.disk.Lock()
	defer l.disk.Unlock()
	return l.drain()
}

// sync is flush, and returns when the disk has it.
func (l *eventLog) sync() error {
	l.disk.Lock()
	defer l.disk.Unlock()
	if err := l.drain(); err != nil {
		return err
	}
	if l.closed {
		return fmt.Errorf("write %s: %w", l.path, os.ErrClosed)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", l.path, advise(err))
	}
	return nil
}

func (l *eventLog) drain() error {
	l.mu.Lock()
	if len(l.pending) == 0 {
		l.pending, l.buffer = l.buffer, l.pending[:0]
	} else if len(l.pending) < maxEventBuffer {
		l.pending = append(l.pending, l.buffer...)
		l.buffer = l.buffer[:0]
	}
	l.mu.Unlock()
	if len(l.pending) == 0 || l.closed {
		return nil
	}
	if _, err := l.file.Write(l.pending); err != nil {
		// The log ends with a whole line, as far as the disk lets us.
		_ = l.file.Truncate(l.offset)
		return fmt.Errorf("write %s: %w", l.path, advise(err))
	}
	l.offset += int64(len(l.pending))
	l.pending = l.pending[:0]
	return nil
}

// close writes what is left and closes the file.
func (l *eventLog) close() error {
	syncErr := l.sync()
	l.disk.Lock()
	defer l.disk.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if err := l.file.Close(); syncErr == nil && err != nil {
		syncErr = fmt.Errorf("close %s: %w", l.path, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost > 0 && syncErr == nil {
		syncErr = fmt.Errorf("write %s: %d events are not in the record", l.path, l.lost)
	}
	return syncErr
}

// ReadEvents reads the event log at path. complete is true when its last line is the
// event [showdown.RunEnded]. A last line without its end, as a killed run leaves, is
// left out unless it is whole; any other line that does not decode is an error with
// its number, beside the events before it.
func ReadEvents(path string) (events []showdown.Event, complete bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, fmt.Errorf("open events: %w", err)
	}
	defer f.Close()
	return readEvents(path, f)
}

func readEvents(path string, in io.Reader) (events []showdown.Event, complete bool, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxEventLine)
	lines.Split(withNewline)
	number := 0
	for lines.Scan() {
		number++
		line, whole := bytes.CutSuffix(lines.Bytes(), []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, err := parseEvent(line)
		if err != nil {
			if !whole {
				return events, false, nil
			}
			return events, false, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		events = append(events, e)
		complete = whole && e.Kind == showdown.RunEnded
	}
	if err := lines.Err(); err != nil {
		return events, false, fmt.Errorf("%s:%d: %w", path, number+1, err)
	}
	return events, complete, nil
}

func parseEvent(line []byte) (e showdown.Event, err error) {
	if err := json.Unmarshal(line, &e); err != nil {
		return e, fmt.Errorf("not an event: %w", err)
	}
	if e.Kind == "" {
		return e, errors.New("not an event: it has no kind")
	}
	return e, nil
}

// withNewline splits lines and keeps their ends, so that a torn one is told from a
// whole one.
func withNewline(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// lastEvent is the last whole event of the log at path, from the end of the file
// alone; ok is false when there is none.
func lastEvent(path string) (e showdown.Event, ok bool) {
	const tail = 64 << 10
	f, err := os.Open(path)
	if err != nil {
		return e, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return e, false
	}
	data, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-tail), tail))
	if err != nil {
		return e, false
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1]
	data = bytes.TrimSuffix(data, []byte("\n"))
	e, err = parseEvent(data[bytes.LastIndexByte(data, '\n')+1:])
	return e, err == nil
}
