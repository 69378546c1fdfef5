package ec2

import (
	"time"

	"showdown"
)

// MinimumBilled is the shortest run that is billed: per second, with a minimum of 60
// seconds each time an instance starts (EC2 User Guide, Instance lifecycle).
const MinimumBilled = showdown.Minute

// Change is one entry of an instance's history: a state, or a type, that begins.
type Change struct {
	At    time.Time
	State State
	Type  string
}

// Run is a billed run of an instance: from running to stopping or shutting-down.
type Run struct {
	Type string
	// Billed is at least [MinimumBilled].
	Billed showdown.Duration
	// From and Until are the wall clock between which it ran; of a run that is still
	// going, Until is the moment of the question.
	From, Until time.Time
}

// Runs is what a history costs: pending, stopping and stopped are not billed (EC2
// User Guide, Instance lifecycle). A run that is still going is billed until now. It
// needs the changes in the order of time.
func Runs(clock showdown.Clock, history []Change, now time.Time) []Run {
	var (
		runs  []Run
		since time.Time
		on    string
	)
	end := func(at time.Time) {
		if on != "" {
			runs = append(runs, Run{on, max(MinimumBilled, clock.AWS(at.Sub(since))), since, at})
			on = ""
		}
	}
	for _, c := range history {
		switch {
		case c.State == Running && on == "":
			since, on = c.At, c.Type
		case c.State != Running:
			end(c.At)
		}
	}
	end(now)
	return runs
}

// Hold is a stretch of time for which a public IPv4 address was held.
type Hold struct {
	From time.Time
	// Until is zero while it is held.
	Until time.Time
}

// Held is how long the addresses of holds were held in all until now, in AWS time.
func Held(clock showdown.Clock, holds []Hold, now time.Time) showdown.Duration {
	var sum showdown.Duration
	for _, h := range holds {
		until := h.Until
		if until.IsZero() {
			until = now
		}
		sum += clock.AWS(until.Sub(h.From))
	}
	return sum
}

// Usage is what an instance has used so far.
type Usage struct {
	Name string
	// Type is what it has now.
	Type string
	// Terminated says that it is gone for good; PublicNow that it has a public
	// address, as every instance that runs does.
	Terminated, PublicNow bool
	Runs                  []Run
	// AutoIPv4 is how long it held auto-assigned public addresses.
	AutoIPv4 showdown.Duration
	// SurplusCredits were spent beyond the balance in unlimited mode.
	SurplusCredits float64
}

// ElasticUsage is how long an elastic IP has been allocated: it is paid for whether
// it is associated or not.
type ElasticUsage struct {
	Address string
	// Instance is whom it is associated with now; empty when it is idle.
	Instance string
	Held     showdown.Duration
	// Released says that it is no longer allocated.
	Released bool
}
