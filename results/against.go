package results

import "showdown"

// Against is what a run showed when it was held to an earlier one.
type Against struct {
	// Run is the id of the earlier run, or of the group of runs.
	Run string `json:"run"`
	// Bounds are in the order in which they were asked for, stage by stage.
	Bounds []BoundResult `json:"bounds"`
	// Warnings say what differs between the two beside what is compared.
	Warnings []string `json:"warnings,omitempty"`
}

// BoundResult is a bound on a change with what was measured.
type BoundResult struct {
	// Bound is as it was written: "p99 > +10%". Deviated means that it was passed.
	Bound string `json:"bound"`
	// Stage is the stage that it was asked of.
	Stage string `json:"stage,omitempty"`
	// Number is the number's name, as in [Repeat].
	Number string `json:"number"`
	// Baseline and Value are the medians of the earlier runs and of these; nil where
	// nothing was measured, or what the number waits for did not happen.
	Baseline *float64 `json:"baseline"`
	Value    *float64 `json:"value"`
	// Measured says both and the change for people: "4.1 ms, then 4.9 ms: +19.5 %".
	Measured string           `json:"measured"`
	Verdict  showdown.Verdict `json:"verdict"`
	// Reason says why the verdict is unknown, or why a bound that was passed held.
	Reason string `json:"reason,omitempty"`
	// P is the chance of runs at least as far apart where nothing differs; nil where it
	// was not asked for.
	P *float64 `json:"p,omitempty"`
}
