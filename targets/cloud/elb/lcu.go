package elb

import (
	"time"

	"showdown"
)

// What one load balancer capacity unit (LCU) of an Application Load Balancer holds
// (Elastic Load Balancing pricing; the numbers are unverified).
const (
	lcuNewConnections = 25.0   // a second
	lcuActive         = 3000.0 // a minute
	lcuGB             = 1.0    // an hour
	lcuRules          = 1000.0 // rule evaluations a second
	// freeRules are the rules of a request that cost nothing.
	freeRules = 10
	// rules is how many rules a request passes here: a listener has its default one.
	rules = 1
)

// gigabyte is what traffic is billed by.
const gigabyte = 1e9

// Dimension is one of the four measures of an LCU in an hour.
type Dimension struct {
	// Mean is over the hour, Peak the highest of its minutes; both in the measure's unit.
	Mean, Peak float64
	// LCUs is how many capacity units the mean is.
	LCUs float64
}

// LCUHour is what an AWS hour counts for.
type LCUHour struct {
	// From is when the hour began, in AWS time since the load balancer is up; For is how
	// much of it has passed.
	From, For showdown.Duration
	// NewConnections are a second: connections counted, divided by lab seconds, so that
	// the speed cancels out.
	NewConnections Dimension
	// ActiveConnections are those that are open, which no speed changes.
	ActiveConnections Dimension
	// GB are an AWS hour: bytes counted, times the speed.
	GB Dimension
	// RuleEvaluations are a second, beyond the free ones.
	RuleEvaluations Dimension
	// LCU is the highest of the four; only that is billed.
	LCU float64
	// By is the dimension that it is: "new connections", "active connections", "bytes",
	// "rule evaluations"; empty when none is used.
	By string
}

// sample is what was counted until a moment. active is what was open then.
type sample struct {
	at time.Time
	totals
	active uint64
}

// lcuHours is the capacity units of each AWS hour since up, until a moment, from samples
// in the order of time. What was counted between two samples is spread evenly over the
// time between them, also where an hour ends in it.
func lcuHours(clock showdown.Clock, up time.Time, samples []sample, at time.Time) []LCUHour {
	var hours []LCUHour
	long := clock.Lab(showdown.Hour)
	for from := up; from.Before(at); from = from.Add(long) {
		until := from.Add(long)
		if until.After(at) {
			until = at
		}
		h := LCUHour{From: clock.AWS(from.Sub(up)), For: clock.AWS(until.Sub(from))}
		for i := 1; i < len(samples); i++ {
			h.add(clock, samples[i-1], samples[i], from, until)
		}
		hours = append(hours, h.sum())
	}
	return hours
}

// add counts what happened between two samples towards an hour.
func (h *LCUHour) add(clock showdown.Clock, a, b sample, from, until time.Time) {
	part := earliest(b.at, until).Sub(latest(a.at, from))
	if part <= 0 {
		return
	}
	apart := b.at.Sub(a.at).Seconds()
	hour := until.Sub(from).Seconds()
	// A second of the lab has as many requests as a second on AWS would have.
	each := func(d *Dimension, rate float64) {
		d.Mean += rate * part.Seconds() / hour
		if clock.AWS(b.at.Sub(a.at)) >= showdown.Minute/2 { // a shorter time is chance
			d.Peak = max(d.Peak, rate)
		}
	}
	each(&h.NewConnections, float64(b.connections-a.connections)/apart)
	each(&h.ActiveConnections, float64(b.active))
	each(&h.GB, float64(b.bytes-a.bytes)/apart*showdown.Hour.Seconds()/gigabyte)
	each(&h.RuleEvaluations, float64(b.requests-a.requests)/apart*float64(max(0, rules-freeRules)))
}

// sum finds the dimension that is billed.
func (h LCUHour) sum() LCUHour {
	for _, d := range []struct {
		*Dimension
		holds float64
		name  string
	}{
		{&h.NewConnections, lcuNewConnections, "new connections"},
		{&h.ActiveConnections, lcuActive, "active connections"},
		{&h.GB, lcuGB, "bytes"},
		{&h.RuleEvaluations, lcuRules, "rule evaluations"},
	} {
		d.LCUs = d.Mean / d.holds
		if d.LCUs > h.LCU {
			h.LCU, h.By = d.LCUs, d.name
		}
	}
	return h
}
