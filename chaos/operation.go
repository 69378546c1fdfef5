package chaos

import (
	"context"
	"fmt"
)

// operation is a call to the control plane that takes AWS minutes and runs while a
// probe watches.
type operation struct {
	done chan struct{}
	err  error
}

// begin runs call in a goroutine of the run, which waits for it at its end.
func (e *env) begin(call func() error) *operation {
	o := &operation{done: make(chan struct{})}
	e.tasks.Go(func() {
		defer close(o.done)
		o.err = call()
	})
	return o
}

// failed is the operation's error if it has ended with one. No operation, nil, has
// not failed.
func (o *operation) failed() error {
	if o == nil {
		return nil
	}
	select {
	case <-o.done:
		return o.err
	default:
		return nil
	}
}

// wait returns when the operation has ended. The operation has its own context, so
// that is soon when that ends.
func (o *operation) wait() error {
	<-o.done
	return o.err
}

// waitFor is wait, given up when ctx ends.
func (o *operation) waitFor(ctx context.Context) error {
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stopping starts call, which stops the instance sooner or later, and returns when
// the instance refuses connections: the moment from which users feel it.
func (t *target) stopping(ctx context.Context, call func() error) (*operation, error) {
	if t.before.State != "running" {
		return nil, fmt.Errorf("%s is %s, not running", t.name, t.before.State)
	}
	o := t.begin(call)
	var last Sight
	seen := t.until(ctx, t.limit.operation, func() bool {
		if o.failed() != nil {
			return true
		}
		last = t.look(ctx)
		return last.Saw == Refused || last.Saw == Nowhere
	})
	if err := o.failed(); err != nil {
		return o, err
	}
	if !seen {
		if err := context.Cause(ctx); err != nil {
			_ = o.wait()
			return o, err
		}
		return o, fmt.Errorf("%s still answers %s after it was told to stop: %s", t.name, t.clock.AWS(t.limit.operation), last)
	}
	return o, nil
}

// start starts the instance and returns when it is running. Its application may
// still boot.
func (t *target) start(ctx context.Context) error {
	if err := t.lab.StartInstance(ctx, t.name); err != nil {
		return err
	}
	_, err := t.state(ctx, "running")
	return err
}

// startAgain brings the instance back to running from whatever state it is in: what
// undoes a stop also when the operation was cut short.
func (t *target) startAgain(ctx context.Context) error {
	state, err := t.state(ctx, "stopped", "running")
	if err != nil || state == "running" {
		return err
	}
	return t.start(ctx)
}

// changeType stops the instance, asks for the type, and starts it again, from
// whatever state it is in. It does nothing to an instance that runs as that type.
func (t *target) changeType(ctx context.Context, instanceType string) error {
	state, err := t.state(ctx, "stopped", "running")
	if err != nil {
		return err
	}
	now, _ := t.instance(t.name)
	switch {
	case now.Type == instanceType && state == "running":
		return nil
	case state == "running":
		return t.lab.ResizeInstance(ctx, t.name, instanceType)
	case now.Type != instanceType:
		if err := t.lab.ModifyInstanceType(ctx, t.name, instanceType); err != nil {
			return err
		}
	}
	return t.start(ctx)
}

// runsAs waits until the instance runs as instanceType and answers, and writes down
// what it has become. It gives up when o, which may be nil, failed.
func (t *target) runsAs(ctx context.Context, instanceType string, o *operation) (evidence string, ok bool) {
	var (
		now  Instance
		last Sight
		good bool
	)
	t.until(ctx, t.limit.operation, func() bool {
		now, _ = t.instance(t.name)
		if now.Type == instanceType && now.State == "running" {
			last = t.look(ctx)
			good = last.answered()
		}
		return good || o.failed() != nil || ending(now)
	})
	if good {
		t.became(now)
	}
	return fmt.Sprintf("DescribeInstances says %s, %s; %s", now.Type, now.State, last), good
}

// became writes down what the instance is now.
func (t *target) became(now Instance) {
	t.facts["state"] = now.State
	t.facts["type_after"] = now.Type
	t.facts["address_after"] = now.Public
	if m, ok := t.lab.Machine(t.name); ok {
		t.facts["identity_after"] = m.Identity().String()
	}
}
