package dashboards

import (
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showdown"
	"showdown/results/state"
)

// cell holds the series of one cell, resolved once, and the folds behind them.
type cell struct {
	metrics          *metrics
	run, stage, name string
	clock            showdown.Clock
	steps            map[string]showdown.Step
	segments         []showdown.Segment

	// plain is the endpoint of requests that name none.
	plain            string
	delay            prometheus.Observer
	offered, goodput prometheus.Gauge
	downtime         prometheus.Counter

	// mu guards what follows.
	mu        sync.Mutex
	endpoints map[string]*endpoint
	meter     outageMeter
	good      rateMeter
	nodes     map[string]*state.Node
	faults    map[string]*fault
	beliefs   *beliefs
	machines  map[string]string
	// awaited are the nodes that no good answer was seen of, with the lab time from
	// which one counts. It is nearly always empty, which keeps a batch cheap.
	awaited map[string]time.Duration
	// zero is the wall time of the run's zero, unknown before the first phase.
	zero  time.Time
	ended bool
}

func newCell(m *metrics, s *stage, spec *showdown.Cell) *cell {
	c := &cell{
		metrics: m, run: s.run, stage: s.id, name: spec.Name, clock: s.clock,
		steps:    map[string]showdown.Step{},
		segments: spec.Traffic.Segments(s.clock),
		plain:    plainEndpoint(spec), endpoints: map[string]*endpoint{}, beliefs: newBeliefs(), machines: map[string]string{},
		nodes: map[string]*state.Node{}, faults: map[string]*fault{}, awaited: map[string]time.Duration{},
	}
	for _, name := range endpointNames(spec) {
		c.endpoint(name)
	}
	c.delay = m.delay.WithLabelValues(c.run, c.stage, c.name)
	c.offered = m.offered.WithLabelValues(c.run, c.stage, c.name)
	c.goodput = m.goodput.WithLabelValues(c.run, c.stage, c.name)
	c.downtime = m.downtime.WithLabelValues(c.run, c.stage, c.name)
	for _, in := range spec.Topology.AllInstances() {
		c.node(in.Name)
	}
	for _, name := range spec.TargetNames() {
		c.node(name)
	}
	for _, lb := range spec.Topology.LoadBalancers {
		for _, g := range lb.TargetGroups {
			for _, name := range g.Instances {
				c.believe(name)
			}
		}
	}
	for _, step := range spec.Timeline {
		c.steps[step.Letter] = step
		m.recovery.WithLabelValues(c.run, c.stage, c.name, step.Do)
		for _, phase := range faultPhases() {
			m.chaosEvents.WithLabelValues(c.run, c.stage, c.name, step.Do, phase)
		}
		for _, target := range possibleTargets(step, spec.InstancesBefore(step)) {
			c.chaos(step.Letter, step.Do, target).Set(0)
		}
	}
	return c
}

// possibleTargets are the instances that a step may hit, whatever the dice say.
func possibleTargets(step showdown.Step, instances []showdown.Instance) []string {
	if step.Own() && step.Target != "" {
		return []string{string(step.Target)}
	}
	if step.Own() || showdown.Actions()[step.Do].NoTarget {
		return []string{noTarget}
	}
	selector := strings.TrimSpace(string(step.Target))
	head, filter, _ := strings.Cut(selector, " ")
	if head == "one" || strings.HasSuffix(head, "%") {
		selector = strings.TrimSpace("all " + filter)
	}
	names, err := showdown.Selector(selector).Select(instances, func(int) int { return 0 })
	if err != nil {
		return nil
	}
	return names
}

// hits folds a batch.
func (c *cell) hits(hits []showdown.Hit) {
	outcomes := len(showdown.Outcomes())
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range hits {
		h := &hits[i]
		if int(h.Outcome) >= outcomes {
			continue
		}
		c.endpoint(h.Endpoint).add(h)
		kind := bad
		switch h.Outcome {
		case showdown.OK:
			kind = good
			c.good.add(h.Sent + h.Latency)
			c.seen(h)
		case showdown.Dropped:
			kind = silent
		}
		if kind != silent {
			c.delay.Observe(max(0, h.Sent-h.Intended).Seconds())
		}
		c.meter.add(h.Seq, h.Intended, kind)
	}
	for _, e := range c.endpoints {
		e.flush()
	}
	down, ended := c.meter.take()
	if down > 0 {
		c.downtime.Add(c.clock.AWS(down).Seconds())
	}
	for _, o := range ended {
		c.recovered(o)
	}
}

// seen ends the wait for a node whose good answer h is.
func (c *cell) seen(h *showdown.Hit) {
	if len(c.awaited) == 0 {
		return
	}
	since, ok := c.awaited[h.Backend]
	if !ok || h.Sent < since {
		return
	}
	c.arrived(h.Backend)
}

// refresh sets the gauges that change with time alone.
func (c *cell) refresh(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.zero.IsZero() {
		return
	}
	t := now.Sub(c.zero)
	c.goodput.Set(c.good.rate(t))
	if c.ended {
		c.offered.Set(0)
		return
	}
	c.offered.Set(offeredAt(c.segments, t) * c.spike())
}

// end says that no more load is offered.
func (c *cell) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}
