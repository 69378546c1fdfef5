package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A disk that is full while something is written leaves no half of it and no temporary file,
// and the record as it was.
func TestFullDiskWhileWriting(t *testing.T) {
	store, single, journey := filledStore(t)
	attack := filepath.Join(t.TempDir(), "attack.gob")
	if got := command(t, "", "export", single, "--format", "vegeta-gob", "-o", attack, "--out", store.Dir()); got.code != exitHeld {
		t.Fatal(got.stderr)
	}
	before := hashes(t, store.Dir())
	for _, c := range []struct {
		size string
		args func(disk string) []string
	}{
		{"16k", func(disk string) []string {
			return []string{"export", single, "--format", "csv", "--output", filepath.Join(disk, "x"), "--out", store.Dir()}
		}},
		{"4k", func(disk string) []string {
			return []string{"export", single, "--format", "parquet", "--output", filepath.Join(disk, "x"), "--out", store.Dir()}
		}},
		{"4k", func(disk string) []string {
			return []string{"pack", journey, "--output", filepath.Join(disk, "x"), "--out", store.Dir()}
		}},
		{"12k", func(disk string) []string { return []string{"import", attack, "--out", disk} }},
	} {
		disk := smallDisk(t, "size="+c.size, 0)
		args := c.args(disk)
		got := command(t, "", args...)
		if got.code != exitError || !strings.Contains(got.stderr, "no space left on device") || !strings.Contains(got.stderr, "free some space there") {
			t.Errorf("%v: exit code %d: %s", args[0], got.code, got.stderr)
		}
		if left, err := os.ReadDir(disk); err != nil || len(left) != 0 {
			t.Errorf("%v leaves %v, %v", args[0], left, err)
		}
	}
	if after := hashes(t, store.Dir()); after != before {
		t.Error("the records changed")
	}
}

// hashes is the content of every file under dir.
func hashes(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		b.WriteString(path + "\n" + string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
