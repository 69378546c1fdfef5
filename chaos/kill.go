package chaos

import (
	"context"
	"fmt"

	"showdown/targets/cloud"
)

// kill ends the process of an instance at once. The kernel closes its connections
// and refuses new ones; EC2 knows nothing of it.
func kill() deed {
	return deed{
		needs:    "kill",
		evidence: "connections are refused",
		perishes: true,
		effect:   func(t *target, _ values) effect { return &killed{target: t} },
	}
}

type killed struct{ *target }

func (k *killed) ready(ctx context.Context) error { return k.notYet(ctx, Refused) }

func (k *killed) inject(ctx context.Context) error {
	return k.control(ctx, func(ctx context.Context, m cloud.Machine) error { return m.Kill(ctx) })
}

func (k *killed) confirm(ctx context.Context) (string, bool) {
	s, ok := k.see(ctx, k.limit.effect, func(s Sight) bool { return s.Saw == Refused })
	return s.String(), ok
}

func (k *killed) left() remains { return k.inMachine() }

// undo starts the process again, unless the instance has been stopped or started
// since: then there is nothing of this fault left.
func (k *killed) undo(ctx context.Context) error {
	now, ok := k.lab.Machine(k.name)
	if ok && now.Identity() != k.identity {
		return nil
	}
	if in, _ := k.instance(k.name); in.State != "running" {
		return nil
	}
	if ok {
		if err := k.finishOff(ctx, now); err != nil {
			return err
		}
	}
	return k.lab.RestartMachine(ctx, k.name)
}

// finishOff makes sure that a process ends which was ordered to end. An order that was cut
// off may reach it all the same, and who took it for alive would start no other.
func (e *env) finishOff(ctx context.Context, m cloud.Machine) error {
	err := e.askOf(ctx, m, func(ctx context.Context, m cloud.Machine) error { return m.Kill(ctx) })
	if err != nil && !dead(m) {
		return err
	}
	return nil
}

func (k *killed) gone(ctx context.Context) (string, bool) {
	in, _ := k.instance(k.name)
	if in.State != "running" {
		return k.name + " is " + in.State + ", which is not this fault's doing", true
	}
	var last Sight
	good := false
	k.until(ctx, k.limit.operation, func() bool {
		last = k.look(ctx)
		good = last.answered()
		in, _ = k.instance(k.name)
		return good || ending(in)
	})
	if good {
		k.became(in)
	}
	return last.String(), good
}

// ended says that another action has put a new process in the place of the one that
// was killed, or has taken the instance down.
func (k *killed) ended() (words string, yes bool) {
	now, ok := k.lab.Machine(k.name)
	if ok && now.Identity() != k.identity {
		return fmt.Sprintf("process %s runs in the place of %s", now.Identity(), k.identity), true
	}
	return k.perished()
}
