package timings

import (
	"context"
	"fmt"
	"time"

	"showdown"
	"showdown/targets/cloud/autoscaling"
	"showdown/targets/cloud/elb"
)

// The timings of groups that scale.
const (
	alarmHigh      = "load above the target -> AlarmHigh"
	alarmLow       = "load below 70 % of the target -> AlarmLow"
	metricKnown    = "minute ends -> its metric is known"
	raised         = "AlarmHigh -> desired capacity raised"
	lowered        = "AlarmLow -> desired capacity lowered"
	scaleInAllowed = "last instance warm -> scale-in allowed"
	cooledDown     = "simple scaling ended -> next one allowed"
	scheduled      = "scheduled time -> sizes set"
	launched       = "desired capacity raised -> launch"
	outServes      = "load above the target -> one instance more serves"
	inLeaves       = "load below 70 % of the target -> one instance fewer serves"
)

// The load of the groups that track a target, in requests a lab second: with two
// instances, 1500 and 3000 requests an AWS minute for each at speed 60, where the target
// is 2000.
const (
	calmRate = 50
	highRate = 100
)

// tracking raises the load of groups and takes it away again.
func tracking(ctx context.Context, s *stand) error {
	var all []func(context.Context) error
	for n := 1; n <= 5; n++ {
		group, balancer := fmt.Sprint("tracked-", n), fmt.Sprint("track-", n)
		all = append(all, func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			l := newLoad(calmRate)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				l.run(ctx, s, balancer)
			}()
			defer func() { cancel(); <-ended }()
			if err := s.track(ctx, group, l); err != nil {
				return fmt.Errorf("%s: %w", group, err)
			}
			return nil
		})
	}
	return together(ctx, all...)
}

// desired waits until a group's desired capacity is n.
func (s *stand) desired(ctx context.Context, since time.Time, group string, n int) (seen, error) {
	return s.await(ctx, since, of(showdown.ScalingCapacity, group, "desired", n))
}

func (s *stand) track(ctx context.Context, group string, l *load) error {
	g, err := s.ScalingGroup(group)
	if err != nil {
		return err
	}
	n := g.Describe().Desired
	if err := s.sleep(ctx, 3*showdown.Minute); err != nil {
		return err
	}
	if err := s.moment(ctx, showdown.Minute); err != nil {
		return err
	}
	high := time.Now()
	l.set(highRate)
	alarm := func(since time.Time, label, timing, follows string, n int) (seen, error) {
		on, err := s.await(ctx, since, of(showdown.ScalingAlarm, "per-target", "group", group, "alarm", label, "to", "ALARM"))
		if err != nil {
			return seen{}, err
		}
		if err := s.take(timing, on.at.Sub(since)); err != nil {
			return seen{}, err
		}
		to, err := s.desired(ctx, on.at, group, n)
		if err != nil {
			return seen{}, err
		}
		return to, s.take(follows, to.at.Sub(on.at))
	}
	up, err := alarm(high, "high", alarmHigh, raised, n+1)
	if err != nil {
		return err
	}
	if err := s.known(group, high); err != nil {
		return err
	}
	pending, err := s.await(ctx, high, lifecycle(group, "", autoscaling.Pending))
	if err != nil {
		return err
	}
	if err := s.take(launched, pending.at.Sub(up.at)); err != nil {
		return err
	}
	serves, err := s.await(ctx, pending.at, of(showdown.TargetHealth, pending.Target, "to", string(elb.Healthy)))
	if err != nil {
		return err
	}
	if err := s.take(outServes, serves.at.Sub(high)); err != nil {
		return err
	}
	if err := s.moment(ctx, 3*showdown.Minute); err != nil {
		return err
	}

	low := time.Now()
	l.set(0)
	if _, err := alarm(low, "low", alarmLow, lowered, n); err != nil {
		return err
	}
	out, err := s.await(ctx, low, lifecycle(group, "", autoscaling.Terminating))
	if err != nil {
		return err
	}
	left, err := s.await(ctx, out.at, of(showdown.TargetState, out.Target, "to", "draining"))
	if err != nil {
		return err
	}
	if err := s.take(drains, left.at.Sub(out.at)); err != nil {
		return err
	}
	if err := s.take(inLeaves, left.at.Sub(low)); err != nil {
		return err
	}

	// The alarm stays on; who adds an instance by hand is put right when it is warm.
	if err := s.moment(ctx, 2*showdown.Minute); err != nil {
		return err
	}
	since := time.Now()
	if err := g.SetDesiredCapacity(n+1, false); err != nil {
		return err
	}
	if _, err := s.desired(ctx, since, group, n+1); err != nil {
		return err
	}
	in, err := s.await(ctx, since, lifecycle(group, "", autoscaling.InService))
	if err != nil {
		return err
	}
	down, err := s.desired(ctx, in.at.Add(s.clock.Lab(showdown.Second)), group, n)
	if err != nil {
		return err
	}
	warm := in.at.Add(s.clock.Lab(s.group(group).Warmup))
	return s.take(scaleInAllowed, down.at.Sub(warm))
}

// known takes how long after its minute a metric was said. Where the load became higher
// in the middle of a minute, the metric of that minute says how much of it was left.
func (s *stand) known(group string, high time.Time) error {
	values := s.record.every(of(showdown.ScalingMetric, group))
	value := func(i int) float64 {
		v, _ := values[i].Data["value"].(float64)
		return v
	}
	for i := 2; i+2 < len(values); i++ {
		// The minutes before and after say what the load was.
		calm, full := (value(i-2)+value(i-1))/2, (value(i+1)+value(i+2))/2
		// Less than two requests more are chance.
		if values[i].at.Before(high) || value(i)-calm < (full-calm)*2/(highRate-calmRate) {
			continue
		}
		rest := min(1, max(0, (value(i)-calm)/(full-calm)))
		end := high.Add(time.Duration(rest * float64(s.clock.Lab(showdown.Minute))))
		return s.take(metricKnown, values[i].at.Sub(end))
	}
	return fmt.Errorf("no metric of %s says that the load rose", group)
}

// group is what the topology says of an Auto Scaling group.
func (s *stand) group(name string) showdown.AutoScalingGroup {
	for _, g := range s.cell.Topology.AutoScalingGroups {
		if g.Name == name {
			return g
		}
	}
	return showdown.AutoScalingGroup{}
}

// cooling keeps the alarm of simple scaling on, and takes how long it waits in between.
func cooling(ctx context.Context, s *stand) error {
	var all []func(context.Context) error
	for _, c := range []struct{ group, balancer string }{{"cooled-1", "cool-1"}, {"cooled-2", "cool-2"}} {
		all = append(all, func(ctx context.Context) error {
			if err := s.moment(ctx, showdown.Minute); err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				newLoad(20).run(ctx, s, c.balancer)
			}()
			defer func() { cancel(); <-ended }()
			g := s.group(c.group)
			var over time.Time // when the last activity ended
			for n := g.Desired + 1; n <= g.Max; n++ {
				up, err := s.desired(ctx, over, c.group, n)
				if err != nil {
					return err
				}
				if !over.IsZero() {
					if err := s.take(cooledDown, up.at.Sub(over)); err != nil {
						return err
					}
				}
				in, err := s.await(ctx, up.at, lifecycle(c.group, "", autoscaling.InService))
				if err != nil {
					return err
				}
				over = in.at
			}
			return nil
		})
	}
	return together(ctx, all...)
}

// onSchedule waits for the scheduled actions of a group.
func onSchedule(ctx context.Context, s *stand) error {
	zero := time.Now()
	s.StartSchedule(zero)
	for _, a := range s.group("timed").Scheduled {
		due := zero.Add(s.clock.Lab(a.At))
		set, err := s.desired(ctx, zero, "timed", *a.Desired)
		if err != nil {
			return err
		}
		if err := s.take(scheduled, set.at.Sub(due)); err != nil {
			return err
		}
	}
	return nil
}
