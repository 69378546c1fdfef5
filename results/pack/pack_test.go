package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

var started = time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)

// journey is the run of a journey of two stages, one of which has a second cell.
func journey(t testing.TB) results.Run {
	t.Helper()
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	j, err := store.CreateJourney("whatsthetime", &results.JourneyManifest{Journey: "whatsthetime", Started: started})
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"single", "vertical"} {
		rec, err := j.Create(stage, &results.Manifest{Journey: "whatsthetime", Stage: stage, Started: started})
		if err != nil {
			t.Fatal(err)
		}
		rec.Hits(showdown.BaseCell).Append([]showdown.Hit{{Seq: 0, Status: 200}, {Seq: 1, Outcome: showdown.Refused}})
		rec.Hits("no-eip").Append([]showdown.Hit{{Seq: 0, Status: 200}})
		rec.Event(showdown.Event{At: started, Kind: showdown.RunEnded, Source: "play"})
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
	}
	run, err := store.Resolve(j.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// contents is every file under dir.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func packed(t testing.TB, run results.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackAndOpen(t *testing.T) {
	run := journey(t)
	want := contents(t, run.Dir)
	for _, name := range []string{"report.html", "figures/F1.svg", "single/figures/F1.svg", ".hidden"} {
		path := filepath.Join(run.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("made from the record"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data := packed(t, run)
	if !bytes.Equal(data, packed(t, run)) {
		t.Error("packed twice, the bytes differ")
	}
	file := filepath.Join(t.TempDir(), "run"+Extension)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	got, err := Open(t.Context(), file, dir, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != run.ID || !got.Journey || len(got.Stages()) != 2 {
		t.Errorf("opened %+v with %d stages", got, len(got.Stages()))
	}
	have := contents(t, got.Dir)
	if len(have) != len(want) || len(have) != 9 {
		t.Errorf("%d files, want %d", len(have), len(want))
	}
	for name, content := range want {
		if have[name] != content {
			t.Errorf("%s differs", name)
		}
	}
	// One stage alone is a run too.
	stage := run.Stages()[1]
	if err := os.WriteFile(file, packed(t, stage), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err = Open(t.Context(), file, t.TempDir(), DefaultLimits()); err != nil || got.ID != stage.ID || got.Journey {
		t.Errorf("opened %+v, %v", got, err)
	}
}

func TestPackRefusesLinks(t *testing.T) {
	run := journey(t)
	if err := os.Symlink("/etc/passwd", filepath.Join(run.Dir, "single", "extra")); err != nil {
		t.Skip(err)
	}
	if err := Write(t.Context(), io.Discard, run); err == nil || !strings.Contains(err.Error(), "single/extra is no regular file") {
		t.Errorf("error %v", err)
	}
}

// entry is an entry of a zip that a test makes.
type entry struct {
	name, content string
	mode          fs.FileMode
}

func zipped(t testing.TB, comment string, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if err := w.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		out, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, e.content); err != nil && !strings.HasSuffix(e.name, "/") {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOpenRefuses(t *testing.T) {
	manifest := entry{name: "run/run.json", content: `{"version":1,"run":"x"}`}
	good := zipped(t, comment, manifest)
	var many []entry
	for i := range 50 {
		many = append(many, entry{name: "run/" + strings.Repeat("x", i+1)})
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "it is no zip file"},
		{"foreign", []byte("hello"), "it is no zip file"},
		{"truncated", good[:len(good)-30], "the file is damaged or its end is missing"},
		{"future", zipped(t, "showdown pack 2", manifest), `version "2" is not known here`},
		{"no manifest", zipped(t, "", entry{name: "run/hits.bin"}), "neither run.json nor journey.json"},
		{"up", zipped(t, "", manifest, entry{name: "run/../../evil"}), "would leave its folder"},
		{"absolute", zipped(t, "", manifest, entry{name: "/etc/evil"}), "would leave its folder"},
		{"backslash", zipped(t, "", manifest, entry{name: `run\..\..\evil`}), "would leave its folder"},
		{"drive", zipped(t, "", manifest, entry{name: `run/c:evil`}), "would leave its folder"},
		{"dot", zipped(t, "", manifest, entry{name: `run/./x`}), "would leave its folder"},
		{"link", zipped(t, "", manifest, entry{name: "run/x", content: "/etc", mode: fs.ModeSymlink | 0o777}), "is a symbolic link"},
		{"device", zipped(t, "", manifest, entry{name: "run/x", mode: fs.ModeDevice | 0o777}), "is a special file"},
		{"twice", zipped(t, "", manifest, entry{name: "run/RUN.json"}), "is there twice"},
		{"two runs", zipped(t, "", manifest, entry{name: "other/run.json"}), "a run is one"},
		{"deep", zipped(t, "", manifest, entry{name: "run/" + strings.Repeat("a/", 9) + "x"}), "folders deep"},
		{"long", zipped(t, "", manifest, entry{name: "run/" + strings.Repeat("a", 600)}), "a name of 604 bytes"},
		{"file and folder", zipped(t, "", manifest, entry{name: "run/a"}, entry{name: "run/a/b"}), "run/a/b"},
		{"many", zipped(t, "", append(many, manifest)...), "51 entries, and 40 are allowed"},
		{"bomb", zipped(t, "", manifest, entry{name: "run/hits.bin", content: strings.Repeat("\x00", 3<<20)}), "grows beyond what a packed run may become"},
		{"lying bomb", lie(t, zipped(t, "", manifest, entry{name: "run/hits.bin", content: strings.Repeat("\x00", 3<<20)})), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			outside := t.TempDir()
			dir := filepath.Join(outside, "in")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			_, err := unpack(t.Context(), bytes.NewReader(c.data), int64(len(c.data)), dir, Limits{Files: 40, Bytes: 1 << 20, Ratio: 100})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			entries, err := os.ReadDir(outside)
			if err != nil || len(entries) != 1 {
				t.Errorf("it left %v", entries)
			}
			size := 0
			for _, content := range contents(t, dir) {
				size += len(content)
			}
			if size > 1<<20+100 {
				t.Errorf("%d bytes were written", size)
			}
		})
	}
}

// lie says of every large entry of a zip that it becomes ten bytes.
func lie(t *testing.T, data []byte) []byte {
	t.Helper()
	data = slices.Clone(data)
	old := []byte{0, 0, 0x30, 0} // 3 MiB
	if bytes.Count(data, old) == 0 {
		t.Fatal("the size is not in the zip")
	}
	return bytes.ReplaceAll(data, old, []byte{10, 0, 0, 0})
}

func TestOpenIsCancelled(t *testing.T) {
	data := packed(t, journey(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := unpack(ctx, bytes.NewReader(data), int64(len(data)), t.TempDir(), DefaultLimits()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// FuzzOpen unpacks anything: nothing is written outside of the folder, nor more than allowed.
func FuzzOpen(f *testing.F) {
	f.Add(packed(f, journey(f)))
	f.Add(zipped(f, "", entry{name: "run/run.json", content: "{}"}, entry{name: "run/../x"}))
	f.Add(zipped(f, "", entry{name: "a/journey.json"}, entry{name: "a/b/", mode: fs.ModeDir | 0o755}))
	f.Fuzz(func(t *testing.T, data []byte) {
		outside := t.TempDir()
		dir := filepath.Join(outside, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		limits := Limits{Files: 100, Bytes: 1 << 16, Ratio: 10}
		run, err := unpack(t.Context(), bytes.NewReader(data), int64(len(data)), dir, limits)
		if err == nil && !strings.HasPrefix(run.Dir, dir) {
			t.Errorf("the run lies in %s", run.Dir)
		}
		entries, err := os.ReadDir(outside)
		if err != nil || len(entries) != 1 {
			t.Fatalf("it left %v", entries)
		}
		size := 0
		for _, content := range contents(t, dir) {
			size += len(content)
		}
		if size > 1<<16+1 {
			t.Errorf("%d bytes were written", size)
		}
	})
}
