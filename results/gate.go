package results

import "showdown"

// GateResult is a gate, or a condition of abort_if, with what was measured.
type GateResult struct {
	// Name is what the gate is called: by its file, or its expectation.
	Name string `json:"name"`
	// Expect is the gate's expectation, or the condition that was not to become true.
	Expect string `json:"expect"`
	// Abort says that Expect is a condition of abort_if: it ended the run when it became
	// true, and the gate has deviated then.
	Abort bool `json:"abort,omitempty"`
	// Cell is empty for the base cell.
	Cell string `json:"cell,omitempty"`
	// Measured is the value that the expectation was about, for people, or when and where
	// the condition became true.
	Measured string           `json:"measured"`
	Verdict  showdown.Verdict `json:"verdict"`
	Note     string           `json:"note,omitempty"`
	// Reason says why the verdict is unknown.
	Reason string `json:"reason,omitempty"`
}
