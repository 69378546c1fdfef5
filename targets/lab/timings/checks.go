package timings

import (
	"context"
	"fmt"
	"time"

	"showdown"
	"showdown/targets/cloud/elb"
)

// The timings of health checks and of the register of targets.
const (
	refusedTarget = "target that refuses or answers wrongly is unhealthy"
	silentTarget  = "target that is silent is unhealthy"
	wellTarget    = "target that works again is healthy, application"
	silentWell    = "target that was silent is healthy, application"
	silentClassic = "target that was silent is healthy, classic"
	wellClassic   = "target that works again is healthy, classic"
	newTarget     = "new target is healthy, application"
	newClassic    = "new target is healthy, classic"
	idleLeaves    = "deregistration with nothing in flight is complete"
	showsDraining = "deregistered target is shown as draining"
	stoppedTarget = "target of a stopped instance is unused"
)

// ailment is a way in which a target fails.
type ailment struct {
	timing string
	// application and classic are the timings of its end.
	application, classic string

	ail, end func(ctx context.Context, s *stand, target string) error
}

func ailments() []ailment {
	return []ailment{
		{
			refusedTarget, wellTarget, wellClassic,
			func(ctx context.Context, s *stand, t string) error { return s.order(ctx, refuse, t) },
			func(ctx context.Context, s *stand, t string) error { return s.order(ctx, off(refuse), t) },
		},
		{
			silentTarget, silentWell, silentClassic,
			func(ctx context.Context, s *stand, t string) error { return s.pause(ctx, t) },
			func(ctx context.Context, s *stand, t string) error { return s.resume(ctx, t) },
		},
		{
			refusedTarget, wellTarget, wellClassic,
			func(ctx context.Context, s *stand, t string) error { return s.order(ctx, fail, t) },
			func(ctx context.Context, s *stand, t string) error { return s.order(ctx, off(fail), t) },
		},
		{
			silentTarget, silentWell, silentClassic,
			func(ctx context.Context, s *stand, t string) error { return s.order(ctx, blackhole, t) },
			func(ctx context.Context, s *stand, t string) error { return s.order(ctx, off(blackhole), t) },
		},
	}
}

// suffer lets a target fail and mends it when every node knows, each at a random moment.
func (s *stand) suffer(ctx context.Context, balancer, target string, how ailment, well string) error {
	const interval = 30 * showdown.Second
	if err := s.moment(ctx, interval); err != nil {
		return err
	}
	since := time.Now()
	if err := how.ail(ctx, s, target); err != nil {
		return err
	}
	err := s.believed(ctx, since, balancer, target, elb.Unhealthy, func(at time.Time) error { return s.take(how.timing, at.Sub(since)) })
	if err != nil {
		return err
	}
	if err := s.moment(ctx, interval); err != nil {
		return err
	}
	since = time.Now()
	if err := how.end(ctx, s, target); err != nil {
		return err
	}
	return s.believed(ctx, since, balancer, target, elb.Healthy, func(at time.Time) error { return s.take(well, at.Sub(since)) })
}

// checkTargets lets the targets of the application load balancer fail in each way,
// takes them out and puts them in again, and stops them.
func checkTargets(ctx context.Context, s *stand) error {
	targets, ways := s.targetsOf("web"), ailments()
	all := func(do func(ctx context.Context, i int, target string) error) error {
		var each []func(context.Context) error
		for i, t := range targets {
			each = append(each, func(ctx context.Context) error {
				if err := do(ctx, i, t); err != nil {
					return fmt.Errorf("%s: %w", t, err)
				}
				return nil
			})
		}
		return together(ctx, each...)
	}
	for round := range 3 {
		err := all(func(ctx context.Context, i int, t string) error {
			way := ways[(i+round)%len(ways)]
			return s.suffer(ctx, "web", t, way, way.application)
		})
		if err != nil {
			return err
		}
	}
	for round := range 2 {
		err := all(func(ctx context.Context, _ int, t string) error {
			return s.reregister(ctx, "web", t, newTarget, round == 0)
		})
		if err != nil {
			return err
		}
	}
	return all(func(ctx context.Context, _ int, t string) error {
		since := time.Now()
		if err := s.EC2().StopInstances(ctx, t); err != nil {
			return err
		}
		stops, err := s.await(ctx, since, of(showdown.InstanceState, t, "to", "stopping"))
		if err != nil {
			return err
		}
		unused, err := s.await(ctx, since, of(showdown.TargetState, t, "to", "unused"))
		if err != nil {
			return err
		}
		return s.take(stoppedTarget, unused.at.Sub(stops.at))
	})
}

// reregister takes a target out and puts it in again as a new one; where shown is set it
// waits until it is no longer shown.
func (s *stand) reregister(ctx context.Context, group, target, timing string, shown bool) error {
	if err := s.moment(ctx, 30*showdown.Second); err != nil {
		return err
	}
	since := time.Now()
	if err := s.Deregister(ctx, group, target); err != nil {
		return err
	}
	leaves, err := s.await(ctx, since, of(showdown.TargetState, target, "to", "draining"))
	if err != nil {
		return err
	}
	left, err := s.await(ctx, since, of(showdown.TargetState, target, "to", "deregistered"))
	if err != nil {
		return err
	}
	if err := s.take(idleLeaves, left.at.Sub(leaves.at)); err != nil {
		return err
	}
	if shown {
		gone, err := s.poll(ctx, "a deregistered target to go", patience, func() bool { return s.TargetHealth(group, target) == "" })
		if err != nil {
			return err
		}
		if err := s.take(showsDraining, gone.Sub(leaves.at)); err != nil {
			return err
		}
	}
	if err := s.moment(ctx, 30*showdown.Second); err != nil {
		return err
	}
	since = time.Now()
	if err := s.Register(ctx, group, target); err != nil {
		return err
	}
	return s.believed(ctx, since, group, target, elb.Healthy, func(at time.Time) error { return s.take(timing, at.Sub(since)) })
}

// checkClassic lets the targets of the classic load balancer fail, and puts them in anew.
func checkClassic(ctx context.Context, s *stand) error {
	ways := ailments()
	var each []func(context.Context) error
	for i, t := range s.targetsOf("old") {
		each = append(each, func(ctx context.Context) error {
			for round := range 2 {
				way := ways[(i+round)%len(ways)]
				if err := s.suffer(ctx, "old", t, way, way.classic); err != nil {
					return fmt.Errorf("%s: %w", t, err)
				}
			}
			return s.reregister(ctx, "old", t, newClassic, false)
		})
	}
	return together(ctx, each...)
}
