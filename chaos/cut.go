package chaos

import (
	"context"
	"errors"
	"fmt"

	"showdown/targets/cloud"
)

// cut drops every packet between two groups, as a broken link does: new connections
// time out and open ones fall silent, whatever the security groups say.
func cut() deed {
	return deed{
		needs:    "cut",
		evidence: "connections between the two are silent, an open one too",
		early:    true,
		check: func(v values) error {
			if v.names["from"] == v.names["to"] {
				return fmt.Errorf("cut is between %s and itself: name two sides", v.names["from"])
			}
			return nil
		},
		effect: func(t *target, v values) effect { return &severed{target: t, a: v.names["from"], b: v.names["to"]} },
	}
}

type severed struct {
	*target
	a, b   string
	routes []route
	open   held
	asked  bool
}

// ways are the routes between the two sides, whichever of them can connect.
func (s *severed) ways(g Groups) []route {
	return append(s.env.routes(g, s.a, s.b), s.env.routes(g, s.b, s.a)...)
}

func (s *severed) ready(ctx context.Context) error {
	g, err := s.groups()
	if err != nil {
		return err
	}
	// What the groups do not let through says nothing of the link.
	var open []route
	for r, what := range s.tryAll(ctx, s.ways(g)) {
		if what == cloud.Answered {
			open = append(open, r)
		}
	}
	s.routes, s.open = open, s.holdOne(ctx, open)
	if len(open) == 0 {
		return fmt.Errorf("no connection between %s and %s was answered before", s.a, s.b)
	}
	return nil
}

func (s *severed) inject(ctx context.Context) error {
	g, err := s.groups()
	if err != nil {
		return err
	}
	s.asked = true
	return g.Cut(ctx, s.a, s.b)
}

func (s *severed) confirm(ctx context.Context) (string, bool) {
	defer s.open.close()
	now, ok := s.meet(ctx, s.routes, s.limit.effect, func(_ route, what string) bool { return what == cloud.Silent })
	s.facts["routes"] = len(s.routes)
	evidence := now.String()
	if s.open.connection != nil {
		said, silent := s.open.silent(s.limit.answer)
		s.facts["established_silent"] = silent
		evidence, ok = evidence+"; "+said, ok && silent
	}
	s.matrix(ctx)
	return evidence, ok
}

func (s *severed) left() remains {
	if s.asked {
		return leavesFault
	}
	return leavesNothing
}

func (s *severed) undo(ctx context.Context) error {
	g, err := s.groups()
	if err != nil {
		return err
	}
	return g.Uncut(ctx, s.a, s.b)
}

func (s *severed) gone(ctx context.Context) (string, bool) {
	words, ok := s.back(ctx, s.routes, func(_ route, what string) bool { return what == cloud.Answered })
	s.matrix(ctx)
	return words, ok
}

// matrix lets the lab find out beside the experiment who reaches whom now, for the
// claims that ask.
func (t *target) matrix(ctx context.Context) {
	g, err := t.groups()
	if err != nil || ctx.Err() != nil {
		return
	}
	t.begin(func() error {
		err := g.Matrix(ctx)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	})
}
