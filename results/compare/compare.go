package compare

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"showdown/results"
	"showdown/results/statistics"
)

// Compare puts sides beside each other; the first is what the others are compared with.
// Each needs a name of its own and at least one run, and all runs of a side must be of
// one stage.
func Compare(sides []Side) (*Comparison, error) {
	if len(sides) < 2 {
		return nil, errors.New("compare: two sides are needed")
	}
	for i := range sides {
		s := &sides[i]
		if len(s.Runs) == 0 {
			return nil, fmt.Errorf("compare: %s has no run", s.Name)
		}
		for _, r := range s.Runs {
			if r.Summary.Stage != s.first().Stage || r.Summary.Journey != s.first().Journey {
				return nil, fmt.Errorf("compare: %s holds runs of %s and of %s/%s", s.Name, s.stage(), r.Summary.Journey, r.Summary.Stage)
			}
		}
	}
	c := &Comparison{Version: Version, Scope: scopeOf(sides), Alpha: statistics.Alpha, Warnings: []string{}, Aligned: []Aligned{}}
	if c.Scope == Whole {
		c.Stage = sides[0].stage()
	}
	for i := range sides {
		c.Sides = append(c.Sides, infoOf(&sides[i]))
	}
	c.Warnings = append(c.Warnings, differences(sides, c.Scope)...)
	c.Tables = tablesOf(sides, c.Scope)
	c.correct()
	c.Aligned = append(c.Aligned, alignments(sides, c.Scope)...)
	c.Certainty = c.certainty()
	c.Sentence, c.lost = sentence(sides, c)
	c.Event = eventOf(sides)
	return c, nil
}

func scopeOf(sides []Side) Scope {
	same := true
	window := true
	for i := range sides {
		same = same && sides[i].stage() == sides[0].stage()
		window = window && sides[i].first().Reference != nil
	}
	switch {
	case same:
		return Whole
	case window:
		return Shared
	}
	return Unmatched
}

func infoOf(s *Side) SideInfo {
	f := s.first()
	out := SideInfo{Name: s.Name, Stage: s.stage(), Title: f.Title, Started: f.Started.UTC().Format(time.RFC3339), Speed: f.Speed}
	verdict := f.Verdict
	for _, r := range s.Runs {
		out.Runs = append(out.Runs, r.ID)
		out.Seeds = append(out.Seeds, r.Summary.Seed)
		verdict = verdict.Worse(r.Summary.Verdict)
	}
	out.Verdict = string(verdict)
	return out
}

// tablesOf are the numbers of all sides: of one table for the base cell and one for each
// further cell that all sides have, or one of what different stages share.
func tablesOf(sides []Side, scope Scope) []Table {
	perSide := make([][]gathered, len(sides))
	for i := range sides {
		var summaries []*results.Summary
		for _, r := range sides[i].Runs {
			summaries = append(summaries, r.Summary)
		}
		if scope == Shared {
			perSide[i] = sharedValues(sides, summaries)
		} else {
			perSide[i] = gather(summaries)
		}
	}
	if scope == Shared {
		return []Table{{Title: "what the stages share", Rows: rows(perSide, func(name string) bool { return true })}}
	}
	base := func(name string) bool { return !strings.HasPrefix(name, "cells.") && !honesty(name) }
	out := []Table{{Title: "cell " + cellOf(sides), Rows: rows(perSide, base)}}
	if scope == Unmatched {
		return out // their further cells compare other things
	}
	for _, cell := range cellNames(sides[0].first()) {
		prefix := "cells." + cell + "."
		all := true
		for i := range sides {
			_, there := sides[i].first().Cells[cell]
			all = all && there
		}
		if all {
			out = append(out, Table{Title: "cell " + cell, Rows: rows(perSide, func(name string) bool { return strings.HasPrefix(name, prefix) && !honesty(name) })})
		}
	}
	return out
}

// honesty says that a number is about the generator: it is not what was measured, but how
// well.
func honesty(name string) bool { return strings.Contains(name, "generator.") }

func cellOf(sides []Side) string {
	if c := sides[0].first().Cell; c != "" {
		return c
	}
	return "base"
}

// sharedValues are the numbers that runs of different stages share: the reference window,
// what each fault did that all sides play, by what it is called, and the cost.
func sharedValues(sides []Side, runs []*results.Summary) []gathered {
	actions := sharedActions(sides)
	trimmed := make([]*results.Summary, len(runs))
	for i, s := range runs {
		t := &results.Summary{CellSummary: results.CellSummary{Reference: s.Reference, Cost: s.Cost}}
		for _, action := range actions {
			if f := worst(s, action); f != nil {
				named := *f
				named.Letter, named.Action, named.Command = action, action, ""
				t.Faults = append(t.Faults, named)
			}
		}
		trimmed[i] = t
	}
	keep := func(g gathered) bool {
		if strings.HasSuffix(g.Name, ".failed") {
			return false // a number of requests says nothing where rates differ
		}
		return strings.HasPrefix(g.Name, "reference.") || strings.HasPrefix(g.Name, "faults.") || g.Name == "cost.month_usd"
	}
	out := gather(trimmed)
	out = slices.DeleteFunc(out, func(g gathered) bool { return !keep(g) })
	for i := range out {
		// The fault's letter stands for its action here, and need not be said twice.
		for _, action := range actions {
			out[i].Label = strings.Replace(out[i].Label, action+" "+action, action, 1)
		}
	}
	slices.SortStableFunc(out, func(a, b gathered) int { return order(a.Name) - order(b.Name) })
	return out
}

// order puts what is planned alike in all stages first.
func order(name string) int {
	switch {
	case strings.HasPrefix(name, "reference."):
		return 0
	case strings.HasPrefix(name, "faults."):
		return 1
	}
	return 2
}

// sharedActions are the actions, and the commands of one's own, that the base cells of all
// sides play and that can make requests fail, in the order of the first side's timeline.
func sharedActions(sides []Side) []string {
	var out []string
	for i := range sides[0].first().Faults {
		f := &sides[0].first().Faults[i]
		action := f.Called()
		if !causes(f.Action) || slices.Contains(out, action) {
			continue
		}
		all := true
		for k := range sides {
			for _, r := range sides[k].Runs {
				f := worst(r.Summary, action)
				all = all && f != nil && f.StartS != nil
			}
		}
		if all {
			out = append(out, action)
		}
	}
	return out
}

// worst is the fault of a run's base cell of that action or command from which users lost most;
// nil when the action was not played.
func worst(s *results.Summary, action string) *results.Fault {
	var out *results.Fault
	for i := range s.Faults {
		f := &s.Faults[i]
		if f.Called() == action && (out == nil || f.LostS > out.LostS) {
			out = f
		}
	}
	return out
}

// rows joins the numbers of all sides whose names are wanted, in the order of the sides.
func rows(perSide [][]gathered, wanted func(name string) bool) []Row {
	out := []Row{}
	at := map[string]int{}
	for side, list := range perSide {
		for _, g := range list {
			if !wanted(g.Name) {
				continue
			}
			k, known := at[g.Name]
			if !known {
				k = len(out)
				at[g.Name] = k
				r := Row{Number: g.Number, Sides: make([]Spread, len(perSide))}
				for i := range r.Sides {
					r.Sides[i].Median = statistics.MedianOf(nil)
				}
				out = append(out, r)
			}
			values := g.measured()
			out[k].Detail = out[k].Detail && g.Detail
			out[k].Sides[side] = Spread{Median: statistics.MedianOf(values), Values: values, Missing: len(g.values) - len(values)}
		}
	}
	out = slices.DeleteFunc(out, func(r Row) bool {
		return !slices.ContainsFunc(r.Sides, func(s Spread) bool { return s.N > 0 })
	})
	for i := range out {
		for _, s := range out[i].Sides[1:] {
			out[i].Against = append(out[i].Against, out[i].against(out[i].Sides[0], s))
		}
	}
	return out
}

// against compares the number of a side with that of the first.
func (n Number) against(first, second Spread) Against {
	a := Against{
		Difference: statistics.DifferenceOf(first.Values, second.Values),
		Relative:   math.NaN(), HolmP: math.NaN(), Verdict: CannotKnow,
	}
	if r := a.Shift / math.Abs(first.Value); !math.IsInf(r, 0) && !math.IsInf(first.Value, 0) {
		a.Relative = r
	}
	switch {
	case a.N1 == 0 || a.N2 == 0:
		a.Why = "not measured on both sides"
	case n.Computed:
		a.Verdict = n.exact(first.Value, second.Value)
	case a.N1 == 1 && a.N2 == 1:
		a.Why = "one run each"
	case !a.Testable():
		a.Why = fmt.Sprintf("%d and %d runs are too few", a.N1, a.N2)
	case a.Equal:
		a.Verdict = NoDifference // and nothing was tested
	case !a.Seen():
		a.HolmP, a.Verdict = a.P, NoDifference
	default:
		a.HolmP, a.Verdict = a.P, n.verdict(shiftOf(a, first, second))
	}
	return a
}

// shiftOf is the direction in which two groups differ that the test tells apart. The
// median of the differences can be 0 where many values are equal; the mean rank is not.
func shiftOf(a Against, first, second Spread) float64 {
	if a.Shift != 0 && !math.IsNaN(a.Shift) {
		return a.Shift
	}
	above := 0.0
	for _, x := range first.Values {
		for _, y := range second.Values {
			switch {
			case y > x:
				above++
			case y < x:
				above--
			}
		}
	}
	return above
}

// verdict is what a change of the number means.
func (n Number) verdict(change float64) Verdict {
	if (change < 0) == (n.Better == Less) {
		return BetterThan
	}
	return WorseThan
}

// cent is the least difference of two prices that counts.
const cent = 0.005

// exact compares what has no chance in it.
func (n Number) exact(first, second float64) Verdict {
	if math.Abs(second-first) < cent {
		return NoDifference
	}
	return n.verdict(second - first)
}

// correct counts the tests and corrects their p-values for how many there are.
func (c *Comparison) correct() {
	var ps []float64
	var places []*Against
	for t := range c.Tables {
		for r := range c.Tables[t].Rows {
			for i := range c.Tables[t].Rows[r].Against {
				if a := &c.Tables[t].Rows[r].Against[i]; !math.IsNaN(a.HolmP) {
					ps, places = append(ps, a.P), append(places, a)
				}
			}
		}
	}
	c.Tested = len(ps)
	for i, p := range statistics.Holm(ps) {
		places[i].HolmP = p
	}
}
