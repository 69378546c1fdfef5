package proxy

import (
	"fmt"

	"showdown/targets/cloud"
)

// health is what a node thinks of a target. It is pure: each result of a check, in the
// order in which the checks were started, makes the next one.
type health struct {
	state string
	// run is how many results in a row were as the last one, which was a pass or not.
	run  int
	pass bool
}

// newHealth is where a target begins.
func newHealth(known bool) health {
	if known {
		return health{state: cloud.TargetHealthy}
	}
	return health{state: cloud.TargetInitial}
}

// step takes a result, and says why the state is another one; the reason is empty where
// it is not. failure is what went wrong, empty for a pass. A new target needs First
// passes, one that was unhealthy Healthy of them (User Guide for Application Load
// Balancers, Health checks for target groups).
func (h health) step(failure string, c cloud.BalancerCheck) (next health, reason string) {
	pass := failure == ""
	if pass != h.pass {
		h.run = 0
	}
	h.pass = pass
	h.run++
	need, to := c.Unhealthy, cloud.TargetUnhealthy
	if pass {
		need, to = c.Healthy, cloud.TargetHealthy
		if h.state == cloud.TargetInitial {
			need = c.First
		}
	}
	if h.state == to || h.run < need {
		return h, ""
	}
	h.state = to
	if pass {
		return h, count(h.run) + " passed"
	}
	return h, count(h.run) + " failed: " + failure
}

func count(n int) string {
	if n == 1 {
		return "1 check"
	}
	return fmt.Sprintf("%d checks", n)
}
