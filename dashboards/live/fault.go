package live

import (
	"math"
	"slices"
	"strconv"
	"time"

	"showdown"
	"showdown/results/state"
)

// keepFaults is how many faults of a lab that runs are told at most, beside those that are not over:
// more than a page has in two minutes of the lab, and more than a lesson plays.
const keepFaults = 32

// fault takes a step in the life of a fault.
func (c *cell) fault(e showdown.Event) {
	f := c.faultOf(e)
	at := e.T
	if e.Kind == showdown.FaultPlanned {
		f.with = state.With(e)
	}
	with := f.with
	held, hits := state.Effect(f.Action, with)
	affect := func(s state.State) {
		for _, t := range f.Targets {
			if n, ok := c.nodes[t]; ok && hits {
				n.Affect(f.Letter, s)
			}
		}
	}
	switch e.Kind {
	case showdown.FaultPlanned:
		f.PlannedS, _ = e.Data["planned_s"].(float64)
		f.ForS, _ = e.Data["for_s"].(float64)
	case showdown.FaultInjecting:
		f.Phase, f.FromS = Injecting, &at
		f.fromBucket = int(c.lab(at) / c.series.width)
		f.tally = tally{next: f.fromBucket}
	case showdown.FaultInjected:
		f.Phase = Injected
		c.spike(f, at, true)
		affect(held)
	case showdown.FaultConfirmed:
		f.Phase = Active
	case showdown.FaultUnconfirmed:
		f.Phase = Unconfirmed
	case showdown.FaultHealing:
		f.Phase, f.HealingS = Healing, &at
		c.spike(f, at, false)
		affect(state.Recovering)
	case showdown.FaultUndone, showdown.FaultFailed:
		f.Phase = Healed
		if e.Kind == showdown.FaultFailed {
			f.Phase = Failed
		}
		if f.began() {
			f.ToS = &at
		}
		for _, t := range f.Targets {
			if n, ok := c.nodes[t]; ok {
				n.Release(f.Letter)
			}
		}
	case showdown.FaultNotUndone:
		f.Phase = NotHealed
		affect(held)
	case showdown.FaultKilled:
		c.node(showdown.Text(e.Data["instance"])).Affect(f.Letter, state.Down)
	}
	for _, key := range []string{"evidence", "error"} {
		if s := showdown.Text(e.Data[key]); s != "" {
			f.Evidence = s
		}
	}
}

// faultOf is the fault that the event is about.
func (c *cell) faultOf(e showdown.Event) *Fault {
	var f *Fault
	for _, known := range c.faults {
		if known.Letter == e.Target {
			f = known
		}
	}
	if f == nil {
		f = &Fault{Letter: e.Target, Phase: Planned, Targets: []string{}}
		c.faults = append(c.faults, f)
		c.forget()
	}
	if a := showdown.Text(e.Data["action"]); a != "" {
		f.Action = a
	}
	if t := showdown.Texts(e.Data["targets"]); len(t) > 0 {
		f.Targets = t
	}
	return f
}

// forget leaves out the oldest faults that are over where there are more than [keepFaults].
func (c *cell) forget() {
	extra := len(c.faults) - keepFaults
	c.faults = slices.DeleteFunc(c.faults, func(f *Fault) bool {
		old := extra > 0 && f.Over()
		if old {
			extra--
		}
		return old
	})
}

// patience is how long, in AWS seconds, a request may wait for an answer, and the shortest time of
// good service that counts.
func (c *cell) patience() float64 {
	timeout, _ := c.clock.Timeout(c.spec.Traffic.Timeout, showdown.FloorClient)
	return c.aws(timeout + moment*c.series.width)
}

// selfHealed says whether users were served again, for at least patience, before the undo of a
// fault began. One that was over by itself needed none.
func selfHealed(f *Fault, patience float64) bool {
	if f.Phase != Healed || f.LastFailedS == nil {
		return false
	}
	return f.HealingS == nil || *f.LastFailedS+patience <= *f.HealingS
}

// spike multiplies the planned load from then on where the fault is a spike, or takes that
// back.
func (c *cell) spike(f *Fault, at float64, on bool) {
	factor, err := strconv.ParseFloat(f.with["factor"], 64)
	if f.Action != "spike" || err != nil || !(factor > 0) {
		return
	}
	if !on {
		factor = 1 / factor
	}
	c.segments = showdown.Scale(c.segments, c.lab(at), factor)
	c.replans++
}

// commit counts what users felt of the faults in the buckets that are about to be let go.
func (c *cell) commit(below int) {
	for i, f := range c.faults {
		if f.began() {
			until, over := c.reach(i, below)
			f.tally = c.series.count(f.tally, until, over)
		}
	}
}

// reach is up to which bucket, at most end, failures count for a fault, and from which one on a moment
// of good service ends the count.
func (c *cell) reach(fault, end int) (until, over int) {
	f := c.faults[fault]
	until, over = end, math.MaxInt
	if f.ToS != nil {
		over = int(c.lab(*f.ToS)/c.series.width) + 1
	}
	for _, next := range c.faults[fault+1:] {
		if next.began() && next.fromBucket > f.fromBucket {
			until = min(until, next.fromBucket)
		}
	}
	return until, over
}

// told are the faults with what users felt of them before bucket end.
func (c *cell) told(end int) []Fault {
	out := []Fault{}
	for i, f := range c.faults {
		t := *f
		t.Targets = slices.Clone(f.Targets)
		if f.began() {
			until, over := c.reach(i, end)
			felt := c.series.count(f.tally, until, over)
			if t.Failed = felt.n; felt.last > 0 {
				at := c.aws(time.Duration(felt.last) * c.series.width)
				t.LastFailedS = &at
				t.OutageS = c.aws(time.Duration(felt.most) * c.series.width)
				t.SelfHealed = selfHealed(&t, c.patience())
			}
		}
		out = append(out, t)
	}
	return out
}
