package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); -update writes it anew:\n%s", path, diff)
	}
}

func exampleManifest() *Manifest {
	return &Manifest{
		Run: "20261123T101500-whatsthetime-vertical-3f2a", Journey: "whatsthetime", Stage: "vertical",
		Spec: &showdown.Stage{
			Version: 1, Journey: "whatsthetime", Name: "vertical", Number: 2, Title: "A bigger instance", App: "clock", Work: 100,
			SLO: showdown.SLO{Availability: 0.999, Latency: showdown.LabDuration(50 * time.Millisecond)},
			Cells: []showdown.Cell{{
				Name:     "base",
				Topology: showdown.Topology{Region: "us-east-1", Instances: []showdown.Instance{{Name: "web-1", Type: "t2.micro", AppBoot: 10 * showdown.Second}}},
				Traffic: showdown.Traffic{Clients: 1000, Profile: showdown.Pinned, Timeout: 3 * showdown.Second, Method: "GET", Path: "/", Phases: []showdown.Phase{
					{Name: "steady", For: 10 * showdown.Minute, Rate: 200},
				}},
				Timeline:  []showdown.Step{{Letter: "A", At: 2 * showdown.Minute, Do: "resize-instance", Target: "web-1", With: map[string]string{"type": "m5.large"}}},
				Reference: &showdown.Reference{Fault: "A", Before: showdown.Minute, Length: 5 * showdown.Minute},
			}},
			Claims: []showdown.Claim{{ID: "11b", Text: "A resize needs downtime.", Expect: `outage("A") between 45s and 180s`}},
		},
		Speed: 60, Seed: 3, Started: started, Zero: started.Add(2 * time.Second),
		Command: []string{"showdown", "run", "whatsthetime/vertical", "--seed", "3"},
		Machine: Machine{Tool: "devel", Go: "go1.26", Vegeta: "v12.13.0", OS: "linux", Arch: "amd64", Kernel: "6.18", Host: "desk", CPUs: 2},
		Cost:    map[string]Cost{"base": {MonthUSD: 8.47, RunUSD: 0.002, Items: []CostItem{{Name: "web-1", What: "t2.micro on demand", MonthUSD: 8.47, Source: "https://aws.amazon.com/ec2/pricing/"}}}},
	}
}

func exampleSummary() *Summary {
	c := CellSummary{
		Requests: Requests{
			Scheduled: 12000, Sent: 12000, OK: 11100, Failed: 900,
			Outcomes: map[string]uint64{"refused": 900, "ok": 11100},
		},
		Availability: new(0.925),
		Downtime: Downtime{
			ResolutionS: 0.3, OutageS: 88.1, LongestOutageS: 88.1, DegradedS: 90, LostS: 88,
			Outages: []Outage{{FromS: 120.3, ToS: 208.4, Seconds: 88.1, SecondsLab: 1.468, Cause: "A"}},
		},
		LatencyMS: Latency{
			Service:  Percentiles{P50: new(1.2), P90: new(1.9), P95: new(2.2), P99: new(4.1), P999: new(8.0), Max: new(12.0)},
			Response: Percentiles{P50: new(1.3), P90: new(2.0), P95: new(2.4), P99: new(4.4), P999: new(8.1), Max: new(12.2)},
		},
		Generator: Generator{LateP99MS: 0.4, LateMaxMS: 3.1},
		Faults: []Fault{{
			Letter: "A", Action: "stop-instance", Target: "web-1", PlannedS: 120, StartS: new(120.0), EndS: new(180.2),
			Confirmed: true, Undone: true, RecoveredS: new(208.4), Failed: 900, LostS: 88, Fidelity: "the process gets a signal",
		}},
		Phases:    []Phase{{Name: "steady", ToS: 600, Offered: 200, Goodput: 185, P99MS: new(4.1), Availability: new(0.925)}},
		Cohorts:   []Cohort{{Name: "pinned", Clients: 1000, Requests: Requests{Scheduled: 12000, Sent: 12000, OK: 11100, Failed: 900}, Availability: new(0.925)}},
		Reference: &Reference{FromS: 60, ToS: 360, Availability: new(0.85), LostS: 44, LongestOutageS: 88.1, P99MS: new(4.0)},
		Cost:      &Cost{MonthUSD: 8.47, Items: []CostItem{{Name: "web-1 t2.micro", MonthUSD: 8.47}}},
		Reach:     []Reach{{From: "internet", To: "web-1", Met: MetAnswered, Allowed: true, Fidelity: "everybody is let in", AtS: -1.5}},
	}
	return &Summary{
		Run: "20261123T101500-whatsthetime-vertical-3f2a", Journey: "whatsthetime", Stage: "vertical", Cell: "base", Title: "A bigger instance",
		Speed: 60, Seed: 3, Started: started, LabSeconds: 60, Complete: true,
		CellSummary: c,
		// A cell in which nothing was measured shows what is null.
		Cells: map[string]CellSummary{"no-eip": {}},
		Claims: []ClaimResult{{
			ID: "11b", Text: "A resize needs downtime.", Expect: `outage("A") between 45s and 180s`,
			Measured: "88.1 s", Verdict: showdown.Held, Note: "The notes do not say how long.",
		}},
		Verdict: showdown.Held,
	}
}

func TestManifestForm(t *testing.T) {
	dir, want := t.TempDir(), exampleManifest()
	if err := WriteManifest(dir, want); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "run.json", data)
	got, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	want.Version = ManifestVersion
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("manifest differs when read (-want +got):\n%s", diff)
	}
}

func TestJourneyForm(t *testing.T) {
	dir := t.TempDir()
	m := exampleManifest()
	want := &JourneyManifest{
		Run: "20261123T101500-whatsthetime-3f2a", Journey: "whatsthetime", Stages: []string{"single", "vertical"},
		Speed: 60, Seed: 3, Started: started, Command: m.Command, Machine: m.Machine,
	}
	if err := WriteJourney(dir, want); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, JourneyFile))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "journey.json", data)
	got, err := ReadJourney(dir)
	want.Version = ManifestVersion
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("journey differs when read, error %v (-want +got):\n%s", err, diff)
	}
}

func TestSummaryForm(t *testing.T) {
	dir, s := t.TempDir(), exampleSummary()
	if err := WriteSummary(dir, s); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.json", data)
	if s.Version != 0 || s.Cohorts[0].Requests.Outcomes != nil {
		t.Error("writing changed the summary")
	}
	got, err := ReadSummary(dir)
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := got.Encode(&again); err != nil || again.String() != string(data) {
		t.Errorf("the summary changed when it was read, error %v:\n%s", err, cmp.Diff(string(data), again.String()))
	}
}

func TestJourneySummaryForm(t *testing.T) {
	dir := t.TempDir()
	j := &JourneySummary{
		Run: "20261123T101500-whatsthetime-3f2a", Journey: "whatsthetime", Stages: []Summary{*exampleSummary()},
		Verdict: showdown.Unknown,
	}
	if err := WriteJourneySummary(dir, j); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJourneySummary(dir)
	if err != nil || len(got.Stages) != 1 || got.Stages[0].Version != SummaryVersion || got.Claims == nil || got.Verdict != showdown.Unknown {
		t.Errorf("summary %+v, error %v", got, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(data, &top); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"version", "run", "journey", "stages", "claims", "verdict"} {
		if _, ok := top[key]; !ok {
			t.Errorf("%q is missing", key)
		}
	}
}

// Every name of the summary's contract is there, in a cell with numbers and in one
// without, and what is a list is one when it is empty.
func TestSummaryHasItsNames(t *testing.T) {
	var b bytes.Buffer
	if err := exampleSummary().Encode(&b); err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(b.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	empty := s["cells"].(map[string]any)["no-eip"].(map[string]any)
	for _, path := range strings.Fields(`
		requests.scheduled requests.sent requests.ok requests.failed requests.dropped requests.outcomes availability
		downtime.resolution_s downtime.outage_s downtime.longest_outage_s downtime.degraded_s downtime.lost_s downtime.outages
		latency_ms.service.p50 latency_ms.service.p90 latency_ms.service.p95 latency_ms.service.p99 latency_ms.service.p999
		latency_ms.service.max latency_ms.response.p50 waited_s
		generator.late_p99_ms generator.late_max_ms generator.saturated generator.disturbed
		faults phases cohorts reference cost`) {
		for where, cell := range map[string]map[string]any{"base": s, "no-eip": empty} {
			var v any = cell
			for _, key := range strings.Split(path, ".") {
				m, ok := v.(map[string]any)
				if !ok {
					t.Fatalf("%s of %s: nothing at %s", path, where, key)
				}
				if v, ok = m[key]; !ok {
					t.Errorf("%s of %s is missing", path, where)
				}
			}
		}
	}
	for _, list := range []string{"faults", "phases", "cohorts"} {
		if v, ok := empty[list].([]any); !ok || len(v) != 0 {
			t.Errorf("%s of an empty cell is %v", list, empty[list])
		}
	}
	for _, name := range []string{"availability", "reference", "cost"} {
		if empty[name] != nil {
			t.Errorf("%s of an empty cell is %v, not null", name, empty[name])
		}
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadSummary(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, SummaryFile), []byte(`{"version":7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSummary(dir); err == nil || !strings.Contains(err.Error(), "version 7 is not known here; this build reads version 1") {
		t.Errorf("error %v", err)
	}
}
