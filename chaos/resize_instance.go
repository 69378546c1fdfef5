package chaos

import "context"

// resizeInstance stops an instance, changes its type and starts it again, which is
// the only order that EC2 allows. It is in place when the instance stops answering;
// the operation itself ends the outage.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-resize.html
func resizeInstance() deed {
	return deed{
		needs:    "stop",
		evidence: "connections are refused, then DescribeInstances says the new type and the instance answers",
		perishes: true,
		effect:   func(t *target, v values) effect { return &resized{target: t, want: v.instanceType} },
	}
}

type resized struct {
	*target
	want      string
	operation *operation
	asked     bool
}

func (r *resized) ready(ctx context.Context) error { return r.notYet(ctx, Refused) }

func (r *resized) inject(ctx context.Context) error {
	o, err := r.stopping(ctx, func() error { return r.lab.ResizeInstance(ctx, r.name, r.want) })
	r.operation = o
	// The stop may have happened though a later part was refused; where it was refused
	// itself the instance is as it was, which the undo sees.
	r.asked = o != nil
	return err
}

func (r *resized) confirm(ctx context.Context) (string, bool) {
	// The instance may answer before the operation has returned; what users feel is
	// the answer.
	evidence, ok := r.runsAs(ctx, r.want, r.operation)
	if err := r.operation.failed(); err != nil {
		return err.Error() + "; " + evidence, false
	}
	return evidence, ok
}

// left is a fault where the operation broke off: the instance may be stopped.
func (r *resized) left() remains {
	switch {
	case !r.asked:
		return leavesNothing
	case r.operation.failed() != nil:
		return leavesFault
	}
	return leavesChange
}

func (r *resized) undo(ctx context.Context) error {
	if err := r.operation.waitFor(ctx); err != nil && ctx.Err() != nil {
		return err
	}
	return r.changeType(ctx, r.before.Type)
}

func (r *resized) gone(ctx context.Context) (string, bool) { return r.runsAs(ctx, r.before.Type, nil) }
