package analysis

import (
	"slices"
	"time"

	"showdown"
	"showdown/results"
)

// forever is a time after every run.
const forever = time.Duration(1<<63 - 1)

// plan is what is known of a cell before its requests are read.
type plan struct {
	name  string
	clock showdown.Clock
	cell  showdown.Cell
	slo   showdown.SLO
	// planned is the length of the traffic in lab time; 0 when it is not known.
	planned time.Duration
	// timeout bounds a request in lab time; 0 when it is not known.
	timeout time.Duration
	faults  []*fault
	events  []showdown.Event
	// windows are the windows that will be asked for.
	windows []Window
}

// pass reads the requests of a cell once, in the order of their intended times.
type pass struct {
	plan
	// bounds cut the traffic into stretches that hold no bound inside; a window is
	// made of whole ones. stretches has a tally for each of them, each cohort, and in it
	// each endpoint.
	bounds    []time.Duration
	stretches [][]*tally
	stretch   int
	nextBound time.Duration
	// starts are the starts of the phases that are still to come.
	starts []time.Duration
	// cohortEnds has for each cohort the number after that of its last client; nil when
	// there is one group.
	cohortEnds []int
	cohorts    []cohortPass
	// endpoints are those of the scenario.
	endpoints endpoints

	attribution *attribution
	disturbance disturbance
	outages     outageDetector
	degraded    *degradedDetector
	response    histogram
	late        histogram
	lateMax     time.Duration

	backends    map[string]int
	backendName []string
	lastName    string
	lastBackend int

	read     uint64
	previous previous
	first    time.Duration
}

// cohortPass is what is followed for each cohort.
type cohortPass struct {
	outages  outageDetector
	previous previous
}

// previous is the request before: when the next one comes, it is known for how much
// time it stands.
type previous struct {
	at     time.Duration
	failed bool
	tally  *tally
	fault  *fault
}

func newPass(p plan) *pass {
	q := &pass{plan: p, backends: map[string]int{}, lastBackend: -1}
	for _, w := range p.windows {
		q.bounds = append(q.bounds, w.From, w.To)
	}
	slices.Sort(q.bounds)
	q.bounds = slices.Compact(q.bounds)
	for _, s := range phasesOf(p.cell, p.events, p.clock) {
		q.starts = append(q.starts, s.from)
	}
	sizes := p.cell.Traffic.CohortSizes()
	q.cohorts = make([]cohortPass, max(len(sizes), 1))
	if len(sizes) > 1 {
		end := 0
		for _, n := range sizes {
			end += n
			q.cohortEnds = append(q.cohortEnds, end)
		}
	}
	q.endpoints = newEndpoints(p.cell.Traffic.Endpoints())
	q.stretches = make([][]*tally, len(q.bounds)+1)
	q.move(0)
	return q
}

// move goes to stretch i.
func (p *pass) move(i int) {
	p.stretch = i
	p.nextBound = forever
	if i < len(p.bounds) {
		p.nextBound = p.bounds[i]
	}
	if p.stretches[i] == nil {
		tallies := make([]*tally, len(p.cohorts)*p.endpoints.groups())
		for c := range tallies {
			tallies[c] = &tally{}
		}
		p.stretches[i] = tallies
	}
}

// start chooses what depends on the rate, when the first requests are there.
func (p *pass) start(hits []showdown.Hit) {
	gap := 10 * time.Millisecond
	if n := len(hits); n > 1 && hits[n-1].Intended > hits[0].Intended {
		gap = (hits[n-1].Intended - hits[0].Intended) / time.Duration(n-1)
	}
	if p.planned > 0 {
		due := 0.0
		for _, s := range p.cell.Traffic.Segments(p.clock) {
			due += s.Hits(s.End)
		}
		if due >= 1 {
			gap = time.Duration(float64(p.planned) / due)
		}
	}
	objective := float64(p.slo.Availability)
	if objective == 0 {
		objective = defaultObjective
	}
	p.first = hits[0].Intended
	p.degraded = newDegradedDetector(degradedWidth(gap, p.clock.Speed()), objective)
	p.disturbance = disturbanceOf(p.events, p.clock, p.timeout)
	p.attribution = newAttribution(p.faults, p.timeout+3*gap)
}

// defaultObjective is the availability below which time is degraded where the stage
// has no objective of its own.
const defaultObjective = 0.99

// add takes the next requests in order.
func (p *pass) add(hits []showdown.Hit) {
	if len(hits) == 0 {
		return
	}
	if p.degraded == nil {
		p.start(hits)
	}
	for i := range hits {
		h := &hits[i]
		at := h.Intended
		if p.previous.failed {
			p.settle(at - p.previous.at)
		}
		for at >= p.nextBound && p.stretch < len(p.bounds) {
			p.move(p.stretch + 1)
		}
		for len(p.starts) > 0 && at >= p.starts[0] {
			p.attribution.settle(minStreak)
			p.starts = p.starts[1:]
		}
		cohort := p.cohort(h.Client)
		t := p.stretches[p.stretch][cohort*p.endpoints.groups()+p.endpoints.group(h.Endpoint)]
		good := h.Outcome == showdown.OK
		t.add(h, p.backend(h.Backend))
		if h.Reason != "" {
			t.reason(h.Reason, 1)
		}
		p.degraded.add(at, good)
		p.previous = previous{at: at, failed: !good, tally: t}
		if good {
			p.response.add(h.Response())
			p.late.add(h.Sent - at)
			p.outages.good(at)
			p.attribution.ok(at)
		} else {
			p.previous.fault = p.attribution.failed(h)
			if h.Outcome != showdown.Dropped {
				p.outages.failed(at, p.causeOf(h))
			}
		}
		if h.Outcome != showdown.Dropped {
			p.lateMax = max(p.lateMax, h.Sent-at)
		}
		if p.cohortEnds != nil {
			p.addToCohort(&p.cohorts[cohort], h, t)
		}
	}
	p.read += uint64(len(hits))
}

// cohort is the index of a client's cohort. There are few, so that the first is soon found.
func (p *pass) cohort(client uint32) int {
	for i, end := range p.cohortEnds {
		if int(client) < end {
			return i
		}
	}
	return 0
}

func letterOf(f *fault) string {
	if f == nil {
		return ""
	}
	return f.letter
}

// settle gives the time until the next request to the failed one before it.
func (p *pass) settle(gap time.Duration) {
	p.previous.tally.lost += gap
	if p.previous.fault != nil {
		p.previous.fault.lost += gap
	}
}

func (p *pass) addToCohort(c *cohortPass, h *showdown.Hit, t *tally) {
	at, good := h.Intended, h.Outcome == showdown.OK
	if c.previous.failed {
		c.previous.tally.ownLost += at - c.previous.at
	}
	c.previous = previous{at: at, failed: !good, tally: t}
	if good {
		c.outages.good(at)
	} else if h.Outcome != showdown.Dropped {
		c.outages.failed(at, p.causeOf(h))
	}
}

// causeOf is what a failed request says of the cause of an outage: the letter of the fault
// that it falls to, but where the machine itself can be the reason.
func (p *pass) causeOf(h *showdown.Hit) string {
	if p.disturbance.spoils(h) {
		return results.CauseDisturbed
	}
	return letterOf(p.previous.fault)
}

// backend is the number of the instance of that name; -1 for none.
func (p *pass) backend(name string) int {
	if name == p.lastName {
		return p.lastBackend
	}
	n := -1
	if name != showdown.NoBackend {
		known := false
		if n, known = p.backends[name]; !known {
			n = len(p.backendName)
			p.backends[name] = n
			p.backendName = append(p.backendName, name)
		}
	}
	p.lastName, p.lastBackend = name, n
	return n
}

// finish ends the pass: what is still open ends with the traffic.
func (p *pass) finish() *cellRecord {
	c := &cellRecord{pass: p}
	if p.read == 0 {
		return c
	}
	gap := time.Duration(0)
	if p.read > 1 {
		gap = (p.previous.at - p.first) / time.Duration(p.read-1)
	}
	c.gap = gap
	c.end = p.previous.at + gap
	if p.planned > p.previous.at && p.planned < c.end {
		c.end = p.planned
	}
	if p.previous.failed {
		p.settle(c.end - p.previous.at)
	}
	for i := range p.cohorts {
		if q := &p.cohorts[i]; q.previous.failed {
			q.previous.tally.ownLost += c.end - q.previous.at
		}
		p.cohorts[i].outages.finish(c.end)
	}
	p.outages.finish(c.end)
	p.attribution.finish()
	c.degraded = p.degraded.finish(c.end, p.outages.outages)
	return c
}
