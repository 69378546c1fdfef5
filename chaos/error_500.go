package chaos

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"showdown/targets/cloud"
)

// error500 makes an instance answer a share of its requests with 500: a process
// that lives and is broken.
func error500() deed {
	return deed{
		needs:    string(cloud.Errors),
		evidence: "the share of answers with status 500",
		bound:    true,
		effect: func(t *target, v values) effect {
			return &broken{commanded{t, cloud.Command{Verb: cloud.Errors, Share: v.share, Status: http.StatusInternalServerError}}}
		},
	}
}

type broken struct{ commanded }

func (b *broken) ready(ctx context.Context) error { return b.mustAnswer(ctx) }

func (b *broken) confirm(ctx context.Context) (string, bool) {
	n := samplesFor(b.order.Share)
	errors, answers := b.count(ctx, n)
	b.facts["share_500"] = ratio(errors, answers)
	return fmt.Sprintf("%d of %d answers were 500", errors, answers), answers > 0 && plausible(errors, answers, b.order.Share)
}

// count is how many of n requests were answered, and how many of these with 500.
func (b *broken) count(ctx context.Context, n int) (errors, answers int) {
	for range n {
		if ctx.Err() != nil {
			break
		}
		s := b.probe.look(ctx, b.place(), b.path(), patience{b.limit.connect, b.limit.request})
		if s.Saw != Answered || s.Status == http.StatusServiceUnavailable {
			continue
		}
		answers++
		if s.Status == http.StatusInternalServerError {
			errors++
		}
	}
	return errors, answers
}

func (b *broken) gone(ctx context.Context) (string, bool) {
	n := samplesFor(b.order.Share)
	var errors, answers int
	ok := b.until(ctx, b.limit.effect, func() bool {
		errors, answers = b.count(ctx, n)
		return answers > 0 && errors == 0
	})
	return fmt.Sprintf("%d of %d answers were 500", errors, answers), ok
}

// samplesFor is how many requests show a share: enough that about five of them are
// hit, and not so many that the probe becomes load.
func samplesFor(share float64) int {
	return int(min(max(math.Ceil(5/share), 5), 200))
}

// plausible says that hits of n requests is what a share gives, within four standard
// deviations of the binomial distribution, and not nothing.
func plausible(hits, n int, share float64) bool {
	mean := share * float64(n)
	deviation := math.Sqrt(mean * (1 - share))
	return hits > 0 && math.Abs(float64(hits)-mean) <= 4*deviation+1e-9
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
