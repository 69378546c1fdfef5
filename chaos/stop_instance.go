package chaos

import (
	"context"
	"errors"
	"fmt"
)

// stopInstance stops an instance through EC2. The application goes away at the
// beginning of the operation, and the instance is "stopped" some AWS seconds later.
func stopInstance() deed {
	return deed{
		needs:    "stop",
		evidence: "connections are refused, DescribeInstances says stopped",
		perishes: true,
		effect:   func(t *target, _ values) effect { return &stopped{target: t} },
	}
}

type stopped struct {
	*target
	operation *operation
	asked     bool
}

func (s *stopped) ready(ctx context.Context) error { return s.notYet(ctx, Refused) }

func (s *stopped) inject(ctx context.Context) error {
	o, err := s.stopping(ctx, func() error { return s.lab.StopInstance(ctx, s.name) })
	s.operation = o
	// An instance that EC2 refused to stop was not stopped by us.
	var refused *Refusal
	s.asked = o != nil && !errors.As(err, &refused)
	return err
}

func (s *stopped) confirm(ctx context.Context) (string, bool) {
	if err := s.operation.wait(); err != nil {
		return err.Error(), false
	}
	state, err := s.state(ctx, "stopped")
	if err != nil {
		return err.Error(), false
	}
	now, _ := s.instance(s.name)
	s.facts["state"], s.facts["type_after"] = state, now.Type
	look := s.target.look(ctx)
	return fmt.Sprintf("DescribeInstances says %s; %s", state, look), look.Saw == Refused || look.Saw == Nowhere
}

func (s *stopped) left() remains {
	if !s.asked {
		return leavesNothing
	}
	return leavesFault
}

func (s *stopped) undo(ctx context.Context) error {
	return s.startAgain(ctx)
}

func (s *stopped) gone(ctx context.Context) (string, bool) {
	return s.runsAs(ctx, s.before.Type, nil)
}

// ended says that another action has started the instance.
func (s *stopped) ended() (words string, yes bool) {
	now, _ := s.instance(s.name)
	m, ok := s.lab.Machine(s.name)
	if now.State != "running" || !ok || m.Identity() == s.identity {
		return "", false
	}
	return fmt.Sprintf("DescribeInstances says running, as process %s", m.Identity()), true
}
