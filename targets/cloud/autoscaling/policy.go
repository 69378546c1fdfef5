package autoscaling

import (
	"math"

	"showdown"
)

// tracked is the capacity that brings a metric back to its target: n instances times
// metric over target, rounded up (Target tracking scaling policies, Considerations). n is
// how many instances the metric is of, so that a metric which comes late does not count
// an instance twice (unverified; the page says "the current capacity").
func tracked(n int, value, target float64) int {
	// What rounding leaves behind is no instance.
	return int(math.Ceil(float64(n)*value/target - 1e-9))
}

// stepAdjustment is the adjustment of the step that a metric reaches: past is how far it
// is beyond the threshold. A step begins where its bound is and ends where the next one
// begins; before the first one there is none (Step and simple scaling policies, Step
// adjustments).
func stepAdjustment(steps []showdown.ScalingStep, past float64) int {
	best, at := 0, math.Inf(-1)
	for _, s := range steps {
		if s.From <= past && s.From >= at {
			best, at = s.Adjustment, s.From
		}
	}
	return best
}

// proposal is a policy's opinion of the desired capacity.
type proposal struct {
	desired int
	by      *policy
	alarm   *alarm
}

// scale lets the policies whose alarms are on move the desired capacity. Where several
// want to, the largest capacity wins, for scaling in too; scaling in by target tracking
// needs all such policies to agree (Dynamic scaling, Multiple scaling policies; Target
// tracking scaling policies, Considerations).
func (c *core) scale() {
	out, in := c.proposals()
	if p, ok := largest(out); ok && min(p.desired, c.max) > c.desired {
		if c.does("Launch") { // "does not scale out for alarms that occur" meanwhile
			c.follows(p, min(p.desired, c.max))
		}
		return
	}
	if p, ok := largest(in); ok && max(p.desired, c.min) < c.desired && c.does("Terminate") {
		c.follows(p, max(p.desired, c.min))
	}
}

// proposals are what the policies want: more than now, or less.
func (c *core) proposals() (out, in []proposal) {
	grown, shrunk := c.withoutWarming(), c.withLeaving()
	blocked := c.scaleInBlocked()
	add := func(to int, p *policy, a *alarm) {
		switch {
		case to > c.desired:
			out = append(out, proposal{to, p, a})
		case to < c.desired:
			in = append(in, proposal{to, p, a})
		}
	}
	agreed := c.trackersAgree()
	for _, p := range c.policies {
		high, low := p.ringing("high"), p.ringing("low")
		switch p.Type {
		case showdown.TargetTracking:
			if high != nil {
				if to := tracked(c.counted, high.value, p.Target); to > c.desired {
					add(to, p, high)
				}
			}
			if low != nil && agreed && !blocked {
				// It "scales in more gradually": by one instance at a time, which has to be gone
				// before the next one, and never so far that the metric would be above the target.
				if to := max(tracked(c.counted, low.value, p.Target), shrunk-1); to < c.desired {
					add(to, p, low)
				}
			}
		case showdown.StepScaling:
			a := high
			if p.Below {
				a = low
			}
			if a == nil {
				continue
			}
			n := stepAdjustment(p.Steps, math.Abs(a.value-a.threshold))
			if to := grown + n; n > 0 && to > c.desired {
				add(to, p, a)
			}
			if to := shrunk + n; n < 0 && to < c.desired && !blocked {
				add(to, p, a)
			}
		case showdown.SimpleScaling:
			a := high
			if p.Below {
				a = low
			}
			if a != nil && !c.cooled() {
				add(c.desired+p.Adjustment, p, a)
			}
		}
	}
	return out, in
}

// follows does what a policy wants.
func (c *core) follows(p proposal, desired int) {
	warmup := c.spec.Warmup
	switch {
	case p.by.Type == showdown.SimpleScaling:
		c.cooling = p.by.Cooldown
		if c.cooling == 0 {
			c.cooling = c.spec.Cooldown
		}
	case p.by.Warmup > 0:
		warmup = p.by.Warmup
	case warmup == 0:
		// A policy's warm-up is by default the default instance warm-up or, where that is
		// not set, the default cooldown (Amazon EC2 Auto Scaling API Reference,
		// PutScalingPolicy: EstimatedInstanceWarmup).
		warmup = c.spec.Cooldown
	}
	c.set(desired, c.sentence("a monitor alarm %s in state ALARM triggered policy %s changing the desired capacity from %d to %d",
		p.alarm.name, p.by.Name, c.desired, desired), warmup)
}

func largest(all []proposal) (best proposal, ok bool) {
	for _, p := range all {
		if !ok || p.desired > best.desired {
			best, ok = p, true
		}
	}
	return best, ok
}

// trackersAgree says whether the low alarm of every target tracking policy that scales
// in is on.
func (c *core) trackersAgree() bool {
	for _, p := range c.policies {
		if p.Type == showdown.TargetTracking && !p.DisableScaleIn && p.ringing("low") == nil {
			return false
		}
	}
	return true
}

// withoutWarming is the current capacity for scaling out: instances that warm up are not
// part of it, but they are of the desired capacity which the result must exceed (Target
// tracking and step scaling policies, Instance warm-up).
func (c *core) withoutWarming() int {
	n := 0
	for _, m := range c.members {
		if m.state == InService && !m.warming(c.now) && m.surge == noSurge {
			n++
		}
	}
	return n
}

// withLeaving is the current capacity for scaling in: instances that are terminating are
// part of it, so that no more are removed than necessary (the same pages).
func (c *core) withLeaving() int {
	n := 0
	for _, m := range c.members {
		if m.active() && m.surge == noSurge || m.state == Terminating {
			n++
		}
	}
	return n
}

// scaleInBlocked says whether scaling in by step scaling and target tracking must wait:
// while a scale-out is in progress, while instances warm up and, where no default
// instance warm-up is set, until the default cooldown after a launch has passed (Set the
// default instance warmup; Target tracking scaling policies, Instance warm-up).
func (c *core) scaleInBlocked() bool {
	if c.capacity() < c.desired {
		return true
	}
	for _, m := range c.members {
		if m.active() && m.warming(c.now) {
			return true
		}
	}
	return c.spec.Warmup == 0 && c.now < c.lastIn+c.spec.Cooldown
}

// cooled says whether simple scaling must wait: for the activity or replacement in
// progress to complete, and for the cooldown after it (Step and simple scaling policies;
// Scaling cooldowns).
func (c *core) cooled() bool { return c.cooling > 0 || c.now < c.coolUntil || c.busy() }

// coolDown begins a cooldown when what simple scaling started is done: with several
// instances it begins "when the last instance launches" (Scaling cooldowns).
func (c *core) coolDown() {
	if c.cooling > 0 && !c.busy() {
		c.coolUntil, c.cooling = c.now+c.cooling, 0
	}
}
