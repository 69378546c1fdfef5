package chaos

import (
	"context"
	"fmt"
	"time"
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
	m, err := h.running()
	if err != nil {
		return err
	}
	return m.Pause(ctx)
}

func (h *hung) confirm(ctx context.Context) (string, bool) {
	s, ok := h.see(ctx, h.limit.effect, func(s Sight) bool { return s.Saw == Silent })
	return s.String(), ok
}

func (h *hung) left() remains { return h.inMachine() }

func (h *hung) undo(ctx context.Context) error { return h.machine.Resume(ctx) }

func (h *hung) gone(ctx context.Context) (string, bool) { return h.answers(ctx, h.limit.effect) }

// held is a connection that a probe opened before a fault, to see afterwards whether
// open connections are silent too.
type held struct {
	connection connection
	why        string
}

func (t *target) hold(ctx context.Context) held {
	c, s := t.probe.open(ctx, t.place(), t.patience())
	return held{c, s.String()}
}

// silent says whether the held connection gives no answer any more.
func (h *held) silent(answer time.Duration) (evidence string, ok bool) {
	if h.connection == nil {
		return "no connection was open before (" + h.why + ")", false
	}
	s := h.connection.ask(healthPath, answer)
	return fmt.Sprintf("open connection: %s", s), s.Saw == Silent
}

func (h *held) close() {
	if h.connection != nil {
		h.connection.close()
		h.connection = nil
	}
}
