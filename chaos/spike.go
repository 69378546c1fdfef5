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
		evidence: "the machines receive more requests by the factor",
		made:     "the generator sends more requests; the clients stay as many as they are",
		early:    true,
		effect:   func(t *target, v values) effect { return &surge{target: t, factor: v.factor} },
	}
}

type surge struct {
	*target
	factor  float64
	restore func()
	base    arrivals // before
}

func (s *surge) ready(ctx context.Context) error {
	if s.load == nil {
		return nil // inject says so
	}
	s.base = s.arriving(ctx, s.limit.census)
	switch {
	case !s.base.known:
		return errors.New("no machine could be asked how many requests came before")
	case s.base.rate == 0:
		return errors.New("no request came before")
	}
	return nil
}

func (s *surge) inject(context.Context) error {
	if s.load == nil {
		return errors.New("no traffic to multiply")
	}
	s.restore = s.load.Spike(s.factor)
	return nil
}

func (s *surge) confirm(ctx context.Context) (string, bool) {
	var now arrivals
	ok := s.until(ctx, s.limit.effect, func() bool {
		now = s.arriving(ctx, s.limit.glance)
		want := s.calm(now) * s.factor
		return now.known && s.base.known && near(now.rate, want) && s.spiked(now)
	})
	if s.base.known {
		s.facts["rate_before"] = tenth(s.base.rate)
	}
	if now.known {
		s.facts["rate"] = tenth(now.rate)
	}
	return s.evidence(now), ok
}

// calm is the rate that would arrive now without the spike: that of before, as much
// higher or lower as the plan of the traffic is now. A ramp moves it, and so does the
// next phase.
func (s *surge) calm(now arrivals) float64 {
	before := s.offered(s.base.at)
	if before == 0 {
		return s.base.rate
	}
	return s.base.rate * s.offered(now.at) / before
}

// near says that a rate is about the wanted one: a few requests that are counted make
// it no better than to a third.
func near(rate, want float64) bool { return want > 0 && math.Abs(rate-want) <= 0.35*want }

// spiked says that a rate is nearer to the one with the spike than to the one without.
func (s *surge) spiked(now arrivals) bool {
	between := s.calm(now) * math.Sqrt(s.factor)
	if s.factor < 1 {
		return now.rate < between
	}
	return now.rate > between
}

func (s *surge) left() remains {
	if s.restore == nil {
		return leavesNothing
	}
	return leavesFault
}

func (s *surge) undo(context.Context) error {
	s.restore()
	return nil
}

// gone says that what arrives is not multiplied any more. Of traffic that is over
// nothing arrives that could be.
func (s *surge) gone(ctx context.Context) (string, bool) {
	var now arrivals
	ok := s.until(ctx, s.limit.effect, func() bool {
		now = s.arriving(ctx, s.limit.census)
		switch {
		case !now.known:
			return false
		case now.rate == 0:
			return true
		case !s.base.known || s.base.rate == 0 || s.base.few:
			// There is nothing to compare with; what arrives is at most what is planned.
			planned := s.offered(now.at)
			return planned == 0 || now.rate < planned*max(1, math.Sqrt(s.factor))
		}
		return !s.spiked(now)
	})
	return s.evidence(now), ok
}

func (s *surge) evidence(now arrivals) string {
	return words(now) + " now, " + words(s.base) + " before"
}

func words(a arrivals) string {
	if !a.known {
		return "an unknown number of requests (no machine could be asked)"
	}
	return fmt.Sprintf("%.4g requests/s received", a.rate)
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }
