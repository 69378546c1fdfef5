package chaos

import (
	"context"
	"fmt"
)

// startInstance starts a stopped instance. It is in place when the instance answers.
func startInstance() deed {
	return deed{
		evidence: "the instance answers, DescribeInstances says running",
		made:     "a new process that boots in the time that EC2 takes",
		effect:   func(t *target, _ values) effect { return &started{target: t} },
	}
}

type started struct{ *target }

func (s *started) ready(context.Context) error { return nil }

func (s *started) inject(ctx context.Context) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	if evidence, ok := s.answers(ctx, s.limit.operation); !ok {
		return fmt.Errorf("%s was started and does not answer: %s", s.name, evidence)
	}
	return nil
}

func (s *started) confirm(ctx context.Context) (string, bool) {
	now, _ := s.instance(s.name)
	return s.runsAs(ctx, now.Type, nil)
}

func (s *started) left() remains { return leavesNothing }

func (s *started) undo(context.Context) error { return nil }

func (s *started) gone(context.Context) (string, bool) { return "nothing to undo", true }
