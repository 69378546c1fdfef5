package analysis

import (
	"math"
	"time"

	"showdown"
)

// env binds the functions of the language to the record.
func (e *evaluation) env() env {
	return env{
		Outage: e.outage, Outages: e.outages, Detected: e.detected, Recovered: e.recovered,
		Confirmed: func(name string) (bool, error) {
			_, f, err := e.fault(name)
			return err == nil && f.confirmed, err
		},
		Undone: func(name string) (bool, error) {
			_, f, err := e.begun(name)
			return err == nil && f.undone, err
		},
		Fact: e.fact, During: e.during, After: e.after, Before: e.before, Since: e.sinceStart, Phase: e.phaseWindow,
		Reference: e.reference, Whole: e.wholeWindow, Cohort: e.cohortWindow,
		Last: func(float64) (Window, error) {
			return Window{}, e.lack("last is for the conditions of a running experiment")
		},
		Longest: e.longest, Degraded: e.degradedTime,
		Lost:   e.lost,
		Waited: e.waited,
		Requests: func(w Window) (float64, error) {
			c, err := e.collected(w)
			if err != nil {
				return 0, err
			}
			return float64(c.window(w).scheduled()), nil
		},
		Failed: e.of(failedRequests),
		Count: func(w Window, outcome string) (float64, error) {
			return e.of(func(s *stretchOf) float64 { return countOutcome(s, outcome) })(w)
		},
		Availability: e.of(func(s *stretchOf) float64 { return *s.availability() }),
		Share:        e.share,
		Goodput:      e.of(goodput), Offered: e.of(offered),
		P50: e.percentile(50), P95: e.percentile(95), P99: e.percentile(99),
		Knee: e.knee, Peak: e.peak, Cost: e.cost, Public: e.public, Events: e.countEvents,
		Reach: e.reach, Reachable: e.reachable,
		Status: e.status, Believed: e.believed, MTTR: e.mttr, Restored: e.restored,
		Running:       e.level((*cellRecord).runningLevels, levels.mean),
		Capacity:      e.level((*cellRecord).inServiceLevels, levels.mean),
		LeastCapacity: e.level((*cellRecord).inServiceLevels, levels.least),
		MostCapacity:  e.level((*cellRecord).inServiceLevels, levels.most),
		Desired:       e.level((*cellRecord).desiredLevels, levels.last),
		ZoneGap:       e.level((*cellRecord).zoneGapLevels, levels.last),
		Activities:    e.activities, OperatorActions: e.operatorActions,
		Saving: e.saving, ReservedCost: e.reservedCost, Optimum: e.optimum, BreakEven: e.breakEven, SlotUse: e.slotUse,
		Score: e.score, Improves: e.improves,
		Endpoint: e.endpointWindow,
		Between:  between, Abs: math.Abs,
	}
}

func between(x, low, high float64) bool { return low <= x && x <= high }

func failedRequests(s *stretchOf) float64 { return float64(s.scheduled() - s.ok()) }

func countOutcome(s *stretchOf, name string) float64 {
	o, err := showdown.ParseOutcome(name)
	if err != nil {
		return 0
	}
	return float64(s.outcomes[o])
}

func goodput(s *stretchOf) float64 { return perSecond(s.ok(), s.length) }
func offered(s *stretchOf) float64 { return perSecond(s.scheduled(), s.length) }

func perSecond(n uint64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// of makes a function of windows from one of what they hold.
func (e *evaluation) of(value func(*stretchOf) float64) func(Window) (float64, error) {
	return func(w Window) (float64, error) {
		_, s, err := e.holds(w)
		if err != nil {
			return 0, err
		}
		return value(s), nil
	}
}

func (e *evaluation) lost(w Window) (float64, error) {
	c, s, err := e.holds(w)
	if err != nil {
		return 0, err
	}
	return c.aws(s.lostTime()), nil
}

func (e *evaluation) outage(name string) (float64, error) {
	c, f, err := e.begun(name)
	if err == nil && !c.done {
		err = errMissing
	}
	if err != nil {
		return 0, err
	}
	if c.disturbedIn(f) {
		return 0, e.lack("the machine was disturbed in an outage while fault %s lasted: whose it was cannot be known", name)
	}
	longest := time.Duration(0)
	for _, o := range c.outages.outages {
		if o.cause == f.letter {
			if o.open && o.length() > longest {
				e.notes = append(e.notes, "the outage of "+name+" lasted until the end of the traffic")
			}
			longest = max(longest, o.length())
		}
	}
	return c.aws(longest), nil
}

func (e *evaluation) outages(name ...string) (float64, error) {
	if len(name) == 0 {
		c, _, err := e.locate("")
		if err != nil {
			return 0, err
		}
		return float64(len(c.outages.outages)), nil
	}
	c, f, err := e.begun(name[0])
	if err != nil {
		return 0, err
	}
	if c.disturbedIn(f) {
		return 0, e.lack("the machine was disturbed in an outage while fault %s lasted: whose it was cannot be known", name[0])
	}
	n := 0
	for _, o := range c.outages.outages {
		if o.cause == f.letter {
			n++
		}
	}
	return float64(n), nil
}

func (e *evaluation) detected(name string) (float64, error) {
	c, f, err := e.begun(name)
	if err != nil {
		return 0, err
	}
	if f.detected == nil {
		return 0, e.lack("nothing detected fault %s", name)
	}
	return c.aws(*f.detected - *f.injecting), nil
}

// believed is from the beginning of a fault until the first node of a load balancer
// believed one of its targets unhealthy.
func (e *evaluation) believed(name string) (float64, error) {
	c, f, err := e.begun(name)
	if err != nil {
		return 0, err
	}
	if f.believed == nil {
		return 0, e.lack("no load balancer's node believed a target of fault %s unhealthy", name)
	}
	return c.aws(*f.believed - *f.injecting), nil
}

func (e *evaluation) recovered(name string) (float64, error) {
	c, f, err := e.begun(name)
	switch {
	case err != nil:
		return 0, err
	case !c.done:
		return 0, errMissing
	case f.recovered != nil:
		return c.aws(max(*f.recovered-*f.injecting, 0)), nil
	case f.failures() == 0:
		return 0, nil
	}
	return 0, e.lack("service did not recover from fault %s before the traffic ended", name)
}

func (e *evaluation) fact(name, key string) (any, error) {
	_, f, err := e.fault(name)
	if err != nil {
		return nil, err
	}
	v, ok := f.facts[key]
	if !ok || v == nil {
		return nil, e.lack("the probe of fault %s stated no %q", name, key)
	}
	return v, nil
}

// longest is the longest outage that touches w, in full length. A cohort has outages
// of its own.
func (e *evaluation) longest(w Window) (float64, error) {
	c, _, err := e.holds(w)
	if err != nil {
		return 0, err
	}
	if w.Endpoint != "" {
		return 0, e.lack("outages are of a cell or a cohort, not of an endpoint")
	}
	longest := time.Duration(0)
	for _, o := range c.outagesOf(w.Cohort) {
		if o.from < w.To && o.to > w.From {
			longest = max(longest, o.length())
		}
	}
	return c.aws(longest), nil
}

// outagesOf is the outages of a cohort, or those of the cell.
func (c *cellRecord) outagesOf(cohort string) []outage {
	for i, k := range c.cell.Traffic.Cohorts {
		if k.Name == cohort && len(c.pass.cohorts) > 1 {
			return c.pass.cohorts[i].outages.outages
		}
	}
	return c.outages.outages
}

func (e *evaluation) degradedTime(w Window) (float64, error) {
	c, _, err := e.holds(w)
	if err != nil {
		return 0, err
	}
	if w.Endpoint != "" {
		return 0, e.lack("degraded time is of a whole cell, not of an endpoint")
	}
	if w.Cohort != "" {
		return 0, e.lack("degraded time is of a whole cell, not of a cohort")
	}
	return c.aws(overlap(c.degraded, w.From, w.To)), nil
}

func (e *evaluation) waited(w Window) (float64, error) {
	c, s, err := e.holds(w)
	if err != nil {
		return 0, err
	}
	return c.waitedSeconds(s.waited), nil
}

func (e *evaluation) share(w Window, backend string) (float64, error) {
	c, s, err := e.holds(w)
	if err != nil {
		return 0, err
	}
	if s.ok() < minRequests {
		return 0, e.lack("%d good answers in the window, fewer than %d", s.ok(), minRequests)
	}
	n, known := c.pass.backends[backend]
	if !known || n >= len(s.backends) {
		return 0, nil
	}
	return float64(s.backends[n].ok) / float64(s.ok()), nil
}

func (e *evaluation) percentile(q float64) func(Window) (float64, error) {
	return func(w Window) (float64, error) {
		_, s, err := e.holds(w)
		if err != nil {
			return 0, err
		}
		if s.ok() < minFor(q) {
			return 0, e.lack("%d good answers in the window, fewer than the %d that a p%g needs", s.ok(), minFor(q), q)
		}
		return s.latency().quantile(q).Seconds(), nil
	}
}

// kneeGoodput is the share of the offered rate that a step of a ladder must serve to
// lie below the knee.
const kneeGoodput = 0.98

func (e *evaluation) knee(name string) (float64, error) {
	best, top, steps := 0.0, 0.0, 0
	err := e.eachStep(name, func(c *cellRecord, s *stretchOf) {
		steps++
		top = max(top, offered(s))
		slo := time.Duration(c.slo.Latency)
		slow := slo > 0 && s.latency().quantile(99) > slo
		if goodput(s) >= kneeGoodput*offered(s) && !slow {
			best = max(best, offered(s))
		}
	})
	switch {
	case err != nil:
		return 0, err
	case best == 0:
		return 0, e.lack("the lowest step of %s was already beyond the knee", name)
	case best == top && steps > 1:
		e.notes = append(e.notes, "the highest step of "+name+" was still served well: the knee may be higher")
	}
	return best, nil
}

func (e *evaluation) peak(name string) (float64, error) {
	best := 0.0
	err := e.eachStep(name, func(_ *cellRecord, s *stretchOf) { best = max(best, goodput(s)) })
	return best, err
}

// eachStep calls fn with every step of a ladder.
func (e *evaluation) eachStep(name string, fn func(*cellRecord, *stretchOf)) error {
	c, ladder, err := e.locate(name)
	if err != nil {
		return err
	}
	steps := c.steps(ladder)
	if len(steps) == 0 {
		return e.lack("cell %s has no ladder %q", c.name, ladder)
	}
	for _, step := range steps {
		_, s, err := e.holds(step.window(c.name))
		if err != nil {
			return err
		}
		fn(c, s)
	}
	return nil
}

func (e *evaluation) cost(cell ...string) (float64, error) {
	name := e.cell
	if len(cell) > 0 {
		name = cell[0]
	}
	bill, ok := e.costs[name]
	if !ok {
		return 0, e.lack("the record has no bill of cell %s", name)
	}
	return bill.MonthUSD, nil
}

// status is how many requests were answered with an HTTP status.
func (e *evaluation) status(w Window, status float64) (float64, error) {
	_, s, err := e.holds(w)
	if err != nil {
		return 0, err
	}
	for _, c := range s.statuses {
		if float64(c.status) == status {
			return float64(c.n), nil
		}
	}
	return 0, nil
}

func (e *evaluation) countEvents(kind string, target ...string) (float64, error) {
	name := ""
	if len(target) > 0 {
		name = target[0]
	}
	c, about, err := e.locate(name)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, event := range c.events {
		if string(event.Kind) == kind && (about == "" || event.Target == about) {
			n++
		}
	}
	return float64(n), nil
}

// public is how many instances of a cell had a public address when the traffic started.
func (e *evaluation) public(cell ...string) (float64, error) {
	c, err := e.cellNamed(cell)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, yes := range c.addresses() {
		if yes {
			n++
		}
	}
	return float64(n), nil
}
