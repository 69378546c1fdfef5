package analysis

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"showdown"
)

// cellRecord is a cell after its pass: what claims and summaries ask.
type cellRecord struct {
	*pass
	// end is the end of the traffic, gap the mean time between two requests.
	end, gap time.Duration
	degraded []span
	complete bool
	// done says that the requests were read.
	done bool
}

// aws is lab time d in AWS seconds.
func (c *cellRecord) aws(d time.Duration) float64 { return awsSecs(d, c.clock) }

// lab is AWS seconds s in lab time.
func (c *cellRecord) lab(s float64) time.Duration { return labTime(s, c.clock) }

// stretchOf is what a window of a cell holds.
type stretchOf struct {
	tally
	parts []*tally
	// length is the window's length in lab time, cut to the traffic.
	length time.Duration
	cohort bool
}

// latency is the service latency of good answers in the window.
func (s *stretchOf) latency() *histogram {
	if len(s.parts) == 1 {
		return &s.parts[0].service
	}
	var h histogram
	for _, p := range s.parts {
		h.merge(&p.service)
	}
	return &h
}

// lostTime is the failed share integrated over the window.
func (s *stretchOf) lostTime() time.Duration {
	if s.cohort {
		return s.ownLost
	}
	return s.lost
}

// collected says that the bounds of w were known to the pass.
func (c *cellRecord) collected(w Window) bool {
	_, from := slices.BinarySearch(c.bounds, w.From)
	_, to := slices.BinarySearch(c.bounds, w.To)
	return from && to
}

// window is what w holds. Its bounds must have been collected.
func (c *cellRecord) window(w Window) *stretchOf {
	s := &stretchOf{cohort: w.Cohort != ""}
	if a, b := max(w.From, 0), min(w.To, c.end); b > a {
		s.length = b - a
	}
	only := -1
	if w.Cohort != "" {
		only = slices.IndexFunc(c.cell.Traffic.Cohorts, func(k showdown.Cohort) bool { return k.Name == w.Cohort })
		s.cohort = len(c.cohorts) > 1
	}
	groups, endpoint := c.endpoints.groups(), -1
	if w.Endpoint != "" {
		endpoint = c.endpoints.group(w.Endpoint)
	}
	from, _ := slices.BinarySearch(c.bounds, w.From)
	to, _ := slices.BinarySearch(c.bounds, w.To)
	for i := from + 1; i <= to; i++ {
		for k, t := range c.stretches[i] {
			if t != nil && (only < 0 || k/groups == only) && (endpoint < 0 || k%groups == endpoint) {
				s.merge(t)
				s.parts = append(s.parts, t)
			}
		}
	}
	return s
}

// phaseSpan is a phase of the traffic, or a step of a ladder.
type phaseSpan struct {
	name     string
	from, to time.Duration
}

// phasesOf is the phases of a cell's traffic in order. A phase that is played in
// several segments is one, and so is a ladder's step.
func phasesOf(cell showdown.Cell, events []showdown.Event, clock showdown.Clock) []phaseSpan {
	var out []phaseSpan
	add := func(name string, from, to time.Duration) {
		if n := len(out); n > 0 && out[n-1].name == name && out[n-1].to == from {
			out[n-1].to = to
			return
		}
		out = append(out, phaseSpan{name, from, to})
	}
	for _, s := range cell.Traffic.Segments(clock) {
		add(s.Name(), s.Start, s.End)
	}
	if len(out) > 0 {
		return out
	}
	for _, e := range events {
		if e.Kind != showdown.PhaseStarted {
			continue
		}
		from, ok1 := e.Data["from_s"].(float64)
		to, ok2 := e.Data["to_s"].(float64)
		if ok1 && ok2 && to > from {
			add(e.Target, labTime(from, clock), labTime(to, clock))
		}
	}
	return out
}

// phase is the stretch of the phase of that name: one step of a ladder, or all of
// its steps.
func (c *cellRecord) phase(name string) (phaseSpan, error) {
	var found []phaseSpan
	for _, p := range phasesOf(c.cell, c.events, c.clock) {
		if p.name == name || isStep(p.name, name) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return phaseSpan{}, fmt.Errorf("cell %s has no phase %q", c.name, name)
	}
	return phaseSpan{name, found[0].from, found[len(found)-1].to}, nil
}

// steps is the steps of the ladder of that name; a phase without steps is its own.
func (c *cellRecord) steps(ladder string) []phaseSpan {
	var out []phaseSpan
	for _, p := range phasesOf(c.cell, c.events, c.clock) {
		if p.name == ladder || isStep(p.name, ladder) {
			out = append(out, p)
		}
	}
	return out
}

// isStep says that name is a step of the ladder: "ladder/3".
func isStep(name, ladder string) bool {
	rest, ok := strings.CutPrefix(name, ladder+"/")
	if !ok {
		return false
	}
	_, err := strconv.Atoi(rest)
	return err == nil
}

// referenceWindow is the window around the event that stages are compared by.
func referenceWindow(cell showdown.Cell, clock showdown.Clock, name string) (Window, bool) {
	r := cell.Reference
	if r == nil {
		return Window{}, false
	}
	s, ok := cell.Step(r.Fault)
	if !ok {
		return Window{}, false
	}
	start, _ := cell.StepStart(clock, s)
	from := max(start-clock.Lab(r.Before), 0)
	return Window{Cell: name, From: from, To: from + clock.Lab(r.Length)}, true
}

// whole is all of a cell's traffic.
func whole(cell string) Window { return Window{Cell: cell, From: 0, To: forever} }

// planned is the window of a phase.
func (s phaseSpan) window(cell string) Window { return Window{Cell: cell, From: s.from, To: s.to} }

// round is v to so many decimals: below them is only the noise of divisions.
func round(v float64, decimals int) float64 {
	p := math.Pow10(decimals)
	r := math.Round(v*p) / p
	if r == 0 {
		return 0
	}
	return r
}
