package analysis

import (
	"math"
	"strings"

	"showdown/results"
)

// termNames are the terms of reservations that a claim may ask for. One without a
// payment is paid by the month, no upfront.
func termNames() []string { return []string{"1y", "3y", "1y all upfront"} }

// reserved is what reservations make of the bill of a cell, which must be of one
// instance type.
func (e *evaluation) reserved(cell []string) (r results.Reserved, err error) {
	name := e.cell
	if len(cell) > 0 {
		name = cell[0]
	}
	e.touched[name] = true
	bill, ok := e.costs[name]
	switch {
	case !ok:
		return r, e.lack("the record has no bill of cell %s", name)
	case len(bill.Reserved) == 0:
		return r, e.lack("the bill of cell %s has no reservations: they are settled by clock-hours of traffic", name)
	case len(bill.Reserved) > 1:
		var types []string
		for _, r := range bill.Reserved {
			types = append(types, r.Type)
		}
		return r, e.lack("cell %s ran several types: %s", name, strings.Join(types, ", "))
	}
	return bill.Reserved[0], nil
}

// reservedTerm is the part of a cell's reservations that is of one term.
func (e *evaluation) reservedTerm(term string, cell []string) (t results.ReservedTerm, err error) {
	r, err := e.reserved(cell)
	if err != nil {
		return t, err
	}
	for _, t := range r.Terms {
		if t.Term == term {
			return t, nil
		}
	}
	return t, e.lack("there is no price of a reserved %s for %s", r.Type, term)
}

// reservedCost is dollars a month of a cell's instances with n of them reserved.
func (e *evaluation) reservedCost(n float64, term string, cell ...string) (float64, error) {
	t, err := e.reservedTerm(term, cell)
	if err != nil {
		return 0, err
	}
	if n != math.Trunc(n) || n < 0 || int(n) >= len(t.MonthUSD) {
		return 0, e.lack("%g instances are not among the 0 to %d that were compared", n, len(t.MonthUSD)-1)
	}
	return t.MonthUSD[int(n)], nil
}

// saving is dollars a month that n reservations save against on demand alone.
func (e *evaluation) saving(n float64, term string, cell ...string) (float64, error) {
	with, err := e.reservedCost(n, term, cell...)
	if err != nil {
		return 0, err
	}
	without, err := e.reservedCost(0, term, cell...)
	return without - with, err
}

func (e *evaluation) optimum(term string, cell ...string) (float64, error) {
	t, err := e.reservedTerm(term, cell)
	return float64(t.Optimum), err
}

func (e *evaluation) breakEven(term string, cell ...string) (float64, error) {
	t, err := e.reservedTerm(term, cell)
	return t.BreakEven, err
}

// slotUse is the share of the time for which the nth reservation would be used.
func (e *evaluation) slotUse(n float64, cell ...string) (float64, error) {
	r, err := e.reserved(cell)
	if err != nil {
		return 0, err
	}
	if n != math.Trunc(n) || n < 1 || int(n) > len(r.Slots) {
		return 0, e.lack("%g is not among the 1 to %d reservations that were compared", n, len(r.Slots))
	}
	return r.Slots[int(n)-1], nil
}
