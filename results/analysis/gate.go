package analysis

import (
	"fmt"
	"slices"
	"strings"

	"showdown"
	"showdown/results"
)

// CompileGate checks a gate's expectation as [CompileFor] does a claim's. The error is a
// [*SyntaxError] with the place.
func CompileGate(stage *showdown.Stage, gate showdown.Gate) error {
	if len(stage.Cells) == 0 {
		// A record that does not say what was played has names that nobody knows.
		_, err := Compile(gate.Expect)
		return err
	}
	_, err := CompileFor(stage, gate.Claim())
	return err
}

// AnalyseGates is [Analyse] with further gates beside those of the record.
func AnalyseGates(dir string, gates []showdown.Gate) (*results.Summary, error) {
	in, err := inputOf(dir)
	if err != nil {
		return nil, err
	}
	in.gates = gates
	s, err := analyse(in)
	if err != nil {
		return nil, fmt.Errorf("analyse %s: %w", in.manifest.Run, err)
	}
	return s, nil
}

// StageOf is the stage that the run in folder dir played, as far as its record says.
func StageOf(dir string) (*showdown.Stage, error) {
	manifest, err := results.ReadManifest(dir)
	if err != nil {
		return nil, fmt.Errorf("read stage: %w", err)
	}
	return input{manifest: manifest}.stage(), nil
}

// gatesOf is the stage's gates and those that were asked for, as claims.
func gatesOf(stage *showdown.Stage, asked []showdown.Gate) (gates []showdown.Gate, claims []compiledClaim) {
	gates = slices.Concat(stage.Gates, asked)
	for _, g := range gates {
		k := compiledClaim{Claim: g.Claim(), cell: showdown.CellOr(g.Cell)}
		k.program, k.err = Compile(g.Expect)
		claims = append(claims, k)
	}
	return gates, claims
}

// gateResult is a gate with its verdict, which is reached as a claim's is.
func gateResult(g showdown.Gate, c *compiledClaim, cells map[string]doubts) results.GateResult {
	r := c.result(cells)
	return results.GateResult{
		Name: called(g.Name, g.Expect), Expect: g.Expect, Cell: g.Cell,
		Measured: r.Measured, Verdict: r.Verdict, Note: r.Note, Reason: r.Reason,
	}
}

// called is a gate's name, or what it expects where it has none.
func called(name, expect string) string {
	if name == "" {
		return strings.TrimSpace(expect)
	}
	return name
}

// abortResult is what became of a condition of abort_if: held when the run was played to
// its end without it, deviated when it ended the run. It is unknown when something else
// ended the run, when its cell was not played, and when it became true while the machine
// was disturbed, which may have been the reason.
func abortResult(a showdown.Abort, rec *record, whole bool) results.GateResult {
	out := results.GateResult{
		Name: "abort_if: " + called(a.Name, a.If), Expect: a.If, Abort: true, Cell: a.Cell, Verdict: showdown.Unknown,
	}
	c := rec.cells[showdown.CellOr(a.Cell)]
	if c == nil || c.read == 0 {
		out.Measured, out.Reason = "nothing", "no request of the cell "+showdown.CellOr(a.Cell)+" was recorded"
		return out
	}
	if at, met := c.aborted(a.If); met {
		out.Verdict, out.Measured = showdown.Deviated, "it became true "+c.placeOf(at)
		if g := c.generator(); g.Disturbed || g.Saturated {
			out.Verdict, out.Reason = showdown.Unknown, "it became true, but the machine was disturbed or the generator saturated"
		}
		return out
	}
	out.Measured = "it did not become true"
	if !whole || c.cutShort() {
		out.Reason = "the traffic did not last until its end"
		return out
	}
	out.Verdict = showdown.Held
	return out
}

// aborted is when a condition about the cell ended the run, in AWS seconds.
func (c *cellRecord) aborted(condition string) (at float64, met bool) {
	for _, e := range c.events {
		if text, _ := e.Data["condition"].(string); e.Kind == showdown.StageAborted && e.Cell == c.cell.Name && text == condition {
			return e.T, true
		}
	}
	return 0, false
}

// placeOf says where in the run a moment lies, in AWS seconds: its phase, and the fault that
// began last.
func (c *cellRecord) placeOf(at float64) string {
	out := "at " + FormatSeconds(at)
	lab := c.lab(at)
	for _, p := range phasesOf(c.cell, c.events, c.clock) {
		if p.from <= lab && lab < p.to {
			out += ", in the phase " + p.name
			break
		}
	}
	var last *fault
	for _, f := range c.faults {
		if f.injecting != nil && *f.injecting <= lab && (last == nil || *f.injecting > *last.injecting) {
			last = f
		}
	}
	if last != nil {
		out += fmt.Sprintf(", %s after %s began", FormatSeconds(c.aws(lab-*last.injecting)), last.letter)
	}
	return out
}

// cutShort says that the traffic of the cell ended before its plan, or never began.
func (c *cellRecord) cutShort() bool {
	for _, e := range c.events {
		if e.Kind == showdown.TrafficEnded {
			return c.planned > 0 && labTime(e.T, c.clock) < c.planned-endSlack
		}
	}
	return true
}
