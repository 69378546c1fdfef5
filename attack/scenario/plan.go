package scenario

import (
	"math"
	"math/bits"

	"showdown"
)

// Plan is a scenario that can be played. It never changes.
type Plan struct {
	// Steps are the requests in the order of the scenario.
	Steps []Step
	// Script says that the steps are those of a session; else each is sent by its weight.
	Script bool
	// columns are the first slots; the rest are what steps extract.
	columns, slots int
	rows           [][]Value
	order          showdown.DataOrder
	// upTo are the bounds of the requests by weight, in parts of 2^64.
	upTo []uint64
}

// Step is a request of a plan.
type Step struct {
	Name, Method string
	Path, Body   Template
	Header       []Field
	Think        showdown.Duration

	check   *check
	extract []extraction
}

// Field is a header field of a request.
type Field struct {
	Name  string
	Value Template
}

// Fixed says that the request is the same every time.
func (s *Step) Fixed() bool {
	_, ok := s.Path.Static()
	if _, body := s.Body.Static(); !body {
		ok = false
	}
	for _, f := range s.Header {
		if _, header := f.Value.Static(); !header {
			ok = false
		}
	}
	return ok
}

// Unready says why the request cannot be filled in with the values; empty when it can.
func (s *Step) Unready(values []Value) (reason string) {
	if reason = s.Path.Unready(values); reason != "" {
		return reason
	}
	for i := range s.Header {
		if reason = s.Header[i].Value.Unready(values); reason != "" {
			return reason
		}
	}
	return s.Body.Unready(values)
}

// golden is 2^64 divided by the golden ratio: its multiples are spread evenly over all
// words, and no number of clients or requests falls in with them.
const golden = 0x9e3779b97f4a7c15

// block is a power of two: requests by weight are mixed within so many.
const block = 64

// Pick is the step, by weight, of request number seq. In every stretch of requests the
// steps have their shares to within a few, so that a short outage hits all alike; within a
// block the order is shuffled, so that no client always gets the same.
func (p *Plan) Pick(seq, seed uint64) int {
	if len(p.upTo) == 1 {
		return 0
	}
	k := seq ^ Hash(seq/block, seed)%block
	u := (k + 1) * golden
	for i, top := range p.upTo {
		if u <= top {
			return i
		}
	}
	return len(p.upTo) - 1
}

// Hash is a word that has nothing to do with that of another n or seed.
func Hash(n, seed uint64) uint64 {
	x := n + bits.RotateLeft64(seed, 32)*golden + golden
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// bounds divides the words among weights, whose sum is above 0.
func bounds(weights []float64) []uint64 {
	var sum, below float64
	for _, w := range weights {
		sum += w
	}
	out := make([]uint64, len(weights))
	last := 0
	for i, w := range weights {
		below += w
		if share := below / sum; share < 1 {
			out[i] = uint64(share * (1 << 64))
		} else {
			out[i] = math.MaxUint64
		}
		if w > 0 {
			last = i
		}
	}
	// Rounding leaves nothing to those after the last one with a weight.
	for i := last; i < len(out); i++ {
		out[i] = math.MaxUint64
	}
	return out
}

// Row is the values at the start of session, or request by weight, number n. It is not to
// be changed.
func (p *Plan) Row(n, seed uint64) []Value {
	rows := uint64(len(p.rows))
	if rows == 0 {
		return nil
	}
	if p.order == showdown.AtRandom {
		return p.rows[Hash(n, seed^0x726f77)%rows] // "row"
	}
	return p.rows[n%rows]
}

// Slots is how many values a session has.
func (p *Plan) Slots() int { return p.slots }

// Begin makes values those of the session of that row: all that was extracted is
// forgotten.
func (p *Plan) Begin(values, row []Value) {
	clear(values)
	copy(values, row)
}
