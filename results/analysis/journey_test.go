package analysis

import (
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// TestJourneyCountsTheLastRunOfAStage: a stage that was played again stands once, and
// one that never was makes the verdict unknown.
func TestJourneyCountsTheLastRunOfAStage(t *testing.T) {
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	j, err := store.CreateJourney("mine", &results.JourneyManifest{Journey: "mine", Stages: []string{"one", "two"}, Speed: 60})
	if err != nil {
		t.Fatal(err)
	}
	play := func(stage string, outcome showdown.Outcome) {
		t.Helper()
		rec, err := j.Create(stage, &results.Manifest{
			Journey: "mine", Stage: stage, Speed: 60, Zero: time.Now(),
			Spec: &showdown.Stage{
				Journey: "mine", Name: stage,
				Cells: []showdown.Cell{{
					Name:    showdown.BaseCell,
					Traffic: showdown.Traffic{Clients: 1, Phases: []showdown.Phase{{Name: "all", For: showdown.Minute, Rate: 100}}},
				}},
				Claims: []showdown.Claim{{ID: "x-good", Expect: "availability(whole()) > 99%"}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		hits := make([]showdown.Hit, 100)
		for i := range hits {
			at := time.Duration(i) * 10 * time.Millisecond
			hits[i] = showdown.Hit{Seq: uint64(i), Intended: at, Sent: at, Latency: time.Millisecond, Outcome: outcome}
		}
		rec.Hits(showdown.BaseCell).Append(hits)
		rec.Event(showdown.Event{T: 61, At: time.Now(), Kind: showdown.RunEnded, Source: "play", Data: map[string]any{"reason": "finished"}})
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(verdict showdown.Verdict, stages ...showdown.Verdict) {
		t.Helper()
		got, err := AnalyseJourney(j.Dir())
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict != verdict || len(got.Stages) != len(stages) {
			t.Fatalf("%d stages, verdict %s, want %d and %s", len(got.Stages), got.Verdict, len(stages), verdict)
		}
		for i, want := range stages {
			if s := got.Stages[i]; s.Verdict != want {
				t.Errorf("stage %d is %s %s, want %s", i, s.Stage, s.Verdict, want)
			}
		}
	}
	play("one", showdown.Refused)
	check(showdown.Deviated, showdown.Deviated)
	play("two", showdown.OK)
	check(showdown.Deviated, showdown.Deviated, showdown.Held)
	play("one", showdown.OK)
	check(showdown.Held, showdown.Held, showdown.Held)
}
