package chaos

import (
	"context"
	"fmt"
	"time"

	"showdown"
	"showdown/targets/apps/clock"
	"showdown/targets/cloud"
)

// clockSkew puts the clock of an instance ahead. What it tells is the reading of a
// clock, so ten minutes are ten minutes whatever the speed.
func clockSkew() deed {
	return deed{
		needs:    string(cloud.Skew),
		evidence: "the time that the instance tells is ahead of the probe's own clock",
		bound:    true,
		bounds:   map[string]string{"by": "at least " + minSkew.String() + " of AWS time"},
		check: func(v values) error {
			if v.duration < minSkew {
				return fmt.Errorf("by of clock-skew is %s: at least %s, or nobody notices", v.duration, minSkew)
			}
			return nil
		},
		effect: func(t *target, v values) effect {
			return &skewed{commanded: commanded{t, cloud.Command{Verb: cloud.Skew, Delay: time.Duration(v.duration)}}}
		},
	}
}

// minSkew lies above what the clients take for a right answer and above what a look
// takes.
const minSkew = 2 * showdown.Second

type skewed struct {
	commanded
	base time.Duration // by which it was ahead before
}

func (s *skewed) ready(ctx context.Context) (err error) {
	s.base, err = s.ahead(ctx)
	return err
}

// ahead is by how much the instance's clock is ahead of ours. The answer was written
// some time between the question and its arrival, so the middle is taken.
func (s *skewed) ahead(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	look := s.ask(ctx)
	if !look.Good() {
		return 0, fmt.Errorf("%s tells no time: %s", s.name, look)
	}
	told, err := clock.Told([]byte(look.Body))
	if err != nil {
		return 0, fmt.Errorf("%s tells no time: %w", s.name, err)
	}
	return told.Sub(start.Add(look.Took / 2)), nil
}

// sees asks until the clock is ahead by about want: within a fifth of the skew, which
// is more than a look takes.
func (s *skewed) sees(ctx context.Context, want time.Duration) (ahead time.Duration, evidence string, ok bool) {
	ok = s.until(ctx, s.limit.effect, func() bool {
		now, err := s.ahead(ctx)
		if err != nil {
			evidence = err.Error()
			return false
		}
		ahead = now.Round(time.Millisecond)
		evidence = fmt.Sprintf("it tells a time %s ahead of the probe's, %s before", ahead, s.base.Round(time.Millisecond))
		return (now - want).Abs() <= s.order.Delay/5
	})
	return ahead, evidence, ok
}

func (s *skewed) confirm(ctx context.Context) (string, bool) {
	ahead, evidence, ok := s.sees(ctx, s.base+s.order.Delay)
	s.facts["skew_s"] = ahead.Seconds()
	return evidence, ok
}

func (s *skewed) gone(ctx context.Context) (string, bool) {
	_, evidence, ok := s.sees(ctx, s.base)
	return evidence, ok
}
