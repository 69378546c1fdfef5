package chaos

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// spike multiplies the offered rate of the cell's traffic.
func spike() deed {
	return deed{
		evidence: "the rate that is offered grew by the factor",
		effect:   func(t *target, v values) effect { return &surge{target: t, factor: v.factor} },
	}
}

type surge struct {
	*target
	factor  float64
	restore func()
	base    float64 // the rate before
	peak    float64 // the rate just before the undo
}

func (s *surge) ready(context.Context) error { return nil }

func (s *surge) inject(context.Context) error {
	if s.load == nil {
		return errors.New("no traffic to multiply")
	}
	s.base = s.load.Rate()
	s.restore = s.load.Spike(s.factor)
	return nil
}

func (s *surge) confirm(ctx context.Context) (string, bool) {
	var rate float64
	ok := s.until(ctx, s.limit.effect, func() bool {
		rate = s.load.Rate()
		return near(rate, s.base*s.factor)
	})
	s.facts["rate_before"], s.facts["rate"] = s.base, rate
	return fmt.Sprintf("%.4g requests/s offered, %.4g before", rate, s.base), ok
}

// near says that a rate is about the wanted one. A ramp moves it while one looks.
func near(rate, want float64) bool { return want > 0 && math.Abs(rate-want) <= want/5 }

func (s *surge) left() remains {
	if s.restore == nil {
		return leavesNothing
	}
	return leavesFault
}

func (s *surge) undo(context.Context) error {
	s.peak = s.load.Rate()
	s.restore()
	return nil
}

// gone compares with the rate just before the undo: the phase may be another one
// than at the beginning. Traffic that is over offers nothing.
func (s *surge) gone(ctx context.Context) (string, bool) {
	var rate float64
	ok := s.until(ctx, s.limit.effect, func() bool {
		rate = s.load.Rate()
		return rate == 0 || near(rate, s.peak/s.factor)
	})
	return fmt.Sprintf("%.4g requests/s offered, %.4g before", rate, s.peak), ok
}
