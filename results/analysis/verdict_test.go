package analysis

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

func TestVerdicts(t *testing.T) {
	const held, deviates = `outage("A") between 45s and 180s`, `outage("A") < 10s`
	event := func(cell string, kind showdown.EventKind, t float64, target string, data map[string]any) showdown.Event {
		return showdown.Event{T: t, Cell: cell, Kind: kind, Target: target, Data: data}
	}
	remove := func(r *run, cell string, kind showdown.EventKind, letter string) {
		r.events = slices.DeleteFunc(r.events, func(e showdown.Event) bool {
			return e.Cell == cell && e.Kind == kind && e.Target == letter
		})
	}
	for _, tt := range []struct {
		name   string
		expect string
		cell   string
		change func(r *run)
		claim  showdown.Verdict
		run    showdown.Verdict
		reason string
	}{
		{name: "held", expect: held, claim: showdown.Held, run: showdown.Held},
		{name: "deviated", expect: deviates, claim: showdown.Deviated, run: showdown.Deviated},
		{
			name: "a fault that the claim names is unconfirmed", expect: held,
			change: func(r *run) { remove(r, "base", showdown.FaultConfirmed, "A") },
			claim:  showdown.Unknown, run: showdown.Unknown, reason: "fault A was not confirmed",
		},
		{
			name: "another fault is unconfirmed", expect: held,
			change: func(r *run) { remove(r, "base", showdown.FaultConfirmed, "B") },
			claim:  showdown.Held, run: showdown.Unknown, reason: "fault B was not confirmed",
		},
		{
			name: "deviates beside an unconfirmed fault", expect: deviates,
			change: func(r *run) { remove(r, "base", showdown.FaultConfirmed, "B") },
			claim:  showdown.Unknown, run: showdown.Unknown, reason: "fault B was not confirmed",
		},
		{
			name: "a fault of another cell is unconfirmed", expect: deviates,
			change: func(r *run) { remove(r, "no-eip", showdown.FaultConfirmed, "B") },
			claim:  showdown.Deviated, run: showdown.Deviated, reason: "cell no-eip: fault B was not confirmed",
		},
		{
			name: "held in a stall", expect: held,
			change: func(r *run) {
				r.events = append(r.events, event("", showdown.Stall, 300, "", map[string]any{"late_ms": 40.0}))
			},
			claim: showdown.Held, run: showdown.Held,
		},
		{
			name: "deviates in a stall", expect: deviates,
			change: func(r *run) {
				r.events = append(r.events, event("", showdown.Stall, 300, "", map[string]any{"late_ms": 40.0}))
			},
			claim: showdown.Unknown, run: showdown.Unknown,
		},
		{
			name: "a stall below a third of the timeout", expect: deviates,
			change: func(r *run) {
				r.events = append(r.events, event("", showdown.Stall, 300, "", map[string]any{"late_ms": 27.0}))
			},
			claim: showdown.Deviated, run: showdown.Deviated,
		},
		{
			name: "a stall before the traffic", expect: deviates,
			change: func(r *run) {
				r.events = append(r.events, event("base", showdown.Stall, -5, "", map[string]any{"late_ms": 400.0}))
			},
			claim: showdown.Deviated, run: showdown.Deviated,
		},
		{
			name: "deviates with a late generator", expect: deviates,
			change: func(r *run) { r.hits["base"][5].Sent += 30 * time.Millisecond },
			claim:  showdown.Unknown, run: showdown.Unknown,
		},
		{
			name: "deviates with one request dropped", expect: deviates,
			change: func(r *run) { r.hits["base"][5].Outcome = showdown.Dropped },
			claim:  showdown.Unknown, run: showdown.Unknown,
		},
		{
			name: "held with many dropped", expect: held,
			change: func(r *run) {
				for i := range 100 {
					r.hits["base"][i*3].Outcome = showdown.Dropped
				}
			},
			claim: showdown.Unknown, run: showdown.Unknown, reason: "the generator did not send 100 of 2700 requests",
		},
		{
			name: "held with few dropped", expect: held,
			change: func(r *run) {
				for i := range 27 {
					r.hits["base"][i*3].Outcome = showdown.Dropped
				}
			},
			claim: showdown.Held, run: showdown.Held,
		},
		{
			name: "held with many dropped in another cell", expect: held,
			change: func(r *run) {
				for i := range 100 {
					r.hits["no-eip"][i*3].Outcome = showdown.Dropped
				}
			},
			claim: showdown.Held, run: showdown.Unknown, reason: "cell no-eip: the generator did not send 100 of 2700 requests",
		},
		{
			name: "held over another cell, which dropped many", expect: held + ` and outage("no-eip/A") < 180s`,
			change: func(r *run) {
				for i := range 100 {
					r.hits["no-eip"][i*3].Outcome = showdown.Dropped
				}
			},
			claim: showdown.Unknown, run: showdown.Unknown, reason: "cell no-eip: the generator did not send 100 of 2700 requests",
		},
		{
			name: "the record has no end", expect: held, change: func(r *run) { r.cut = true },
			claim: showdown.Held, run: showdown.Unknown, reason: "incomplete",
		},
		{
			name: "deviates in a record without an end", expect: deviates, change: func(r *run) { r.cut = true },
			claim: showdown.Unknown, run: showdown.Unknown, reason: "incomplete",
		},
		{
			name: "interrupted", expect: held,
			change: func(r *run) {
				r.events = append(r.events, event("", showdown.Interrupted, 700, "", map[string]any{"reason": "SIGINT"}))
			},
			claim: showdown.Held, run: showdown.Unknown, reason: "interrupted: SIGINT",
		},
		{
			name: "no steady state", expect: held,
			change: func(r *run) {
				r.events = append(r.events, event("base", showdown.SteadyStateChecked, -3, "", map[string]any{"when": "before", "held": false}))
			},
			claim: showdown.Held, run: showdown.Unknown, reason: "steady state did not hold before",
		},
		{
			name: "not undone is said", expect: held,
			change: func(r *run) {
				remove(r, "base", showdown.FaultUndone, "B")
				r.events = append(r.events, event("base", showdown.FaultNotUndone, 399, "B", nil))
			},
			claim: showdown.Held, run: showdown.Held, reason: "fault B was not undone",
		},
		{
			name: "a fault that failed", expect: held,
			change: func(r *run) {
				r.events = append(r.events, event("base", showdown.FaultFailed, 360, "B", map[string]any{"error": "no such instance"}))
			},
			claim: showdown.Held, run: showdown.Unknown, reason: "fault B failed: no such instance",
		},
		{
			name: "the experiment was stopped", expect: held,
			change: func(r *run) {
				r.events = append(r.events, event("base", showdown.ExperimentStopped, 500, "", map[string]any{"condition": "availability(last(30s)) < 50%"}))
			},
			claim: showdown.Held, run: showdown.Unknown, reason: "stopped: availability",
		},
		{
			name: "a machine is lost, and breaks the traffic off", expect: held,
			change: func(r *run) {
				r.hits["base"] = slices.DeleteFunc(r.hits["base"], func(h showdown.Hit) bool { return h.Intended >= 450*time.Second/60 })
				r.events = append(r.events, event("base", showdown.TrafficEnded, 450, "", nil), event("base", showdown.MachineLost, 451, "web-1", nil))
			},
			claim: showdown.Held, run: showdown.Unknown, reason: "the machine of web-1 was lost at 451 s",
		},
		{
			name: "the traffic breaks off, and nobody says why", expect: held,
			change: func(r *run) {
				r.hits["base"] = slices.DeleteFunc(r.hits["base"], func(h showdown.Hit) bool { return h.Intended >= 450*time.Second/60 })
				r.events = append(r.events, event("base", showdown.TrafficEnded, 450, "", nil))
			},
			claim: showdown.Held, run: showdown.Unknown, reason: "the traffic ended at 450 s of 780 s",
		},
		{
			name: "a machine is lost after the traffic", expect: held,
			change: func(r *run) {
				r.events = append(r.events, event("base", showdown.TrafficEnded, 781, "", nil), event("base", showdown.MachineLost, 782, "web-1", nil))
			},
			claim: showdown.Held, run: showdown.Held, reason: "the machine of web-1 was lost at 782 s",
		},
		{name: "nothing detected", expect: `detected("A") < 1m`, claim: showdown.Unknown, run: showdown.Unknown},
		{name: "too few requests", expect: `availability(after("A", 2s)) <= 1`, claim: showdown.Unknown, run: showdown.Unknown},
		{name: "no requests and no failures", expect: `failed(after("A", 1s)) == 0`, claim: showdown.Unknown, run: showdown.Unknown},
		{name: "too few for a p99", expect: `p99(after("A", 20s)) < 1s`, claim: showdown.Unknown, run: showdown.Unknown},
		{name: "an unknown fact", expect: `fact("A", "colour") == "red"`, claim: showdown.Unknown, run: showdown.Unknown},
		{name: "a number of a fact", expect: `fact("A", "n") > 1`, claim: showdown.Held, run: showdown.Held},
		{name: "no bill", expect: `cost("no-eip") < 5`, claim: showdown.Unknown, run: showdown.Unknown},
		{name: "one part unknown, one false", expect: deviates + ` and detected("A") < 1m`, claim: showdown.Unknown, run: showdown.Unknown},
		{name: "a division by zero", expect: `lost(before("A", 1m)) / lost(before("B", 1m)) < 2`, claim: showdown.Unknown, run: showdown.Unknown},
		{name: "a claim of another cell", expect: held, cell: "no-eip", claim: showdown.Held, run: showdown.Held},
		{name: "a window from a measurement", expect: `availability(after("A", recovered("A"))) > 90%`, claim: showdown.Held, run: showdown.Held},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := good(t)
			r.stage.Claims = []showdown.Claim{{ID: "1", Expect: tt.expect, Cell: tt.cell, Note: "the notes say otherwise"}}
			if tt.change != nil {
				tt.change(&r)
			}
			s := r.analyse(t)
			c := s.Claims[0]
			if c.Verdict != tt.claim || s.Verdict != tt.run {
				t.Errorf("claim %s, run %s; want %s and %s\n%+v\n%v", c.Verdict, s.Verdict, tt.claim, tt.run, c, s.Reasons)
			}
			if (c.Verdict == showdown.Unknown) != (c.Reason != "") || !strings.Contains(c.Note, c.Reason) || !strings.HasPrefix(c.Note, "the notes say otherwise") {
				t.Errorf("verdict %s with reason %q and note %q", c.Verdict, c.Reason, c.Note)
			}
			if reasons := strings.Join(s.Reasons, "\n"); !strings.Contains(reasons, tt.reason) || tt.reason == "" && reasons != "" {
				t.Errorf("reasons %q, want %q", reasons, tt.reason)
			}
		})
	}
}

// TestLeftOutBaseCell holds that a claim about the base cell finds no answer in a run
// without it, though the cell that was played has a fault of the same letter.
func TestLeftOutBaseCell(t *testing.T) {
	r := good(t)
	r.stage.Cells = r.stage.Cells[1:]
	delete(r.hits, "base")
	r.events = slices.DeleteFunc(r.events, func(e showdown.Event) bool { return e.Cell == "base" })
	r.stage.Claims = []showdown.Claim{
		{ID: "1", Expect: `outage("A") between 45s and 180s`},
		{ID: "2", Expect: `outage("A") between 45s and 180s`, Cell: "no-eip"},
	}
	s := r.analyse(t)
	if c := s.Claims[0]; s.Cell != "no-eip" || c.Verdict != showdown.Unknown || c.Reason != "cell base was not played" {
		t.Errorf("summary of %s, claim %+v", s.Cell, c)
	}
	if c := s.Claims[1]; c.Verdict != showdown.Held {
		t.Errorf("claim %+v", c)
	}
}

func TestMeasured(t *testing.T) {
	for _, tt := range []struct{ expect, want string }{
		{`outage("A") between 45s and 180s`, "88.2 s"},
		{`availability(during("A")) < 1%`, "0.5 %"},
		{`peak("ladder") / knee("ladder") > 0`, "k = 1 (200/s : 200/s)"},
		{`p99(phase("calm")) < 1s`, "1 ms"},
		{`confirmed("A")`, "yes"},
		{`cost() < 20`, "$12.10"},
		{`requests(whole()) == 2700`, "2700"},
		{`outage("A") - outage("B") > 10s`, "48.3 s"},
		{`confirmed("A") and outage("A") < 3m`, `confirmed("A") = yes; outage("A") = 88.2 s`},
		{`detected("A") < 1m`, "nothing"},
		{`events("fault.confirmed") == 2`, "2"},
		{`events("fault.confirmed", "no-eip/A") == 1`, "1"},
		{`longest(reference()) < 1m`, "39.9 s"},
		{`degraded(before("A", 1m)) == 0`, "0 s"},
		{`requests(since("A", 10s, 20s)) == 34`, "34"},
		{`failed(since("A", 2m, 3m)) == 0`, "0"},
		{`count(during("A"), "refused") > 10`, "200"},
		{`undone("B")`, "yes"},
		{`recovered("B") < 1m`, "40 s"},
		{`offered(phase("ladder")) > 200`, "233/s"},
		{`share(whole(), "web-1") == 1`, "100 %"},
		{`outages("A") == 1`, "1"},
	} {
		r := good(t)
		r.stage.Claims = []showdown.Claim{{ID: "1", Expect: tt.expect}}
		if got := r.analyse(t).Claims[0].Measured; got != tt.want {
			t.Errorf("%s: measured %q, want %q", tt.expect, got, tt.want)
		}
	}
}

func TestDetectedAndRecovered(t *testing.T) {
	r := good(t)
	r.events = append(r.events,
		showdown.Event{T: 100, Cell: "base", Kind: showdown.InstanceStatus, Target: "web-1", Data: map[string]any{"system": "impaired"}},
		showdown.Event{T: 150, Cell: "base", Kind: showdown.InstanceStatus, Target: "web-2", Data: map[string]any{"system": "impaired"}},
		showdown.Event{T: 160, Cell: "base", Kind: showdown.InstanceStatus, Target: "web-1", Data: map[string]any{"instance": "impaired"}},
	)
	s := r.analyse(t)
	a, b := s.Faults[0], s.Faults[1]
	if a.DetectedS == nil || *a.DetectedS != 160 || b.DetectedS != nil {
		t.Errorf("detected %v and %v, want 160 and never", a.DetectedS, b.DetectedS)
	}
	if a.RecoveredS == nil || *a.RecoveredS != 208.65 || b.RecoveredS == nil || *b.RecoveredS != 400.05 {
		t.Errorf("recovered %v and %v, want 208.65 and 400.05", a.RecoveredS, b.RecoveredS)
	}
	if a.Failed != 294 || a.LostS != 88.2 || b.Failed != 133 || b.LostS != 39.9 {
		t.Errorf("faults %+v and %+v", a, b)
	}
}

// TestGoodBeforeAFaultIsNoRecovery: a request that was long on its way when B began falls
// to B. The good ones that were intended after it and before B are no recovery.
func TestGoodBeforeAFaultIsNoRecovery(t *testing.T) {
	r := good(t)
	hits := r.hits["base"]
	for i := range hits {
		if at := hits[i].Intended.Seconds() * 60; at >= 300 && at < 300.3 {
			hits[i].Outcome, hits[i].Latency = showdown.ResponseTimeout, 1005*time.Millisecond
		}
	}
	b := r.analyse(t).Faults[1]
	if b.Failed != 134 || b.RecoveredS == nil || *b.RecoveredS != 400.05 {
		t.Errorf("failed %d, recovered at %v; want 134 and 400.05", b.Failed, b.RecoveredS)
	}
	// Without any other failure the recovery is the first good one after B's beginning.
	for i := range hits {
		if at := hits[i].Intended.Seconds() * 60; at >= 360 && at < 500 {
			hits[i].Outcome = showdown.OK
		}
	}
	b = r.analyse(t).Faults[1]
	if b.Failed != 1 || b.RecoveredS == nil || *b.RecoveredS < 360 || *b.RecoveredS > 360.5 {
		t.Errorf("failed %d, recovered at %v; want 1 and 360", b.Failed, b.RecoveredS)
	}
}

// TestOverloadIsNoFault holds that a phase which overloads the server does not count
// against a fault from which service had recovered.
func TestOverloadIsNoFault(t *testing.T) {
	r := good(t)
	// B goes on to 590 s: 33 good requests are left until the ladder, whose last step
	// is half served.
	hits := r.hits["base"]
	failed := uint64(0)
	for i := range hits {
		if at := hits[i].Intended.Seconds() * 60; at >= 360 && at < 590 {
			hits[i].Outcome = showdown.Refused
			failed++
		} else if at >= 600 && at < 720 && i%5 == 0 {
			hits[i].Outcome = showdown.HTTP5xx
		}
	}
	f := r.analyse(t).Faults[1]
	if f.RecoveredS == nil || *f.RecoveredS < 590 || *f.RecoveredS > 590.5 || f.Failed != failed {
		t.Errorf("fault %+v, want %d failures and a recovery at 590", f, failed)
	}
}

// TestRepairIsNoCause holds that telling clients addresses is not blamed for what
// failed before it.
func TestRepairIsNoCause(t *testing.T) {
	r := good(t)
	r.stage.Cells[0].Timeline = append(r.stage.Cells[0].Timeline, showdown.Step{Letter: "C", At: 150 * showdown.Second, Do: "tell-clients"})
	r.events = append(r.events, life("base", "C", 150, 151, 151)...)
	s := r.analyse(t)
	if o := s.Downtime.Outages[0]; o.Cause != "A" || s.Faults[0].Failed != 294 || s.Faults[1].Letter != "C" || s.Faults[1].Failed != 0 {
		t.Errorf("outage %+v, faults %+v", o, s.Faults)
	}
}

// TestChangeTakenBack holds that the roll back of a change that a fault left falls to
// the fault again, also when another fault came between.
func TestChangeTakenBack(t *testing.T) {
	r := good(t)
	r.events = slices.DeleteFunc(r.events, func(e showdown.Event) bool {
		return e.Cell == "base" && e.Target == "A" && e.Kind == showdown.FaultHealing
	})
	r.events = append(r.events,
		showdown.Event{T: 500, Cell: "base", Kind: showdown.ChangeUndoing, Target: "A"},
		showdown.Event{T: 530, Cell: "base", Kind: showdown.ChangeNotUndone, Target: "A"},
		showdown.Event{T: 540, Cell: "base", Kind: showdown.ChangeUndone, Target: "A", Data: map[string]any{"facts": map[string]any{"code": "late", "more": 1.0}}},
	)
	hits := r.hits["base"]
	for i := range hits {
		if at := hits[i].Intended.Seconds() * 60; at > 501 && at < 520 {
			hits[i].Outcome = showdown.Refused
		}
	}
	s := r.analyse(t)
	if o := s.Downtime.Outages; len(o) != 3 || o[0].Cause != "A" || o[1].Cause != "B" || o[2].Cause != "A" {
		t.Errorf("outages %+v", o)
	}
	if f := s.Faults[0]; f.EndS == nil || *f.EndS != 207 || f.Facts["code"] != "stopped" || f.Facts["more"] != 1.0 || len(s.Reasons) != 0 {
		t.Errorf("fault %+v, reasons %v", f, s.Reasons)
	}
}

// TestAnalyseFolder analyses a record on disk, whole and torn at many places.
func TestAnalyseFolder(t *testing.T) {
	dir := bigRun(t, 20_000)
	whole, err := Analyse(dir)
	if err != nil {
		t.Fatal(err)
	}
	if whole.Requests.Scheduled < 15_000 || len(whole.Downtime.Outages) != 1 || whole.Downtime.Outages[0].Cause != "A" {
		t.Fatalf("summary %+v", whole)
	}
	if whole.Claims[0].Verdict != showdown.Held {
		t.Errorf("claim %+v", whole.Claims[0])
	}
	path := filepath.Join(dir, results.HitsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := len(data) - 1; n > 0; n -= len(data) / 17 {
		if err := os.WriteFile(path, data[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := Analyse(dir)
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", n, len(data), err)
		}
		if s.Complete || s.Verdict == showdown.Held || s.Requests.Scheduled > whole.Requests.Scheduled {
			t.Errorf("cut at %d of %d: complete %v, verdict %s", n, len(data), s.Complete, s.Verdict)
		}
	}
	if err := os.Remove(filepath.Join(dir, results.EventsFile)); err != nil {
		t.Fatal(err)
	}
	if s, err := Analyse(dir); err != nil || s.Complete {
		t.Errorf("without events: %v", err)
	}
	if _, err := Analyse(t.TempDir()); err == nil {
		t.Error("an empty folder was analysed")
	}
}

// TestSameRecordSameSummary holds that analysis is a function of the record.
func TestSameRecordSameSummary(t *testing.T) {
	var first string
	for range 5 {
		r := good(t)
		data, err := json.Marshal(r.analyse(t))
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(data)
		}
		if string(data) != first {
			t.Fatal("two analyses differ")
		}
	}
}
