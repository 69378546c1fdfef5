package chaos

import (
	"context"
	"errors"

	"showdown/targets/cloud"
)

// appPort is where every application listens.
const appPort = cloud.Port

// terminated is EC2's word for an instance that is gone for good.
const terminated = "terminated"

// addInstance launches one more instance like the target, under a name of its own.
// Nobody is told of it: a record or the clients' lists come after it.
func addInstance() deed {
	return deed{
		evidence: "the new instance answers, DescribeInstances says running",
		made:     "a process of its own that boots in the time that EC2 takes; nobody learns of it by itself, which is so on AWS too",
		effect:   func(t *target, v values) effect { return &added{target: t, as: v.names["name"]} },
	}
}

type added struct {
	*target
	as    string
	asked bool
}

func (a *added) ready(context.Context) error {
	if now, there := a.instance(a.as); there && now.State != terminated {
		return errors.New("there is an instance " + a.as + " already")
	}
	return nil
}

func (a *added) inject(ctx context.Context) error {
	fleet, err := a.fleet()
	if err != nil {
		return err
	}
	like := a.before.Instance
	like.Name, like.Type = a.as, a.before.Type
	if err := fleet.LaunchInstance(ctx, like); err != nil {
		return err
	}
	a.asked = true
	return nil
}

func (a *added) confirm(ctx context.Context) (string, bool) {
	now, evidence, ok := a.launched(ctx, a.as)
	a.facts["instance"], a.facts["address"], a.facts["state"] = a.as, now.Public, now.State
	return evidence, ok
}

func (a *added) left() remains {
	if a.asked {
		return leavesChange
	}
	return leavesNothing
}

// undo terminates the instance and gives back the elastic IP that was allocated for it.
func (a *added) undo(ctx context.Context) error {
	fleet, err := a.fleet()
	if err != nil {
		return err
	}
	now, _ := a.instance(a.as)
	if now.State != terminated {
		if err := fleet.TerminateInstance(ctx, a.as, false); err != nil {
			return err
		}
	}
	evidence, ok := a.terminated(ctx, a.as)
	if !ok {
		return errors.New(evidence)
	}
	if now.Elastic {
		return fleet.ReleaseAddress(ctx, now.Public)
	}
	return nil
}

func (a *added) gone(ctx context.Context) (string, bool) { return a.terminated(ctx, a.as) }
