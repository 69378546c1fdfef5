//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// checkTargets is how many targets a node checks.
const checkTargets = 6

// slack is how late a check may come to a target that changes at the moment at which it
// is due.
const slack = 10 * time.Millisecond

// decided is by how much decisions of health checks missed the ideal moment, as shares of
// the time from the change of the target to that moment.
type decided struct{ Crash, Hang, Back []float64 }

// checks runs a node and its targets as a lab does. The targets refuse, hang and come
// back at random moments, and it compares when the node changes its mind with when it
// should. When it should follows from its own schedule: the check that decides is the
// second that fails, or the fifth that passes, after the change.
func checks(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("checks", flag.ExitOnError)
	binary := flags.String("showdown", "", "the program whose hidden commands are the spawner and the machines")
	fast := flags.Float64("speed", speed, "AWS seconds in a lab second")
	rounds := flags.Int("rounds", 5, "how often each target changes")
	flags.Parse(args)
	clock, err := showdown.NewClock(*fast)
	if err != nil {
		return err
	}
	h, err := startHarness(ctx, *binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(context.WithoutCancel(ctx))) }()
	dir, err := journal.Dir()
	if err != nil {
		return err
	}
	slot, err := journal.AcquireSlot(dir)
	if err != nil {
		return err
	}
	defer slot.Release()
	address := func(n int) (string, error) {
		a, err := journal.Address(slot.Number(), journal.RolePrivate, 0, n)
		return a.String(), err
	}
	timeout, _ := clock.Timeout(5*showdown.Second, showdown.FloorHealthCheck)
	b := cloud.Balancer{
		Name: "web", Idle: time.Second, Connect: time.Second, Secret: "bench",
		Groups: []cloud.BalancerGroup{{
			Name: "web", Algorithm: showdown.RoundRobin, CrossZone: true,
			Check: cloud.BalancerCheck{
				Path: "/healthz", Interval: clock.Lab(30 * showdown.Second), Timeout: timeout, Healthy: 5, Unhealthy: 2, First: 1, Matcher: "200",
			},
		}},
	}
	var targets []*switched
	for i := range checkTargets {
		at, err := address(i + 1)
		if err != nil {
			return err
		}
		m, err := h.backend.Start(ctx, cloud.MachineConfig{
			Name: "web-" + strconv.Itoa(i+1), Lab: showdown.BaseCell, App: "clock", Private: at, Port: cloud.Port, Speed: *fast,
			Capacity: cloud.Capacity{Type: "m5.large", VCPUs: 2, Iterations: 28470, Work: work, Queue: 100},
		})
		if err != nil {
			return err
		}
		targets = append(targets, &switched{m, serves})
		b.Groups[0].Targets = append(b.Groups[0].Targets, cloud.BalancerTarget{
			Name: strconv.Itoa(i), Address: net.JoinHostPort(at, strconv.Itoa(cloud.Port)), Zone: "us-east-1a", Known: true, Registered: time.Now(),
		})
	}
	private, err := address(0)
	if err != nil {
		return err
	}
	notes := make(chan cloud.Note, 1000)
	_, err = h.backend.Start(ctx, cloud.MachineConfig{
		Name: "lb-1a", Lab: showdown.BaseCell, Zone: "us-east-1a", Private: private, Port: cloud.Port,
		Speed: *fast, Seed: 1, Balancer: &b, Notify: func(n cloud.Note) { notes <- n },
	})
	if err != nil {
		return err
	}
	// change turns all targets to what, each at a moment of its own, and has the errors of
	// the decisions that follow.
	rng := rand.New(rand.NewPCG(1, 2))
	change := func(what behaviour, checks int, wait, pending time.Duration) ([]float64, error) {
		var at [checkTargets]time.Time
		for i, s := range targets {
			<-time.After(time.Duration(rng.Int64N(int64(b.Groups[0].Check.Interval / 2))))
			var err error
			if at[i], err = s.turn(ctx, what); err != nil {
				return nil, err
			}
		}
		var out []float64
		for range targets {
			select {
			case n := <-notes:
				i, err := strconv.Atoi(n.Health.Target)
				if err != nil {
					return nil, err
				}
				// The check that should have decided is the first one that was due late enough.
				// Another one did where a stall made a check fail before the change, or after it.
				interval := b.Groups[0].Check.Interval
				least := time.Duration(checks-1) * interval
				due := n.Health.Scheduled
				for due.Sub(at[i]) > least+interval+slack {
					due = due.Add(-interval)
				}
				for due.Sub(at[i]) < least-slack-pending {
					due = due.Add(interval)
				}
				ideal := due.Add(wait)
				out = append(out, math.Abs(float64(n.At.Sub(ideal)))/float64(ideal.Sub(at[i])))
			case <-time.After(20 * time.Duration(checks) * b.Groups[0].Check.Interval):
				return nil, fmt.Errorf("no decision about %d targets", checkTargets-len(out))
			}
		}
		return out, nil
	}
	var d decided
	for range *rounds {
		for _, one := range []struct {
			what   behaviour
			checks int
			// wait is how long the check that decides waits, and pending how long one that
			// was due before the change may still be waiting, which passes then.
			wait, pending time.Duration
			into          *[]float64
		}{
			{refuses, 2, 0, 0, &d.Crash}, {serves, 5, 0, 0, &d.Back}, {hangs, 2, timeout, 0, &d.Hang}, {serves, 5, 0, timeout, &d.Back},
		} {
			errs, err := change(one.what, one.checks, one.wait, one.pending)
			if err != nil {
				return err
			}
			*one.into = append(*one.into, errs...)
		}
	}
	return say(d)
}

// behaviour is what a switched target does with a connection.
type behaviour int

const (
	refuses behaviour = iota
	hangs
	serves
)

// switched is a machine of the lab that can be told what to do.
type switched struct {
	cloud.Machine
	does behaviour
}

// turn changes what it does, and says when that was in effect.
func (s *switched) turn(ctx context.Context, to behaviour) (time.Time, error) {
	var err error
	switch from := s.does; {
	case from == to:
	case to == refuses || from == refuses:
		_, err = s.Do(ctx, cloud.Command{Verb: cloud.Refuse, Off: to != refuses})
	case to == hangs:
		err = s.Pause(ctx)
	default:
		err = s.Resume(ctx)
	}
	s.does = to
	return time.Now(), err
}
