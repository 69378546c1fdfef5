package chaos

import (
	"context"
	"fmt"

	"showdown"
)

// scale sets the desired capacity of an Auto Scaling group by hand.
func scale() deed {
	return deed{
		evidence: "DescribeAutoScalingGroups says the desired capacity, and as many instances in service in time",
		made:     "the lab's own Auto Scaling group launches and terminates processes, each in the time that EC2 takes",
		fits: func(c showdown.Cell, _ showdown.Step, v values) error {
			name := v.names["scaling_group"]
			if err := needScalingGroup(c, name); err != nil {
				return err
			}
			if g, _ := scalingGroupOf(c.Topology, name); v.count < g.Min || v.count > g.Max {
				return fmt.Errorf("desired %d is outside %s's %d to %d, and EC2 Auto Scaling would refuse it: write a number within, or change min and max", v.count, name, g.Min, g.Max)
			}
			return nil
		},
		effect: func(t *target, v values) effect {
			return &scaled{target: t, group: v.names["scaling_group"], n: v.count}
		},
	}
}

type scaled struct {
	*target
	group string
	n     int
	// before is the desired capacity before.
	before int
	asked  bool
	// back says that the capacity that there was has been asked for again.
	back bool
}

func (s *scaled) ready(context.Context) error {
	a, err := s.scaling()
	if err != nil {
		return err
	}
	desired, inService := a.Capacity(s.group)
	s.before = desired
	s.facts["desired_before"], s.facts["in_service_before"] = desired, inService
	if desired == s.n {
		return fmt.Errorf("the desired capacity of %s was %d before", s.group, desired)
	}
	return nil
}

func (s *scaled) inject(ctx context.Context) error {
	a, err := s.scaling()
	if err != nil {
		return err
	}
	if err := a.SetDesired(ctx, s.group, s.n); err != nil {
		return err
	}
	s.asked = true
	return nil
}

func (s *scaled) confirm(ctx context.Context) (string, bool) {
	return s.settles(ctx, s.n)
}

// settles waits until the group has n instances in service and wants no other number.
func (s *scaled) settles(ctx context.Context, n int) (string, bool) {
	a, err := s.scaling()
	if err != nil {
		return err.Error(), false
	}
	evidence, ok := s.follows(ctx, a, s.group, n, s.limit.operation)
	desired, inService := a.Capacity(s.group)
	s.facts["desired"], s.facts["in_service"] = desired, inService
	return evidence, ok
}

func (s *scaled) left() remains {
	if s.asked {
		return leavesChange
	}
	return leavesNothing
}

func (s *scaled) undo(ctx context.Context) error {
	a, err := s.scaling()
	if err != nil {
		return err
	}
	if desired, _ := a.Capacity(s.group); desired != s.before { // else somebody has come back to it
		if err := a.SetDesired(ctx, s.group, s.before); err != nil {
			return err
		}
	}
	s.back = true
	return nil
}

// gone waits for the instances too, but in a roll back, after which nobody needs them, and
// in which an earlier action may have set another capacity already.
func (s *scaled) gone(ctx context.Context) (string, bool) {
	if !s.hurry() {
		return s.settles(ctx, s.before)
	}
	a, err := s.scaling()
	if err != nil {
		return err.Error(), false
	}
	desired, inService := a.Capacity(s.group)
	return capacityWords(s.group, desired, inService), desired == s.before || s.back
}
