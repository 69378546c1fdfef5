package chaos

import (
	"context"
	"fmt"

	"showdown"
)

// deregister takes an instance out of a target group, as somebody does who wants to work
// on it: what is in flight finishes, and new requests go elsewhere.
func deregister() deed {
	return deed{
		evidence: "DescribeTargetHealth says draining, unused or nothing of the target",
		made:     "the nodes are told so while they serve; the deregistration delay runs in AWS time",
		perishes: true,
		inside:   true,
		fits: func(c showdown.Cell, _ showdown.Step, v values) error {
			return needTargetGroup(c, v.names["target_group"])
		},
		effect: func(t *target, v values) effect { return &deregistered{target: t, group: v.names["target_group"]} },
	}
}

type deregistered struct {
	*target
	group string
	asked bool
}

func (d *deregistered) ready(context.Context) error {
	b, err := d.balancers()
	if err != nil {
		return err
	}
	state := b.TargetHealth(d.group, d.name)
	d.facts["health_before"] = stateWord(state)
	if !registered(state) {
		return fmt.Errorf("%s was %s in %s before", d.name, stateWord(state), d.group)
	}
	return nil
}

func (d *deregistered) inject(ctx context.Context) error {
	b, err := d.balancers()
	if err != nil {
		return err
	}
	if err := b.Deregister(ctx, d.group, d.name); err != nil {
		return err
	}
	d.asked = true
	return nil
}

func (d *deregistered) confirm(ctx context.Context) (string, bool) {
	b, err := d.balancers()
	if err != nil {
		return err.Error(), false
	}
	state, ok := d.becomes(ctx, b, d.group, d.name, d.limit.effect, targetDraining, targetUnused, "")
	d.facts["health"] = stateWord(state)
	return d.says(state), ok
}

func (d *deregistered) says(state string) string {
	return fmt.Sprintf("DescribeTargetHealth says %s of %s in %s", stateWord(state), d.name, d.group)
}

func (d *deregistered) left() remains {
	if d.asked {
		return leavesChange
	}
	return leavesNothing
}

func (d *deregistered) undo(ctx context.Context) error {
	b, err := d.balancers()
	if err != nil {
		return err
	}
	if registered(b.TargetHealth(d.group, d.name)) {
		return nil // somebody has done it already
	}
	return b.Register(ctx, d.group, d.name)
}

// gone waits until the checks have made up their mind of the target: whether it is
// healthy is not this action's doing.
func (d *deregistered) gone(ctx context.Context) (string, bool) {
	b, err := d.balancers()
	if err != nil {
		return err.Error(), false
	}
	var state string
	d.until(ctx, d.decides(d.group), func() bool {
		state = b.TargetHealth(d.group, d.name)
		in, _ := d.instance(d.name)
		return state == targetHealthy || state == targetUnhealthy || ending(in)
	})
	d.facts["health_after"] = stateWord(state)
	return d.says(state), state == targetHealthy || state == targetUnhealthy
}
