package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

// smallDisk mounts a file system of that many bytes at a folder of its own.
func smallDisk(t *testing.T, options string, flags uintptr) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("a small disk needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestFullStore runs until the disk is full: the run ends with the reason, heals, and
// what was recorded can be read.
func TestFullStore(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	store := filepath.Join(smallDisk(t, "size=20k", 0), "runs")
	p.start("run", p.file("kill.yaml", killStage), "--speed", "60", "--out", store)
	code := p.wait()
	p.left("a full disk", nil)
	if text := p.stderr.String(); code != exitError || !strings.Contains(text, "no space left on device: free some space there") {
		t.Errorf("exit code %d, want %d and what to do; it said:\n%s", code, exitError, text)
	}
	found, err := filepath.Glob(filepath.Join(store, "*", results.ManifestFile))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d runs, %v", len(found), err)
	}
	s, err := analysis.Analyse(filepath.Dir(found[0]))
	if err != nil || s.Complete || s.Verdict != showdown.Unknown || s.Requests.Scheduled == 0 {
		t.Errorf("the record: %+v, %v", s, err)
	}
}

// TestReadOnlyStore is told before anything is started.
func TestReadOnlyStore(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	var disk string
	if os.Geteuid() == 0 {
		disk = smallDisk(t, "size=20k", syscall.MS_RDONLY)
	} else {
		disk = t.TempDir()
		if err := os.Chmod(disk, 0o500); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"run", p.file("next.yaml", nextStage), "--out", filepath.Join(disk, "runs")},
		{"demo", "--out", disk},
		{"attack", "--url", "http://127.0.0.1:1/", "--out", disk},
	} {
		p.start(args...)
		if code := p.wait(); code != exitError || !strings.Contains(p.stderr.String(), "choose a store that can be written with --out") {
			t.Errorf("%s: exit code %d, want %d and what to do; it said:\n%s", args[0], code, exitError, p.stderr.String())
		}
		if p.stdout.Len() > 0 {
			t.Errorf("%s began:\n%s", args[0], p.stdout.String())
		}
		p.left("a store that cannot be written", nil)
	}
}

// TestTornRecord reports a record that ends at any byte.
func TestTornRecord(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("run", p.file("next.yaml", nextStage), "--speed", "120", "--quiet")
	if code := p.wait(); code != exitHeld {
		t.Fatalf("exit code %d:\n%s", code, p.stderr.String())
	}
	dir := p.record()
	for _, name := range []string{results.HitsFile, results.EventsFile} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		step := len(whole)/60 + 1
		for n := 0; ; n = min(n+step, len(whole)) {
			if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			code := Main([]string{"showdown", "report", dir, "--json"}, strings.NewReader(""), &stdout, &stderr)
			var s struct{ Complete *bool }
			err := json.Unmarshal(stdout.Bytes(), &s)
			if code != exitHeld || err != nil || s.Complete == nil || *s.Complete != (n == len(whole)) {
				t.Errorf("%s, %d of %d bytes: exit code %d, complete=%v, %v\n%s", name, n, len(whole), code, s.Complete, err, stderr.String())
			}
			if n == len(whole) {
				break
			}
		}
	}
	// A manifest that cannot be read is an error with its place; what is listed says so.
	manifest := filepath.Join(dir, results.ManifestFile)
	for _, content := range []string{"", "{", "[]", `{"version":99}`, "\x00\xff"} {
		if err := os.WriteFile(manifest, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if code := Main([]string{"showdown", "report", dir}, strings.NewReader(""), &stdout, &stderr); code != exitError || !strings.Contains(stderr.String(), "run.json") {
			t.Errorf("manifest %q: exit code %d, %s", content, code, stderr.String())
		}
		stdout.Reset()
		if code := Main([]string{"showdown", "runs", "--out", p.runs()}, strings.NewReader(""), &stdout, &stderr); code != exitHeld || !strings.Contains(stdout.String(), "run.json") {
			t.Errorf("manifest %q: runs exits %d:\n%s", content, code, stdout.String())
		}
	}
}

// TestTwoAtOnce runs several at once in one place: none takes anything from another.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	one := newProgram(t)
	two := newProgram(t)
	two.dir = one.dir
	stage := one.file("next.yaml", nextStage)
	one.start("run", stage, "--speed", "120")
	two.start("run", stage, "--speed", "120")
	for _, p := range []*program{one, two} {
		if code := p.wait(); code != exitHeld {
			t.Errorf("exit code %d, want %d; it said:\n%s", code, exitHeld, p.stderr.String())
		}
	}
	one.left("two at once", nil)
	two.left("two at once", nil)
	found, err := filepath.Glob(filepath.Join(one.runs(), "*", results.SummaryFile))
	if err != nil || len(found) != 2 {
		t.Errorf("%d summaries, %v", len(found), err)
	}
}
