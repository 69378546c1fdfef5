package analysis

import (
	"strings"
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
	j, err := store.CreateJourney("mine", &results.JourneyManifest{
		Journey: "mine", Stages: []string{"one", "two"}, Speed: 60,
		Claims: []showdown.Claim{
			{ID: "x-two-is-better", Stages: []string{"one", "two"}, Expect: `availability(whole("one")) < availability(whole("two"))`},
			{ID: "x-waits", Stages: []string{"two", "three"}, Expect: `availability(whole("two")) < availability(whole("three"))`},
			{ID: "x-serves", Stages: []string{"one", "two"}, Expect: `score("two", "performance efficiency") == 1 and improves("two") == 1`},
		},
	})
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
	check := func(verdict showdown.Verdict, claims []showdown.Verdict, stages ...showdown.Verdict) {
		t.Helper()
		got, err := AnalyseJourney(j.Dir())
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict != verdict || len(got.Stages) != len(stages) {
			t.Fatalf("%d stages, verdict %s, want %d and %s", len(got.Stages), got.Verdict, len(stages), verdict)
		}
		if len(got.Claims) != len(claims) {
			t.Fatalf("%d claims that compare stages, want %d: %+v", len(got.Claims), len(claims), got.Claims)
		}
		for i, want := range claims {
			if c := got.Claims[i]; c.Verdict != want {
				t.Errorf("claim %s is %s, want %s: %s, %s", c.ID, c.Verdict, want, c.Measured, c.Note)
			}
		}
		for i, want := range stages {
			if s := got.Stages[i]; s.Verdict != want {
				t.Errorf("stage %d is %s %s, want %s", i, s.Stage, s.Verdict, want)
			}
		}
	}
	play("one", showdown.Refused)
	check(showdown.Deviated, nil, showdown.Deviated)
	play("two", showdown.OK)
	check(showdown.Deviated, []showdown.Verdict{showdown.Held, showdown.Held}, showdown.Deviated, showdown.Held)
	// The scorecards are there, each with its run, and the second one compared.
	summary, err := AnalyseJourney(j.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if c := summary.Scorecards; len(c) != 2 || c[0].Against != "" || c[1].Stage != "two" || c[1].Run == "" || c[1].Against != "one" || c[1].AgainstRun != c[0].Run {
		t.Errorf("%+v", c)
	}
	// Two stages that are equally good: the comparison does not hold any more.
	play("one", showdown.OK)
	check(showdown.Deviated, []showdown.Verdict{showdown.Deviated, showdown.Deviated}, showdown.Held, showdown.Held)
}

// TestComparisonsNameCells: a stage's name is its base cell, "stage.cell" another one.
func TestComparisonsNameCells(t *testing.T) {
	one, two := testStage(), testStage()
	one.Name, two.Name = "one", "two"
	for expect, want := range map[string]string{
		`cost("one") < cost("two")`:                       "",
		`outage("one/A") < outage("two.no-eip/A")`:        "",
		`lost(reference("one")) > lost(reference("two"))`: "",
		`public("three") == 0`:                            `unknown cell "three"`,
		`fact("two/A", "code") == "stopped"`:              "",
		`count(whole("one"), "refused") > 1`:              "",
		`saving(2, "1y", "one") > 1`:                      "",
		`outage("two.other/A") > 1m`:                      `unknown cell`,
		`outage("two/C") > 1m`:                            `unknown fault of cell two "C"`,
		`availability(phase("one/rest")) > 1%`:            `unknown phase of cell one "rest"`,
	} {
		err := CompileComparison([]*showdown.Stage{one, two}, showdown.Claim{Expect: expect})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", expect, err, want)
		}
	}
}
