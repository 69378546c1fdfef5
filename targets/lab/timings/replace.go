package timings

import (
	"context"
	"fmt"
	"time"

	"showdown"
	"showdown/targets/cloud/autoscaling"
	"showdown/targets/cloud/elb"
)

// The timings of groups that replace instances.
const (
	notRunning     = "instance not running -> marked unhealthy"
	impaired       = "status check impaired -> marked unhealthy"
	targetBad      = "target unhealthy -> marked unhealthy"
	graceOver      = "instance in service -> its ELB checks count"
	drains         = "instance taken out of service -> its target drains"
	replaced       = "marked unhealthy -> replacement launched"
	warmed         = "instance in service -> counts as capacity of the next scale-out"
	stoppedServes  = "instance stops -> its replacement serves"
	refusedServes  = "instance refuses -> its replacement serves"
	hungServes     = "instance hangs -> its replacement serves"
	waitForQuietIn = 10 * showdown.Minute
)

// lifecycle is a member of a group entering a state.
func lifecycle(group, name string, to autoscaling.Lifecycle) pick {
	return of(showdown.ScalingLifecycle, name, "group", group, "to", string(to))
}

// oldest is the instance of a group that has been in service longest.
func (s *stand) oldest(group string) (string, error) {
	g, err := s.ScalingGroup(group)
	if err != nil {
		return "", err
	}
	for _, in := range g.Describe().Instances {
		if in.Lifecycle == autoscaling.InService {
			return in.Name, nil
		}
	}
	return "", fmt.Errorf("%s has no instance in service", group)
}

// warm waits until an instance that entered service at a moment is warm.
func (s *stand) warm(ctx context.Context, group, name string, entered time.Time) error {
	g, err := s.ScalingGroup(group)
	if err != nil {
		return err
	}
	at, err := s.poll(ctx, name+" to be warm", waitForQuietIn, func() bool {
		for _, in := range g.Describe().Instances {
			if in.Name == name {
				return !in.WarmingUp && in.Lifecycle == autoscaling.InService
			}
		}
		return false
	})
	if err != nil {
		return err
	}
	return s.take(warmed, at.Sub(entered))
}

// replacing lets instances of groups behind load balancers stop, refuse and hang in
// turns, and follows their replacements. At the end new instances hang before they have
// ever been healthy.
func replacing(ctx context.Context, s *stand) error {
	var all []func(context.Context) error
	for _, c := range []struct{ group, balancer string }{{"reds", "red"}, {"greens", "green"}, {"blues", "blue"}} {
		all = append(all, func(ctx context.Context) error {
			for round := range 9 {
				if err := s.replaceOne(ctx, c.group, c.balancer, round%3); err != nil {
					return fmt.Errorf("%s, round %d: %w", c.group, round, err)
				}
			}
			for range 2 {
				if err := s.grace(ctx, c.group); err != nil {
					return fmt.Errorf("%s: %w", c.group, err)
				}
			}
			return nil
		})
	}
	return together(ctx, all...)
}

// replaceOne lets an instance of a group stop, refuse or hang, and waits until its
// replacement is warm.
func (s *stand) replaceOne(ctx context.Context, group, balancer string, how int) error {
	if err := s.moment(ctx, showdown.Minute); err != nil {
		return err
	}
	victim, err := s.oldest(group)
	if err != nil {
		return err
	}
	since := time.Now()
	serves, found := stoppedServes, time.Time{}
	switch how {
	case 0:
		if err := s.EC2().StopInstances(ctx, victim); err != nil {
			return err
		}
		e, err := s.await(ctx, since, of(showdown.InstanceState, victim, "to", "stopping"))
		if err != nil {
			return err
		}
		found = e.at
	default:
		serves = refusedServes
		fails := func() error { return s.order(ctx, refuse, victim) }
		if how == 2 {
			serves = hungServes
			fails = func() error { return s.pause(ctx, victim) }
		}
		if err := fails(); err != nil {
			return err
		}
		// The target is unhealthy when no node believes otherwise.
		err := s.believed(ctx, since, balancer, victim, elb.Unhealthy, func(at time.Time) error {
			if at.After(found) {
				found = at
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	out, err := s.await(ctx, since, lifecycle(group, victim, autoscaling.Terminating))
	if err != nil {
		return err
	}
	marked := notRunning
	if how > 0 {
		marked = targetBad
	}
	if err := s.take(marked, out.at.Sub(found)); err != nil {
		return err
	}
	left, err := s.await(ctx, out.at, of(showdown.TargetState, victim, "to", "draining"))
	if err != nil {
		return err
	}
	if err := s.take(drains, left.at.Sub(out.at)); err != nil {
		return err
	}
	pending, err := s.await(ctx, out.at, lifecycle(group, "", autoscaling.Pending))
	if err != nil {
		return err
	}
	if err := s.take(replaced, pending.at.Sub(out.at)); err != nil {
		return err
	}
	in, err := s.await(ctx, pending.at, lifecycle(group, pending.Target, autoscaling.InService))
	if err != nil {
		return err
	}
	healthy, err := s.await(ctx, pending.at, of(showdown.TargetHealth, pending.Target, "to", string(elb.Healthy)))
	if err != nil {
		return err
	}
	if err := s.take(serves, healthy.at.Sub(since)); err != nil {
		return err
	}
	// Until then the group replaces no second one.
	return s.warm(ctx, group, pending.Target, in.at)
}

// grace lets a group launch one more instance that hangs as soon as it is in service.
func (s *stand) grace(ctx context.Context, group string) error {
	g, err := s.ScalingGroup(group)
	if err != nil {
		return err
	}
	if err := s.moment(ctx, showdown.Minute); err != nil {
		return err
	}
	since := time.Now()
	if err := g.SetDesiredCapacity(g.Describe().Desired+1, false); err != nil {
		return err
	}
	in, err := s.await(ctx, since, lifecycle(group, "", autoscaling.InService))
	if err != nil {
		return err
	}
	if err := s.EC2().WaitListening(ctx, in.Target); err != nil {
		return err
	}
	if err := s.pause(ctx, in.Target); err != nil {
		return err
	}
	out, err := s.await(ctx, in.at, lifecycle(group, in.Target, autoscaling.Terminating))
	if err != nil {
		return err
	}
	return s.take(graceOver, out.at.Sub(in.at))
}

// impairing kills instances of groups without a load balancer: EC2 says that they run,
// and their status checks fail.
func impairing(ctx context.Context, s *stand) error {
	var all []func(context.Context) error
	for _, group := range []string{"plain", "simple", "bare"} {
		all = append(all, func(ctx context.Context) error {
			for range 3 {
				if err := s.impair(ctx, group); err != nil {
					return fmt.Errorf("%s: %w", group, err)
				}
			}
			return nil
		})
	}
	return together(ctx, all...)
}

func (s *stand) impair(ctx context.Context, group string) error {
	if err := s.moment(ctx, showdown.Minute); err != nil {
		return err
	}
	victim, err := s.oldest(group)
	if err != nil {
		return err
	}
	m, ok := s.Machine(victim)
	if !ok {
		return fmt.Errorf("%s has no machine", victim)
	}
	since := time.Now()
	if err := m.Kill(ctx); err != nil {
		return err
	}
	bad, err := s.await(ctx, since, of(showdown.InstanceStatus, victim, "instance", "impaired"))
	if err != nil {
		return err
	}
	out, err := s.await(ctx, bad.at, lifecycle(group, victim, autoscaling.Terminating))
	if err != nil {
		return err
	}
	if err := s.take(impaired, out.at.Sub(bad.at)); err != nil {
		return err
	}
	in, err := s.await(ctx, out.at, lifecycle(group, "", autoscaling.InService))
	if err != nil {
		return err
	}
	return s.warm(ctx, group, in.Target, in.at)
}
