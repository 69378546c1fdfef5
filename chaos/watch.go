package chaos

import (
	"context"
	"time"
)

// Conditions says which condition holds first at lab time now since the run's zero; hit is
// false where none does. It is the method of [showdown/results/analysis.Live].
type Conditions func(now time.Duration) (condition string, hit bool)

// watchEvery is the period at which conditions are asked, in lab time.
const watchEvery = 100 * time.Millisecond

// Watch asks conditions every 100 ms from zero until one holds, until end, which is
// counted from zero, or until ctx ends; hit is true in the first case only.
func Watch(ctx context.Context, conditions Conditions, zero time.Time, end time.Duration) (condition string, hit bool) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	over := time.NewTimer(time.Until(zero.Add(end)))
	defer over.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", false
		case <-over.C:
			return "", false
		case <-tick.C:
		}
		now := time.Since(zero)
		if now < 0 {
			continue
		}
		if condition, hit := conditions(now); hit {
			return condition, true
		}
	}
}
