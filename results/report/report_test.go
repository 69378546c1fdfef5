package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"showdown"
	"showdown/results"
)

var update = flag.Bool("update", false, "write the golden files anew")

func ptr(v float64) *float64 { return &v }

// vertical is a summary with everything that a report can show.
func vertical() *results.Summary {
	percentiles := results.Percentiles{P50: ptr(1.2), P90: ptr(1.9), P95: ptr(2.2), P99: ptr(4.1), P999: ptr(8), Max: ptr(12)}
	cell := results.CellSummary{
		Requests: results.Requests{
			Scheduled: 12000, Sent: 12000, OK: 11100, Failed: 900,
			Outcomes: map[string]uint64{"ok": 11100, "refused": 880, "response_timeout": 20},
		},
		Availability: ptr(0.925),
		Downtime: results.Downtime{
			ResolutionS: 0.3, OutageS: 88.1, LongestOutageS: 88.1, DegradedS: 90, LostS: 88.2,
			Outages: []results.Outage{{FromS: 120.3, ToS: 208.4, Seconds: 88.1, SecondsLab: 1.468, Cause: "A"}},
		},
		LatencyMS: results.Latency{Service: percentiles, Response: percentiles},
		WaitedS:   100,
		Generator: results.Generator{LateP99MS: 0.4, LateMaxMS: 3.1},
		Faults: []results.Fault{
			{
				Letter: "A", Action: "resize-instance", Target: "web-1", PlannedS: 120, StartS: ptr(120), EndS: ptr(600.2), Confirmed: true, Undone: true,
				DetectedS: ptr(180), RecoveredS: ptr(208.4), Failed: 900, LostS: 88.2,
				Evidence: "DescribeInstances says m5.large; 4 requests in flight at once took the time of one", Fidelity: "the machine is a process: it really ends and starts, its disk is not checked",
			},
			{Letter: "B", Action: "kill", Target: "web-1", PlannedS: 700, StartS: ptr(700), EndS: ptr(705), Confirmed: true, Failed: 0},
			{Letter: "C", Action: "hang", Target: "web-1", PlannedS: 900, Error: "no such instance"},
		},
		Phases: []results.Phase{
			{Name: "calm", ToS: 600, Offered: 200, Goodput: 170.6, P99MS: ptr(3.9), Availability: ptr(0.853)},
			{Name: "overload", FromS: 600, ToS: 660, Offered: 342, Goodput: 285.2, P99MS: ptr(44.1), Availability: ptr(0.8339)},
		},
		Cohorts:   []results.Cohort{{Name: "told", Clients: 50, Availability: ptr(0.99), LostS: 4, LongestOutageS: 3}, {Name: "old", Clients: 50, Availability: ptr(0.5)}},
		Backends:  []results.Backend{{Name: "web-1", OK: 11000, Failed: 900}, {Name: "web-2", OK: 100}},
		Reference: &results.Reference{FromS: 400, ToS: 700, Availability: ptr(0.97), LostS: 9, P99MS: ptr(4)},
		Cost: &results.Cost{MonthUSD: 12.07, Items: []results.CostItem{{Name: "web-1", What: "t2.micro, 730 h", MonthUSD: 8.47}, {Name: "elastic IP", MonthUSD: 3.6}}, Reserved: []results.Reserved{{
			Type: "m5.large", Hours: 12, InstanceHours: 30, HourUSD: 0.096, Slots: []float64{1, 1, 0.5},
			Terms: []results.ReservedTerm{
				{Term: "1y", HourUSD: 0.0605, BreakEven: 0.63, MonthUSD: []float64{175.2, 149.285, 123.37, 132.495}, Optimum: 2},
				{Term: "3y", HourUSD: 0.0415, BreakEven: 0.432, MonthUSD: []float64{175.2, 135.415, 95.63, 90.885}, Optimum: 3},
			},
		}}},
	}
	filter, none := "a socket filter drops the SYN, as AWS does", "no address: from outside there is nothing to connect to"
	cell.Reach = []results.Reach{
		{From: "internet", To: "web-1", Met: "answered", Allowed: true, Fidelity: filter, AtS: -2},
		{From: "internet", To: "web-2", Met: "silent", Fidelity: none, AtS: -2},
		{From: "web", To: "web-2", Met: "silent", Allowed: true, Fidelity: filter, AtS: 310},
	}
	other := cell
	other.Reach = nil
	other.Availability, other.Reference, other.Faults, other.Cohorts, other.Cost = ptr(0.61), nil, nil, nil, nil
	other.Generator.Disturbed = true
	return &results.Summary{
		Version: 1, Run: "20261123T101500-whatsthetime-vertical-3f2a", Journey: "whatsthetime", Stage: "vertical", Cell: "base",
		Title: "One bigger machine", Speed: 60, Seed: 3, Started: time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC), LabSeconds: 41.2, Complete: true,
		CellSummary: cell, Cells: map[string]results.CellSummary{"no-eip": other},
		Claims: []results.ClaimResult{
			{ID: "11b", Text: "Downtime was experienced when changing the instance size", Expect: `outage("A") between 45s and 180s`, Measured: "88.1 s", Verdict: showdown.Held, Note: "the notes give no number; AWS says a few minutes"},
			{ID: "10", Text: "You can scale vertically by resizing the instance to a m5.large", Expect: `knee("after") / knee("no-credits/before") between 9 and 16`, Measured: "k = 12.8 (285/s : 22.2/s)", Verdict: showdown.Deviated},
			{ID: "8", Text: "Single t2.micro instance with an elastic IP address so the IP is fixed", Expect: `availability(after("A", 1m)) < 1%`, Cell: "no-eip", Verdict: showdown.Unknown, Note: "unknown: fault A was not confirmed", Reason: "fault A was not confirmed"},
		},
		Verdict: showdown.Deviated,
		Reasons: []string{"fault C failed: no such instance", "fault B was not undone"},
	}
}

func journey() *results.JourneySummary {
	a, b := *vertical(), *vertical()
	b.Stage, b.Reference, b.Cost, b.Claims = "single", nil, nil, nil
	return &results.JourneySummary{
		Version: 1, Run: "x", Journey: "whatsthetime", Stages: []results.Summary{b, a}, Verdict: showdown.Deviated,
		Scorecards: scorecards(),
	}
}

func TestGoldens(t *testing.T) {
	empty := &results.Summary{Version: 1, Run: "r", Stage: "attack", Cell: "base", Speed: 1, Verdict: showdown.Unknown, Reasons: []string{"no request was recorded"}}
	for name, write := range map[string]func(io.Writer) error{
		"vertical.txt":  func(w io.Writer) error { return Terminal(w, vertical(), false) },
		"vertical.ansi": func(w io.Writer) error { return Terminal(w, vertical(), true) },
		"vertical.md":   func(w io.Writer) error { return Markdown(w, vertical()) },
		"empty.txt":     func(w io.Writer) error { return Terminal(w, empty, false) },
		"journey.txt":   func(w io.Writer) error { return Journey(w, journey(), false) },
		"table.txt":     func(w io.Writer) error { return JourneyTable(w, journey(), false) },
		"journey.md":    func(w io.Writer) error { return JourneyMarkdown(w, journey()) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s differs; look at the difference, then run with -update\n%s", path, b.String())
		}
	}
}

// TestNoLineIsTooWide holds the width with many cells and long texts.
func TestNoLineIsTooWide(t *testing.T) {
	s := vertical()
	long := strings.Repeat("ein sehr langes Wort ", 20) + strings.Repeat("x", 300)
	s.Title, s.Claims[0].Text, s.Claims[1].Note, s.Faults[0].Evidence, s.Phases[0].Name = long, long, long, long, long
	s.Reasons, s.Cost.Items[0].What = append(s.Reasons, long), long
	for _, name := range []string{"a", "b", "c", "d", "e", strings.Repeat("long", 40)} {
		s.Cells[name] = s.Cells["no-eip"]
	}
	j := journey()
	j.Stages[0].Stage = long
	for _, write := range []func(io.Writer) error{
		func(w io.Writer) error { return Terminal(w, s, false) },
		func(w io.Writer) error { return Journey(w, j, false) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("%d columns: %s", n, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("spaces at the end: %q", line)
			}
		}
	}
}

// TestColourChangesNothingElse holds that colours only add escape sequences.
func TestColourChangesNothingElse(t *testing.T) {
	var with, without bytes.Buffer
	if err := Terminal(&with, vertical(), true); err != nil {
		t.Fatal(err)
	}
	if err := Terminal(&without, vertical(), false); err != nil {
		t.Fatal(err)
	}
	stripped := with.String()
	for _, style := range []string{bold, faint, red, green, yellow, "0"} {
		stripped = strings.ReplaceAll(stripped, "\x1b["+style+"m", "")
	}
	if stripped != without.String() || strings.Contains(without.String(), "\x1b") {
		t.Error("the coloured report says something else")
	}
}

// TestForeignText holds that a text from a record can neither move the cursor nor
// become markup.
func TestForeignText(t *testing.T) {
	s := vertical()
	s.Faults[0].Evidence = "a\x1b[2Jb\r\n| c | <script> *d* \u202e`e`"
	s.Claims[0].Expect = "a `b` | c"
	var text, markdown bytes.Buffer
	if err := Terminal(&text, s, false); err != nil {
		t.Fatal(err)
	}
	if err := Markdown(&markdown, s); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String(), "\x1b\r\u202e") {
		t.Error("control characters on the terminal")
	}
	for _, bad := range []string{"<script>", "\n| c |", "\x1b"} {
		if strings.Contains(markdown.String(), bad) {
			t.Errorf("%q in the Markdown", bad)
		}
	}
	if !strings.Contains(markdown.String(), "``a `b` | c``") {
		t.Error("the expectation is not code")
	}
}

// scorecards are those of two stages, the second one with less availability and a number
// in each unit.
func scorecards() []results.Scorecard {
	card := func(stage, against string, than results.Comparison, values ...float64) results.Scorecard {
		indicator := func(i int, name, unit string) results.Indicator {
			n := results.Indicator{Name: name, Unit: unit, Better: "less"}
			if i < len(values) {
				n.Value = &values[i]
			}
			return n
		}
		return results.Scorecard{Stage: stage, Run: "x/" + stage, Against: against, Pillars: []results.Pillar{
			{Name: results.Reliability, Than: than, Indicators: []results.Indicator{
				indicator(0, "availability", "share"), indicator(1, "lost", "s"), indicator(2, "operator actions", ""),
			}},
			{Name: results.CostPillar, Indicators: []results.Indicator{
				indicator(3, "a month", "USD"), indicator(4, "p99 while calm", "ms"), indicator(5, "goodput", "/s"),
				indicator(6, "a million good requests", "vCPU-hours"),
			}},
		}}
	}
	return []results.Scorecard{card("single", "", "", 0.999, 1.2, 1, 12.92), card("vertical", "single", results.Worse, 0.97, 9, 2, 74.53, 4.1, 285.2, 8.333333)}
}
