package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"showdown"
	"showdown/results"
)

// summarise writes down what the passes found.
func summarise(in input, stage *showdown.Stage, rec *record, claims []compiledClaim, gates []showdown.Gate, asked []compiledClaim) *results.Summary {
	m := in.manifest
	clock, _ := in.clock() // it was good when the record was read
	top := topCell(stage, in.recorded)
	s := &results.Summary{
		Version: results.SummaryVersion, Run: m.Run, Journey: m.Journey, Stage: m.Stage, Cell: top, Title: stage.Title,
		Speed: clock.Speed(), Seed: m.Seed, Started: m.Started, Complete: in.complete,
		Cells: map[string]results.CellSummary{}, Verdict: showdown.Held,
	}
	cells := map[string]doubts{}
	for _, name := range sortedKeys(rec.cells) {
		c := rec.cells[name]
		s.Complete = s.Complete && c.complete
		s.LabSeconds = max(s.LabSeconds, round(c.end.Seconds(), 6))
	}
	s.Fidelity = fidelity(m.Spec)
	run := runHealth(in.events, s.Complete)
	if m.Source != nil {
		s.Source = m.Source
		run.remarks = append(run.remarks, m.Source.Notes...)
	}
	for _, name := range sortedKeys(rec.cells) {
		c := rec.cells[name]
		sum := c.summary()
		if m.Source != nil && slices.Contains(m.Source.Unknown, "intended_ns") {
			sum.LatencyMS.Response, sum.Generator.Unknown = results.Percentiles{}, true
		}
		if bill, ok := m.Cost[name]; ok {
			sum.Cost = &bill
		}
		h := c.health(sum.Generator)
		if name == top {
			s.CellSummary = sum
		} else {
			s.Cells[name] = sum
			h = h.in(name)
		}
		cells[name] = doubts{append(slices.Clone(run.spoils), h.spoils...), h.unsent}
		run.voids = append(run.voids, h.voids...)
		run.remarks = append(run.remarks, h.remarks...)
	}
	for i := range claims {
		r := claims[i].result(cells)
		s.Claims = append(s.Claims, r)
		s.Verdict = s.Verdict.Worse(r.Verdict)
	}
	for i, g := range gates {
		s.Gates = append(s.Gates, gateResult(g, &asked[i], cells))
	}
	for _, a := range stage.AbortIf {
		s.Gates = append(s.Gates, abortResult(a, rec, s.Complete))
	}
	for _, g := range s.Gates {
		s.Verdict = s.Verdict.Worse(g.Verdict)
	}
	if len(run.voids) > 0 {
		s.Verdict = s.Verdict.Worse(showdown.Unknown)
	}
	s.Reasons, s.Voids = append(run.voids, run.remarks...), len(run.voids)
	return s
}

// health is what else than the claims decides the verdict.
type health struct {
	// spoils make a claim that deviates unknown, voids the whole run; every void
	// spoils. Remarks are said and change nothing.
	spoils, voids, remarks []string
	// unsent is the void that requests were not sent, too many to be overlooked.
	unsent string
}

func (h *health) void(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	h.voids = append(h.voids, reason)
	h.spoils = append(h.spoils, reason)
}

// in is h with the name of its cell before each reason.
func (h health) in(cell string) health {
	prefix := func(list []string) (out []string) {
		for _, s := range list {
			out = append(out, "cell "+cell+": "+s)
		}
		return out
	}
	if h.unsent != "" {
		h.unsent = prefix([]string{h.unsent})[0]
	}
	return health{prefix(h.spoils), prefix(h.voids), prefix(h.remarks), h.unsent}
}

// runHealth is the health of what all cells share.
func runHealth(events []showdown.Event, complete bool) health {
	var h health
	if !complete {
		h.void("the record is incomplete: its end is missing")
	}
	for _, e := range events {
		if e.Kind == showdown.Interrupted {
			reason, _ := e.Data["reason"].(string)
			if reason == "" {
				reason = "no reason given"
			}
			h.void("the run was interrupted: %s", reason)
			break
		}
	}
	return h
}

// endSlack is by how much traffic may end before its plan without having been cut short,
// in lab time.
const endSlack = 50 * time.Millisecond

// maxDroppedShare is the share of requests never sent above which the load that a
// run stands for was not offered.
const maxDroppedShare = 0.01

// health is the health of a cell.
func (c *cellRecord) health(g results.Generator) health {
	var h health
	if c.read == 0 {
		h.void("no request was recorded")
	}
	for _, e := range c.events {
		switch e.Kind {
		case showdown.SteadyStateChecked:
			if held, ok := e.Data["held"].(bool); !ok || held {
				continue
			}
			if e.Data["when"] == "before" {
				h.void("the steady state did not hold before the experiment")
			} else {
				h.remarks = append(h.remarks, "the steady state did not hold after the roll back")
			}
		case showdown.TrafficEnded:
			// A run that breaks off, because all machines are gone for example, ends its
			// traffic before the plan does.
			if at := labTime(e.T, c.clock); c.planned > 0 && at < c.planned-endSlack {
				h.void("the traffic ended at %.0f s of %.0f s", e.T, awsSecs(c.planned, c.clock))
			}
		case showdown.ExperimentStopped:
			condition, _ := e.Data["condition"].(string)
			h.void("the experiment was stopped: %s", condition)
		case showdown.StageAborted:
			condition, _ := e.Data["condition"].(string)
			h.void("the stage was aborted at %.0f s: %s", e.T, condition)
		case showdown.MachineLost:
			// Whatever the claims made of it, this was nobody's experiment. After the
			// traffic it changed no number; traffic that it broke off ends before it,
			// and before its planned end.
			reason := fmt.Sprintf("the machine of %s was lost at %.0f s", e.Target, e.T)
			if labTime(e.T, c.clock) <= max(c.end, c.planned) {
				h.void("%s", reason)
			} else {
				h.remarks = append(h.remarks, reason)
			}
		case showdown.ProgramEnded:
			// As for a machine that is lost. What a step of the timeline ends says no such
			// event.
			exit, _ := e.Data["exit"].(string)
			reason := fmt.Sprintf("the program of %s ended by itself at %.0f s: %s", e.Target, e.T, exit)
			if labTime(e.T, c.clock) <= max(c.end, c.planned) {
				h.void("%s", reason)
			} else {
				h.remarks = append(h.remarks, reason)
			}
		}
	}
	for _, f := range c.faults {
		switch {
		case f.failure != "":
			h.void("fault %s failed: %s", f.letter, f.failure)
		case f.injecting == nil:
			h.void("fault %s never began", f.letter)
		case !f.confirmed:
			h.void("fault %s was not confirmed", f.letter)
		}
		if f.notUndone {
			h.remarks = append(h.remarks, "fault "+f.letter+" was not undone")
		}
		if f.changeStays {
			h.remarks = append(h.remarks, "what fault "+f.letter+" changed was not taken back")
		}
	}
	if n := c.total().dropped(); float64(n) > maxDroppedShare*float64(c.read) {
		h.unsent = fmt.Sprintf("the generator did not send %d of %d requests", n, c.read)
		h.void("%s", h.unsent)
	}
	if g.Saturated {
		h.spoils = append(h.spoils, "the generator was saturated")
	}
	if g.Disturbed {
		h.spoils = append(h.spoils, "the machine was disturbed")
	}
	return h
}

// total is all of the cell's requests.
func (c *cellRecord) total() *tally { return &c.window(whole(c.name)).tally }

// summary is the cell in the form of a summary.
func (c *cellRecord) summary() results.CellSummary {
	all := c.window(whole(c.name))
	out := results.CellSummary{
		Requests: all.requests(), Availability: all.availability(),
		Downtime:  c.downtime(all),
		LatencyMS: results.Latency{Service: percentiles(all.latency()), Response: percentiles(&c.response)},
		WaitedS:   c.waitedSeconds(all.waited),
		Generator: c.generator(),
	}
	for _, f := range c.faults {
		sum := f.summary(c.clock)
		if back := c.repaired(f).back; back != nil && f.cause() {
			at := c.aws(*back)
			sum.RepairedS = &at
		}
		out.Faults = append(out.Faults, sum)
	}
	for _, p := range phasesOf(c.cell, c.events, c.clock) {
		if p.from < c.end {
			out.Phases = append(out.Phases, c.phaseSummary(p))
		}
	}
	sizes := c.cell.Traffic.CohortSizes()
	for i, k := range c.cell.Traffic.Cohorts {
		w := whole(c.name)
		w.Cohort = k.Name
		s := c.window(w)
		out.Cohorts = append(out.Cohorts, results.Cohort{
			Name: k.Name, Clients: sizes[i], Requests: s.requests(), Availability: s.availability(),
			LostS: awsSecs(s.lostTime(), c.clock), LongestOutageS: awsSecs(longestOf(c.outagesOf(k.Name)), c.clock),
		})
	}
	for i, b := range all.backends {
		out.Backends = append(out.Backends, results.Backend{Name: c.backendName[i], OK: b.ok, Failed: b.failed})
	}
	slices.SortFunc(out.Backends, func(a, b results.Backend) int { return cmp.Compare(a.Name, b.Name) })
	out.Endpoints, out.RequestReasons = c.endpointSummaries(), all.reasons
	out.Reference = c.referenceSummary()
	out.Reach = c.reachesOf()
	out.Exposure = c.exposure()
	out.Capacity = c.capacitySummary()
	return out
}

func (c *cellRecord) downtime(all *stretchOf) results.Downtime {
	out := results.Downtime{ResolutionS: awsSecs(c.gap, c.clock), LostS: awsSecs(all.lostTime(), c.clock)}
	var sum time.Duration
	for _, o := range c.outages.outages {
		sum += o.length()
		out.Outages = append(out.Outages, results.Outage{
			FromS: awsSecs(o.from, c.clock), ToS: awsSecs(o.to, c.clock), Seconds: awsSecs(o.length(), c.clock),
			SecondsLab: round(o.length().Seconds(), 6), Cause: o.cause, Open: o.open,
		})
	}
	out.OutageS = awsSecs(sum, c.clock)
	out.LongestOutageS = awsSecs(longestOf(c.outages.outages), c.clock)
	out.DegradedS = awsSecs(overlap(c.degraded, 0, c.end), c.clock)
	return out
}

func longestOf(outages []outage) (longest time.Duration) {
	for _, o := range outages {
		longest = max(longest, o.length())
	}
	return longest
}

func (c *cellRecord) phaseSummary(p phaseSpan) results.Phase {
	s := c.window(p.window(c.name))
	return results.Phase{
		Name: p.name, FromS: awsSecs(p.from, c.clock), ToS: awsSecs(min(p.to, c.end), c.clock),
		Offered: round(offered(s), 3), Goodput: round(goodput(s), 3),
		P99MS: percentileMS(s.latency(), 99), Availability: s.availability(),
	}
}

func (c *cellRecord) referenceSummary() *results.Reference {
	w, ok := referenceWindow(c.cell, c.clock, c.name)
	if !ok || w.From >= c.end {
		return nil
	}
	s := c.window(w)
	var longest time.Duration
	for _, o := range c.outages.outages {
		longest = max(longest, min(o.to, w.To)-max(o.from, w.From))
	}
	return &results.Reference{
		FromS: awsSecs(w.From, c.clock), ToS: awsSecs(min(w.To, c.end), c.clock), Availability: s.availability(),
		LostS: awsSecs(s.lostTime(), c.clock), LongestOutageS: awsSecs(longest, c.clock), P99MS: percentileMS(s.latency(), 99),
	}
}

// waitedSeconds is what requests that waited d of lab time in vain would have waited
// on AWS, where no timeout is divided and no floor applies.
func (c *cellRecord) waitedSeconds(d time.Duration) float64 {
	scale := c.clock.Speed()
	if t := c.cell.Traffic.Timeout.Seconds(); t > 0 && c.timeout > 0 {
		scale = t / c.timeout.Seconds()
	}
	return round(d.Seconds()*scale, 6)
}

// Lateness of the generator, in lab time.
const (
	// saturatedLate is the p99 of the lateness above which requests were not sent as
	// planned.
	saturatedLate = 20 * time.Millisecond
	// disturbedShare is the part of the shortest timeout by which something may be late.
	disturbedShare = 3
)

func (c *cellRecord) generator() results.Generator {
	g := results.Generator{
		LateP99MS: milliseconds(c.late.quantile(99)), LateMaxMS: milliseconds(c.lateMax),
		Saturated: c.total().dropped() > 0 || c.late.quantile(99) > saturatedLate,
	}
	g.Disturbed = c.lateMax > limitOf(c.timeout) || disturbanceOf(c.events, c.clock, c.timeout).stallsIn(0, c.end)
	return g
}

func percentiles(h *histogram) results.Percentiles {
	return results.Percentiles{
		P50: percentileMS(h, 50), P90: percentileMS(h, 90), P95: percentileMS(h, 95),
		P99: percentileMS(h, 99), P999: percentileMS(h, 99.9), Max: percentileMS(h, 100),
	}
}

// percentileMS is a percentile in milliseconds; nil when there is no value.
func percentileMS(h *histogram, q float64) *float64 {
	if h.count() == 0 {
		return nil
	}
	v := milliseconds(h.quantile(q))
	return &v
}

func milliseconds(d time.Duration) float64 { return round(float64(d)/1e6, 3) }
