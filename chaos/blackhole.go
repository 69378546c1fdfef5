package chaos

import (
	"context"
	"fmt"
	"time"

	"showdown/targets/cloud"
)

// blackhole cuts an instance off as a loss of power or of a route does: no packet
// comes back, so new connections time out and open ones fall silent.
func blackhole() deed {
	return deed{
		needs:    string(cloud.Blackhole),
		evidence: "a new connection times out, an open one falls silent",
		bound:    true,
		effect: func(t *target, _ values) effect {
			return &cutOff{commanded: commanded{t, cloud.Command{Verb: cloud.Blackhole}}}
		},
	}
}

type cutOff struct {
	commanded
	open held
}

func (c *cutOff) ready(ctx context.Context) error {
	if err := c.mustAnswer(ctx); err != nil {
		return err
	}
	c.open = c.hold(ctx)
	return nil
}

func (c *cutOff) confirm(ctx context.Context) (string, bool) {
	defer c.open.close()
	s, gone := c.see(ctx, c.limit.effect, func(s Sight) bool { return s.Saw == Unreachable })
	if c.open.inside {
		return "new connection from a node: " + s.String(), gone
	}
	evidence, silent := c.open.silent(c.limit.answer)
	c.facts["established_silent"] = silent
	return "new connection: " + s.String() + "; " + evidence, gone && silent
}

func (c *cutOff) gone(ctx context.Context) (string, bool) { return c.answers(ctx, c.limit.effect) }

// held is a connection that a probe opened before a fault, to see afterwards whether
// open connections are silent too.
type held struct {
	connection connection
	why        string
	// inside says that none can be held, since the probe looks from inside the lab.
	inside bool
}

func (t *target) hold(ctx context.Context) held {
	now, _ := t.instance(t.name)
	v := t.view(now)
	if v.inside {
		return held{why: "who looks from inside the lab holds none", inside: true}
	}
	c, s := v.open(ctx, v.place, t.patience())
	return held{connection: c, why: s.String()}
}

// silent says whether the held connection gives no answer any more.
func (h *held) silent(answer time.Duration) (evidence string, ok bool) {
	if h.connection == nil {
		return "no connection was open before (" + h.why + ")", false
	}
	s := h.ask(answer)
	return fmt.Sprintf("open connection: %s", s), s.Saw == Silent
}

// ask sends one more request over the held connection; it sees nothing where none is.
func (h *held) ask(answer time.Duration) Sight {
	if h.connection == nil {
		return Sight{}
	}
	return h.connection.ask(healthPath, answer)
}

// fastest is the shortest of several round trips on the held connection; 0 where
// there was none.
func (h *held) fastest(answer time.Duration) (best time.Duration) {
	for range roundTrips {
		if s := h.ask(answer); s.answered() && (best == 0 || s.Took < best) {
			best = s.Took
		}
	}
	return best
}

func (h *held) close() {
	if h.connection != nil {
		h.connection.close()
		h.connection = nil
	}
}
