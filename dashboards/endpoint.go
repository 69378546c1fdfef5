package dashboards

import (
	"github.com/prometheus/client_golang/prometheus"

	"showdown"
)

// endpoint holds the series of one endpoint of a cell, and what a batch adds to them.
type endpoint struct {
	requests              []prometheus.Counter
	durationOK, durationX prometheus.Observer
	intendedOK, intendedX prometheus.Observer

	counts    []int
	good, bad []*showdown.Hit
}

// plainEndpoint is the endpoint label of a cell without a scenario: the path that all
// of its requests have.
func plainEndpoint(spec *showdown.Cell) string {
	if spec.Traffic.Path != "" {
		return spec.Traffic.Path
	}
	return "/"
}

// endpoint is the one of that name, made with all of its series at 0 when it is new.
func (c *cell) endpoint(name string) *endpoint {
	if name == "" {
		name = c.plain
	}
	e, ok := c.endpoints[name]
	if ok {
		return e
	}
	e = &endpoint{counts: make([]int, len(showdown.Outcomes()))}
	m := c.metrics
	for _, o := range showdown.Outcomes() {
		e.requests = append(e.requests, m.requests.WithLabelValues(c.run, c.stage, c.name, name, o.String()))
	}
	e.durationOK = m.duration.WithLabelValues(c.run, c.stage, c.name, name, classOK)
	e.durationX = m.duration.WithLabelValues(c.run, c.stage, c.name, name, classError)
	e.intendedOK = m.intended.WithLabelValues(c.run, c.stage, c.name, name, classOK)
	e.intendedX = m.intended.WithLabelValues(c.run, c.stage, c.name, name, classError)
	c.endpoints[name] = e
	return e
}

// add takes a request of a batch.
func (e *endpoint) add(h *showdown.Hit) {
	e.counts[h.Outcome]++
	switch h.Outcome {
	case showdown.OK:
		e.good = append(e.good, h)
	case showdown.Dropped: // it has no duration
	default:
		e.bad = append(e.bad, h)
	}
}

// flush exports the batch and forgets it.
func (e *endpoint) flush() {
	for i, n := range e.counts {
		if n > 0 {
			e.requests[i].Add(float64(n))
		}
	}
	clear(e.counts)
	observe(e.durationOK, e.good, service)
	observe(e.intendedOK, e.good, response)
	observe(e.durationX, e.bad, service)
	observe(e.intendedX, e.bad, response)
	// The batch belongs to whoever handed it over.
	clear(e.good)
	clear(e.bad)
	e.good, e.bad = e.good[:0], e.bad[:0]
}
