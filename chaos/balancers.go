package chaos

import (
	"context"
	"errors"
	"time"

	"showdown"
)

// Balancers is what an experiment needs of a lab's load balancers. A [Lab] that has some
// has these methods too. A refusal of Elastic Load Balancing's or of Route 53's is a
// [Refusal].
type Balancers interface {
	// Register and Deregister change a target group's register.
	Register(ctx context.Context, group, instance string) error
	Deregister(ctx context.Context, group, instance string) error
	TargetGroups() []string
	// TargetHealth is what DescribeTargetHealth says of a target: "initial", "healthy",
	// "unhealthy", "draining", "unused", or nothing where it is not registered.
	TargetHealth(group, instance string) (state string)
	HealthCheckPath(group string) string
	// SetHealthCheck changes what a target group's health check asks for and which
	// statuses it takes; what is empty stays as it is.
	SetHealthCheck(ctx context.Context, group, path, matcher string) (restore func(context.Context) error, err error)
	// RemoveBalancer takes a load balancer away: its nodes end, and the records that are
	// aliases for it get the public addresses of the instances, with a TTL of 60 s.
	RemoveBalancer(ctx context.Context, balancer string) (restore func(context.Context) error, err error)
	// RemoveName deletes a record, host as in [Names]; addresses are the IPs that it gave.
	RemoveName(ctx context.Context, host string) (addresses []string, restore func(context.Context) error, err error)
}

// The states of a target in DescribeTargetHealth.
const (
	targetInitial   = "initial"
	targetHealthy   = "healthy"
	targetUnhealthy = "unhealthy"
	targetDraining  = "draining"
	targetUnused    = "unused"
)

// balancers is the lab as [Balancers].
func (e *env) balancers() (Balancers, error) {
	b, ok := e.lab.(Balancers)
	if !ok {
		return nil, errors.New("this lab has no load balancers")
	}
	return b, nil
}

// becomes waits until a target is in one of the states, at most limit of lab time, and
// says which it is in.
func (e *env) becomes(ctx context.Context, b Balancers, group, instance string, limit time.Duration, states ...string) (state string, ok bool) {
	ok = e.until(ctx, limit, func() bool {
		state = b.TargetHealth(group, instance)
		for _, s := range states {
			if state == s {
				return true
			}
		}
		return false
	})
	return state, ok
}

// registered says that a target is in its group's register and not on its way out.
func registered(state string) bool {
	return state == targetInitial || state == targetHealthy || state == targetUnhealthy || state == targetUnused
}

// stateWord is a target's state for evidence.
func stateWord(state string) string {
	if state == "" {
		return "not registered"
	}
	return state
}

// decides is the longest that the health checks of a target group take to turn their
// mind, in lab time: the larger threshold, with one check more and what is in flight.
func (e *env) decides(group string) time.Duration {
	limit := e.limit.effect
	if g, ok := targetGroupOf(e.cell.Topology, group); ok {
		c := g.HealthCheck
		n := max(c.HealthyThreshold, c.UnhealthyThreshold) + 1
		limit += e.clock.Lab(showdown.Duration(n)*c.Interval + c.Timeout)
	}
	return limit
}
