package analysis

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"showdown"
	"showdown/results"
)

// AnalyseJourney makes the summary of the journey in folder dir: the last run of each
// stage that was played, the claims that compare stages which were all played, and the
// verdict over all, from their records alone. A stage that was planned and not played
// makes the verdict unknown.
func AnalyseJourney(dir string) (*results.JourneySummary, error) {
	return AnalyseJourneyGates(dir, nil)
}

// AnalyseJourneyGates is [AnalyseJourney] with further gates in every stage.
func AnalyseJourneyGates(dir string, gates []showdown.Gate) (*results.JourneySummary, error) {
	journey, err := results.ReadJourney(dir)
	if err != nil {
		return nil, fmt.Errorf("analyse: %w", err)
	}
	out := &results.JourneySummary{
		Version: results.SummaryVersion, Run: journey.Run, Journey: journey.Journey, Verdict: showdown.Held,
	}
	runs := map[string]input{}
	for _, folder := range journey.Stages {
		in, err := inputOf(filepath.Join(dir, folder))
		if errors.Is(err, os.ErrNotExist) {
			out.Verdict = out.Verdict.Worse(showdown.Unknown)
			continue
		}
		if err != nil {
			return nil, err
		}
		in.gates = gates
		s, err := analyse(in)
		if err != nil {
			return nil, fmt.Errorf("analyse %s: %w", in.manifest.Run, err)
		}
		out.Stages = keepLast(out.Stages, *s)
		runs[s.Stage] = in
	}
	for _, s := range out.Stages {
		out.Verdict = out.Verdict.Worse(s.Verdict)
	}
	out.Scorecards = scorecards(out.Stages)
	cards := map[string]results.Scorecard{}
	for _, c := range out.Scorecards {
		cards[c.Stage] = c
	}
	for _, claim := range journey.Claims {
		r, played, err := compare(claim, runs, cards)
		if err != nil {
			return nil, fmt.Errorf("analyse %s: claim %s: %w", journey.Run, claim.ID, err)
		}
		if played {
			out.Claims = append(out.Claims, r)
			out.Verdict = out.Verdict.Worse(r.Verdict)
		}
	}
	return out, nil
}

// keepLast adds the summary of one more run of a journey. A stage that was played
// again, because the machine was disturbed the first time, is there once: the last
// run stands in the place of the first.
func keepLast(stages []results.Summary, s results.Summary) []results.Summary {
	for i := range stages {
		if stages[i].Stage == s.Stage {
			stages[i] = s
			return stages
		}
	}
	return append(stages, s)
}

// cellOf is how a claim that compares stages calls a cell of one: by the stage alone
// where it is the base cell.
func cellOf(stage, cell string) string {
	if cell == showdown.BaseCell {
		return stage
	}
	return stage + "." + cell
}

// compare puts a claim to the test that compares stages. played is false where one of
// them was not.
func compare(claim showdown.Claim, runs map[string]input, cards map[string]results.Scorecard) (r results.ClaimResult, played bool, err error) {
	var sources []source
	costs := map[string]results.Cost{}
	for _, name := range claim.Stages {
		in, there := runs[name]
		if !there {
			return r, false, nil
		}
		clock, err := in.clock()
		if err != nil {
			return r, true, err
		}
		called := func(cell string) string { return cellOf(name, cell) }
		sources = append(sources, source{input: in, plans: plansOf(in, in.stage(), clock, called)})
		for cell, bill := range in.manifest.Cost {
			costs[called(cell)] = bill
		}
	}
	claims := []compiledClaim{{Claim: claim}}
	claims[0].program, claims[0].err = Compile(claim.Expect)
	rec, err := answered(sources, costs, cards, claims)
	if err != nil {
		return r, true, err
	}
	cells := map[string]doubts{}
	for _, src := range sources {
		run := runHealth(src.events, src.complete)
		for _, name := range slices.Sorted(maps.Keys(src.plans)) {
			c := rec.cells[name]
			h := c.health(c.generator()).in(name)
			cells[name] = doubts{append(slices.Clone(run.spoils), h.spoils...), h.unsent}
		}
	}
	return claims[0].result(cells), true, nil
}

// CompileComparison checks the expectation of a claim that compares stages, as
// [CompileFor] does for a claim of one.
func CompileComparison(stages []*showdown.Stage, claim showdown.Claim) error {
	p, err := Compile(claim.Expect)
	if err != nil {
		return err
	}
	// All cells of all stages, under the names that the claim uses.
	all := &showdown.Stage{}
	for _, s := range stages {
		for _, c := range s.Cells {
			c.Name = cellOf(s.Name, c.Name)
			all.Cells = append(all.Cells, c)
		}
	}
	return p.checkNames(all, "", claim.Stages)
}
