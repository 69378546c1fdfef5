package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// dnsFail lets the name servers fail. Clients feel it when their caches run out, and
// not before.
func dnsFail() deed {
	return deed{
		evidence: "every name server gives no such name, a failure, no answer, or answers later by the latency",
		made:     "the lab's own name servers answer so, over real UDP and TCP; all of them at once, which Route 53 is built to avoid",
		effect: func(t *target, v values) effect {
			return &mute{target: t, mode: v.choice, host: v.names["host"], latency: v.latency}
		},
	}
}

type mute struct {
	*target
	mode, host string
	latency    time.Duration
	asked      bool
	base       time.Duration // the slowest answer before
}

// delay is how much later a slow answer comes.
func (m *mute) delay() time.Duration {
	if m.mode == "slow" {
		return m.latency
	}
	return 0
}

func (m *mute) ready(ctx context.Context) error {
	names, err := m.env.names()
	if err != nil {
		return err
	}
	now := m.listen(ctx, names, m.host, m.limit.answer+m.delay())
	if !now.all(func(r reply) bool { return r.said == SaidAddresses }) {
		return errors.New("the name servers gave no addresses before: " + now.String())
	}
	m.base = now.slowest()
	return nil
}

func (m *mute) inject(context.Context) error {
	names, err := m.env.names()
	if err != nil {
		return err
	}
	m.asked = true
	return names.FailNames(m.mode, m.host, m.latency)
}

// failing says whether a reply is what the mode makes of it.
func (m *mute) failing(r reply) bool {
	switch m.mode {
	case "nxdomain":
		return r.said == SaidNothing
	case "servfail":
		return r.said == SaidFailure
	case "slow":
		return r.took-m.base >= m.latency*8/10
	}
	return r.said == SaidSilence
}

func (m *mute) confirm(ctx context.Context) (string, bool) {
	names, err := m.env.names()
	if err != nil {
		return err.Error(), false
	}
	var now heard
	ok := m.until(ctx, m.limit.effect, func() bool {
		now = m.listen(ctx, names, m.host, m.limit.answer+m.delay())
		return now.all(m.failing)
	})
	m.facts["mode"], m.facts["answer_before_ms"], m.facts["answer_ms"] = m.mode, ms(m.base), ms(now.slowest())
	return fmt.Sprintf("%s, the slowest in %s", now, round(now.slowest())), ok
}

func (m *mute) left() remains {
	if m.asked {
		return leavesFault
	}
	return leavesNothing
}

func (m *mute) undo(context.Context) error {
	names, err := m.env.names()
	if err != nil {
		return err
	}
	return names.FailNames("", m.host, 0)
}

func (m *mute) gone(ctx context.Context) (string, bool) {
	names, err := m.env.names()
	if err != nil {
		return err.Error(), false
	}
	var now heard
	ok := m.until(ctx, m.limit.effect, func() bool {
		now = m.listen(ctx, names, m.host, m.limit.answer+m.delay())
		return now.all(func(r reply) bool {
			return r.said == SaidAddresses && (m.mode != "slow" || r.took-m.base < m.latency/2)
		})
	})
	return fmt.Sprintf("%s, the slowest in %s", now, round(now.slowest())), ok
}

// slowest is the longest that a name server took.
func (h heard) slowest() time.Duration {
	var most time.Duration
	for _, r := range h {
		most = max(most, r.took)
	}
	return most
}
