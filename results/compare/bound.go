package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"showdown"
	"showdown/results"
	"showdown/results/statistics"
)

// Bound is a change of a number that a run may not show against an earlier one. The zero
// Bound is none; [ParseBound] makes one.
type Bound struct {
	text string
	// cell is empty for the base cell; letter is that of a fault, where one was named.
	cell, name, letter string
	op                 string
	// change is the change as it was written, of that kind: a percentage as a share, a
	// duration in seconds.
	change float64
	kind   changeKind
	// at and changeAt are where the name and the change begin in text.
	at, changeAt int
}

// String is the bound as it was written.
func (b Bound) String() string { return b.text }

// BoundError is a mistake in a bound.
type BoundError struct {
	Text string
	// At is where the mistake is, in characters from 0.
	At int
	// Problem says what is wrong, Hint what would be right; Hint may be empty.
	Problem, Hint string
}

// Error shows the place under the text.
func (e *BoundError) Error() string {
	line := "\n    " + e.Text + "\n    " + strings.Repeat(" ", e.At) + "^"
	return e.Problem + line
}

// faultNumbers are the numbers of a fault by what a bound calls them.
var faultNumbers = [...]struct {
	short, path, what string
	unit              Unit
}{
	{"recovered", "recovered_after_s", "from the fault until service was good again", AWSSeconds},
	{"detected", "detected_after_s", "from the fault until the system noticed", AWSSeconds},
	{"lost", "lost_s", "the part of lost that falls to the fault", AWSSeconds},
	{"failed", "failed", "the failed requests that fall to the fault", Count},
}

// BoundNumbers are the numbers that a bound can name, with what each is: "p99" and so on,
// then those of a fault, "recovered(A)".
func BoundNumbers() (names, labels []string) {
	for _, n := range shorts() {
		names, labels = append(names, n.Short), append(labels, n.Label)
	}
	for _, f := range faultNumbers {
		names, labels = append(names, f.short+"(A)"), append(labels, f.what)
	}
	return names, labels
}

// shorts are the numbers that have a short name.
func shorts() []Number {
	zero := 0.0
	all := cellValues(&results.CellSummary{
		Reference: &results.Reference{Availability: &zero, P99MS: &zero}, Cost: &results.Cost{},
	}, "", 1)
	var out []Number
	for _, v := range all {
		if v.Short != "" {
			out = append(out, v.Number)
		}
	}
	return out
}

// number is the number that the bound is about, in runs like s. The error says what there
// is.
func (b Bound) number(s *results.Summary, spec *showdown.Stage) (Number, error) {
	fail := func(problem, hint string) (Number, error) {
		return Number{}, &BoundError{Text: b.text, At: b.at, Problem: problem, Hint: hint}
	}
	all := valuesOf(s)
	prefix := ""
	if b.cell != "" && b.cell != s.Cell {
		prefix = "cells." + b.cell + "."
		if _, there := s.Cells[b.cell]; !there {
			return fail(fmt.Sprintf("the stage has no cell %q", b.cell), "there are "+strings.Join(append([]string{s.Cell}, cellNames(s)...), ", "))
		}
	}
	letter := b.letter
	if letter == "" && (b.name == "recovered" || b.name == "detected") {
		var why string
		if letter, why = onlyFault(s, b.cell, spec); letter == "" {
			return fail(why, fmt.Sprintf("name the fault: %s(A)", b.name))
		}
	}
	for _, v := range all {
		switch {
		case v.Name == b.name && b.cell == "" && b.letter == "":
			return v.Number, nil
		case letter == "" && v.Short == b.name && strings.HasPrefix(v.Name, prefix) && (prefix != "" || !strings.HasPrefix(v.Name, "cells.")):
			return v.Number, nil
		case letter != "" && v.Name == prefix+"faults."+letter+"."+faultPath(b.name):
			return v.Number, nil
		}
	}
	if letter != "" {
		return fail(fmt.Sprintf("the stage has no fault %q", letter), "there are "+strings.Join(lettersOf(s, b.cell), ", "))
	}
	return fail(fmt.Sprintf("no run of this stage has a number %q", b.name), "showdown compare --json names all numbers that there are")
}

func faultPath(short string) string {
	for _, f := range faultNumbers {
		if f.short == short {
			return f.path
		}
	}
	return ""
}

// onlyFault is the letter of the fault that is meant where none is named: the one of the
// reference window, else the only one.
func onlyFault(s *results.Summary, cell string, spec *showdown.Stage) (letter, why string) {
	if spec != nil {
		name := cell
		if name == "" {
			name = showdown.BaseCell
		}
		if c, ok := spec.Cell(name); ok && c.Reference != nil {
			return c.Reference.Fault, ""
		}
	}
	switch letters := lettersOf(s, cell); len(letters) {
	case 0:
		return "", "the stage has no fault"
	case 1:
		return letters[0], ""
	default:
		return "", "the stage has the faults " + strings.Join(letters, ", ")
	}
}

func lettersOf(s *results.Summary, cell string) []string {
	faults := s.Faults
	if cell != "" && cell != s.Cell {
		faults = s.Cells[cell].Faults
	}
	var out []string
	for _, f := range faults {
		if causes(f.Action) {
			out = append(out, f.Letter)
		}
	}
	return out
}

// Check fails when runs like those of baseline have no number that the bound is about, or
// one of another unit. It is asked before anything is played.
func (b Bound) Check(baseline Side) error {
	_, err := b.resolve(baseline)
	return err
}

func (b Bound) resolve(baseline Side) (Number, error) {
	var spec *showdown.Stage
	if m := baseline.Runs[0].Manifest; m != nil {
		spec = m.Spec
	}
	n, err := b.number(baseline.first(), spec)
	if err != nil {
		return n, err
	}
	return n, b.fits(n)
}

// Judge holds the runs of now to those of baseline, both of one stage. A bound that is
// passed deviates; where significant is true it does so only when the test of repeated
// runs says that the two differ. What cannot be said is unknown.
func (b Bound) Judge(baseline, now Side, significant bool) results.BoundResult {
	out := results.BoundResult{Bound: b.text, Verdict: showdown.Unknown}
	n, err := b.resolve(baseline)
	if err != nil {
		out.Reason = strings.SplitN(err.Error(), "\n", 2)[0]
		return out
	}
	out.Number = n.Name
	before, after := valuesNamed(baseline, n.Name), valuesNamed(now, n.Name)
	old, new := statistics.MedianOf(before).Value, statistics.MedianOf(after).Value
	out.Baseline, out.Value = finite(old), finite(new)
	out.Measured = measured(n.Unit, old, new)
	if len(before) == 0 || len(after) == 0 {
		out.Reason = "the earlier run did not measure it"
		if len(before) > 0 {
			out.Reason = "this run did not measure it"
		}
		return out
	}
	if spoilt := spoils(baseline); spoilt != "" {
		out.Reason = "the earlier run cannot be trusted: " + spoilt
		return out
	}
	if !all(now, func(s *results.Summary) bool { return s.Complete }) {
		out.Reason = "the end of the record is missing"
		return out
	}
	if !b.passed(n.Unit, old, new) {
		out.Verdict = showdown.Held
		return out
	}
	if spoilt := spoils(now); spoilt != "" {
		out.Reason = spoilt
		return out
	}
	if !significant || n.Computed {
		out.Verdict = showdown.Deviated
		return out
	}
	d := statistics.DifferenceOf(before, after)
	switch out.P = &d.P; {
	case !d.Testable():
		out.Reason = fmt.Sprintf("passed, and %d and %d runs are too few to tell that from chance", d.N1, d.N2)
	case d.Seen():
		out.Verdict = showdown.Deviated
	default:
		out.Verdict = showdown.Held
		out.Reason = "passed, but chance alone would do that: p = " + digits(d.P)
	}
	return out
}

// passed says that the change from old to new is beyond the bound.
func (b Bound) passed(u Unit, old, new float64) bool {
	change, bound := new-old, b.change
	if old == new { // also never and never
		change = 0
	}
	switch {
	case b.kind == percentChange && u != Share && change != 0:
		change /= math.Abs(old)
	case u == Milliseconds && b.kind == durationChange:
		bound *= 1000
	}
	switch b.op {
	case ">":
		return change > bound
	case ">=":
		return change >= bound
	case "<":
		return change < bound
	}
	return change <= bound
}

// valuesNamed is a number in each run that measured it.
func valuesNamed(s Side, name string) []float64 {
	var summaries []*results.Summary
	for _, r := range s.Runs {
		summaries = append(summaries, r.Summary)
	}
	for _, g := range gather(summaries) {
		if g.Name == name {
			return g.measured()
		}
	}
	return nil
}

// measured says two values and the change between them.
func measured(u Unit, old, new float64) string {
	text := u.Format(old) + ", then " + u.Format(new)
	change := new - old
	if old == new {
		return text
	}
	if math.IsNaN(change) {
		return text
	}
	text += ": " + u.FormatChange(change)
	if r := change / math.Abs(old); u != Share && !math.IsInf(r, 0) && !math.IsNaN(r) {
		text += fmt.Sprintf(" (%+.1f %%)", r*100)
	}
	return text
}

// spoils is what keeps runs from saying anything; empty when nothing does.
func spoils(s Side) string {
	switch {
	case !all(s, func(r *results.Summary) bool { return r.Complete }):
		return "the end of the record is missing"
	case !all(s, func(r *results.Summary) bool { return !r.Generator.Saturated }):
		return "the generator could not send what was asked"
	case !all(s, func(r *results.Summary) bool { return !r.Generator.Disturbed }):
		return "the machine was disturbed"
	}
	return ""
}

func all(s Side, good func(*results.Summary) bool) bool {
	return !slices.ContainsFunc(s.Runs, func(r Run) bool { return !good(r.Summary) })
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
