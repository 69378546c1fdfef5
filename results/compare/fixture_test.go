package compare

import (
	"fmt"
	"time"

	"showdown"
	"showdown/results"
)

func ptr(v float64) *float64 { return &v }

// summary is a run of whatsthetime/vertical with two faults, R in the reference window,
// and a further cell; change makes it another one.
func summary(change func(*results.Summary)) *results.Summary {
	percentiles := results.Percentiles{P50: ptr(5), P90: ptr(8), P95: ptr(9), P99: ptr(10), P999: ptr(20), Max: ptr(30)}
	fault := func(letter, action string, start, lost float64) results.Fault {
		return results.Fault{
			Letter: letter, Action: action, Target: "web-1", PlannedS: start, StartS: ptr(start), EndS: ptr(start + 60), Confirmed: true, Undone: true,
			DetectedS: ptr(start + 20), RecoveredS: ptr(start + 30), Failed: uint64(lost), LostS: lost,
		}
	}
	cell := func() results.CellSummary {
		return results.CellSummary{
			Requests:     results.Requests{Scheduled: 1000, Sent: 1000, OK: 990, Failed: 10},
			Availability: ptr(0.99),
			Downtime:     results.Downtime{ResolutionS: 0.3, OutageS: 8, LongestOutageS: 8, DegradedS: 10, LostS: 9},
			LatencyMS:    results.Latency{Service: percentiles, Response: percentiles},
			Faults:       []results.Fault{fault("R", "kill", 120, 6), fault("B", "hang", 300, 3)},
			Phases:       []results.Phase{{Name: "calm", ToS: 300, Offered: 100, Goodput: 99}, {Name: "load", FromS: 300, ToS: 600, Offered: 200, Goodput: 197}},
			Reference:    &results.Reference{FromS: 90, ToS: 240, Availability: ptr(0.98), LostS: 6, LongestOutageS: 6, P99MS: ptr(10)},
			Cost:         &results.Cost{MonthUSD: 74.53},
		}
	}
	s := &results.Summary{
		Version: 1, Run: "20261126T101500-whatsthetime-vertical-3f2a", Journey: "whatsthetime", Stage: "vertical", Cell: "base", Title: "One bigger machine",
		Speed: 60, Seed: 3, Started: time.Date(2026, 11, 26, 10, 15, 0, 0, time.UTC), LabSeconds: 10, Complete: true,
		CellSummary: cell(), Cells: map[string]results.CellSummary{"other": cell()}, Verdict: showdown.Held,
	}
	change(s)
	return s
}

// sideOf is a side of runs with those summaries, each with a manifest of its own.
func sideOf(name string, runs ...*results.Summary) Side {
	out := Side{Name: name}
	for i, s := range runs {
		spec := &showdown.Stage{Journey: s.Journey, Name: s.Stage, Title: s.Title, Cells: []showdown.Cell{{
			Name: showdown.BaseCell, Traffic: showdown.Traffic{Clients: 100, Profile: showdown.Browser, Timeout: 60 * showdown.Second},
			Timeline:  []showdown.Step{{Letter: "R", Do: "kill", Target: "web-1"}},
			Reference: &showdown.Reference{Fault: "R", Length: 150 * showdown.Second},
		}}}
		out.Runs = append(out.Runs, Run{ID: fmt.Sprintf("%s-%d", name, i+1), Summary: s, Manifest: &results.Manifest{
			Spec: spec, Speed: s.Speed, Seed: s.Seed,
			Machine: results.Machine{Tool: "v1", Go: "go1.26.8", OS: "linux", Arch: "amd64", Kernel: "6.18", Host: "vm", CPUs: 2},
		}})
	}
	return out
}
