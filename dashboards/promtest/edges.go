package promtest

import (
	"math"
	"time"
)

// Dip is a stretch in which a series was low.
type Dip struct {
	// From is when it left its high level, and To when it left its low one; To is zero
	// when it never did.
	From, To time.Time
}

// Dips finds the stretches in which a share fell to low or less, from the first
// sample under high to the first one above low again. The two levels are apart so
// that the window of a rate, which smears each edge over its length, does not move
// the edges by more than a scrape: a begin shows as soon as the first failure is
// scraped, an end as soon as the first good answer is.
func Dips(samples []Sample, low, high float64) []Dip {
	var (
		out   []Dip
		from  time.Time
		below bool
	)
	for _, s := range samples {
		switch {
		case math.IsNaN(s.Value):
		case below && s.Value > low:
			out = append(out, Dip{from, s.At})
			below, from = false, time.Time{}
		case !below && s.Value <= low:
			if from.IsZero() {
				from = s.At
			}
			below = true
		case !below && s.Value < high:
			if from.IsZero() {
				from = s.At
			}
		case !below:
			from = time.Time{}
		}
	}
	if below {
		out = append(out, Dip{From: from})
	}
	return out
}
