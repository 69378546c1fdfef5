package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"showdown/targets/cloud"
)

// removeInstance terminates an instance for good, as somebody does who scales in. It
// is in place when its address stops answering. Who still has the address meets what
// it leaves: silence, as on AWS, or a refusal, as where a host still answers.
func removeInstance() deed {
	return deed{
		needsFor: func(v values) string {
			if v.choice == "silence" {
				return string(cloud.Vacate)
			}
			return "stop"
		},
		evidence: "DescribeInstances says terminated; its address is silent, or refuses",
		effect: func(t *target, v values) effect {
			r := &removed{target: t, silent: v.choice == "silence", want: Refused}
			if r.silent {
				r.want = Unreachable
			}
			return r
		},
	}
}

type removed struct {
	*target
	silent bool
	want   Sighting
	asked  bool
}

func (r *removed) ready(ctx context.Context) error { return r.mustAnswer(ctx) }

// old looks at the address that the instance had.
func (r *removed) old(ctx context.Context) Sight {
	return r.view(r.before).at(ctx, healthPath, r.patience())
}

func (r *removed) inject(ctx context.Context) error {
	fleet, err := r.fleet()
	if err != nil {
		return err
	}
	if err := fleet.TerminateInstance(ctx, r.name, r.silent); err != nil {
		return err
	}
	r.asked = true
	var last Sight
	if !r.until(ctx, r.limit.operation, func() bool {
		last = r.old(ctx)
		return last.Saw != Answered
	}) {
		return fmt.Errorf("%s still answers after it was terminated: %s", r.name, last)
	}
	return nil
}

func (r *removed) confirm(ctx context.Context) (string, bool) {
	evidence, ok := r.terminated(ctx, r.name)
	var last Sight
	met := ok && r.until(ctx, r.limit.effect, func() bool {
		last = r.old(ctx)
		return last.Saw == r.want
	})
	at := cmp.Or(r.before.Public, r.before.Private)
	r.facts["address"], r.facts["leaves"] = at, string(last.Saw)
	return fmt.Sprintf("%s; at %s %s", evidence, at, last), met
}

func (r *removed) left() remains {
	if r.asked {
		return leavesFault
	}
	return leavesNothing
}

// undo launches an instance of the same kind under the same name. An elastic IP comes
// back to it; any other address is new, and whoever wants to reach it must learn it.
func (r *removed) undo(ctx context.Context) error {
	fleet, err := r.fleet()
	if err != nil {
		return err
	}
	if evidence, ok := r.terminated(ctx, r.name); !ok {
		if now, _ := r.instance(r.name); now.State == "pending" || now.State == "running" {
			return nil // another action has launched it
		}
		return errors.New(evidence)
	}
	like := r.before.Instance
	like.Type, like.ElasticIP = r.before.Type, false
	if err := fleet.LaunchInstance(ctx, like); err != nil {
		return err
	}
	if _, evidence, ok := r.launched(ctx, r.name); !ok {
		return errors.New(evidence)
	}
	if r.before.Elastic {
		return fleet.AssociateAddress(ctx, r.before.Public, r.name)
	}
	return nil
}

func (r *removed) gone(ctx context.Context) (string, bool) {
	now, evidence, ok := r.launched(ctx, r.name)
	if ok {
		r.became(now)
	}
	return evidence, ok
}
