package autoscaling

import (
	"errors"
	"fmt"
	"slices"

	"showdown"
)

// check says whether a group can be what its specification says.
func check(g showdown.AutoScalingGroup) error {
	if g.Min < 0 || g.Min > g.Desired || g.Desired > g.Max {
		return fmt.Errorf("sizes %d, %d, %d: min <= desired <= max does not hold", g.Min, g.Desired, g.Max)
	}
	if len(g.Zones) == 0 {
		return errors.New("it has no zone")
	}
	for i, z := range g.Zones {
		if slices.Contains(g.Zones[:i], z) {
			return fmt.Errorf("zone %s is named twice", z)
		}
	}
	for _, p := range g.Policies {
		if err := checkPolicy(p); err != nil {
			return fmt.Errorf("policy %q: %w", p.Name, err)
		}
	}
	s := sizes{g.Min, g.Max, g.Desired}
	for _, a := range g.Scheduled {
		if _, err := s.change("PutScheduledUpdateGroupAction", a.Min, a.Max, a.Desired); err != nil && a.Min != nil && a.Max != nil {
			return fmt.Errorf("scheduled action %q: %w", a.Name, err)
		}
	}
	return checkProcesses(g.Suspended)
}

func checkPolicy(p showdown.ScalingPolicy) error {
	switch p.Type {
	case showdown.TargetTracking:
		if p.Target <= 0 {
			return fmt.Errorf("the target is %g and must be above 0", p.Target)
		}
	case showdown.StepScaling:
		if len(p.Steps) == 0 {
			return errors.New("it has no steps")
		}
	case showdown.SimpleScaling:
		if p.Adjustment == 0 {
			return errors.New("the adjustment is 0")
		}
	default:
		return fmt.Errorf("the type %q is unknown", p.Type)
	}
	return nil
}

func checkProcesses(names []string) error {
	for _, p := range names {
		if !slices.Contains(showdown.Processes(), p) {
			return fmt.Errorf("the process %q is unknown", p)
		}
	}
	return nil
}
