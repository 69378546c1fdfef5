package analysis

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/expr-lang/expr"

	"showdown/results"
)

// minRequests is how many requests a window must hold before anything is said about
// their share or their rate; percentiles need more.
const minRequests = 10

// minFor is how many good answers a percentile needs.
func minFor(q float64) uint64 {
	return max(minRequests, uint64(math.Ceil(1/(1-q/100))))
}

// record is everything that an expectation can be about.
type record struct {
	cells map[string]*cellRecord
	costs map[string]results.Cost
	// scorecards are those of a journey's stages, by name; nil for a claim of one stage.
	scorecards map[string]results.Scorecard
}

// evaluation evaluates the expectations of one claim.
type evaluation struct {
	*record
	// cell is the cell that names without one mean.
	cell string
	// missing collects the windows that the pass did not have.
	missing []Window
	// absent is the first answer that the record does not have.
	absent string
	// notes say what a reader must know about a value.
	notes []string
	// touched are the cells that were asked, letters the faults by cell and letter.
	touched map[string]bool
	letters map[string]*fault
}

func (r *record) evaluation(cell string) *evaluation {
	return &evaluation{record: r, cell: cell, touched: map[string]bool{}, letters: map[string]*fault{}}
}

// answer is what an expectation came to.
type answer struct {
	measured string
	held     bool
	// absent says why there is no answer; empty when there is one.
	absent string
}

var errMissing = errors.New("the window depends on too many measurements")

// lack is the error of an answer that the record does not have.
func (e *evaluation) lack(format string, args ...any) error {
	reason := fmt.Sprintf(format, args...)
	if e.absent == "" {
		e.absent = reason
	}
	return errors.New(reason)
}

// collect evaluates the windows of p, so that a pass can be planned for them.
// Windows that depend on what requests showed are left for a further pass.
func (e *evaluation) collect(p *Program) {
	env := e.env()
	for _, w := range p.windows {
		if v, err := expr.Run(w, env); err == nil {
			if w, ok := v.(Window); ok {
				e.missing = append(e.missing, w)
			}
		}
	}
	e.absent, e.notes = "", nil
}

// run evaluates p.
func (e *evaluation) run(p *Program) answer {
	env := e.env()
	var parts []string
	for i := range p.sides {
		m := e.measure(&p.sides[i], env)
		if len(p.sides) > 1 && p.sides[i].label != "" {
			m = p.sides[i].label + " = " + m
		}
		parts = append(parts, m)
	}
	a := answer{measured: strings.Join(parts, "; ")}
	v, err := expr.Run(p.program, env)
	held, isBool := v.(bool)
	switch {
	case e.absent != "":
		a.absent = e.absent
	case err != nil:
		a.absent = firstLine(err.Error())
	case !isBool:
		a.absent = "the expectation has no answer"
	}
	a.held = held && a.absent == ""
	return a
}

// measure is the value of s for people.
func (e *evaluation) measure(s *side, env env) string {
	v, err := expr.Run(s.program, env)
	if err != nil {
		return "nothing"
	}
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		e.lack("a division by zero")
		return "nothing"
	}
	if s.over == nil {
		return s.unit.format(v)
	}
	return fmt.Sprintf("k = %s (%s : %s)", s.unit.format(v), e.measure(s.over, env), e.measure(s.under, env))
}

// locate splits a name into its cell and the rest: "no-eip/A", or "A" in the
// claim's own cell.
func (e *evaluation) locate(name string) (*cellRecord, string, error) {
	cell, rest := splitCell(name, e.cell, func(c string) bool { return e.cells[c] != nil })
	e.touched[cell] = true
	c := e.cells[cell]
	if c == nil {
		return nil, "", e.lack("cell %s was not played", cell)
	}
	return c, rest, nil
}

// splitCell splits "cell/name" where cell is one; otherwise all of it is the name,
// in the cell own.
func splitCell(name, own string, isCell func(string) bool) (cell, rest string) {
	if head, tail, ok := strings.Cut(name, "/"); ok && isCell(head) {
		return head, tail
	}
	return own, name
}

func (e *evaluation) fault(name string) (*cellRecord, *fault, error) {
	c, letter, err := e.locate(name)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range c.faults {
		if f.letter == letter {
			e.letters[c.name+"/"+letter] = f
			return c, f, nil
		}
	}
	return nil, nil, e.lack("cell %s has no fault %s", c.name, letter)
}

// begun is the fault of that name, which must have begun.
func (e *evaluation) begun(name string) (*cellRecord, *fault, error) {
	c, f, err := e.fault(name)
	if err == nil && f.injecting == nil {
		err = e.lack("fault %s never began", name)
	}
	return c, f, err
}

// holds is what w holds, which must be at least minRequests.
func (e *evaluation) holds(w Window) (*cellRecord, *stretchOf, error) {
	c, err := e.collected(w)
	if err != nil {
		return nil, nil, err
	}
	s := c.window(w)
	if n := s.scheduled(); n < minRequests {
		return nil, nil, e.lack("%d requests in the window, fewer than %d", n, minRequests)
	}
	return c, s, nil
}

func (e *evaluation) collected(w Window) (*cellRecord, error) {
	e.touched[w.Cell] = true
	c := e.cells[w.Cell]
	if c == nil {
		return nil, e.lack("cell %s was not played", w.Cell)
	}
	if !c.done || !c.collected(w) {
		e.missing = append(e.missing, w)
		return nil, errMissing
	}
	return c, nil
}
