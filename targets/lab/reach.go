package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
)

// How long a look waits for an answer, in lab time. Loopback answers within a
// millisecond or never; who should be let in and met silence is looked at once more
// with more patience, because a busy computer is slow and silence is a finding.
const (
	reachPatience = 150 * time.Millisecond
	reachAgain    = 600 * time.Millisecond
	// answerPatience is what the machine that looks may take beyond its look.
	answerPatience = time.Second
)

// Reach is one cell of the connection matrix: what a connection met, and what the
// security groups promise.
type Reach struct {
	// From is [showdown.FromInternet] or the name of a group, of which one living member
	// looked. To is an instance, or from the internet also a load balancer's node.
	From, To string
	Port     int
	// Met is [cloud.Answered], [cloud.Refused], [cloud.Silent] or [cloud.Unreachable].
	Met string
	// Allowed says that the rules let From in.
	Allowed bool
	// Fidelity says how the instance keeps out who is not let in, or why nothing can be
	// met.
	Fidelity string
}

// Reach is the connection matrix, found by really connecting: from the lab's clients to
// the public address of every instance and load balancer node, or to the private one of
// an instance that has no other, and from a living member of each security group to the
// private addresses of the instances, its own left out. It says each cell as an event, takes
// a fraction of a second, and returns what was found also when some looks failed.
func (l *Lab) Reach(ctx context.Context) ([]Reach, error) {
	groups, source := l.VPC(), l.ClientSource()
	if groups == nil {
		return nil, fmt.Errorf("lab %q: reach: it is not up", l.cfg.Cell.Name)
	}
	instances := l.Instances()
	var (
		looks []*look
		all   sync.WaitGroup
	)
	fromInternet := func(to, address string) {
		looks = append(looks, &look{
			from: showdown.FromInternet, to: to, address: address, allowed: groups.Allows(showdown.FromInternet, to, cloud.Port),
			meet: func(ctx context.Context, address string, wait time.Duration) (string, error) {
				ctx, cancel := context.WithTimeout(ctx, wait)
				defer cancel()
				return cloud.Meet(ctx, source, address), nil
			},
		})
	}
	for _, to := range instances {
		switch {
		case to.State == ec2.Terminated:
		case to.Instance.Private:
			// Nobody outside is told this address; who guesses it must meet silence.
			fromInternet(to.Name, to.Private)
		default:
			fromInternet(to.Name, to.Public)
		}
	}
	nodes := l.Nodes()
	for _, to := range nodes {
		fromInternet(to.Name, to.Public)
	}
	for _, group := range groupNames(l.cfg.Cell.Topology) {
		for _, to := range instances {
			from, m := l.memberOf(group, to.Name)
			if m == nil || to.State == ec2.Terminated {
				continue
			}
			looks = append(looks, &look{
				from: group, to: to.Name, address: to.Private, allowed: groups.Allows(from, to.Name, cloud.Port),
				meet: func(ctx context.Context, address string, wait time.Duration) (string, error) {
					ctx, cancel := context.WithTimeout(ctx, wait+answerPatience)
					defer cancel()
					c, err := m.Do(ctx, cloud.Command{Verb: cloud.Connect, Address: address, Delay: wait})
					return c.Met, err
				},
			})
		}
	}
	for _, k := range looks {
		all.Go(func() { k.carryOut(ctx) })
	}
	guards := make(map[string]string, len(instances))
	for _, in := range instances {
		guards[in.Name] = l.guardOf(ctx, in.Name)
	}
	for _, n := range nodes {
		guards[n.Name] = l.guardOf(ctx, n.Name)
	}
	all.Wait()
	var (
		out  []Reach
		errs []error
	)
	for _, k := range looks {
		if k.err != nil {
			errs = append(errs, fmt.Errorf("lab %q: reach from %s to %s: %w", l.cfg.Cell.Name, k.from, k.to, k.err))
			continue
		}
		r := Reach{From: k.from, To: k.to, Port: cloud.Port, Met: k.met, Allowed: k.allowed, Fidelity: guards[k.to]}
		if k.address == "" {
			r.Fidelity = "no address: from outside there is nothing to connect to"
		}
		out = append(out, r)
		l.outbox.add(showdown.Event{Kind: showdown.Reached, Source: "vpc", Target: r.To, Data: map[string]any{
			"from": r.From, "met": r.Met, "allowed": r.Allowed, "fidelity": r.Fidelity,
		}})
	}
	return out, errors.Join(errs...)
}

// look is one connection to be tried.
type look struct {
	from, to, address string
	allowed           bool
	meet              func(ctx context.Context, address string, wait time.Duration) (string, error)

	met string
	err error
}

func (k *look) carryOut(ctx context.Context) {
	if k.address == "" {
		k.met = cloud.Silent
		return
	}
	address := net.JoinHostPort(k.address, strconv.Itoa(cloud.Port))
	k.met, k.err = k.meet(ctx, address, reachPatience)
	if k.err == nil && k.met == cloud.Silent && k.allowed {
		k.met, k.err = k.meet(ctx, address, reachAgain)
	}
	if k.err == nil {
		k.err = ctx.Err() // a look that was cut short met nothing
	}
}

// memberOf is a living member of a group that is not the instance other; m is nil when
// there is none.
func (l *Lab) memberOf(group, other string) (name string, m cloud.Machine) {
	for _, name := range l.VPC().Members(group) {
		if m, ok := l.NodeMachine(name); ok {
			return name, m
		}
		in, ok := l.Instance(name)
		if name == other || !ok || in.State != ec2.Running || !in.Listening {
			continue
		}
		if m, ok := l.Machine(name); ok {
			return name, m
		}
	}
	return "", nil
}

// guardOf says how an instance keeps out who is not let in.
func (l *Lab) guardOf(ctx context.Context, name string) string {
	m, ok := l.anyMachine(name)
	if !ok {
		return "no machine runs behind the address"
	}
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	c, err := m.Do(ctx, cloud.Command{Verb: cloud.Stats})
	switch {
	case err != nil:
		return "the machine does not say how it keeps out"
	case c.Guard == "filter":
		return "a socket filter drops the SYN, as AWS does"
	case c.Guard == "silence":
		return "the connection is accepted and never answered, where AWS drops the SYN"
	}
	return "everybody is let in"
}
