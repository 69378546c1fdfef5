package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"showdown/targets/cloud"
)

// cpuSteal takes a share of an instance's CPU away, as a noisy neighbour on an
// oversold host does.
func cpuSteal() deed {
	return deed{
		needs:    string(cloud.Steal),
		evidence: "the machine's speed fell by the share, and a request takes longer from outside",
		bound:    true,
		bounds:   map[string]string{"share": fmt.Sprintf("above 0%%, at most %g%%", maxSteal*100)},
		check: func(v values) error {
			if v.share > maxSteal {
				return fmt.Errorf("share of cpu-steal is %g%%: at most %g%%, an instance without CPU is a hang", v.share*100, maxSteal*100)
			}
			return nil
		},
		effect: func(t *target, v values) effect {
			return &robbed{commanded: commanded{t, cloud.Command{Verb: cloud.Steal, Share: v.share}}}
		},
	}
}

const maxSteal = 0.99

type robbed struct {
	commanded
	speed float64 // before
	// under is the speed at the last look under the fault; 0 where there was none.
	under float64
	// felt says that the speed was seen to fall, undone that the undo has begun.
	felt, undone bool
	base         time.Duration
}

func (r *robbed) ready(ctx context.Context) error {
	speed, err := r.measure(ctx)
	if err != nil {
		return err
	}
	r.speed = speed
	if r.base = r.fastest(ctx, r.path(), roundTrips).Took; r.base == 0 {
		return errors.New(r.name + " gave no good answer before")
	}
	return nil
}

// measure is the machine's share of full speed, as its own counters have it.
func (r *robbed) measure(ctx context.Context) (float64, error) {
	c, err := r.command(ctx, cloud.Command{Verb: cloud.Stats})
	return c.Speed, err
}

func (r *robbed) confirm(ctx context.Context) (string, bool) {
	speed, err := r.measure(ctx)
	if err != nil {
		return err.Error(), false
	}
	r.under, r.felt = speed, r.lower(speed)
	now := r.fastest(ctx, r.path(), roundTrips).Took
	r.facts["speed_before"], r.facts["speed"] = r.speed, speed
	r.facts["service_before_ms"], r.facts["service_ms"] = ms(r.base), ms(now)
	evidence := fmt.Sprintf("speed %.2f of full, %.2f before; a request takes %s, %s before", speed, r.speed, round(now), round(r.base))
	if now == 0 {
		evidence = fmt.Sprintf("speed %.2f of full, %.2f before; no good answer in time, %s before", speed, r.speed, round(r.base))
	}
	return evidence, r.lower(speed) && (now == 0 || r.longer(now))
}

// lower says that the speed fell by about the share. An instance may be throttled
// beside, which only lowers it further.
func (r *robbed) lower(speed float64) bool {
	return speed <= r.speed*(1-r.order.Share*0.9)
}

// longer says that a request takes at least half of the time more that the share
// makes of it.
func (r *robbed) longer(now time.Duration) bool {
	factor := 1 / (1 - r.order.Share)
	return float64(now) >= float64(r.base)*(1+(factor-1)/2)
}

// undo looks once more before: what is throttled meanwhile is not the fault's.
func (r *robbed) undo(ctx context.Context) error {
	if speed, err := r.measure(ctx); err == nil && !r.undone {
		r.under, r.undone = speed, true
	}
	return r.commanded.undo(ctx)
}

// risen says that the share came back: the speed is as much higher than under the
// fault as the share makes of it, or it is again what it was. An instance whose
// credits ran out under the fault stays slow.
func (r *robbed) risen(speed float64) bool {
	if r.felt && speed >= r.under/(1-r.order.Share*0.9) {
		return true
	}
	// The old speed says nothing where credits that came under the fault had lifted it
	// to that already.
	return !r.lower(speed) && (!r.felt || r.lower(r.under))
}

func (r *robbed) gone(ctx context.Context) (string, bool) {
	var speed float64
	ok := r.until(ctx, r.limit.effect, func() bool {
		s, err := r.measure(ctx)
		speed = s
		return err == nil && r.risen(speed)
	})
	now := r.fastest(ctx, r.path(), roundTrips).Took
	return fmt.Sprintf("speed %.2f of full, %.2f under the fault; a request takes %s", speed, r.under, round(now)), ok
}
