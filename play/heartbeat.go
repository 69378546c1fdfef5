package play

import (
	"context"
	"time"
)

// heartbeatPeriod is how often the harness looks whether it is late itself.
const heartbeatPeriod = 10 * time.Millisecond

// heartbeat calls late whenever a beat comes more than limit after its time, until
// ctx ends. Beats lie on the monotonic clock, so that one stall does not shift the
// next beat.
func heartbeat(ctx context.Context, limit time.Duration, late func(time.Duration)) error {
	next := time.Now().Add(heartbeatPeriod)
	timer := time.NewTimer(heartbeatPeriod)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := time.Now()
		if by := now.Sub(next); by > limit {
			late(by)
		}
		for !next.After(now) {
			next = next.Add(heartbeatPeriod)
		}
		timer.Reset(next.Sub(now))
	}
}
