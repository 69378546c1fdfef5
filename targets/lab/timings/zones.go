package timings

import (
	"context"
	"fmt"
	"time"

	"showdown"
	"showdown/targets/cloud/autoscaling"
)

// The timings of zones that take no launch, and take them again.
const (
	launchRetried = "launch failed -> next attempt in the zone"
	rebalancing   = "zone has capacity again -> rebalancing launch"
	balanced      = "zone has capacity again -> zones balanced"
)

// losingZone closes a zone, lets each group lose its instance there, and opens the zone
// again when they have tried for a while.
func losingZone(ctx context.Context, s *stand) error {
	zone := s.Zones()[0]
	groups := s.cell.Topology.AutoScalingGroups
	for range 2 {
		s.EC2().CloseZone(zone)
		closed := time.Now()
		var lose, regain []func(context.Context) error
		for _, g := range groups {
			lose = append(lose, func(ctx context.Context) error { return s.loseIn(ctx, g.Name, zone) })
		}
		if err := together(ctx, lose...); err != nil {
			return err
		}
		if err := s.sleep(ctx, 10*showdown.Minute); err != nil {
			return err
		}
		if err := s.moment(ctx, 5*showdown.Minute); err != nil {
			return err
		}
		opened := time.Now()
		s.EC2().OpenZone(zone)
		for _, g := range groups {
			if err := s.retries(g.Name, zone, closed); err != nil {
				return err
			}
			regain = append(regain, func(ctx context.Context) error { return s.regain(ctx, g.Name, zone, opened) })
		}
		if err := together(ctx, regain...); err != nil {
			return err
		}
	}
	return nil
}

// loseIn terminates a group's instance in a zone at a random moment.
func (s *stand) loseIn(ctx context.Context, group, zone string) error {
	g, err := s.ScalingGroup(group)
	if err != nil {
		return err
	}
	if err := s.moment(ctx, 3*showdown.Minute); err != nil {
		return err
	}
	since := time.Now()
	for _, in := range g.Describe().Instances {
		if in.Zone == zone && in.Lifecycle == autoscaling.InService {
			if err := s.EC2().TerminateSilently(ctx, in.Name); err != nil {
				return err
			}
		}
	}
	_, err = s.await(ctx, since, lifecycle(group, "", autoscaling.InService))
	return err
}

// retries takes the times between the failed launches of a group in a zone.
func (s *stand) retries(group, zone string, since time.Time) error {
	var last time.Time
	n := 0
	for _, e := range s.record.every(of(showdown.ScalingActivity, group, "status", string(autoscaling.Failed), "zone", zone)) {
		if e.at.Before(since) {
			continue
		}
		if !last.IsZero() {
			n++
			if err := s.take(launchRetried, e.at.Sub(last)); err != nil {
				return err
			}
		}
		last = e.at
	}
	if n == 0 {
		return fmt.Errorf("%s did not try again in %s", group, zone)
	}
	return nil
}

// regain waits until a group has an instance in the zone again, and none too many.
func (s *stand) regain(ctx context.Context, group, zone string, opened time.Time) error {
	begun, err := s.await(ctx, opened, of(showdown.ScalingActivity, group, "status", string(autoscaling.InProgress), "zone", zone))
	if err != nil {
		return err
	}
	if err := s.take(rebalancing, begun.at.Sub(opened)); err != nil {
		return err
	}
	surplus, err := s.await(ctx, begun.at, lifecycle(group, "", autoscaling.Terminating))
	if err != nil {
		return err
	}
	return s.take(balanced, surplus.at.Sub(opened))
}
