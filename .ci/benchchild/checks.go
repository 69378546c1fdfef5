//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
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

// decided is by how much decisions of health checks missed the ideal moment, as shares of the time from the change of the target to that moment.
type decided struct{ Crash, Hang, Back []float64 }

// checks runs a node as a lab does, in front of targets that refuse, hang and come back
// at random moments, and compares when it changes its mind with when it should. What it
// should follows from its own schedule: the check that decides is the second that fails,
// or the fifth that passes, after the change.
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
				Path: "/", Interval: clock.Lab(30 * showdown.Second), Timeout: timeout, Healthy: 5, Unhealthy: 2, First: 1, Matcher: "200",
			},
		}},
	}
	var targets []*switched
	for i := range checkTargets {
		at, err := address(i + 1)
		if err != nil {
			return err
		}
		s := &switched{address: net.JoinHostPort(at, strconv.Itoa(cloud.Port))}
		if _, err := s.turn(serves); err != nil {
			return err
		}
		defer s.turn(refuses)
		targets = append(targets, s)
		b.Groups[0].Targets = append(b.Groups[0].Targets, cloud.BalancerTarget{
			Name: strconv.Itoa(i), Address: s.address, Zone: "us-east-1a", Known: true, Registered: time.Now(),
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
	change := func(what behaviour, checks int, wait time.Duration) ([]float64, error) {
		var at [checkTargets]time.Time
		for i, s := range targets {
			<-time.After(time.Duration(rng.Int64N(int64(b.Groups[0].Check.Interval / 2))))
			var err error
			if at[i], err = s.turn(what); err != nil {
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
				for due.Sub(at[i]) < least-slack {
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
			wait   time.Duration
			into   *[]float64
		}{
			{refuses, 2, 0, &d.Crash}, {serves, 5, 0, &d.Back}, {hangs, 2, timeout, &d.Hang}, {serves, 5, 0, &d.Back},
		} {
			errs, err := change(one.what, one.checks, one.wait)
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

// switched is a target that can be told what to do.
type switched struct {
	address string

	mu   sync.Mutex
	open net.Listener
	does behaviour
}

// turn changes what it does, and says when that was.
func (s *switched) turn(to behaviour) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.does = to
	switch {
	case to == refuses && s.open != nil:
		err := s.open.Close()
		s.open = nil
		return time.Now(), err
	case to != refuses && s.open == nil:
		l, err := net.Listen("tcp4", s.address)
		if err != nil {
			return time.Time{}, err
		}
		s.open = l
		go s.accept(l)
	}
	return time.Now(), nil
}

func (s *switched) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			s.mu.Lock()
			does := s.does
			s.mu.Unlock()
			buffer := make([]byte, 1024)
			if _, err := c.Read(buffer); err == nil && does == serves {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
			_, _ = io.Copy(io.Discard, c)
		}()
	}
}
