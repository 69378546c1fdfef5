package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"showdown"
)

// Defaults of [showdown.SteadyState], and the least lab time that is given to reach
// it: good requests in a row take real time.
const (
	defaultSteadyRequests = 10
	defaultSteadyWithin   = 5 * showdown.Minute
	floorSteady           = 5 * time.Second
)

// Steady looks whether the cell is in its steady state: each instance must give good
// answers in a row, to requests like the clients', and each node of a load balancer that
// its name is answered with. An instance whose security groups keep the internet out is
// asked by a node, and passed over where there is none; so is one that is terminated
// meanwhile, as an Auto Scaling group does that is still at work, or kept in a warm pool.
// It waits for that as long as the cell allows and says the result as an event; when is
// "before" or "after". The error is ctx's.
func (e *Experiment) Steady(ctx context.Context, when string) (held bool, err error) {
	want, within := e.cfg.Cell.SteadyState.Requests, e.cfg.Cell.SteadyState.Within
	if want == 0 {
		want = defaultSteadyRequests
	}
	if within == 0 {
		within = defaultSteadyWithin
	}
	ctx, cancel := context.WithTimeoutCause(ctx, max(e.cfg.Clock.Lab(within), floorSteady), errNotSteady)
	defer cancel()
	if e.cfg.Cell.Running() {
		measured, held := e.steadyRunning(ctx, want)
		return e.tellSteady(ctx, when, measured, held)
	}
	instances := slices.DeleteFunc(e.env.instances(), func(in Instance) bool { return ending(in) || e.env.aside(in.Name) })
	nodes := slices.DeleteFunc(slices.Clone(e.env.nodes()), func(n Node) bool { return !n.InDNS })
	measured := make([]string, len(instances)+len(nodes))
	good := make([]bool, len(measured))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() {
			measured[len(instances)+i], good[len(instances)+i] = e.steady(ctx, n.Name, want, func() bool { return false }, func(ctx context.Context) Sight {
				return e.env.probe.look(ctx, n.Address, e.env.path(), patience{e.env.limit.connect, e.env.limit.request})
			})
		})
	}
	for i, in := range instances {
		if in.Closed && !e.env.view(in).inside {
			measured[i], good[i] = in.Name+": its security groups keep the internet out", true
			continue
		}
		all.Go(func() {
			measured[i], good[i] = e.steady(ctx, in.Name, want, e.env.going(in.Name), func(ctx context.Context) Sight {
				return e.env.lookAt(ctx, in.Name, e.env.path(), patience{e.env.limit.connect, e.env.limit.request})
			})
		})
	}
	all.Wait()
	held = len(measured) > 0
	for _, ok := range good {
		held = held && ok
	}
	return e.tellSteady(ctx, when, measured, held)
}

// tellSteady says as an event what came of a look at the steady state.
func (e *Experiment) tellSteady(ctx context.Context, when string, measured []string, held bool) (bool, error) {
	e.env.emit(showdown.Event{Kind: showdown.SteadyStateChecked, Source: probeSource, Data: map[string]any{
		"when": when, "held": held, "measured": strings.Join(measured, "; "),
	}})
	if cause := context.Cause(ctx); cause != nil && cause != errNotSteady && !held {
		return false, cause
	}
	return held, nil
}

var errNotSteady = fmt.Errorf("no steady state in time")

// going says whether an instance is on its way out.
func (e *env) going(name string) func() bool {
	return func() bool {
		in, ok := e.instance(name)
		return !ok || ending(in)
	}
}

// steady looks at one instance or node until want answers in a row were good, or until it
// is gone.
func (e *Experiment) steady(ctx context.Context, name string, want int, gone func() bool, look func(context.Context) Sight) (measured string, ok bool) {
	row, slowest := 0, time.Duration(0)
	var last Sight
	for ctx.Err() == nil {
		if last = look(ctx); !last.Good() && gone() {
			return name + ": terminated meanwhile", true
		}
		if last.Good() {
			row++
			slowest = max(slowest, last.Took)
			if row == want {
				return fmt.Sprintf("%s: %d good answers in a row, the slowest in %s", name, want, round(slowest)), true
			}
			continue
		}
		row, slowest = 0, 0
		e.env.pause(ctx, e.env.limit.poll)
	}
	return fmt.Sprintf("%s: %d of %d good answers in a row, then %s", name, row, want, last), false
}

// pause lets lab time pass, or ctx end.
func (e *env) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
