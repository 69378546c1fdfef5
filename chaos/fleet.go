package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"showdown"
)

// Fleet is what an experiment needs of a lab in order to launch and terminate
// instances and to move addresses. A [Lab] that can do it has these methods too. A
// refusal of EC2's is a [Refusal].
type Fleet interface {
	// LaunchInstance and TerminateInstance return as soon as EC2 has accepted. After a
	// silent end nothing answers at the instance's addresses, else they refuse.
	LaunchInstance(ctx context.Context, in showdown.Instance) error
	TerminateInstance(ctx context.Context, name string, silent bool) error
	// AllocateAddress is a new elastic IP, ReleaseAddress gives one back.
	AllocateAddress(ctx context.Context) (string, error)
	ReleaseAddress(ctx context.Context, address string) error
	// AssociateAddress points an elastic IP at an instance, also when another one has it.
	AssociateAddress(ctx context.Context, address, name string) error
}

// fleet is the lab as a [Fleet].
func (e *env) fleet() (Fleet, error) {
	f, ok := e.lab.(Fleet)
	if !ok {
		return nil, errors.New("this lab can neither launch instances nor move addresses")
	}
	return f, nil
}

// launched waits until the instance of that name runs and answers, in bounded time.
func (e *env) launched(ctx context.Context, name string) (now Instance, evidence string, ok bool) {
	var last Sight
	ok = e.until(ctx, e.limit.operation, func() bool {
		now, _ = e.instance(name)
		if now.State != "running" {
			return false
		}
		last = e.view(now).at(ctx, healthPath, patience{e.limit.connect, e.limit.answer})
		return last.Good()
	})
	return now, fmt.Sprintf("DescribeInstances says %s of %s, at %s; %s", stateOf(now), name, cmp.Or(now.Public, now.Private), last), ok
}

// ended waits until the instance of that name is terminated, in bounded time.
func (e *env) terminated(ctx context.Context, name string) (evidence string, ok bool) {
	var now Instance
	ok = e.until(ctx, e.limit.operation, func() bool {
		now, _ = e.instance(name)
		return now.State == terminated
	})
	return fmt.Sprintf("DescribeInstances says %s of %s", stateOf(now), name), ok
}

// stateOf is an instance's state in words.
func stateOf(in Instance) string {
	if in.State == "" {
		return "nothing"
	}
	return in.State
}
