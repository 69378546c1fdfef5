package analysis

import (
	"fmt"
	"time"
)

// during is from the fault's beginning until it began to be taken back.
func (e *evaluation) during(name string, pad ...float64) (Window, error) {
	c, f, err := e.begun(name)
	if err != nil {
		return Window{}, err
	}
	w := Window{Cell: c.name, From: *f.injecting, To: forever}
	if end := f.end(); end != nil {
		w.To = *end
	}
	if len(pad) > 0 {
		w.From = max(w.From-c.lab(pad[0]), 0)
		if w.To != forever {
			w.To += c.lab(pad[0])
		}
	}
	return w, nil
}

// after starts when the undo was seen, and for a step that stays, when it was in
// place.
func (e *evaluation) after(name string, d float64) (Window, error) {
	c, f, err := e.begun(name)
	if err != nil {
		return Window{}, err
	}
	from := f.undoneAt
	for _, at := range []*time.Duration{f.confirmedAt, f.injected} {
		if from == nil && (f.healing == nil || c.planned > 0 && *f.healing >= c.planned) {
			from = at
		}
	}
	if from == nil {
		return Window{}, e.lack("fault %s was never over", name)
	}
	return Window{Cell: c.name, From: *from, To: *from + c.lab(d)}, nil
}

func (e *evaluation) before(name string, d float64) (Window, error) {
	c, f, err := e.begun(name)
	if err != nil {
		return Window{}, err
	}
	return Window{Cell: c.name, From: max(*f.injecting-c.lab(d), 0), To: *f.injecting}, nil
}

// sinceStart counts both of its ends from the fault's beginning, and stays within the traffic
// whatever becomes of the fault.
func (e *evaluation) sinceStart(name string, from, to float64) (Window, error) {
	c, f, err := e.begun(name)
	if err != nil {
		return Window{}, err
	}
	if to <= from {
		return Window{}, fmt.Errorf("since(%q): it ends at %gs and begins at %gs: write the end last", name, to, from)
	}
	return Window{Cell: c.name, From: *f.injecting + c.lab(from), To: *f.injecting + c.lab(to)}, nil
}

func (e *evaluation) phaseWindow(name string) (Window, error) {
	c, phase, err := e.locate(name)
	if err != nil {
		return Window{}, err
	}
	s, err := c.phase(phase)
	if err != nil {
		return Window{}, e.lack("%v", err)
	}
	return s.window(c.name), nil
}

func (e *evaluation) reference(cell ...string) (Window, error) {
	c, err := e.cellNamed(cell)
	if err != nil {
		return Window{}, err
	}
	w, ok := referenceWindow(c.cell, c.clock, c.name)
	if !ok {
		return Window{}, e.lack("cell %s has no reference window", c.name)
	}
	return w, nil
}

func (e *evaluation) wholeWindow(cell ...string) (Window, error) {
	c, err := e.cellNamed(cell)
	if err != nil {
		return Window{}, err
	}
	return whole(c.name), nil
}

func (e *evaluation) cellNamed(cell []string) (*cellRecord, error) {
	name := e.cell
	if len(cell) > 0 {
		name = cell[0]
	}
	e.touched[name] = true
	c := e.cells[name]
	if c == nil {
		return nil, e.lack("cell %s was not played", name)
	}
	return c, nil
}

func (e *evaluation) cohortWindow(name string, in ...Window) (Window, error) {
	c, cohort, err := e.locate(name)
	if err != nil {
		return Window{}, err
	}
	w := whole(c.name)
	if len(in) > 0 {
		w = in[0]
		if w.Cell != c.name {
			return Window{}, e.lack("cohort %s is of cell %s, its window of cell %s", cohort, c.name, w.Cell)
		}
	}
	for _, k := range c.cell.Traffic.Cohorts {
		if k.Name == cohort {
			w.Cohort = cohort
			return w, nil
		}
	}
	return Window{}, e.lack("cell %s has no cohort %q", c.name, cohort)
}
