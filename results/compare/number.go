package compare

import (
	"math"

	"showdown"
	"showdown/results"
)

// Better is in which direction a number is better.
type Better string

// The directions.
const (
	Less Better = "less"
	More Better = "more"
)

// Number is what can be compared: a number of a summary, or one worked out from several.
type Number struct {
	// Name is the number's path in the summary: "downtime.longest_outage_s",
	// "cells.no-eip.availability". A fault is called by its letter, as in
	// "faults.A.lost_s". What is worked out has a name of the same form: "goodput",
	// "faults.A.recovered_after_s".
	Name string `json:"name"`
	// Short is what a bound calls it; empty where only Name does.
	Short string `json:"short,omitempty"`
	// Label is the number in words.
	Label  string `json:"label"`
	Unit   Unit   `json:"unit"`
	Better Better `json:"better"`
	// Computed says that the number is worked out from prices and not measured: it has
	// no chance in it.
	Computed bool `json:"computed,omitempty"`
	// Detail says that the number is one of those that a short table leaves out.
	Detail bool `json:"detail,omitempty"`
}

// value is a number of one run: NaN where nothing was measured, +Inf where what it waits
// for did not happen.
type value struct {
	Number
	v float64
}

// valuesOf are all numbers of a run in the order of the tables: those of the base cell,
// then those of each further cell.
func valuesOf(s *results.Summary) []value {
	out := cellValues(&s.CellSummary, "", s.LabSeconds)
	for _, name := range cellNames(s) {
		c := s.Cells[name]
		out = append(out, cellValues(&c, "cells."+name+".", s.LabSeconds)...)
	}
	return out
}

// lister collects the values of a cell.
type lister struct {
	prefix string
	out    []value
}

func (l *lister) add(n Number, v *float64) {
	n.Name = l.prefix + n.Name
	if v == nil {
		l.out = append(l.out, value{n, math.NaN()})
		return
	}
	l.out = append(l.out, value{n, *v})
}

func cellValues(c *results.CellSummary, prefix string, labSeconds float64) []value {
	l := &lister{prefix: prefix}
	d, seconds := &c.Downtime, AWSSeconds
	l.add(Number{Name: "availability", Short: "availability", Label: "availability", Unit: Share, Better: More}, c.Availability)
	l.add(Number{Name: "downtime.longest_outage_s", Short: "longest_outage", Label: "longest outage", Unit: seconds, Better: Less}, &d.LongestOutageS)
	l.add(Number{Name: "downtime.outage_s", Short: "outage", Label: "outages together", Unit: seconds, Better: Less, Detail: true}, &d.OutageS)
	l.add(Number{Name: "downtime.degraded_s", Short: "degraded", Label: "degraded", Unit: seconds, Better: Less}, &d.DegradedS)
	l.add(Number{Name: "downtime.lost_s", Short: "lost", Label: "lost", Unit: seconds, Better: Less}, &d.LostS)
	failed := float64(c.Requests.Failed + c.Requests.Dropped)
	l.add(Number{Name: "failed", Short: "failed", Label: "requests not answered well", Unit: Count, Better: Less, Detail: true}, &failed)
	l.percentiles(c.LatencyMS.Service, "latency_ms.service.", "", " of good answers")
	l.percentiles(c.LatencyMS.Response, "latency_ms.response.", "response_", " from the intended send")
	l.add(Number{Name: "goodput", Short: "goodput", Label: "goodput", Unit: Rate, Better: More}, goodput(c, labSeconds))
	l.add(Number{Name: "peak_goodput", Short: "peak_goodput", Label: "goodput of the best phase", Unit: Rate, Better: More, Detail: len(c.Phases) < 2}, peakGoodput(c))
	l.add(Number{Name: "waited_s", Short: "waited", Label: "waited for timeouts, in all", Unit: seconds, Better: Less, Detail: true}, &c.WaitedS)
	for i := range c.Faults {
		l.fault(&c.Faults[i], "faults."+c.Faults[i].Letter+".", c.Faults[i].Letter+" "+c.Faults[i].Called())
	}
	l.reference(c.Reference)
	if c.Cost != nil {
		l.add(cost(), &c.Cost.MonthUSD)
	}
	l.add(Number{Name: "generator.late_p99_ms", Label: "generator late, p99", Unit: Milliseconds, Better: Less, Detail: true}, &c.Generator.LateP99MS)
	return l.out
}

func cost() Number {
	return Number{Name: "cost.month_usd", Short: "cost", Label: "$ a month", Unit: Dollars, Better: Less, Computed: true}
}

// percentiles adds the percentiles of a kind of latency.
func (l *lister) percentiles(p results.Percentiles, path, short, of string) {
	detail := short != ""
	for _, q := range []struct {
		name, label string
		v           *float64
		detail      bool
	}{
		{"p50", "p50", p.P50, detail},
		{"p90", "p90", p.P90, true},
		{"p95", "p95", p.P95, detail},
		{"p99", "p99", p.P99, false},
		{"p999", "p99.9", p.P999, true},
		{"max", "slowest", p.Max, true},
	} {
		l.add(Number{Name: path + q.name, Short: short + q.name, Label: q.label + of, Unit: Milliseconds, Better: Less, Detail: q.detail}, q.v)
	}
}

// reference adds what the reference window shows; nothing where there is none.
func (l *lister) reference(r *results.Reference) {
	if r == nil {
		return
	}
	l.add(Number{Name: "reference.availability", Short: "reference_availability", Label: "reference: availability", Unit: Share, Better: More}, r.Availability)
	l.add(Number{Name: "reference.longest_outage_s", Short: "reference_longest_outage", Label: "reference: longest outage", Unit: AWSSeconds, Better: Less}, &r.LongestOutageS)
	l.add(Number{Name: "reference.lost_s", Short: "reference_lost", Label: "reference: lost", Unit: AWSSeconds, Better: Less}, &r.LostS)
	l.add(Number{Name: "reference.p99_ms", Short: "reference_p99", Label: "reference: p99 of good answers", Unit: Milliseconds, Better: Less}, r.P99MS)
}

// fault adds what a fault did. A fault that never began has no number; one that nobody
// noticed or that was not over by the end has never.
func (l *lister) fault(f *results.Fault, path, label string) {
	if !causes(f.Action) {
		return
	}
	var lost, failed *float64
	if f.StartS != nil {
		n := float64(f.Failed)
		lost, failed = &f.LostS, &n
	}
	l.add(Number{Name: path + "lost_s", Label: label + ": lost", Unit: AWSSeconds, Better: Less}, lost)
	l.add(Number{Name: path + "failed", Label: label + ": failed requests", Unit: Count, Better: Less, Detail: true}, failed)
	l.add(Number{Name: path + "detected_after_s", Label: label + ": noticed by the system after", Unit: AWSSeconds, Better: Less, Detail: f.DetectedS == nil}, since(f.StartS, f.DetectedS))
	l.add(Number{Name: path + "recovered_after_s", Label: label + ": good again after", Unit: AWSSeconds, Better: Less}, since(f.StartS, f.RecoveredS))
}

// since is the time from start to at: nil without a start, never without an at.
func since(start, at *float64) *float64 {
	if start == nil {
		return nil
	}
	v := math.Inf(1)
	if at != nil {
		v = max(*at-*start, 0)
	}
	return &v
}

// causes says that an action can make requests fail.
func causes(action string) bool {
	a, known := showdown.Actions()[action]
	return !known || a.Undo != "nothing to undo" && !a.Repairs
}

// goodput is the good answers per lab second over all phases.
func goodput(c *results.CellSummary, labSeconds float64) *float64 {
	good, length := 0.0, 0.0
	for _, p := range c.Phases {
		good += p.Goodput * (p.ToS - p.FromS)
		length += p.ToS - p.FromS
	}
	switch {
	case length > 0:
		good /= length
	case labSeconds > 0:
		good = float64(c.Requests.OK) / labSeconds
	default:
		return nil
	}
	return &good
}

func peakGoodput(c *results.CellSummary) *float64 {
	if len(c.Phases) == 0 {
		return nil
	}
	peak := 0.0
	for _, p := range c.Phases {
		peak = max(peak, p.Goodput)
	}
	return &peak
}
