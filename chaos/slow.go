package chaos

import (
	"context"
	"fmt"
	"time"

	"showdown/targets/cloud"
)

// slow adds latency to each answer of an instance. The latency is real time, as all
// latencies are. The probe measures it with requests that wait for no CPU.
func slow() deed {
	return deed{
		needs:    string(cloud.Delay),
		evidence: "the measured round trip grew by the latency",
		bound:    true,
		effect: func(t *target, v values) effect {
			return &slowed{commanded: commanded{t, cloud.Command{Verb: cloud.Delay, Delay: v.latency}}}
		},
	}
}

type slowed struct {
	commanded
	base time.Duration
}

// Looks whose fastest stands for a round trip: the fastest of several is the one
// that waited for nothing.
const roundTrips = 3

func (s *slowed) ready(ctx context.Context) error {
	if err := s.mustAnswer(ctx); err != nil {
		return err
	}
	s.base = s.fastest(ctx, healthPath, roundTrips).Took
	return nil
}

func (s *slowed) confirm(ctx context.Context) (string, bool) {
	now := s.fastest(ctx, healthPath, roundTrips).Took
	s.facts["round_trip_before_ms"], s.facts["round_trip_ms"] = ms(s.base), ms(now)
	// A timer is at most late, so a growth below the latency is not this fault.
	grew := now - s.base
	return fmt.Sprintf("round trip %s, %s before", round(now), round(s.base)), now > 0 && grew >= s.order.Delay*8/10
}

func (s *slowed) gone(ctx context.Context) (string, bool) {
	var now time.Duration
	ok := s.until(ctx, s.limit.effect, func() bool {
		now = s.fastest(ctx, healthPath, roundTrips).Took
		return now > 0 && now-s.base < s.order.Delay/2
	})
	return fmt.Sprintf("round trip %s, %s before", round(now), round(s.base)), ok
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
