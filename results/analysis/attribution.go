package analysis

import (
	"slices"
	"time"

	"showdown"
)

// stableStreak is how many good requests in a row make a recovery. Shorter streaks
// count, from minStreak on, where the phase, the next fault or the traffic ends them.
const stableStreak = 100

// attribution says which fault a failed request falls to: of those that are not over,
// the one whose beginning, or whose undo, came last, and one on the instance that the
// request went to before others. What is done to names takes only requests whose name
// was not resolved, and those before others. A fault is over when its undo was seen,
// some time has passed for what was on its way, and service is good.
type attribution struct {
	faults []*fault
	moves  []move
	next   int
	// open are the faults that are not over, the latest move last.
	open  []*fault
	grace time.Duration
	// begins are the beginnings of faults that no request was yet intended after. Each
	// ends the present streak: what was good before a fault is no recovery from it.
	begins []time.Duration

	// good is the present streak of good requests.
	good      int
	goodSince time.Duration
}

// move is a moment from which a fault can make requests fail.
type move struct {
	at    time.Duration
	fault *fault
}

func newAttribution(faults []*fault, grace time.Duration) *attribution {
	a := &attribution{faults: faults, grace: grace}
	for _, f := range faults {
		if f.injecting == nil || !f.cause() {
			continue
		}
		a.moves = append(a.moves, move{*f.injecting, f})
		a.begins = append(a.begins, *f.injecting)
		for _, at := range []*time.Duration{f.healing, f.changing} {
			if at != nil {
				a.moves = append(a.moves, move{*at, f})
			}
		}
	}
	slices.Sort(a.begins)
	slices.SortStableFunc(a.moves, func(x, y move) int { return int(x.at - y.at) })
	return a
}

// advance carries out the moves until time at.
func (a *attribution) advance(at time.Duration) {
	for a.next < len(a.moves) && a.moves[a.next].at <= at {
		f := a.moves[a.next].fault
		a.next++
		a.settle(minStreak)
		a.open = append(slices.DeleteFunc(a.open, func(o *fault) bool { return o == f }), f)
	}
}

// settle gives the present streak to the faults that have not recovered, if it is
// long enough.
func (a *attribution) settle(enough int) {
	if a.good < enough {
		return
	}
	for _, f := range a.faults {
		if f.recovered == nil && f.failures() > 0 && a.goodSince >= *f.injecting {
			since := a.goodSince
			f.recovered = &since
		}
	}
}

// begin takes in that a request was intended at time at.
func (a *attribution) begin(at time.Duration) {
	for len(a.begins) > 0 && at >= a.begins[0] {
		a.settle(minStreak)
		a.good = 0
		a.begins = a.begins[1:]
	}
}

// ok takes in a good request that was intended at time at.
func (a *attribution) ok(at time.Duration) {
	if a.next < len(a.moves) {
		a.advance(at)
	}
	a.begin(at)
	if a.good == 0 {
		a.goodSince = at
	}
	a.good++
	if a.good == stableStreak {
		a.settle(stableStreak)
	}
	if len(a.open) == 0 {
		return
	}
	if f := a.open[len(a.open)-1]; a.ended(f, at) && (f.recovered != nil || f.failures() == 0) {
		a.open = a.open[:len(a.open)-1]
	}
}

// ended says that at time at nothing of f is on its way any more. A change that is
// taken back later opens the fault again.
func (a *attribution) ended(f *fault, at time.Duration) bool {
	end := f.undoneAt
	if f.changing != nil && at >= *f.changing {
		end = f.changed
	}
	return end != nil && at > *end+a.grace
}

// failed takes in a request that failed, and is the fault that it falls to; nil when
// there is none. A request that was on its way when a fault began falls to it.
func (a *attribution) failed(h *showdown.Hit) *fault {
	a.advance(h.Sent + h.Latency)
	a.begin(h.Intended)
	a.good = 0
	a.open = slices.DeleteFunc(a.open, func(f *fault) bool { return f.recovered != nil && a.ended(f, h.Intended) })
	f := a.choose(h)
	if f != nil {
		f.outcomes[min(int(h.Outcome), outcomes-1)]++
	}
	return f
}

// choose is the open fault that a failed request falls to.
func (a *attribution) choose(h *showdown.Hit) *fault {
	unresolved := h.Outcome == showdown.DNSFailure
	var latest *fault
	for _, f := range slices.Backward(a.open) {
		switch {
		case f.names && unresolved:
			return f
		case f.names:
			continue
		case h.Backend != showdown.NoBackend && slices.Contains(f.targets, h.Backend):
			return f
		case latest == nil:
			latest = f
		}
	}
	return latest
}

// finish ends the record.
func (a *attribution) finish() { a.settle(minStreak) }
