package autoscaling

import (
	"fmt"
	"strings"

	"showdown"
	"showdown/targets/cloud"
)

// sizes are a group's sizes.
type sizes struct{ min, max, desired int }

// change is s with what is not nil replaced. A desired capacity that is not given moves
// into the new bounds (Amazon EC2 Auto Scaling API Reference, UpdateAutoScalingGroup); one
// that is given must lie within them.
func (s sizes) change(operation string, least, most, desired *int) (sizes, error) {
	if least != nil {
		s.min = *least
	}
	if most != nil {
		s.max = *most
	}
	if s.min < 0 || s.min > s.max {
		return s, cloud.NewAPIError(operation, CodeValidationError,
			fmt.Sprintf("Max bound, %d, must be greater than or equal to min bound, %d", s.max, s.min))
	}
	if desired == nil {
		s.desired = min(max(s.desired, s.min), s.max)
		return s, nil
	}
	s.desired = *desired
	switch {
	case s.desired < s.min:
		return s, cloud.NewAPIError(operation, CodeValidationError,
			fmt.Sprintf("Desired capacity:%d must be greater than or equal to min size:%d", s.desired, s.min))
	case s.desired > s.max:
		return s, cloud.NewAPIError(operation, CodeValidationError,
			fmt.Sprintf("Desired capacity:%d must be less than or equal to max size:%d", s.desired, s.max))
	}
	return s, nil
}

func (c *core) sizes() sizes { return sizes{c.min, c.max, c.desired} }

// actOnSchedule carries out the scheduled actions whose time has come. One whose time
// comes while scheduled actions are suspended is left out (Suspend and resume a process,
// ScheduledActions), and so is one that would scale out or in while that is suspended.
func (c *core) actOnSchedule() {
	if c.zero == never {
		return
	}
	for {
		// The earliest one that is due: the actions need not be in order.
		next := -1
		for i, a := range c.spec.Scheduled {
			if !c.scheduled[i] && c.zero+a.At <= c.now && (next < 0 || a.At < c.spec.Scheduled[next].At) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		c.scheduled[next] = true
		c.schedule(c.spec.Scheduled[next])
	}
}

func (c *core) schedule(a showdown.ScheduledAction) {
	if !c.does("ScheduledActions") {
		return
	}
	to, err := c.sizes().change("ExecuteScheduledAction", a.Min, a.Max, a.Desired)
	if err != nil {
		c.refused(a.Name, err)
		return
	}
	if to.desired > c.desired && !c.does("Launch") || to.desired < c.desired && !c.does("Terminate") {
		return
	}
	var set []string
	say := func(what string, from, to int) {
		if from != to {
			set = append(set, fmt.Sprintf("Setting %s from %d to %d", what, from, to))
		}
	}
	say("min size", c.min, to.min)
	say("max size", c.max, to.max)
	say("desired capacity", c.desired, to.desired)
	c.min, c.max = to.min, to.max
	if to.desired == c.desired {
		return
	}
	c.set(to.desired, c.sentence("the scheduled action %s executed. %s", a.Name, strings.Join(set, ". ")), c.spec.Warmup)
}

// refused says that an operation was refused, and returns the refusal.
func (c *core) refused(target string, err error) error {
	data := map[string]any{"message": err.Error()}
	if api, ok := err.(*cloud.APIError); ok {
		data = map[string]any{"operation": api.Operation, "code": api.Code, "message": api.Message}
	}
	c.say(showdown.APIRefused, target, data)
	return err
}
