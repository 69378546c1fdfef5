package catalogue

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/targets/backend/process"
)

// recorded is the record of a run of ten AWS minutes at speed 60: the base cell, and one
// in which web-1 hangs from the third minute to the seventh. Two clients send ten
// requests/s each: "fresh" to web-1, "in-turn" to web-2.
func recorded(t *testing.T, changed func(e *showdown.Event), ended bool) string {
	t.Helper()
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	traffic := showdown.Traffic{
		Clients: 2, Timeout: 30 * showdown.Second, Phases: []showdown.Phase{{Name: "all", For: 10 * showdown.Minute, Rate: 20}},
		Cohorts: []showdown.Cohort{{Name: "fresh", Share: 0.5}, {Name: "in-turn", Share: 0.5}},
	}
	spec := &showdown.Stage{Journey: "faults", Name: "catalogue", Cells: []showdown.Cell{
		{Name: "base", Traffic: traffic},
		{Name: "hang", Traffic: traffic, Timeline: []showdown.Step{
			{Letter: "X", Do: "tell-clients"},
			{Letter: "A", At: 3 * showdown.Minute, For: 4 * showdown.Minute, Do: "hang", Target: "web-1"},
		}},
	}}
	rec, err := store.Create("faults-catalogue", &results.Manifest{Journey: "faults", Stage: "catalogue", Spec: spec, Speed: 60, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range spec.Cells {
		var hits []showdown.Hit
		for i := range 200 {
			at := time.Duration(i/2) * 100 * time.Millisecond
			h := showdown.Hit{Seq: uint64(i), Intended: at, Sent: at, Latency: 5 * time.Millisecond, Client: uint32(i % 2), Status: 200, Backend: "web-2"}
			if i%2 == 0 {
				h.Backend = "web-1"
			}
			if cell.Name == "hang" && i%2 == 0 && at >= 3*time.Second && at < 7*time.Second {
				h.Outcome, h.Status, h.Latency = showdown.ResponseTimeout, 0, 500*time.Millisecond
			}
			hits = append(hits, h)
		}
		rec.Hits(cell.Name).Append(hits)
	}
	for _, e := range []showdown.Event{
		{T: 60, Target: "X", Kind: showdown.FaultInjected},
		{T: 179.5, Target: "A", Kind: showdown.FaultInjecting},
		{T: 180, Target: "A", Kind: showdown.FaultInjected},
		{T: 190, Target: "A", Kind: showdown.FaultConfirmed, Data: map[string]any{"evidence": "connected, no answer"}},
		{T: 420, Target: "A", Kind: showdown.FaultHealing},
		{T: 421, Target: "A", Kind: showdown.FaultUndone},
		{T: 600, Kind: showdown.RunEnded},
	} {
		if e.Target != "" {
			e.Cell = "hang"
		}
		changed(&e)
		if e.Kind != showdown.RunEnded || ended {
			rec.Event(e)
		}
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	s := &results.Summary{Cell: "base", Cells: map[string]results.CellSummary{"hang": {Generator: results.Generator{Disturbed: true}}}}
	if err := results.WriteSummary(rec.Dir(), s); err != nil {
		t.Fatal(err)
	}
	return rec.Dir()
}

func asItWas(*showdown.Event) {}

func TestMeasure(t *testing.T) {
	run, err := Measure(recorded(t, asItWas, true))
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Complete(); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(run.Disturbed()); got != "[hang]" {
		t.Errorf("disturbed %s", got)
	}
	// The fault begins at 2.99 s, and what is sent after 6.5 s is left out. What was sent
	// before the helper's step, and within a timeout of it, does not count as before.
	want := "| `fresh` | before | 15 | ok 15 (100%) | 5.0 | 5.0 | web-1 |\n" +
		"| `fresh` | during | 35 | response_timeout 35 (100%) | - | - | nobody |\n" +
		"| `in-turn` | before | 15 | ok 15 (100%) | 5.0 | 5.0 | web-2 |\n" +
		"| `in-turn` | during | 35 | ok 35 (100%) | 5.0 | 5.0 | web-2 |\n"
	shown := run.Cells["hang"].Shown
	if len(shown) != 1 || shown[0].Step.Letter != "A" || !shown[0].Confirmed || shown[0].Evidence != "connected, no answer" {
		t.Fatalf("shown %+v", shown)
	}
	if got := table(shown[0].Rows); got != tableHead+want {
		t.Errorf("rows\n%s\nwant\n%s", got, want)
	}
	want = "| `fresh` | calm | 100 | ok 100 (100%) | 5.0 | 5.0 | web-1 |\n| `in-turn` | calm | 100 | ok 100 (100%) | 5.0 | 5.0 | web-2 |\n"
	if got := table(run.Cells["base"].Calm); got != tableHead+want {
		t.Errorf("calm rows\n%s\nwant\n%s", got, want)
	}
	if err := Write(&bytes.Buffer{}, run, process.Fidelity); err == nil || !strings.Contains(err.Error(), "add-instance was not played") {
		t.Errorf("a page of one fault: error %v", err)
	}
}

func TestWhatSaysNotEnough(t *testing.T) {
	for _, c := range []struct {
		name    string
		changed func(*showdown.Event)
		want    string
	}{
		{"unseen", func(e *showdown.Event) {
			if e.Kind == showdown.FaultConfirmed {
				e.Kind = showdown.FaultUnconfirmed
			}
		}, "cell hang: A was not seen by the probe: connected, no answer"},
		{"failed", func(e *showdown.Event) {
			if e.Kind == showdown.FaultConfirmed {
				e.Kind, e.Data = showdown.FaultFailed, map[string]any{"error": "no such process"}
			}
		}, "cell hang: A failed: no such process"},
		{"too short", func(e *showdown.Event) {
			if e.Target == "X" {
				e.T = 170
			}
		}, "cell hang: A: fresh clients sent nothing before"},
	} {
		run, err := Measure(recorded(t, c.changed, true))
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Complete(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Measure(recorded(t, asItWas, false)); err == nil || !strings.Contains(err.Error(), "did not come to its end") {
		t.Errorf("a run without an end: error %v", err)
	}
	if _, err := Measure(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("no run, and no error")
	}
}

// A cell that was played again takes the place of what was less sure, and of nothing
// else.
func TestReplace(t *testing.T) {
	cell := func(disturbed, confirmed bool, evidence string) Cell {
		return Cell{Disturbed: disturbed, Shown: []Shown{{Evidence: evidence, Confirmed: confirmed}}}
	}
	names := []string{"sure", "better", "as-disturbed", "unseen", "worse"}
	spec := &showdown.Stage{}
	for _, name := range names {
		spec.Cells = append(spec.Cells, showdown.Cell{Name: name})
	}
	run := &Run{Manifest: &results.Manifest{Spec: spec}, Cells: map[string]Cell{
		"sure": cell(false, true, "1"), "better": cell(true, true, "1"), "as-disturbed": cell(true, true, "1"),
		"unseen": cell(false, false, "1"), "worse": cell(true, true, "1"),
	}}
	if got := fmt.Sprint(run.Doubtful()); got != "[better as-disturbed unseen worse]" {
		t.Errorf("doubtful %s", got)
	}
	run.Replace(&Run{Cells: map[string]Cell{
		"better": cell(false, true, "2"), "as-disturbed": cell(true, true, "2"), "unseen": cell(true, true, "2"), "worse": cell(false, false, "2"),
	}})
	got := ""
	for _, name := range names {
		got += run.Cells[name].Shown[0].Evidence
	}
	if got != "12121" || fmt.Sprint(run.Disturbed()) != "[as-disturbed unseen worse]" {
		t.Errorf("evidence %s, disturbed %v", got, run.Disturbed())
	}
}

// TestWrittenPageAgrees: what is written is what the test of the page looks for.
func TestWrittenPageAgrees(t *testing.T) {
	stage := theStage(t)
	run := &Run{
		Manifest: &results.Manifest{
			Spec: stage, Speed: 60, Seed: 7, Started: time.Date(2026, 3, 4, 5, 6, 0, 0, time.UTC),
			Machine: results.Machine{Tool: "v1", Go: "go1.26", OS: "linux", Arch: "arm64", Kernel: "7.0", CPUs: 3},
		},
		Cells: map[string]Cell{},
	}
	for _, c := range stage.Cells {
		out := Cell{Disturbed: c.Name == "kill"}
		if len(c.Timeline) == 0 {
			out.Calm = []Row{{Clients: "fresh", When: calm, Tally: *good(5, "web-1", 9)}}
		}
		for _, s := range c.Timeline {
			when := during
			if s.Do == "start-instance" {
				when = after
			}
			rows := []Row{
				{Clients: "fresh", When: before, Tally: *tallied(5, "web-1", map[showdown.Outcome]int{showdown.Refused: 3})},
				{Clients: "fresh", When: when, Tally: *good(7, "web-1", 8)},
			}
			if s.Do == "leak" {
				rows[1].When = untilKilled
				rows = append(rows, Row{Clients: "fresh", When: onceKilled, Tally: rows[0].Tally})
			}
			if !Helper(s) {
				out.Shown = append(out.Shown, Shown{
					Step: s, Confirmed: true, Evidence: "seen", Rows: rows,
					Facts: map[string]any{"rate": 1.23456, "code": "", "identity": "17@4"}, Later: map[string]any{"killed_after_s": 60.0},
				})
			}
		}
		run.Cells[c.Name] = out
	}
	var b bytes.Buffer
	if err := Write(&b, run, process.Fidelity); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if err := Agree(page, stage, process.Fidelity); err != nil {
		t.Error(err)
	}
	for _, part := range []string{
		"| showdown | v1, go1.26 |\n| machine | linux/arm64, kernel 7.0, 3 CPUs |\n| when | 2026-03-04 05:06 UTC |\n| speed, seed | 60, 7 |\n",
		"| clients | 80 in each cell, which give up after 40s of AWS time: 667 ms here |\n| the machine stalled | in the cells kill |\n",
		"| starts a stopped instance | `refused` before, then `ok` |",
		"system kills it | `ok` until it is killed, then `refused` |",
		"**Facts:** `code` none, `rate` 1.235.\n\n**Facts, once it was undone:** `killed_after_s` 60.\n",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no\n%s", part)
		}
	}
	if n := strings.Count(page, "The machine stalled meanwhile"); n != 1 {
		t.Errorf("%d cells are said to be disturbed, want 1", n)
	}
}
