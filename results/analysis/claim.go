package analysis

import (
	"slices"
	"strconv"
	"strings"

	"showdown"
	"showdown/results"
)

// CompileFor checks a claim's expectation as [Compile] does, and that the letters,
// phases, ladders, cells, cohorts and instances that it names exist in the stage.
// The error is a [*SyntaxError] with the place of the name.
func CompileFor(stage *showdown.Stage, claim showdown.Claim) (*Program, error) {
	p, err := Compile(claim.Expect)
	if err != nil {
		return nil, err
	}
	own := claim.Cell
	if own == "" {
		own = showdown.BaseCell
	}
	if err := p.checkNames(stage, own, nil); err != nil {
		return nil, err
	}
	return p, nil
}

// checkNames checks the names of p. Compared are the stages that a claim compares, if it
// does.
func (p *Program) checkNames(stage *showdown.Stage, own string, compared []string) error {
	isCell := func(name string) bool { _, ok := stage.Cell(name); return ok }
	sourceCell := own // of the source that was named last
	for _, n := range p.names {
		fail := func(what, value string, known []string) error {
			// A letter that a stage file failed to say is an empty one.
			if known = slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == "" }); len(known) == 0 {
				return syntaxError(p.source, n.offset, "unknown %s %q: there is none", what, value)
			}
			return syntaxError(p.source, n.offset, "unknown %s %q: there is %s", what, value, strings.Join(known, ", "))
		}
		if n.kind == stageArg {
			if compared == nil {
				return syntaxError(p.source, n.offset, "%s is for claims that compare stages", n.function)
			}
			if !slices.Contains(compared, n.value) {
				return fail("stage", n.value, compared)
			}
			continue
		}
		if !n.kind.ofCell() {
			continue
		}
		if n.kind == cellArg {
			if !isCell(n.value) {
				return fail("cell", n.value, cellNames(stage))
			}
			continue
		}
		cellName, rest := splitCell(n.value, own, isCell)
		switch n.kind {
		case sourceArg:
			sourceCell = cellName
		case reachedArg:
			cellName, rest = sourceCell, n.value
		}
		cell, ok := stage.Cell(cellName)
		if !ok {
			return fail("cell", cellName, cellNames(stage))
		}
		what, known := namesOf(n.kind, cell)
		if what == "" || rest == "" && n.kind == targetArg {
			continue
		}
		if slices.Contains(known, rest) || n.kind.instance() && launched(cell, rest) {
			continue
		}
		return fail(what+" of cell "+cell.Name, rest, known)
	}
	return nil
}

// ofCell says that the argument names a cell or something of one. The others are words
// that a cell need not know.
func (a argument) ofCell() bool {
	switch a {
	case keyArg, kindArg, outcomeArg, activityArg, termArg, pillarArg:
		return false
	}
	return true
}

// instance says that the argument may be an instance.
func (a argument) instance() bool { return a == backendArg || a == sourceArg || a == reachedArg }

// launched says that an Auto Scaling group of the cell may launch an instance of that
// name: how many it launches is known after the run only.
func launched(cell *showdown.Cell, name string) bool {
	for _, g := range cell.Topology.AutoScalingGroups {
		rest, ok := strings.CutPrefix(name, g.Name+"-")
		if n, err := strconv.Atoi(rest); ok && err == nil && name == g.InstanceName(n) && n > 0 {
			return true
		}
	}
	return false
}

// namesOf is what a name of that kind may be in a cell, and what to call it; empty
// when it is not known before the run.
func namesOf(kind argument, cell *showdown.Cell) (what string, known []string) {
	switch kind {
	case letterArg:
		for _, s := range cell.Timeline {
			known = append(known, s.Letter)
		}
		return "fault", known
	case phaseArg, ladderArg:
		for _, p := range cell.Traffic.Phases {
			known = append(known, p.Name)
			if kind == phaseArg && p.Pace == showdown.Steps {
				for i := range p.Steps {
					known = append(known, showdown.Segment{Phase: p.Name, Step: i + 1}.Name())
				}
			}
		}
		return "phase", known
	case cohortArg:
		for _, c := range cell.Traffic.Cohorts {
			known = append(known, c.Name)
		}
		return "cohort", known
	case endpointArg:
		return "endpoint", cell.Traffic.Endpoints()
	case sourceArg:
		return "source", sources(cell)
	case backendArg, reachedArg:
		if cell.Running() {
			return "target", cell.TargetNames()
		}
		for _, in := range cell.Topology.AllInstances() {
			known = append(known, in.Name)
		}
		return "instance", known
	case groupArg:
		for _, g := range cell.Topology.AutoScalingGroups {
			known = append(known, g.Name)
		}
		return "Auto Scaling group", known
	}
	return "", nil
}

func cellNames(stage *showdown.Stage) []string {
	var out []string
	for _, c := range stage.Cells {
		out = append(out, c.Name)
	}
	return out
}

// compiledClaim is a claim of a run with its answer.
type compiledClaim struct {
	showdown.Claim
	cell    string
	program *Program
	err     error

	answer answer
	ran    *evaluation
}

func compileClaims(stage *showdown.Stage) []compiledClaim {
	var out []compiledClaim
	for _, c := range stage.Claims {
		k := compiledClaim{Claim: c, cell: c.Cell}
		if k.cell == "" {
			// Also where the base cell was left out of the run: another cell's fault of
			// the same letter is not the one that is meant.
			k.cell = showdown.BaseCell
		}
		k.program, k.err = Compile(c.Expect)
		out = append(out, k)
	}
	return out
}

// evaluate evaluates the claim and returns the windows that a further pass must
// collect before the answer stands.
func (c *compiledClaim) evaluate(rec *record) []Window {
	if c.program == nil {
		return nil
	}
	e := rec.evaluation(c.cell)
	e.touched[c.cell] = true
	c.answer = e.run(c.program)
	c.ran = e
	return e.missing
}

// doubts are what makes the claims about a cell unknown.
type doubts struct {
	// spoils are why a claim that deviates is unknown.
	spoils []string
	// unsent says that the load which the cell stands for was not offered, so that
	// nothing can be said to have held under it; empty when it was.
	unsent string
}

// result is the claim with its verdict. A claim is unknown when the record has no
// answer, a fault that it names was not confirmed, or the load was not offered; and
// when it deviates in a run that something else may have spoilt.
func (c *compiledClaim) result(cells map[string]doubts) results.ClaimResult {
	out := results.ClaimResult{
		ID: c.ID, Text: c.Text, Expect: c.Expect, Cell: c.Cell,
		Measured: c.answer.measured, Verdict: showdown.Unknown, Note: c.Note,
	}
	if c.program == nil {
		out.Reason = "the expectation is not in the language: " + c.err.Error()
		return out
	}
	var notes []string
	for _, n := range c.ran.notes {
		if !slices.Contains(notes, n) {
			notes = append(notes, n)
		}
	}
	for _, n := range notes {
		out.Note = join(out.Note, n)
	}
	for _, name := range sortedKeys(c.ran.letters) {
		if !c.ran.letters[name].confirmed {
			out.Reason = "fault " + letterIn(name, c.cell) + " was not confirmed"
		}
	}
	switch {
	case out.Reason != "":
	case c.answer.absent != "":
		out.Reason = c.answer.absent
	case c.answer.held:
		out.Verdict, out.Reason = c.unless(showdown.Held, "it holds, but ", cells, func(d doubts) []string {
			if d.unsent == "" {
				return nil
			}
			return []string{d.unsent}
		})
	default:
		out.Verdict, out.Reason = c.unless(showdown.Deviated, "it deviates, but ", cells, func(d doubts) []string { return d.spoils })
	}
	if out.Reason != "" {
		out.Note = join(out.Note, "unknown: "+out.Reason)
	}
	return out
}

// unless is the verdict v, or that it is unknown for the reasons that the cells which
// the claim asked give against it.
func (c *compiledClaim) unless(v showdown.Verdict, but string, cells map[string]doubts, against func(doubts) []string) (showdown.Verdict, string) {
	var why []string
	for _, cell := range sortedKeys(c.ran.touched) {
		why = append(why, against(cells[cell])...)
	}
	if len(why) == 0 {
		return v, ""
	}
	slices.Sort(why)
	return showdown.Unknown, but + strings.Join(slices.Compact(why), "; ")
}

// letterIn is "cell/A" as the claim's own cell would write it.
func letterIn(name, own string) string {
	if cell, letter, ok := strings.Cut(name, "/"); ok && cell == own {
		return letter
	}
	return name
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return strings.TrimRight(a, " ") + " (" + b + ")"
}

// topCell is the cell whose numbers stand at the top of the summary.
func topCell(stage *showdown.Stage, recorded []string) string {
	if _, ok := stage.Cell(showdown.BaseCell); ok {
		return showdown.BaseCell
	}
	if len(stage.Cells) > 0 {
		return stage.Cells[0].Name
	}
	if len(recorded) > 0 && !slices.Contains(recorded, showdown.BaseCell) {
		return recorded[0]
	}
	return showdown.BaseCell
}
