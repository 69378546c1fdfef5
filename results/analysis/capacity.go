package analysis

import (
	"maps"
	"slices"
	"strings"
	"time"

	"showdown"
)

// level is a number that holds from a moment of lab time on.
type level struct {
	at time.Duration
	n  float64
}

// levels is a number over time, in the order of time. Before the first level it is not
// known.
type levels []level

// cut is what holds from one moment to another, with a level at the first; ok is false
// where the number was not yet known then.
func (l levels) cut(from, to time.Duration) (out levels, ok bool) {
	for _, v := range l {
		switch {
		case v.at >= to:
		case v.at <= from:
			out = levels{{from, v.n}}
		default:
			out = append(out, v)
		}
	}
	return out, len(out) > 0 && out[0].at <= from
}

// mean is the mean over time of levels that end at a moment.
func (l levels) mean(end time.Duration) float64 {
	sum := 0.0
	for i, v := range l {
		until := end
		if i+1 < len(l) {
			until = l[i+1].at
		}
		sum += v.n * (until - v.at).Seconds()
	}
	return sum / (end - l[0].at).Seconds()
}

func (l levels) least(time.Duration) float64 {
	return slices.MinFunc(l, func(a, b level) int { return int(a.n - b.n) }).n
}

func (l levels) most(time.Duration) float64 {
	return slices.MaxFunc(l, func(a, b level) int { return int(a.n - b.n) }).n
}

func (l levels) last(time.Duration) float64 { return l[len(l)-1].n }

// put adds a level; one at the same moment takes the place of the last.
func (l levels) put(at time.Duration, n float64) levels {
	if k := len(l); k > 0 && l[k-1].at == at {
		l[k-1].n = n
		return l
	}
	return append(l, level{at, n})
}

// level makes a function of windows from a number over time and what is asked of it. It
// asks the events alone, so that it needs no requests.
func (e *evaluation) level(of func(*cellRecord) (levels, string), ask func(levels, time.Duration) float64) func(Window) (float64, error) {
	return func(w Window) (float64, error) {
		c, from, to, err := e.stretch(w)
		if err != nil {
			return 0, err
		}
		all, what := of(c)
		if len(all) == 0 {
			return 0, e.lack("the record of cell %s has no %s", c.name, what)
		}
		l, known := all.cut(from, to)
		if !known {
			return 0, e.lack("the %s of cell %s were not yet known at the start of the window", what, c.name)
		}
		return ask(l, to), nil
	}
}

// stretch is the part of the traffic that lies in w.
func (e *evaluation) stretch(w Window) (c *cellRecord, from, to time.Duration, err error) {
	if c, err = e.cellNamed([]string{w.Cell}); err != nil {
		return nil, 0, 0, err
	}
	if w.Cohort != "" {
		return nil, 0, 0, e.lack("instances are a whole cell's, not a cohort's")
	}
	from, to = max(w.From, 0), min(w.To, c.until())
	if to <= from {
		if !c.done {
			return nil, 0, 0, errMissing
		}
		return nil, 0, 0, e.lack("the window holds none of the traffic")
	}
	return c, from, to, nil
}

// until is the end of the traffic: as it was, or as it was planned while the requests
// are not read.
func (c *cellRecord) until() time.Duration {
	if c.done {
		return c.end
	}
	return c.planned
}

// inOrder is the events of a kind in the order of time.
func (c *cellRecord) inOrder(kinds ...showdown.EventKind) []showdown.Event {
	var out []showdown.Event
	for _, e := range c.events {
		if slices.Contains(kinds, e.Kind) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b showdown.Event) int {
		switch {
		case a.T < b.T:
			return -1
		case a.T > b.T:
			return 1
		}
		return 0
	})
	return out
}

// runningLevels is how many instances EC2 ran: those in the state running, which are
// the ones that are paid for.
func (c *cellRecord) runningLevels() (levels, string) {
	var out levels
	running := map[string]bool{}
	for _, e := range c.inOrder(showdown.InstanceState) {
		if e.Data["to"] == "running" {
			running[e.Target] = true
		} else {
			delete(running, e.Target)
		}
		out = out.put(labTime(e.T, c.clock), float64(len(running)))
	}
	return out, "instance states"
}

// groupSize is an Auto Scaling group as an event says it.
type groupSize struct {
	desired, inService float64
	zones              map[string]float64
}

// groupLevels is a number of all Auto Scaling groups of the cell together.
func (c *cellRecord) groupLevels(value func(map[string]groupSize) float64) (levels, string) {
	var out levels
	now := map[string]groupSize{}
	for _, e := range c.inOrder(showdown.ScalingCapacity) {
		size := groupSize{desired: numeric(e.Data["desired"]), inService: numeric(e.Data["in_service"]), zones: map[string]float64{}}
		for _, g := range c.cell.Topology.AutoScalingGroups {
			if g.Name == e.Target {
				for _, zone := range g.Zones {
					size.zones[zone] = 0
				}
			}
		}
		if zones, ok := e.Data["zones"].(map[string]any); ok {
			for zone, n := range zones {
				size.zones[zone] = numeric(n)
			}
		}
		now[e.Target] = size
		out = out.put(labTime(e.T, c.clock), value(now))
	}
	return out, "sizes of an Auto Scaling group"
}

func (c *cellRecord) inServiceLevels() (levels, string) {
	return c.groupLevels(func(groups map[string]groupSize) float64 {
		return sum(groups, func(g groupSize) float64 { return g.inService })
	})
}

func (c *cellRecord) desiredLevels() (levels, string) {
	return c.groupLevels(func(groups map[string]groupSize) float64 {
		return sum(groups, func(g groupSize) float64 { return g.desired })
	})
}

// shortLevels is how many instances the groups lack to their desired capacity.
func (c *cellRecord) shortLevels() (levels, string) {
	return c.groupLevels(func(groups map[string]groupSize) float64 {
		return sum(groups, func(g groupSize) float64 { return max(g.desired-g.inService, 0) })
	})
}

// zoneGapLevels is the greatest difference between the instances in service in two zones
// of a group. A zone that the group may use and has nothing in counts.
func (c *cellRecord) zoneGapLevels() (levels, string) {
	return c.groupLevels(func(groups map[string]groupSize) float64 {
		gap := 0.0
		for _, g := range groups {
			if len(g.zones) > 0 {
				n := slices.Collect(maps.Values(g.zones))
				gap = max(gap, slices.Max(n)-slices.Min(n))
			}
		}
		return gap
	})
}

func sum[V any](m map[string]V, value func(V) float64) float64 {
	total := 0.0
	for _, v := range m {
		total += value(v)
	}
	return total
}

// numeric is a number of an event's data, 0 where there is none.
func numeric(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	}
	return 0
}

// activityKinds are the activities of an Auto Scaling group that can be counted.
func activityKinds() []string { return []string{"Launch", "Terminate"} }

// activityKind is what an activity's description says that it does; empty for others.
func activityKind(description string) string {
	switch {
	case strings.HasPrefix(description, "Launching"):
		return "Launch"
	case strings.HasPrefix(description, "Terminating"):
		return "Terminate"
	}
	return ""
}

// activities counts the successful activities of a group, by when they were done.
func (e *evaluation) activities(name, kind string, in ...Window) (float64, error) {
	c, group, err := e.locate(name)
	if err != nil {
		return 0, err
	}
	from, to := -forever, forever
	if len(in) > 0 {
		if in[0].Cell != c.name {
			return 0, e.lack("group %s is of cell %s, its window of cell %s", group, c.name, in[0].Cell)
		}
		if _, from, to, err = e.stretch(in[0]); err != nil {
			return 0, err
		}
	}
	return float64(c.activities(group, kind, from, to)), nil
}

// activities counts the successful activities of a kind of a group, or of all groups
// where it is empty. An activity that is said to have succeeded twice is one.
func (c *cellRecord) activities(group, kind string, from, to time.Duration) int {
	type activity struct {
		group  string
		number float64
	}
	done := map[activity]bool{}
	for _, e := range c.events {
		if e.Kind != showdown.ScalingActivity || e.Data["status"] != "Successful" || group != "" && e.Target != group {
			continue
		}
		description, _ := e.Data["description"].(string)
		if at := labTime(e.T, c.clock); activityKind(description) == kind && from <= at && at < to {
			done[activity{e.Target, numeric(e.Data["activity"])}] = true
		}
	}
	return len(done)
}

// operatorActions counts the acts by hand in a cell: the steps of its timeline that an
// operator does on purpose and that were really done.
func (e *evaluation) operatorActions(cell ...string) (float64, error) {
	c, err := e.cellNamed(cell)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, f := range c.faults {
		if f.byHand() {
			n++
		}
	}
	return float64(n), nil
}

// byHand says that the step is an operator's and was done.
func (f *fault) byHand() bool {
	return f.injected != nil && f.failure == "" && showdown.Actions()[f.action].Kind == showdown.Operation
}
