package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func mustOpen(t testing.TB, dir, run string) *Journal {
	t.Helper()
	if _, err := Identify(os.Getpid()); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	j, err := Open(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.file.Close() })
	return j
}

func (j *Journal) must(t testing.TB, e Entry) int {
	t.Helper()
	id, err := j.Record(e)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestWhatIsRecordedIsInTheFile(t *testing.T) {
	j := mustOpen(t, t.TempDir(), "run-1")
	web1 := j.must(t, Entry{Kind: KindProcess, Name: "web-1", Fields: map[string]string{"mark": "run-1"}})
	web2 := j.must(t, Entry{Kind: KindProcess, Name: "web-2"})
	fault := j.must(t, Entry{Kind: KindFault, Name: "A blackhole web-1", Fields: map[string]string{"letter": "A"}})
	if err := j.Started(web2, Identity{PID: 7, Start: 9}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice is once
		if err := j.Done(web1); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	c := parse(data)
	self, _ := Identify(os.Getpid())
	if c.run != "run-1" || c.owner != self || len(c.unreadable) != 0 {
		t.Errorf("header %+v", c)
	}
	want := map[int]Entry{
		web2:  {Kind: KindProcess, Name: "web-2", Identity: Identity{PID: 7, Start: 9}},
		fault: {Kind: KindFault, Name: "A blackhole web-1", Fields: map[string]string{"letter": "A"}},
	}
	if !reflect.DeepEqual(c.pending, want) {
		t.Errorf("pending %+v, want %+v", c.pending, want)
	}
	if got := j.Pending(); len(got) != 2 || got[0].Name != "web-2" {
		t.Errorf("Pending() = %+v", got)
	}
}

func TestCloseRemovesTheFileWhenNothingIsPending(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, "run-1")
	id := j.must(t, Entry{Kind: KindSlot, Name: "3"})
	if err := j.Done(id); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := j.Record(Entry{Kind: KindSlot}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a record after the end: %v", err)
	}
	j = mustOpen(t, dir, "run-1")
	j.must(t, Entry{Kind: KindProcess, Name: "web-1"})
	if err := j.Close(); err == nil || !strings.Contains(err.Error(), "process web-1") {
		t.Errorf("closed with something pending: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "run-1.journal")); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir, "run-1")
	if _, err := Open(dir, "run-1"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a run that has a journal: %v", err)
	}
	for _, run := range []string{"", "..", ".hidden", "a/b"} {
		if _, err := Open(dir, run); err == nil {
			t.Errorf("run %q is accepted", run)
		}
	}
	if _, err := Open(filepath.Join(dir, "missing"), "run-2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRecordsFromManyAtOnce(t *testing.T) {
	j := mustOpen(t, t.TempDir(), "run-1")
	var wait sync.WaitGroup
	const n = 50
	for range n {
		wait.Go(func() {
			id, err := j.Record(Entry{Kind: KindProcess, Name: "web"})
			if err == nil {
				err = j.Started(id, Identity{PID: id, Start: 1})
			}
			if err == nil && id%2 == 0 {
				err = j.Done(id)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	data, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	c := parse(data)
	if len(c.pending) != n/2 || len(c.unreadable) != 0 || bytes.Count(data, []byte{'\n'}) != 1+2*n+n/2 {
		t.Errorf("%d pending, unreadable %v", len(c.pending), c.unreadable)
	}
	for id, e := range c.pending {
		if e.Identity.PID != id {
			t.Errorf("entry %d has %v", id, e.Identity)
		}
	}
}

// A journal cut off at any byte says no more than the lines that are whole, and
// never that something is undone which is not.
func TestCutOffAnywhere(t *testing.T) {
	j := mustOpen(t, t.TempDir(), "run-1")
	a := j.must(t, Entry{Kind: KindProcess, Name: "web-1"})
	if err := j.Started(a, Identity{PID: 12345, Start: 67}); err != nil {
		t.Fatal(err)
	}
	b := j.must(t, Entry{Kind: KindDir, Name: "/tmp/x"})
	if err := j.Done(a); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte{'\n'})
	for cut := range len(data) + 1 {
		c := parse(data[:cut])
		if len(c.unreadable) != 0 {
			t.Fatalf("cut at %d: lines %v count as unreadable", cut, c.unreadable)
		}
		whole := 0
		for end := 0; whole < len(lines)-1 && end+len(lines[whole]) <= cut+1; whole++ { // +1: only the newline is missing
			end += len(lines[whole])
		}
		_, hasA := c.pending[a]
		_, hasB := c.pending[b]
		if wantA, wantB := whole >= 2 && whole < 5, whole >= 4; hasA != wantA || hasB != wantB {
			t.Fatalf("cut at %d, %d lines: pending %v", cut, whole, c.pending)
		}
	}
}

func TestParseSkipsWhatItDoesNotKnow(t *testing.T) {
	c := parse([]byte(`{"journal":1,"run":"r","owner":{"pid":1,"start":2}}
garbage
{"id":1,"kind":"process","name":"web-1"}
{"id":0,"done":true}
{"id":2,"identity":{"pid":5,"start":6}}
{"id":3,"kind":"moon","name":"x","unknown":[1,2]}
{"id":4}
{"id":5,"kind":"pro`))
	if !reflect.DeepEqual(c.unreadable, []int{2, 4, 7}) {
		t.Errorf("unreadable %v", c.unreadable)
	}
	if len(c.pending) != 3 || c.pending[2].Identity != (Identity{5, 6}) || c.pending[3].Kind != "moon" {
		t.Errorf("pending %+v", c.pending)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"journal\":1,\"run\":\"r\",\"owner\":{\"pid\":1,\"start\":2}}\n{\"id\":1,\"kind\":\"process\",\"name\":\"web-1\"}\n"))
	f.Add([]byte("{\"id\":1,\"kind\":\"dir\",\"name\":\"/\"}\n{\"id\":1,\"identity\":{\"pid\":-1}}\n{\"id\":1,\"done\":true}\n"))
	f.Add([]byte("{\"id\":1,\"kind\":\"process\",\"name\":\"cut"))
	f.Add([]byte("\n\n{}\nnull\n[]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := parse(data)
		if lines := bytes.Count(data, []byte{'\n'}) + 1; len(c.pending)+len(c.unreadable) > lines {
			t.Errorf("%d lines say %d things", lines, len(c.pending)+len(c.unreadable))
		}
		for _, e := range inOrder(c.pending) {
			if e.Kind == "" {
				t.Errorf("an entry without a kind: %+v", e)
			}
		}
		// Nothing in a file makes us kill ourselves, init, or groups.
		for _, e := range c.pending {
			if e.Identity.PID <= 1 && e.Identity != (Identity{}) {
				if killed, err := killIdentity(e.Identity); killed || err != nil && !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("%s: killed %t, %v", e.Identity, killed, err)
				}
			}
		}
	})
}

func TestDir(t *testing.T) {
	base := t.TempDir()
	t.Setenv("TMPDIR", base)
	t.Setenv("HOME", "/nowhere")
	runtime := filepath.Join(base, "runtime")
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(base, "closed")
	if err := os.MkdirAll(filepath.Join(closed, "showdown"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(closed, "showdown"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ runtime, want string }{
		{runtime, filepath.Join(runtime, "showdown")},
		{"", "showdown-"},
		{"/nowhere/at/all", "showdown-"},
		{"relative", "showdown-"},
		{closed, "showdown-"}, // others could plant a journal there
	} {
		t.Setenv("XDG_RUNTIME_DIR", c.runtime)
		dir, err := Dir()
		if err != nil || !strings.Contains(dir, c.want) || !strings.HasPrefix(dir, base) {
			t.Errorf("XDG_RUNTIME_DIR=%q: %s, %v", c.runtime, dir, err)
			continue
		}
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v %v", dir, info.Mode(), err)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("TMPDIR", "/nowhere/at/all")
	if _, err := Dir(); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("nowhere to write: %v", err)
	}
}
