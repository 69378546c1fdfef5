package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

// said is what a command said, and its exit code.
type said struct {
	code           int
	stdout, stderr string
}

func command(t *testing.T, stdin string, args ...string) said {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Main(append([]string{"showdown"}, args...), strings.NewReader(stdin), &stdout, &stderr)
	return said{code, stdout.String(), stderr.String()}
}

// playedRun makes a run of two cells that ended, with an outage in the base cell, and its summary.
func playedRun(t *testing.T, create func(string, *results.Manifest) (*results.Recorder, error), stage string, started time.Time) (dir string) {
	t.Helper()
	m := &results.Manifest{
		Journey: "whatsthetime", Stage: stage, Speed: 60, Seed: 7, Started: started, Zero: started.Add(time.Second),
		Spec: &showdown.Stage{
			Version: 1, Journey: "whatsthetime", Name: stage, Title: "The stage " + stage, Cells: []showdown.Cell{
				{Name: showdown.BaseCell, Traffic: showdown.Traffic{Clients: 10, Method: "GET", Path: "/"}}, {Name: "no-eip"},
			},
		},
	}
	rec, err := create(stage, m)
	if err != nil {
		t.Fatal(err)
	}
	var hits []showdown.Hit
	for i := range 2000 {
		at := time.Duration(i) * 5 * time.Millisecond
		h := showdown.Hit{Seq: uint64(i), Intended: at, Sent: at + 50*time.Microsecond, Latency: time.Duration(400+i%100) * time.Microsecond, Status: 200, Backend: "web-1"}
		switch {
		case i >= 600 && i < 800:
			h.Outcome, h.Status = showdown.Refused, 0
		case i%500 == 1:
			h = showdown.Hit{Seq: uint64(i), Intended: at, Sent: at, Outcome: showdown.Dropped}
		}
		hits = append(hits, h)
	}
	rec.Hits(showdown.BaseCell).Append(slices.Clone(hits))
	rec.Hits("no-eip").Append(slices.Clone(hits[:500]))
	rec.Event(showdown.Event{T: 600, At: started.Add(11 * time.Second), Kind: showdown.RunEnded, Source: "play"})
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := analysis.Analyse(rec.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if err := results.WriteSummary(rec.Dir(), s); err != nil {
		t.Fatal(err)
	}
	return rec.Dir()
}

// filledStore has a run of its own, a journey of two stages, and an older run.
func filledStore(t *testing.T) (store *results.Store, single, journey string) {
	t.Helper()
	store, err := results.OpenStore(filepath.Join(t.TempDir(), "runs"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	playedRun(t, store.Create, "old", now.AddDate(0, 0, -30))
	j, err := store.CreateJourney("whatsthetime", &results.JourneyManifest{Journey: "whatsthetime", Speed: 60, Started: now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"single", "vertical"} {
		playedRun(t, j.Create, stage, now.Add(-time.Hour))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	single = playedRun(t, store.Create, "single", now)
	return store, filepath.Base(single), j.ID()
}

func TestExportCommand(t *testing.T) {
	store, single, journey := filledStore(t)
	out := "--out=" + store.Dir()
	// Of 2000 requests 4 were never sent.
	for _, c := range []struct {
		ref, cell string
		lines     int
	}{{single, "base", 1997}, {journey, "base", 1997}, {journey + "/single", "no-eip", 500}} {
		got := command(t, "", "export", c.ref, "--format", "csv", "--cell", c.cell, out)
		if got.code != exitHeld || strings.Count(got.stdout, "\n") != c.lines || strings.Contains(got.stdout, "dropped") {
			t.Errorf("%s, %s: exit code %d, %d lines, %s", c.ref, c.cell, got.code, strings.Count(got.stdout, "\n"), got.stderr)
		}
	}
	file := filepath.Join(t.TempDir(), "run.parquet")
	got := command(t, "", "export", "latest", "--format", "parquet", "--output", file, out)
	data, err := os.ReadFile(file)
	if err != nil || got.code != exitHeld || got.stdout != "" || !bytes.HasPrefix(data, []byte("PAR1")) || !strings.Contains(got.stderr, "1996 requests of "+single) {
		t.Errorf("exit code %d, %.4q, %v: %s", got.code, data, err, got.stderr)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"export", single}, exitUsage, "want --format"},
		{[]string{"export", single, "--format", "xml"}, exitUsage, "choose vegeta-gob"},
		{[]string{"export", single, "--format", "csv", "--cell", "none"}, exitUsage, "it has base, no-eip"},
		{[]string{"export", "never", "--format", "csv"}, exitUsage, "no such run"},
		{[]string{"export", single, "--format", "csv", "--output", "/nowhere/at/all"}, exitError, "write /nowhere/at/all: no such file or directory"},
	} {
		if got := command(t, "", append(c.args, out)...); got.code != c.code || !strings.Contains(got.stderr, c.want) || got.stdout != "" {
			t.Errorf("%v: exit code %d, %s", c.args, got.code, got.stderr)
		}
	}
}

// A damaged record is exported as far as it goes, and the exit code says that it is not whole.
func TestExportOfDamaged(t *testing.T) {
	store, single, _ := filledStore(t)
	path := filepath.Join(store.Dir(), single, results.HitsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0xff
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.csv")
	got := command(t, "", "export", single, "--format", "csv", "-o", file, "--out", store.Dir())
	if _, err := os.Stat(file); err != nil || got.code != exitError || !strings.Contains(got.stderr, "corrupt block at byte") || !strings.Contains(got.stderr, "that can be read were written") {
		t.Errorf("exit code %d, %v: %s", got.code, err, got.stderr)
	}
}

// An export that is imported again is a record with the same numbers, which says what was lost.
func TestImportCommand(t *testing.T) {
	store, single, _ := filledStore(t)
	file := filepath.Join(t.TempDir(), "attack.json")
	if got := command(t, "", "export", single, "--format", "vegeta-json", "-o", file, "--out", store.Dir()); got.code != exitHeld {
		t.Fatal(got.stderr)
	}
	got := command(t, "", "import", file, "--json", "--out", store.Dir())
	if got.code != exitHeld {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	var s, before results.Summary
	if err := json.Unmarshal([]byte(got.stdout), &s); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(command(t, "", "report", single, "--json", "--out", store.Dir()).stdout), &before); err != nil {
		t.Fatal(err)
	}
	if s.Requests.Sent != before.Requests.Sent || s.Requests.OK != before.Requests.OK || s.Requests.Outcomes["refused"] != 200 || s.Requests.Scheduled != 1996 {
		t.Errorf("requests %+v, before %+v", s.Requests, before.Requests)
	}
	if *s.LatencyMS.Service.P99 != *before.LatencyMS.Service.P99 || *s.LatencyMS.Service.Max != *before.LatencyMS.Service.Max {
		t.Errorf("latency %v, before %v", *s.LatencyMS.Service.P99, *before.LatencyMS.Service.P99)
	}
	// The outage lasts as long in lab time; the speed of an imported record is 1.
	if len(s.Downtime.Outages) != 1 || s.Downtime.Outages[0].SecondsLab != before.Downtime.Outages[0].SecondsLab || s.Speed != 1 {
		t.Errorf("outages %+v, before %+v", s.Downtime.Outages, before.Downtime.Outages)
	}
	if s.LatencyMS.Response.P99 != nil || !s.Generator.Unknown || s.Source == nil || s.Source.File != "attack.json" || !s.Complete {
		t.Errorf("response %v, generator %+v, source %+v", s.LatencyMS.Response.P99, s.Generator, s.Source)
	}
	text := command(t, "", "report", "latest", "--out", store.Dir()).stdout
	if !strings.Contains(text, "vegeta does not say when a request was due") || !strings.Contains(text, "not known") || strings.Contains(text, "intended send") {
		t.Errorf("the report:\n%s", text)
	}
	if got := command(t, "", "runs", "--journey", "import", "--json", "--out", store.Dir()); !strings.Contains(got.stdout, `"imported": "vegeta-json"`) {
		t.Errorf("runs: %s", got.stdout)
	}

	// From standard input, and what cannot be imported.
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "runs")
	if got := command(t, string(data), "import", "-", "--quiet", "--out", fresh); got.code != exitHeld || got.stderr != "" {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	for _, c := range []struct {
		stdin string
		args  []string
		code  int
		want  string
	}{
		{string(data[:len(data)-7]), []string{"import", "-"}, exitError, "line 1996: it ends in the middle of a request"},
		{"hello", []string{"import", "-"}, exitError, "it is neither vegeta's results"},
		{"", []string{"import", "/nowhere"}, exitError, "import /nowhere: no such file"},
		{"", []string{"import", file, "--format", "xml"}, exitUsage, "choose vegeta-gob"},
		{`{"summary":{},"responseTimeHistogram":{}}`, []string{"import", "-"}, exitError, "oha --output-format csv writes the requests"},
	} {
		got := command(t, c.stdin, append(c.args, "--out", fresh)...)
		if got.code != c.code || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%v: exit code %d, %s", c.args, got.code, got.stderr)
		}
	}
	if entries, err := os.ReadDir(fresh); err != nil || len(entries) != 1 {
		t.Errorf("the store has %v, %v", entries, err)
	}
}

// Whatever takes a run takes a packed one, and nothing of it stays behind.
func TestPackCommand(t *testing.T) {
	store, _, journey := filledStore(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	file := filepath.Join(t.TempDir(), "j.zip")
	got := command(t, "", "pack", journey, "--output", file, "--out", store.Dir())
	if got.code != exitHeld || !strings.Contains(got.stderr, journey+" is packed in "+file) {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	elsewhere := "--out=" + filepath.Join(t.TempDir(), "runs")
	for _, c := range []struct{ packed, unpacked []string }{
		{[]string{"report", file, "--json"}, []string{"report", journey, "--json"}},
		{[]string{"report", file + "/vert", "--json"}, []string{"report", journey + "/vertical", "--json"}},
		{[]string{"export", file, "--format", "csv"}, []string{"export", journey, "--format", "csv"}},
		{[]string{"pack", file, "--output", "-"}, []string{"pack", journey, "--output", "-"}},
	} {
		a := command(t, "", append(c.packed, elsewhere)...)
		b := command(t, "", append(c.unpacked, "--out", store.Dir())...)
		if a.code != exitHeld || b.code != exitHeld || a.stdout == "" {
			t.Errorf("%v: exit codes %d and %d: %s%s", c.packed, a.code, b.code, a.stderr, b.stderr)
		}
		// report has made the journey's own summary meanwhile, which is packed too.
		if c.packed[0] != "pack" && a.stdout != b.stdout {
			t.Errorf("%v differs from %v", c.packed, c.unpacked)
		}
	}
	foreign := filepath.Join(t.TempDir(), "x.txt")
	if err := os.WriteFile(foreign, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ref, want string
		code      int
	}{
		{foreign, "not a packed run: it is no zip file", exitUsage},
		{file + "/never", "has no stage \"never\"", exitUsage},
	} {
		if got := command(t, "", "report", c.ref, elsewhere); got.code != c.code || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: exit code %d, %s", c.ref, got.code, got.stderr)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("%v stays in the temporary folder, %v", left, err)
	}
}

func TestRunsCommand(t *testing.T) {
	store, single, journey := filledStore(t)
	out := "--out=" + store.Dir()
	if got := command(t, "", "runs", "tag", single, "slides", "2026", out); got.code != exitHeld || got.stdout != "2026 slides\n" {
		t.Errorf("tag: %+v", got)
	}
	if got := command(t, "", "runs", "tag", single, "2026-", out); got.stdout != "slides\n" {
		t.Errorf("tag: %+v", got)
	}
	if got := command(t, "", "runs", "tag", journey, "class", out); got.stdout != "class\n" {
		t.Errorf("tag: %+v", got)
	}
	if got := command(t, "", "runs", "tag", single, "a b", out); got.code != exitUsage || !strings.Contains(got.stderr, "letters, digits") {
		t.Errorf("tag: %+v", got)
	}
	listed := func(args ...string) (ids []string) {
		t.Helper()
		got := command(t, "", append([]string{"runs", "--json", out}, args...)...)
		var rows []runRow
		if err := json.Unmarshal([]byte(got.stdout), &rows); err != nil || got.code != exitHeld {
			t.Fatalf("%v: %v, %s", args, err, got.stderr)
		}
		for _, r := range rows {
			if r.Bytes < 1000 || r.Tags == nil || r.JourneyName != "whatsthetime" || r.InUse {
				t.Errorf("row %+v", r)
			}
			ids = append(ids, r.Run)
		}
		return ids
	}
	all := listed()
	if len(all) != 3 {
		t.Fatalf("runs %v", all)
	}
	old := all[0]
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--journey", "whatsthetime"}, all},
		{[]string{"--journey", "other"}, nil},
		{[]string{"--stage", "single"}, []string{journey + "/single", single}},
		{[]string{"--tag", "slides"}, []string{single}},
		{[]string{"--tag", "slides", "--tag", "class"}, nil},
		{[]string{"--stage", "vertical", "--tag", "class"}, []string{journey + "/vertical"}},
		{[]string{"--since", "7d"}, []string{journey, single}},
		{[]string{"--since", "10m"}, []string{single}},
		{[]string{"--since", "2020-01-01"}, all},
		{[]string{"--verdict", "held", "--stage", "old"}, []string{old}},
		{[]string{"--verdict", "deviated"}, nil},
	} {
		if got := listed(c.args...); !slices.Equal(got, c.want) {
			t.Errorf("%v lists %v, want %v", c.args, got, c.want)
		}
	}
	text := command(t, "", "runs", out)
	for _, want := range []string{"[slides]", "[class]", " KiB   The stage single"} {
		if !strings.Contains(text.stdout, want) {
			t.Errorf("no %q in\n%s", want, text.stdout)
		}
	}
	if !strings.Contains(text.stderr, "3 runs, ") {
		t.Errorf("it says %q", text.stderr)
	}
	for _, args := range [][]string{{"--since", "soon"}, {"--verdict", "good"}} {
		if got := command(t, "", append([]string{"runs", out}, args...)...); got.code != exitUsage {
			t.Errorf("%v: exit code %d", args, got.code)
		}
	}

	// Removing asks, and takes all or nothing.
	if got := command(t, "n\n", "runs", "rm", single, out); got.code != exitUsage || !strings.Contains(got.stderr, "remove 1 run, ") {
		t.Errorf("rm: %+v", got)
	}
	if got := command(t, "", "runs", "rm", single, out); got.code != exitUsage {
		t.Errorf("rm: %+v", got)
	}
	if got := command(t, "", "runs", "rm", single, "never", "--yes", out); got.code != exitUsage || !strings.Contains(got.stderr, "nothing was removed") {
		t.Errorf("rm: %+v", got)
	}
	if got := command(t, "", "runs", "rm", journey+"/single", "--yes", out); got.code != exitError || !strings.Contains(got.stderr, "stage of a journey") {
		t.Errorf("rm: %+v", got)
	}
	if got := listed(); len(got) != 3 {
		t.Fatalf("runs %v", got)
	}
	if got := command(t, "y\n", "runs", "rm", single, old[:14], out); got.code != exitHeld || !strings.Contains(got.stderr, "removed 2 runs") {
		t.Errorf("rm: %+v", got)
	}
	if got := listed(); !slices.Equal(got, []string{journey}) {
		t.Errorf("runs %v", got)
	}
}

// A run that is being recorded is neither removed nor packed.
func TestRunInUse(t *testing.T) {
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rec, err := store.Create("single", &results.Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := store.Resolve(rec.ID())
	if err != nil {
		t.Fatal(err)
	}
	if !run.InUse() {
		t.Skip("the system has no locks")
	}
	for _, args := range [][]string{{"runs", "rm", rec.ID(), "--yes"}, {"pack", rec.ID(), "--output", "-"}} {
		if got := command(t, "", append(args, "--out", store.Dir())...); got.code != exitError || !strings.Contains(got.stderr, "being recorded") {
			t.Errorf("%v: %+v", args, got)
		}
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if got := command(t, "", "runs", "rm", rec.ID(), "--yes", "--json", "--out", store.Dir()); got.code != exitHeld || !strings.Contains(got.stdout, rec.ID()) {
		t.Errorf("%+v", got)
	}
}
