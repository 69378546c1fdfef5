package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"showdown/results"
)

func TestExportOpenMetrics(t *testing.T) {
	store, single, journey := filledStore(t)
	out := "--out=" + store.Dir()
	for _, c := range []struct {
		ref          string
		more         []string
		run          string
		stages       []string
		cells, never string
		ok           string
	}{
		{single, nil, single, []string{"single"}, `cell="no-eip"`, `stage="whatsthetime/vertical"`, "1796"},
		{single, []string{"--cell", "base"}, single, []string{"single"}, `cell="base"`, `cell="no-eip"`, "1796"},
		{journey, nil, journey, []string{"single", "vertical"}, `cell="no-eip"`, `run_id="` + journey + `/`, "1796"},
		{journey + "/vertical", nil, journey, []string{"vertical"}, `cell="no-eip"`, `stage="whatsthetime/single"`, "1796"},
	} {
		got := command(t, "", append([]string{"export", c.ref, "--format", "openmetrics", out}, c.more...)...)
		if got.code != exitHeld || !strings.HasSuffix(got.stdout, "\n# EOF\n") || strings.Count(got.stderr, "a sample every 1s") != len(c.stages) {
			t.Errorf("%s: exit code %d, %s", c.ref, got.code, got.stderr)
		}
		for _, stage := range c.stages {
			if want := `showdown_requests_total{cell="base",endpoint="/",outcome="ok",run_id="` + c.run + `",stage="whatsthetime/` + stage + `"} ` + c.ok + " "; !strings.Contains(got.stdout, want) {
				t.Errorf("%s: no %q", c.ref, want)
			}
		}
		if !strings.Contains(got.stdout, c.cells) || strings.Contains(got.stdout, c.never) {
			t.Errorf("%s %v: has not %q, or %q", c.ref, c.more, c.cells, c.never)
		}
	}
	if got := command(t, "", "export", single, "--format", "openmetrics", "--cell", "none", out); got.code != exitUsage || !strings.Contains(got.stderr, "it has base, no-eip") {
		t.Errorf("a cell that it has not: exit code %d, %s", got.code, got.stderr)
	}

	path := filepath.Join(store.Dir(), single, results.HitsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0xff
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.om")
	got := command(t, "", "export", single, "--format", "openmetrics", "-o", file, out)
	if text, err := os.ReadFile(file); err != nil || got.code != exitError || !strings.HasSuffix(string(text), "# EOF\n") || !strings.Contains(got.stderr, "that can be read were written") {
		t.Errorf("a damaged record: exit code %d, %v: %s", got.code, err, got.stderr)
	}
}
