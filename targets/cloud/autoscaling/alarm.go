package autoscaling

import "showdown"

// AlarmState is the state of a CloudWatch alarm.
type AlarmState string

// The states of an alarm (Amazon CloudWatch User Guide, Using alarms).
const (
	AlarmOK          AlarmState = "OK"
	InAlarm          AlarmState = "ALARM"
	InsufficientData AlarmState = "INSUFFICIENT_DATA"
)

// reading is a metric's value in the minute that a periodic check evaluates.
type reading struct {
	tick   int64
	metric showdown.Metric
	value  float64
	ok     bool
}

// alarm is a CloudWatch alarm over datapoints of a minute each.
type alarm struct {
	// name is what CloudWatch calls it, label is "high" or "low".
	name, label string
	// above says that datapoints above the threshold breach it, else those below.
	above     bool
	threshold float64
	// periods is how many datapoints in a row must breach it.
	periods int
	state   AlarmState
	value   float64
	// breaching and missing count datapoints in a row.
	breaching, missing int
}

// observe is one more datapoint; ok false is a missing one. It says whether the alarm has
// changed its state. Missing datapoints keep the state until there are as many as the
// alarm has periods (Amazon CloudWatch User Guide, How alarms treat missing data, in
// short).
func (a *alarm) observe(value float64, ok bool) bool {
	before := a.state
	if !ok {
		a.breaching = 0
		if a.missing++; a.missing >= a.periods {
			a.state = InsufficientData
		}
		return a.state != before
	}
	a.value, a.missing = value, 0
	if a.above && value > a.threshold || !a.above && value < a.threshold {
		a.breaching++
	} else {
		a.breaching = 0
	}
	if a.breaching >= a.periods {
		a.state = InAlarm
	} else {
		a.state = AlarmOK
	}
	return a.state != before
}

// policy is a scaling policy with its alarms.
type policy struct {
	showdown.ScalingPolicy
	alarms []*alarm
}

// newPolicy is a policy with the alarms that it needs: target tracking has one for each
// direction, unless scaling in is disabled.
func newPolicy(group string, p showdown.ScalingPolicy) *policy {
	out := &policy{ScalingPolicy: p}
	add := func(name, label string, above bool, threshold float64, periods int) {
		out.alarms = append(out.alarms, &alarm{
			name: name, label: label, above: above, threshold: threshold,
			periods: max(1, periods), state: InsufficientData,
		})
	}
	switch {
	case p.Type == showdown.TargetTracking:
		add("TargetTracking-"+group+"-AlarmHigh-"+p.Name, "high", true, p.Target, highPeriods)
		if !p.DisableScaleIn {
			add("TargetTracking-"+group+"-AlarmLow-"+p.Name, "low", false, p.Target*lowShare, lowPeriods)
		}
	case p.Below:
		add(p.Name+"-AlarmLow", "low", false, p.Threshold, p.Periods)
	default:
		add(p.Name+"-AlarmHigh", "high", true, p.Threshold, p.Periods)
	}
	return out
}

// ringing is the policy's alarm of that label, if it is in the state ALARM; else nil.
func (p *policy) ringing(label string) *alarm {
	for _, a := range p.alarms {
		if a.label == label && a.state == InAlarm {
			return a
		}
	}
	return nil
}

// evaluate takes the datapoints of a periodic check and lets the policies whose alarm is
// on act. An alarm that stays on triggers its policy again with each period (Amazon
// CloudWatch User Guide, Using alarms: Auto Scaling actions).
func (c *core) evaluate(tick int64, readings []reading) {
	fresh := false
	for _, r := range readings {
		if r.tick != tick {
			continue
		}
		fresh = true
		if r.ok {
			c.say(showdown.ScalingMetric, c.spec.Name, map[string]any{"metric": string(r.metric), "value": r.value})
		}
		for _, p := range c.policies {
			if p.Metric != r.metric {
				continue
			}
			for _, a := range p.alarms {
				if a.observe(r.value, r.ok) {
					c.say(showdown.ScalingAlarm, p.Name, map[string]any{
						"group": c.spec.Name, "alarm": a.label, "to": string(a.state), "value": r.value,
					})
				}
			}
		}
	}
	if fresh && c.does("AlarmNotification") {
		c.scale()
	}
}
