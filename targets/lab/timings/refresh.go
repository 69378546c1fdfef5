package timings

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"showdown"
	"showdown/targets/cloud/autoscaling"
)

// The timings of refreshes, warm pools and what leaves a group.
const (
	refreshGoesOn = "new instance warm -> refresh goes on"
	refreshed     = "refresh of 3 instances, one after the other"
	refreshStalls = "refresh without progress -> failed"
	warmStarted   = "desired capacity raised -> start from the warm pool"
	coldInService = "desired capacity raised -> cold instance in service"
	warmInService = "desired capacity raised -> stopped instance of the warm pool in service"
	drainedEnds   = "scaled in with a request in flight that does not end -> terminated"
	drainOver     = "nothing in flight any more -> instance terminated"
)

// refreshing replaces the instances of groups of three.
func refreshing(ctx context.Context, s *stand) error {
	var all []func(context.Context) error
	for n := 1; n <= 5; n++ {
		group := fmt.Sprint("fresh-", n)
		all = append(all, func(ctx context.Context) error {
			if err := s.moment(ctx, showdown.Minute); err != nil {
				return err
			}
			if err := s.refreshGroup(ctx, group); err != nil {
				return fmt.Errorf("%s: %w", group, err)
			}
			return nil
		})
	}
	return together(ctx, all...)
}

func (s *stand) refreshGroup(ctx context.Context, group string) error {
	g, err := s.ScalingGroup(group)
	if err != nil {
		return err
	}
	spec := s.group(group)
	since := time.Now()
	id, err := g.StartInstanceRefresh(autoscaling.DefaultRefresh())
	if err != nil {
		return err
	}
	over, err := s.poll(ctx, "the refresh", patience, func() bool {
		d, _ := g.DescribeRefresh(id)
		return d.Status != autoscaling.RefreshInProgress
	})
	if err != nil {
		return err
	}
	if d, _ := g.DescribeRefresh(id); d.Status != autoscaling.RefreshSuccessful {
		return fmt.Errorf("the refresh is %s: %s", d.Status, d.Reason)
	}
	if err := s.take(refreshed, over.Sub(since)); err != nil {
		return err
	}
	in := s.record.every(lifecycle(group, "", autoscaling.InService))
	in = in[spec.Desired:] // the first ones were there
	out := s.record.every(lifecycle(group, "", autoscaling.Terminating))
	if len(in) != spec.Desired || len(out) != spec.Desired {
		return fmt.Errorf("%d instances entered service and %d left, of %d", len(in), len(out), spec.Desired)
	}
	for i := 1; i < len(out); i++ {
		warm := in[i-1].at.Add(s.clock.Lab(spec.Warmup))
		if err := s.take(refreshGoesOn, out[i].at.Sub(warm)); err != nil {
			return err
		}
	}
	return nil
}

// stalling lets refreshes begin in zones without capacity.
func stalling(ctx context.Context, s *stand) error {
	for _, zone := range s.Zones() {
		s.EC2().CloseZone(zone)
	}
	var all []func(context.Context) error
	for _, group := range []string{"first", "second", "third"} {
		all = append(all, func(ctx context.Context) error {
			g, err := s.ScalingGroup(group)
			if err != nil {
				return err
			}
			if err := s.moment(ctx, showdown.Minute); err != nil {
				return err
			}
			since := time.Now()
			id, err := g.StartInstanceRefresh(autoscaling.DefaultRefresh())
			if err != nil {
				return err
			}
			// What was replaced last began at once.
			out, err := s.await(ctx, since, lifecycle(group, "", autoscaling.Terminating))
			if err != nil {
				return err
			}
			over, err := s.poll(ctx, "the refresh to fail", 2*showdown.Hour, func() bool {
				d, _ := g.DescribeRefresh(id)
				return d.Status == autoscaling.RefreshFailed
			})
			if err != nil {
				return err
			}
			return s.take(refreshStalls, over.Sub(out.at))
		})
	}
	return together(ctx, all...)
}

// starting raises the desired capacity of a group with a warm pool and of one without.
func starting(ctx context.Context, s *stand) error {
	raise := func(ctx context.Context, group, begins, serves string) error {
		g, err := s.ScalingGroup(group)
		if err != nil {
			return err
		}
		spec := s.group(group)
		since := time.Now()
		if err := g.SetDesiredCapacity(spec.Max, false); err != nil {
			return err
		}
		up, err := s.desired(ctx, since, group, spec.Max)
		if err != nil {
			return err
		}
		for n := spec.Desired; n < spec.Max; n++ {
			_, err := s.poll(ctx, "instances in service", patience, func() bool {
				return len(s.record.every(lifecycle(group, "", autoscaling.InService))) > n
			})
			if err != nil {
				return err
			}
			in := s.record.every(lifecycle(group, "", autoscaling.InService))[n]
			pending, err := s.await(ctx, since, lifecycle(group, in.Target, autoscaling.Pending))
			if err != nil {
				return err
			}
			if err := s.take(begins, pending.at.Sub(up.at)); err != nil {
				return err
			}
			if err := s.take(serves, in.at.Sub(since)); err != nil {
				return err
			}
		}
		return nil
	}
	return together(ctx,
		func(ctx context.Context) error { return raise(ctx, "cold", launched, coldInService) },
		func(ctx context.Context) error {
			spec := s.group("warm")
			_, err := s.poll(ctx, "the warm pool", patience, func() bool {
				return len(s.record.every(lifecycle("warm", "", autoscaling.WarmedStopped))) == spec.Max-spec.Desired
			})
			if err != nil {
				return err
			}
			return raise(ctx, "warm", warmStarted, warmInService)
		},
	)
}

// draining scales a group in to nothing while a request is in flight to each of its
// instances, which do not answer.
func draining(ctx context.Context, s *stand) error {
	g, err := s.ScalingGroup("drained")
	if err != nil {
		return err
	}
	var names []string
	for _, in := range g.Describe().Instances {
		names = append(names, in.Name)
	}
	if err := s.pause(ctx, names...); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	asked := make(chan error, 1)
	go func() {
		// Round robin: as many as there are targets reach each of them once.
		asked <- s.eachNode(ctx, "drain", len(names), func(ctx context.Context, address string) error {
			_, err := s.expect(ctx, address, http.StatusBadGateway)
			return err
		})
	}()
	if err := s.sleep(ctx, showdown.Minute); err != nil { // they are on their way
		return err
	}
	since := time.Now()
	if err := g.SetDesiredCapacity(0, false); err != nil {
		return err
	}
	for _, name := range names {
		out, err := s.await(ctx, since, lifecycle("drained", name, autoscaling.Terminating))
		if err != nil {
			return err
		}
		begins, err := s.await(ctx, since, of(showdown.TargetState, name, "to", "draining"))
		if err != nil {
			return err
		}
		if err := s.take(drains, begins.at.Sub(out.at)); err != nil {
			return err
		}
		left, err := s.await(ctx, since, of(showdown.TargetState, name, "to", "deregistered"))
		if err != nil {
			return err
		}
		ends, err := s.await(ctx, since, of(showdown.InstanceState, name, "to", "shutting-down"))
		if err != nil {
			return err
		}
		if err := s.take(drainedEnds, ends.at.Sub(out.at)); err != nil {
			return err
		}
		if err := s.take(drainOver, ends.at.Sub(left.at)); err != nil {
			return err
		}
	}
	return <-asked
}
