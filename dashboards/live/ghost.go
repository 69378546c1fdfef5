package live

import (
	"cmp"
	"math"
	"path/filepath"
	"slices"

	"showdown"
	"showdown/results"
)

// ghostPoints bounds how many points a ghost has: one for two pixels of a projector.
const ghostPoints = 600

// endless is how many requests in a row without a good answer are an outage, as in the
// record's analysis.
const endless = 10

// Account is what a stage's base cell has shown so far.
type Account struct {
	// Requests are those that had an outcome, Failed those of them without a good answer.
	Requests     uint64 `json:"requests"`
	Failed       uint64 `json:"failed"`
	Availability number `json:"availability"`
	// LongestOutageS is the longest stretch of buckets in which nobody was answered, of ten
	// requests or more, in AWS seconds.
	LongestOutageS float64 `json:"longest_outage_s"`
	// Recovery is of the fault that struck last; nil before one did.
	Recovery *Recovery `json:"recovery"`
}

// Recovery is how long users felt a fault.
type Recovery struct {
	Letter string `json:"letter"`
	Action string `json:"action"`
	// Seconds is AWS time from the moment it struck to the last request that failed, 0 where
	// none did; null while it is not known to be over.
	Seconds *float64 `json:"seconds"`
}

// Ghost is the stage that was played before, as its base cell showed it.
type Ghost struct {
	// Run is the id of its run, Stage that of the stage, Name the last part of that.
	Run   string `json:"run"`
	Stage string `json:"stage"`
	Name  string `json:"name"`
	Title string `json:"title"`
	// LengthS is how long it was shown, and PointS the length of a point, in AWS seconds.
	LengthS float64 `json:"length_s"`
	PointS  float64 `json:"point_s"`
	// Faults are when its faults struck, in that order.
	Faults []Strike `json:"faults"`
	// OK and Failed count the requests of each point from the zero on, and P99 is in
	// milliseconds; null is a point of which nothing is known.
	OK       []number `json:"ok"`
	Failed   []number `json:"failed"`
	P99      []number `json:"p99"`
	MonthUSD *float64 `json:"month_usd"`
	Measured Account  `json:"measured"`
}

// Strike is a fault as far as a ghost has it.
type Strike struct {
	Letter string  `json:"letter"`
	Action string  `json:"action"`
	FromS  float64 `json:"from_s"`
}

// strikes bounds how many faults a ghost has.
const strikes = 50

// measured is what the buckets before number end and the faults show.
func (c *cell) measured(end int) Account {
	t := c.series.totals(end)
	m := Account{Requests: t.OK + t.Failed + t.Dropped, Failed: t.Failed + t.Dropped, Availability: unknown}
	if m.Requests > 0 {
		m.Availability = number(float64(t.OK) / float64(m.Requests))
	}
	m.LongestOutageS = c.aws(c.series.width) * float64(c.series.outage(end))
	var last *Fault
	for _, f := range c.told(end) {
		if f.began() && (last == nil || *f.FromS >= *last.FromS) {
			last = &f
		}
	}
	if last != nil {
		m.Recovery = &Recovery{Letter: last.Letter, Action: last.Action, Seconds: c.recovered(last, end)}
	}
	return m
}

// recovered is how long users felt a fault; nil while nobody knows: it is in place and
// requests failed a moment ago, or none has yet.
func (c *cell) recovered(f *Fault, end int) *float64 {
	quiet, felt := f.Over(), 0.0
	if f.LastFailedS != nil {
		felt = *f.LastFailedS - *f.FromS
		quiet = quiet || end-int(math.Round(float64(c.lab(*f.LastFailedS))/float64(c.series.width))) >= 2*moment
	}
	if !quiet {
		return nil
	}
	return &felt
}

// outage is the longest stretch of buckets before end in which nobody was answered, in
// buckets. A bucket without a request neither ends nor lengthens it.
func (s *series) outage(end int) int {
	longest, from, to, bad := 0, 0, 0, uint32(0)
	for n := s.first; n < min(end, s.end()); n++ {
		b := &s.buckets[n-s.first]
		switch {
		case b.ok > 0:
			bad = 0
		case b.bad() > 0:
			if bad == 0 {
				from = n
			}
			bad, to = bad+b.bad(), n+1
			if bad >= endless {
				longest = max(longest, to-from)
			}
		}
	}
	return longest
}

// ghost is the cell as a ghost, of the buckets before number end; nil where it has shown
// nothing.
func (c *cell) ghost(stage *showdown.Stage, run string, end int) *Ghost {
	end = min(end, c.series.end())
	if end <= c.series.first {
		return nil
	}
	g := &Ghost{
		Run: run, Stage: stage.ID(), Name: stage.Name, Title: stage.Title, MonthUSD: c.monthUSD, Measured: c.measured(end),
		OK: []number{}, Failed: []number{}, P99: []number{},
		Faults: []Strike{},
	}
	group := (end + ghostPoints - 1) / ghostPoints
	g.PointS = c.aws(c.series.width) * float64(group)
	g.LengthS = c.aws(c.series.width) * float64(end)
	for _, f := range c.faults {
		if f.began() {
			g.Faults = append(g.Faults, Strike{f.Letter, f.Action, *f.FromS})
		}
	}
	slices.SortStableFunc(g.Faults, func(a, b Strike) int { return cmp.Compare(a.FromS, b.FromS) })
	g.Faults = g.Faults[:min(len(g.Faults), strikes)]
	for from := 0; from < end; from += group {
		ok, failed, p99 := c.series.point(from, min(from+group, end))
		g.OK, g.Failed, g.P99 = append(g.OK, ok), append(g.Failed, failed), append(g.P99, p99)
	}
	return g
}

// point is the buckets [from, to) as one, its percentile over as many as a percentile needs.
func (s *series) point(from, to int) (ok, failed, p99 number) {
	var rows [latencyRows]uint32
	var good, bad, n uint64
	for i := min(from, to-window); i < to; i++ {
		b, held := s.at(i)
		if !held {
			continue
		}
		for r, count := range b.latency {
			rows[r] += uint32(count)
		}
		n += uint64(b.ok)
		if i >= from {
			good, bad = good+uint64(b.ok), bad+uint64(b.bad())
		}
	}
	if good+bad == 0 {
		return unknown, unknown, unknown
	}
	return number(good), number(bad), quantile(&rows, n, .99)
}

// base is the cell that a stage is compared by: its base cell, or the first that is played.
func (h *Hub) base() *cell {
	if c := h.cells[showdown.BaseCell]; c != nil || len(h.order) == 0 {
		return c
	}
	return h.cells[h.order[0]]
}

// depart ends the stage that was played: it is the ghost of the next one. One that has shown
// nothing leaves the ghost that there is.
func (h *Hub) depart() {
	c := h.base()
	if c == nil || h.spec == nil {
		return
	}
	if g := c.ghost(h.spec, h.run, h.limit(c)); g != nil {
		h.ghost = g
	}
}

// ghostOf is the record of a stage as a ghost; nil where it cannot be read.
func ghostOf(run results.Run) *Ghost {
	r, err := readRecord(run.Dir)
	if err != nil {
		return nil
	}
	name := showdown.BaseCell
	if r.series[name] == nil {
		for _, other := range cellNames(r.manifest.Spec) {
			if r.series[other] != nil {
				name = other
				break
			}
		}
	}
	spec, known := r.manifest.Spec.Cell(name)
	s := r.series[name]
	if !known || s == nil {
		return nil
	}
	c := newCell(spec, r.clock, 0)
	c.series = *s
	for _, e := range r.events {
		if e.Cell == name {
			c.fold(e)
		}
	}
	if cost, ok := r.manifest.Cost[name]; ok {
		c.monthUSD = &cost.MonthUSD
	}
	id := r.manifest.Run
	if id == "" {
		id = filepath.Base(run.Dir)
	}
	return c.ghost(r.manifest.Spec, id, s.end())
}
