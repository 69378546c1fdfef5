package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// MarkVariable is the environment variable that carries a run's mark: the sign of
// ownership on every process that the run starts.
const MarkVariable = "SHOWDOWN_MARK"

// The kinds of entries.
const (
	// KindProcess is a process. It is planned first; its identity follows when it runs.
	KindProcess = "process"
	// KindFault is a fault in a machine, which ends with the machine's process at the
	// latest. Its fields say letter, action, target and undo.
	KindFault = "fault"
	// KindCommand is a fault that a command of a user's made, with the command that takes
	// it back. Its identity is that of the command that runs just now, which leads a
	// process group. [NewCommand] makes one.
	KindCommand = "command"
	// KindSlot is a slot that is held; the kernel frees it with its owner.
	KindSlot = "slot"
	// KindDir is a directory made with [Journal.MakeDir]; its name is the path.
	KindDir = "dir"
)

const (
	version   = 1
	extension = ".journal"
	unborn    = ".journal-new"
)

// Identity is what tells a process from another one that was given its number
// later. The zero Identity is nobody.
type Identity struct {
	PID int `json:"pid"`
	// Start is the process's start time in the kernel's clock ticks since boot: field
	// 22 of /proc/PID/stat.
	Start uint64 `json:"start"`
}

// String is the identity as "pid@start".
func (id Identity) String() string { return fmt.Sprintf("%d@%d", id.PID, id.Start) }

// Entry is one thing that a run makes and must undo.
type Entry struct {
	// Kind is one of the kinds above.
	Kind string `json:"kind"`
	// Name is what people call it: "web-1", a path, "A blackhole web-1".
	Name string `json:"name"`
	// Identity is the process's, zero while it is only planned.
	Identity Identity `json:"identity,omitzero"`
	// Fields are further facts, by kind.
	Fields map[string]string `json:"fields,omitempty"`
}

// line is one line of the file: a header, an entry, or a change to an entry.
type line struct {
	Journal int       `json:"journal,omitempty"`
	Run     string    `json:"run,omitempty"`
	Owner   *Identity `json:"owner,omitempty"`
	At      time.Time `json:"at,omitzero"`

	ID       int               `json:"id,omitempty"`
	Kind     string            `json:"kind,omitempty"`
	Name     string            `json:"name,omitempty"`
	Identity *Identity         `json:"identity,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
	Done     bool              `json:"done,omitempty"`
}

// Journal is the open journal of a living run. Its methods are safe for concurrent
// use.
type Journal struct {
	run, path string

	mu      sync.Mutex // guards file's end and all below
	file    *os.File
	size    int64
	written int // lines written
	last    int // id given last
	pending map[int]Entry

	syncMu sync.Mutex // held during fsync: whoever waits is served by one sync
	synced int        // lines known to be on disk
}

// Open creates the journal of run in dir and locks it for as long as this process
// lives. It fails when run is not a plain file name, when the run has a journal
// already, and where the system has no file locks ([os.ErrExist],
// [errors.ErrUnsupported]).
func Open(dir, run string) (*Journal, error) {
	if run == "" || run != filepath.Base(run) || strings.HasPrefix(run, ".") {
		return nil, fmt.Errorf("open journal: run %q is not a plain file name", run)
	}
	for try := range openTries {
		temporary := filepath.Join(dir, fmt.Sprintf("%s.%d%s", run, try, unborn))
		j, err := create(dir, run, temporary)
		if !errors.Is(err, errUnborn) {
			if err != nil {
				return nil, fmt.Errorf("open journal: %w", err)
			}
			return j, nil
		}
	}
	return nil, fmt.Errorf("open journal: %w", errUnborn)
}

// openTries is how often a journal is made again when a healer took it for an
// abandoned one, in the moment in which it had no lock yet.
const openTries = 100

var errUnborn = errors.New("its file is taken away before it is locked")

// create makes the file under another name first: it gets its own when it is locked
// and has its header, so that no healer ever sees a journal that seems to have no
// owner.
func create(dir, run, temporary string) (*Journal, error) {
	file, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_APPEND|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, errUnborn
	}
	if err != nil {
		return nil, err
	}
	j := &Journal{run: run, path: filepath.Join(dir, run+extension), file: file, pending: map[int]Entry{}}
	free, err := tryLock(file)
	if err == nil && (!free || !sameFile(file, temporary)) {
		_ = file.Close()
		return nil, errUnborn
	}
	if err == nil {
		err = j.begin(dir, temporary)
	}
	err = errors.Join(err, os.Remove(temporary))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *Journal) begin(dir, temporary string) error {
	self, err := Identify(os.Getpid())
	if err != nil {
		return err
	}
	if err := j.append(line{Journal: version, Run: j.run, Owner: &self, At: time.Now().UTC()}); err != nil {
		return err
	}
	if err := os.Link(temporary, j.path); err != nil {
		return err
	}
	return syncDir(dir)
}

// Run is the name of the run, which is also the mark on what it starts.
func (j *Journal) Run() string { return j.run }

// Path is where the journal is kept.
func (j *Journal) Path() string { return j.path }

// Record puts e on disk and returns its number. The caller makes the thing only
// after Record returned without an error.
func (j *Journal) Record(e Entry) (int, error) {
	j.mu.Lock()
	j.last++
	id := j.last
	l := line{ID: id, Kind: e.Kind, Name: e.Name, Fields: e.Fields}
	if e.Identity != (Identity{}) {
		l.Identity = &e.Identity
	}
	mine, err := j.write(l)
	if err == nil {
		j.pending[id] = e
	}
	j.mu.Unlock()
	if err == nil {
		err = j.sync(mine)
	}
	if err != nil {
		return 0, fmt.Errorf("record %s %s: %w", e.Kind, e.Name, err)
	}
	return id, nil
}

// Started puts on disk which process the entry id became.
func (j *Journal) Started(id int, who Identity) error {
	return j.change(id, line{ID: id, Identity: &who})
}

// Done puts on disk that entry id is undone. Saying so twice is no error.
func (j *Journal) Done(id int) error {
	return j.change(id, line{ID: id, Done: true})
}

func (j *Journal) change(id int, l line) error {
	j.mu.Lock()
	e, ok := j.pending[id]
	if !ok {
		j.mu.Unlock()
		return nil
	}
	mine, err := j.write(l)
	switch {
	case err != nil:
	case l.Done:
		delete(j.pending, id)
	default:
		e.Identity = *l.Identity
		j.pending[id] = e
	}
	j.mu.Unlock()
	if err == nil {
		err = j.sync(mine)
	}
	if err != nil {
		return fmt.Errorf("record %s %s: %w", e.Kind, e.Name, err)
	}
	return nil
}

// Pending are the entries that are not undone, in the order of their records.
func (j *Journal) Pending() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return inOrder(j.pending)
}

func inOrder(entries map[int]Entry) []Entry {
	ids := make([]int, 0, len(entries))
	for id := range entries {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := make([]Entry, len(ids))
	for i, id := range ids {
		out[i] = entries[id]
	}
	return out
}

// MakeDir makes a directory that carries the run's mark, and returns the number of
// its entry. Heal removes it with all it holds.
func (j *Journal) MakeDir(path string) (int, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, fmt.Errorf("make directory: %w", err)
	}
	id, err := j.Record(Entry{Kind: KindDir, Name: path})
	if err != nil {
		return 0, err
	}
	err = os.Mkdir(path, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(path, markFile), []byte(j.run), 0o600)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("make directory: %w", err), j.Done(id))
	}
	return id, nil
}

// Close gives the journal up. The file is removed when nothing is pending;
// otherwise it stays for [Heal], and the error names what is pending.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	var err error
	if left := inOrder(j.pending); len(left) == 0 {
		err = os.Remove(j.path)
	} else {
		names := make([]string, len(left))
		for i, e := range left {
			names[i] = e.Kind + " " + e.Name
		}
		err = fmt.Errorf("%d entries are not undone: %s", len(left), strings.Join(names, ", "))
	}
	err = errors.Join(err, j.file.Close())
	j.file = nil
	if err != nil {
		return fmt.Errorf("close journal %s: %w", j.run, err)
	}
	return nil
}

// append writes a line and waits until it is on disk.
func (j *Journal) append(l line) error {
	j.mu.Lock()
	mine, err := j.write(l)
	j.mu.Unlock()
	if err != nil {
		return err
	}
	return j.sync(mine)
}

// write adds a line to the file; j.mu is held. A line that did not fit (a full disk)
// is cut off again, so that the next one starts at a line's beginning.
func (j *Journal) write(l line) (int, error) {
	if j.file == nil {
		return 0, os.ErrClosed
	}
	data, err := json.Marshal(l)
	if err != nil {
		return 0, err
	}
	if _, err := j.file.Write(append(data, '\n')); err != nil {
		return 0, errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(len(data)) + 1
	j.written++
	return j.written, nil
}

// sync returns when line number mine is on disk. Lines written while another sync
// was under way share the next one.
func (j *Journal) sync(mine int) error {
	j.syncMu.Lock()
	defer j.syncMu.Unlock()
	if j.synced >= mine {
		return nil
	}
	j.mu.Lock()
	upTo, file := j.written, j.file
	j.mu.Unlock()
	if file == nil {
		return os.ErrClosed
	}
	if err := file.Sync(); err != nil {
		return err
	}
	j.synced = upTo
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
