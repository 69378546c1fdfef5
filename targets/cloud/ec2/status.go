package ec2

import (
	"time"

	"showdown"
)

// CheckEvery is how often the status checks run (EC2 User Guide, Status checks for
// your instances).
const CheckEvery = showdown.Minute

// checkGap is the lab time between the checks of two instances. AWS checks each at a
// time of its own; all of a hundred at once would be a load that the clients feel.
const checkGap = 2 * time.Millisecond

// checkDelay is how much later than the first of n instances the i-th is checked, where
// checks come with a period: all of them in a quarter of it.
func checkDelay(i, n int, period time.Duration) time.Duration {
	return min(time.Duration(i)*checkGap, time.Duration(i)*period/4/time.Duration(n))
}

// Health is the result of a status check.
type Health string

// The results of a status check.
const (
	Initializing Health = "initializing"
	HealthOK     Health = "ok"
	Impaired     Health = "impaired"
	// NotApplicable is the result for an instance that is not running.
	NotApplicable Health = "not-applicable"
)

// Status is the two status checks of an instance: System looks at the host and its
// network, Instance at the software on the machine (EC2 User Guide, Status checks
// for your instances). Nothing waits for them: traffic flows as soon as the
// application listens.
type Status struct {
	System   Health `json:"system"`
	Instance Health `json:"instance"`
}

// check is one status check of an instance since it entered running.
type check struct {
	Health
	// passed counts the probes in a row that were answered.
	passed int
}

const (
	// checksToOK is how many checks in a row must pass before "initializing" becomes
	// "ok": with a check a minute that is one to three minutes (unverified).
	checksToOK = 2
	// initializingFor is how long a machine that never answers counts as
	// initializing (unverified).
	initializingFor = 5 * showdown.Minute
)

// observe is the check after one more probe: good says whether it was answered, age
// how long the instance has been running.
func (c check) observe(good bool, age showdown.Duration) check {
	if good {
		c.passed++
	} else {
		c.passed = 0
	}
	switch {
	case c.Health == Initializing && c.passed >= checksToOK:
		c.Health = HealthOK
	case c.Health == Initializing && !good && age >= initializingFor:
		c.Health = Impaired
	case c.Health == Initializing:
	case good:
		c.Health = HealthOK
	default:
		c.Health = Impaired
	}
	return c
}
