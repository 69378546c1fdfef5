package chaos

import (
	"context"

	"showdown/targets/cloud"
)

// hang freezes the process of an instance. The kernel goes on accepting connections
// for it, so a check that only connects stays green.
func hang() deed {
	return deed{
		needs:    "pause",
		evidence: "a connection is made and the request is not answered",
		bound:    true,
		effect:   func(t *target, _ values) effect { return &hung{target: t} },
	}
}

type hung struct{ *target }

func (h *hung) ready(ctx context.Context) error { return h.mustAnswer(ctx) }

func (h *hung) inject(ctx context.Context) error {
	return h.control(ctx, func(ctx context.Context, m cloud.Machine) error { return m.Pause(ctx) })
}

func (h *hung) confirm(ctx context.Context) (string, bool) {
	s, ok := h.see(ctx, h.limit.effect, func(s Sight) bool { return s.Saw == Silent })
	return s.String(), ok
}

func (h *hung) left() remains { return h.inMachine() }

func (h *hung) undo(ctx context.Context) error {
	return h.control(ctx, func(ctx context.Context, m cloud.Machine) error { return m.Resume(ctx) })
}

func (h *hung) gone(ctx context.Context) (string, bool) { return h.answers(ctx, h.limit.effect) }
