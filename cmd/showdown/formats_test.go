package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"showdown/results"
	"showdown/results/report"
)

// TestStageDirs tells the stages that have a record from those that have none, also where a
// folder was made and nothing was written.
func TestStageDirs(t *testing.T) {
	dir := t.TempDir()
	if err := results.WriteJourney(dir, &results.JourneyManifest{Run: "r", Journey: "mine", Stages: []string{"one", "two", "three"}}); err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"one", "two"} {
		if err := os.Mkdir(filepath.Join(dir, stage), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := results.WriteManifest(filepath.Join(dir, "one"), &results.Manifest{Run: "r/one", Stage: "one", Machine: results.Machine{Host: "lab"}}); err != nil {
		t.Fatal(err)
	}
	dirs, missing, err := stageDirs(dir)
	if err != nil || !slices.Equal(dirs, []string{filepath.Join(dir, "one")}) || !slices.Equal(missing, []string{"two", "three"}) {
		t.Errorf("%q, %q, %v", dirs, missing, err)
	}
	var out bytes.Buffer
	err = (&terminal{stdout: &out}).reportTo("junit", report.Set{Name: "r"}, dirs, results.Summary{Run: "r/one", Stage: "one", Complete: true, Verdict: "held"})
	if err != nil || !strings.Contains(out.String(), `hostname="lab"`) {
		t.Errorf("%v:\n%s", err, out.String())
	}
	if _, _, err := stageDirs(t.TempDir()); err == nil {
		t.Error("a folder that is no journey has stages")
	}
}
