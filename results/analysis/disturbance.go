package analysis

import (
	"slices"
	"sort"
	"time"

	"showdown"
	"showdown/results"
)

// disturbance knows when the machine under the lab stood still, and which requests that can
// have spoiled.
type disturbance struct {
	// limit is how late something may be, in lab time, before it counts.
	limit time.Duration
	// stalls are in order and do not touch.
	stalls []span
}

// limitOf is how late something may be where a request has so much time: a part of it.
func limitOf(timeout time.Duration) time.Duration {
	if timeout == 0 {
		timeout = showdown.FloorClient
	}
	return timeout / disturbedShare
}

// disturbanceOf takes the stalls that are longer than the limit from the events of a run. An
// event tells of a stall when it is over.
func disturbanceOf(events []showdown.Event, clock showdown.Clock, timeout time.Duration) disturbance {
	d := disturbance{limit: limitOf(timeout)}
	for _, e := range events {
		late, ok := e.Data["late_ms"].(float64)
		if !ok || e.Kind != showdown.Stall || late <= milliseconds(d.limit) {
			continue
		}
		to := labTime(e.T, clock)
		d.stalls = append(d.stalls, span{max(to-time.Duration(late*float64(time.Millisecond)), 0), to})
	}
	d.stalls = union(d.stalls, forever)
	return d
}

// spoils says that a request was sent later than may be, or was intended while the machine
// stood still, or that it stood still for so long while the request was under way.
func (d disturbance) spoils(h *showdown.Hit) bool {
	if h.Sent-h.Intended > d.limit {
		return true
	}
	from, to := h.Intended, h.Sent+h.Latency
	i := sort.Search(len(d.stalls), func(i int) bool { return d.stalls[i].to > from })
	still := time.Duration(0)
	for _, s := range d.stalls[i:] {
		if s.from <= from && from < s.to {
			return true
		}
		if s.from >= to {
			break
		}
		still += min(s.to, to) - max(s.from, from)
	}
	return still > d.limit
}

// stallsIn says that some stall is over between two moments of lab time.
func (d disturbance) stallsIn(from, to time.Duration) bool {
	return slices.ContainsFunc(d.stalls, func(s span) bool { return s.to >= from && s.to <= to })
}

// disturbedIn says that the machine made an outage in the time of a fault, from what was
// under way when it began until service was good again. What it cost is then not known.
func (c *cellRecord) disturbedIn(f *fault) bool {
	if f.injecting == nil {
		return false
	}
	until := forever
	if end := f.end(); end != nil && (f.recovered != nil || f.failures() == 0) {
		until = *end
	}
	if f.recovered != nil && until != forever {
		until = max(until, *f.recovered)
	}
	return slices.ContainsFunc(c.outages.outages, func(o outage) bool {
		return o.cause == results.CauseDisturbed && o.from <= until && o.to >= *f.injecting-c.timeout
	})
}
