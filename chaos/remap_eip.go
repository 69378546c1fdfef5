package chaos

import (
	"context"
	"errors"
	"fmt"
)

// remapEIP moves the elastic IP of an instance to another one: what an operator does by
// hand when the instance has died. It is in place when the other one answers there.
func remapEIP() deed {
	return deed{
		evidence: "the other instance answers at the elastic IP",
		made:     "after a second or two of AWS time one process closes the loopback address, with its connections, and the other binds it",
		effect:   func(t *target, v values) effect { return &remapped{target: t, to: v.names["to"]} },
	}
}

type remapped struct {
	*target
	to string
	// own is the elastic IP that the other instance had, which it loses.
	own   string
	asked bool
}

func (r *remapped) ready(ctx context.Context) error {
	if !r.before.Elastic {
		return fmt.Errorf("%s has no elastic IP to move", r.name)
	}
	r.facts["answered_before"] = r.look(ctx).Instance
	return nil
}

func (r *remapped) inject(ctx context.Context) error {
	fleet, err := r.fleet()
	if err != nil {
		return err
	}
	if !r.before.Elastic {
		return fmt.Errorf("%s has no elastic IP to move", r.name)
	}
	if now, _ := r.instance(r.to); now.Elastic {
		r.own = now.Public
	}
	r.asked = true
	return fleet.AssociateAddress(ctx, r.before.Public, r.to)
}

// at waits until what answers at the elastic IP is as wanted.
func (r *remapped) at(ctx context.Context, want func(Sight) bool) (string, bool) {
	var last Sight
	ok := r.until(ctx, r.limit.effect, func() bool {
		last = r.probe.look(ctx, address(r.before.Public, appPort), healthPath, r.patience())
		return want(last)
	})
	who := ""
	if last.Instance != "" {
		who = " by " + last.Instance
	}
	return fmt.Sprintf("%s: %s%s", r.before.Public, last, who), ok
}

func (r *remapped) confirm(ctx context.Context) (string, bool) {
	evidence, ok := r.at(ctx, func(s Sight) bool { return s.Good() && s.Instance == r.to })
	r.facts["address"], r.facts["instance"] = r.before.Public, r.to
	return evidence, ok
}

func (r *remapped) left() remains {
	if r.asked {
		return leavesChange
	}
	return leavesNothing
}

func (r *remapped) undo(ctx context.Context) error {
	fleet, err := r.fleet()
	if err != nil {
		return err
	}
	err = fleet.AssociateAddress(ctx, r.before.Public, r.name)
	if r.own != "" {
		err = errors.Join(err, fleet.AssociateAddress(ctx, r.own, r.to))
	}
	return err
}

func (r *remapped) gone(ctx context.Context) (string, bool) {
	return r.at(ctx, func(s Sight) bool { return s.Instance != r.to })
}
