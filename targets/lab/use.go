package lab

import (
	"fmt"
	"slices"
	"time"

	"showdown"
	"showdown/results"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/pricing"
)

// Use is what the lab's instances used between two moments of the wall clock, and what
// reservations would have made of that. It is the zero value before from. A stretch
// shorter than a clock-hour has no reservations: they are settled by the hour.
func (l *Lab) Use(from, until time.Time) (*results.Use, []results.Reserved, error) {
	region := l.EC2()
	if region == nil || !until.After(from) {
		return nil, nil, nil
	}
	instances, _ := region.Usage(until)
	var runs []ec2.Run
	for _, u := range instances {
		runs = append(runs, u.Runs...)
	}
	length := l.cfg.Clock.AWS(until.Sub(from))
	use, trace, err := useOf(runs, l.cfg.Work, l.cfg.Clock, from, until)
	if err != nil || length < showdown.Hour {
		return &use, nil, err
	}
	reserved, err := reservedOf(trace, l.cfg.Cell.Topology.AutoScalingGroups)
	return &use, reserved, err
}

// useOf is what runs used between two moments, and the trace of them. Work is what a
// request costs in CoreMark iterations.
func useOf(runs []ec2.Run, work float64, clock showdown.Clock, from, until time.Time) (results.Use, pricing.Trace, error) {
	trace := pricing.Trace{Length: clock.AWS(until.Sub(from))}
	use := results.Use{Hours: trace.Hours()}
	for _, run := range runs {
		began, ended := run.From, run.Until
		if began.Before(from) {
			began = from
		}
		if ended.After(until) {
			ended = until
		}
		if !ended.After(began) {
			continue
		}
		typ, ok := ec2.TypeByName(run.Type)
		if !ok {
			return results.Use{}, pricing.Trace{}, fmt.Errorf("use of an instance: unknown type %q", run.Type)
		}
		i := pricing.Interval{Type: run.Type, From: clock.AWS(began.Sub(from)), To: clock.AWS(ended.Sub(from))}
		trace.Ran = append(trace.Ran, i)
		hours := (i.To - i.From).Seconds() / 3600
		use.InstanceHours += hours
		use.VCPUHours += hours * float64(typ.VCPUs)
		if work > 0 {
			// Rates are those of real time, whatever the speed.
			use.Requests += ended.Sub(began).Seconds() * typ.CoreMark / work
			use.Sustained += ended.Sub(began).Seconds() / until.Sub(from).Seconds() * typ.Sustained() / work
		}
	}
	return use, trace, nil
}

// reservedOf is what reservations make of a trace, by type in the order of the first
// one that ran: from none to the most that ran at once, or that the groups may launch.
func reservedOf(trace pricing.Trace, groups []showdown.AutoScalingGroup) ([]results.Reserved, error) {
	var types []string
	for _, i := range trace.Ran {
		if !slices.Contains(types, i.Type) {
			types = append(types, i.Type)
		}
	}
	var out []results.Reserved
	for _, name := range types {
		most := 0
		for _, g := range groups {
			if g.Template.Type == name {
				most += g.Max
			}
		}
		c, err := pricing.Sweep(trace, name, max(most, trace.Most(name)))
		if err != nil {
			return nil, fmt.Errorf("compare reservations: %w", err)
		}
		r := results.Reserved{
			Type: name, Hours: c.Hours, InstanceHours: c.InstanceHours, HourUSD: c.OnDemand.USD, Source: c.OnDemand.Source, Slots: c.Slots,
		}
		for _, t := range c.Terms {
			term := results.ReservedTerm{
				Term: t.Offer.Name(), HourUSD: t.Offer.HourUSD, BreakEven: t.BreakEven, Optimum: t.Optimum, Source: t.Offer.Source,
			}
			for _, usd := range t.USD {
				term.MonthUSD = append(term.MonthUSD, c.Month(usd))
			}
			r.Terms = append(r.Terms, term)
		}
		out = append(out, r)
	}
	return out, nil
}
