package timings

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"showdown"
	"showdown/attack"
	"showdown/targets/cloud/elb"
)

// The timings of requests and their connections.
const (
	connectGivenUp = "connection to a silent target is given up"
	answerGivenUp  = "request that is not answered is given up"
	clientClosed   = "silent client's connection is closed"
	cutLeaves      = "deregistration with a request in flight that does not end is complete"
	cutAnswered    = "request in flight that does not end is answered 502"
	slowStarted    = "slow start of a new target, when it is on"
	stuck          = "stickiness by duration cookie"
)

// eachNode asks every node of a load balancer n times at once.
func (s *stand) eachNode(ctx context.Context, balancer string, n int, do func(ctx context.Context, address string) error) error {
	var all []func(context.Context) error
	for _, node := range s.nodesOf(balancer) {
		for range n {
			all = append(all, func(ctx context.Context) error { return do(ctx, node.Address) })
		}
	}
	return together(ctx, all...)
}

// giveUp asks targets that cannot be connected to, and targets that do not answer.
func giveUp(ctx context.Context, s *stand) error {
	// Until everything beside has come up.
	if err := s.sleep(ctx, 2*showdown.Minute); err != nil {
		return err
	}
	if err := s.order(ctx, blackhole, s.targetsOf("silent")...); err != nil {
		return err
	}
	if err := s.pause(ctx, s.targetsOf("hung")...); err != nil {
		return err
	}
	timeout := func(timing string) func(context.Context, string) error {
		return func(ctx context.Context, address string) error {
			if err := s.moment(ctx, showdown.Minute); err != nil {
				return err
			}
			a, err := s.expect(ctx, address, http.StatusGatewayTimeout)
			if err != nil {
				return err
			}
			return s.take(timing, a.took)
		}
	}
	return together(ctx,
		func(ctx context.Context) error { return s.eachNode(ctx, "silent", 6, timeout(connectGivenUp)) },
		func(ctx context.Context) error { return s.eachNode(ctx, "hung", 6, timeout(answerGivenUp)) },
		func(ctx context.Context) error {
			return s.eachNode(ctx, "hung", 6, func(ctx context.Context, address string) error {
				if err := s.moment(ctx, showdown.Minute); err != nil {
					return err
				}
				d, err := s.silent(ctx, address)
				if err != nil {
					return err
				}
				return s.take(clientClosed, d)
			})
		},
	)
}

// cutOff deregisters targets to which requests are in flight that do not end.
func cutOff(ctx context.Context, s *stand) error {
	targets := s.targetsOf("long")
	if err := s.pause(ctx, targets...); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var (
		mu   sync.Mutex
		ends []time.Time
		out  sync.WaitGroup
		errs = make(chan error, 1)
	)
	out.Go(func() {
		// Round robin: as many as there are targets reach each of them once.
		errs <- s.eachNode(ctx, "long", len(targets), func(ctx context.Context, address string) error {
			_, err := s.expect(ctx, address, http.StatusBadGateway)
			mu.Lock()
			defer mu.Unlock()
			ends = append(ends, time.Now())
			return err
		})
	})
	defer func() { cancel(); out.Wait() }()
	if err := s.sleep(ctx, showdown.Minute); err != nil { // they are on their way
		return err
	}
	since := time.Now()
	for _, t := range targets {
		if err := s.Deregister(ctx, "long", t); err != nil {
			return err
		}
	}
	for _, t := range targets {
		leaves, err := s.await(ctx, since, of(showdown.TargetState, t, "to", "draining"))
		if err != nil {
			return err
		}
		left, err := s.await(ctx, since, of(showdown.TargetState, t, "to", "deregistered"))
		if err != nil {
			return err
		}
		if err := s.take(cutLeaves, left.at.Sub(leaves.at)); err != nil {
			return err
		}
	}
	if err := <-errs; err != nil {
		return err
	}
	for _, at := range ends {
		if err := s.take(cutAnswered, at.Sub(since)); err != nil {
			return err
		}
	}
	return nil
}

// slowly registers a target anew several times under load, and works out from who
// answered how long its share grew.
func slowly(ctx context.Context, s *stand) error {
	const newcomer, node, rounds = "slow-5", "slow-1a", 5
	setting := slowStart(s.cell).SlowStart
	var (
		mu   sync.Mutex
		hits []showdown.Hit
	)
	stop, err := s.traffic(ctx, func(more []showdown.Hit) {
		mu.Lock()
		defer mu.Unlock()
		hits = append(hits, more...)
	})
	if err != nil {
		return err
	}
	type span struct{ from, to time.Duration }
	var spans []span
	for range rounds {
		since := time.Now()
		if err := s.Register(ctx, "slow", newcomer); err != nil {
			return err
		}
		e, err := s.await(ctx, since, of(showdown.TargetHealth, newcomer, "node", node, "to", string(elb.Healthy)))
		if err != nil {
			return err
		}
		if err := s.sleep(ctx, setting+setting/3); err != nil {
			return err
		}
		spans = append(spans, span{e.at.Sub(stop.zero), time.Since(stop.zero)})
		if err := s.Deregister(ctx, "slow", newcomer); err != nil {
			return err
		}
	}
	if err := stop.end(); err != nil {
		return err
	}
	for _, w := range spans {
		if err := s.take(slowStarted, ramp(hits, newcomer, len(s.targetsOf("slow")), w.from, w.to)); err != nil {
			return err
		}
	}
	return nil
}

// slowStart is the target group of a cell that starts its targets slowly; an empty one
// where there is none.
func slowStart(c showdown.Cell) showdown.TargetGroup {
	for _, b := range c.Topology.LoadBalancers {
		for _, g := range b.TargetGroups {
			if g.SlowStart > 0 {
				return g
			}
		}
	}
	return showdown.TargetGroup{}
}

// ramp is how long the share of a newcomer grew linearly beside others of full share,
// from the requests that were sent from one moment to another one, which is after its
// end: the newcomer has missed as many as it had got at once with a share of its own.
// With x from 0 to 1 its part is x/(x+others), and what is missed of a ramp of length 1
// is the integral of 1/(1+others) - x/(x+others).
func ramp(hits []showdown.Hit, newcomer string, others int, from, to time.Duration) time.Duration {
	all, its := 0.0, 0.0
	for _, h := range hits {
		if h.Sent < from || h.Sent >= to || h.Outcome != showdown.OK {
			continue
		}
		all++
		if h.Backend == newcomer {
			its++
		}
	}
	missed := all/float64(others+1) - its
	return time.Duration(missed / (all * missedOf(others)) * float64(to-from))
}

// missedOf is what a newcomer beside others misses of a ramp of length 1, as a part of
// all requests.
func missedOf(others int) float64 {
	n := float64(others)
	return 1/(n+1) - (1 - n*math.Log((n+1)/n))
}

// running is traffic that is under way.
type running struct {
	zero time.Time
	// end ends it.
	end func() error
}

// traffic drives the cell's traffic from now on; sink gets the hits.
func (s *stand) traffic(ctx context.Context, sink func([]showdown.Hit)) (running, error) {
	var endpoints []attack.Endpoint
	for _, e := range s.Endpoints() {
		endpoints = append(endpoints, attack.Endpoint(e))
	}
	a, err := attack.New(attack.Config{
		Cell: s.cell.Name, Traffic: s.cell.Traffic, Clock: s.clock, Seed: s.seed, Endpoints: endpoints, Source: s.ClientSource(),
		Servers: s.NameServers(), Domain: s.Domain(), Names: s.Owner, Sink: sink,
	})
	if err != nil {
		return running{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	r, done := running{zero: time.Now().Add(20 * time.Millisecond)}, make(chan error, 1)
	go func() { done <- a.Run(ctx, r.zero) }()
	r.end = func() error {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	}
	return r, nil
}

// stick follows cookies until they lead nowhere. Each was given once and is sent again
// and again without being renewed.
func stick(ctx context.Context, s *stand) error {
	duration := s.cell.Topology.LoadBalancers[0].TargetGroups[0].Stickiness.Duration
	return s.eachNode(ctx, "web", 4, func(ctx context.Context, address string) error {
		c, err := s.dial(ctx, address)
		if err != nil {
			return err
		}
		given := time.Now()
		a, err := c.ask(ctx)
		_ = c.conn.Close()
		if err != nil {
			return err
		}
		if err := s.sleep(ctx, duration-duration/20); err != nil {
			return err
		}
		if c, err = s.dial(ctx, address); err != nil {
			return err
		}
		defer c.conn.Close()
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			b, err := c.ask(ctx, a.cookies...)
			if err != nil {
				return err
			}
			// An answer of the node itself says nothing.
			if b.status == http.StatusOK && b.instance != a.instance {
				return s.take(stuck, time.Since(given))
			}
			if s.clock.AWS(time.Since(given)) > 2*duration {
				return fmt.Errorf("a cookie of %s still counts after twice that", duration)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
}
