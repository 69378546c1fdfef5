package timings

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/elb"
	"showdown/targets/lab"
)

// patience is how long a script waits for what it has caused, in AWS time.
const patience = 30 * showdown.Minute

// stand is what a script works with: a running lab and its record.
type stand struct {
	*lab.Lab
	cell   showdown.Cell
	clock  showdown.Clock
	seed   uint64
	record *record
	// dice are the script's own.
	dice *dice
	// names are the timings that the script may take.
	names []string
	out   *samples
}

// take notes a measured value of a timing.
func (s *stand) take(name string, d time.Duration) error {
	if !slices.Contains(s.names, name) {
		return fmt.Errorf("the script takes %q, which is not in its list", name)
	}
	s.out.add(key{name, s.clock.Speed()}, s.clock.AWS(d))
	return nil
}

// await waits for an event that did not come in before since.
func (s *stand) await(ctx context.Context, since time.Time, p pick) (seen, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.clock.Lab(patience), fmt.Errorf("%s are over", patience))
	defer cancel()
	return s.record.await(ctx, since, p)
}

// sleep waits for a length of AWS time.
func (s *stand) sleep(ctx context.Context, d showdown.Duration) error {
	return cloud.SleepUntil(ctx, time.Now().Add(s.clock.Lab(d)))
}

// moment waits for a random part of a length of AWS time, so that what comes next has no
// fixed place between the ticks of what is measured.
func (s *stand) moment(ctx context.Context, most showdown.Duration) error {
	return s.sleep(ctx, s.dice.below(most))
}

// dice are a seeded source of chance for several goroutines.
type dice struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func (d *dice) below(most showdown.Duration) showdown.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return showdown.Duration(d.rng.Int64N(int64(most)))
}

// poll waits until a condition holds, and looks every millisecond.
func (s *stand) poll(ctx context.Context, what string, most showdown.Duration, holds func() bool) (time.Time, error) {
	deadline := time.Now().Add(s.clock.Lab(most))
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case now := <-tick.C:
			if now.After(deadline) {
				return now, fmt.Errorf("waited in vain for %s: %s are over", what, most)
			}
		case <-ctx.Done():
			return time.Now(), context.Cause(ctx)
		}
	}
	return time.Now(), nil
}

// order lets the machines of instances carry out a command, or takes it back.
func (s *stand) order(ctx context.Context, c cloud.Command, names ...string) error {
	return s.each(names, func(m cloud.Machine) error {
		_, err := m.Do(ctx, c)
		return err
	})
}

// each does something to the machines of instances.
func (s *stand) each(names []string, do func(cloud.Machine) error) error {
	for _, name := range names {
		m, ok := s.Machine(name)
		if !ok {
			m, ok = s.NodeMachine(name)
		}
		if !ok {
			return fmt.Errorf("%s has no machine", name)
		}
		if err := do(m); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (s *stand) pause(ctx context.Context, names ...string) error {
	return s.each(names, func(m cloud.Machine) error { return m.Pause(ctx) })
}

func (s *stand) resume(ctx context.Context, names ...string) error {
	return s.each(names, func(m cloud.Machine) error { return m.Resume(ctx) })
}

// nodesOf are the nodes of a load balancer.
func (s *stand) nodesOf(balancer string) []lab.Node {
	return slices.DeleteFunc(s.Nodes(), func(n lab.Node) bool { return n.Balancer != balancer })
}

// targetsOf are the instances that a load balancer's target group begins with.
func (s *stand) targetsOf(group string) []string {
	for _, b := range s.cell.Topology.LoadBalancers {
		for _, g := range b.TargetGroups {
			if g.Name == group {
				return slices.Clone(g.Instances)
			}
		}
	}
	return nil
}

// believed waits until every node of a load balancer believes something of a target, and
// passes the time of each to use.
func (s *stand) believed(ctx context.Context, since time.Time, balancer, target string, to elb.State, use func(time.Time) error) error {
	for _, n := range s.nodesOf(balancer) {
		e, err := s.await(ctx, since, of(showdown.TargetHealth, target, "node", n.Name, "to", string(to)))
		if err != nil {
			return err
		}
		if err := use(e.at); err != nil {
			return err
		}
	}
	return nil
}

// together runs functions side by side and waits for all; the first error cancels the
// others.
func together(ctx context.Context, all ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	errs := make(chan error, len(all))
	for _, f := range all {
		go func() {
			err := f(ctx)
			if err != nil {
				cancel(err)
			}
			errs <- err
		}()
	}
	var first error
	for range all {
		if err := <-errs; err != nil && (first == nil || errors.Is(first, context.Canceled)) {
			first = err
		}
	}
	return first
}
