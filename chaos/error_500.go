package chaos

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"showdown/targets/cloud"
)

// error500 makes an instance answer a share of its requests with 500, health checks
// included: a process that lives and is broken.
func error500() deed {
	return deed{
		needs:    string(cloud.Errors),
		evidence: "the share of answers with status 500, to clients and on the health path",
		bound:    true,
		effect: func(t *target, v values) effect {
			return &broken{commanded{t, cloud.Command{Verb: cloud.Errors, Share: v.share, Status: http.StatusInternalServerError}}}
		},
	}
}

type broken struct{ commanded }

// ready wants a good answer on the health path: one that is bad already says nothing
// afterwards.
func (b *broken) ready(ctx context.Context) error {
	if s := b.look(ctx); !s.Good() {
		return fmt.Errorf("%s gave no good answer before: %s", b.name, s)
	}
	return b.mustServe(ctx)
}

func (b *broken) confirm(ctx context.Context) (string, bool) {
	clients, health := b.sample(ctx)
	return clients.String() + "; on the health path " + health.String(), clients.shows(b.order.Share) && health.shows(b.order.Share)
}

// sample asks as clients and as health checks do, and writes both shares down.
func (b *broken) sample(ctx context.Context) (clients, health tally) {
	n := samplesFor(b.order.Share)
	clients, health = b.count(ctx, b.path(), n), b.count(ctx, healthPath, n)
	b.facts["share_500"], b.facts["health_share_500"] = clients.share(), health.share()
	return clients, health
}

// count asks n times for path. Who was turned away before the work says nothing.
func (t *target) count(ctx context.Context, path string, n int) (out tally) {
	for range n {
		if ctx.Err() != nil {
			break
		}
		s := t.lookAt(ctx, t.name, path, patience{t.limit.connect, t.limit.request})
		if !s.worked() {
			continue
		}
		out.answers++
		if s.Status == http.StatusInternalServerError {
			out.errors++
		}
	}
	return out
}

func (b *broken) gone(ctx context.Context) (string, bool) {
	n := samplesFor(b.order.Share)
	var clients tally
	ok := b.until(ctx, b.limit.effect, func() bool {
		clients = b.count(ctx, b.path(), n)
		return clients.answers > 0 && clients.errors == 0
	})
	return clients.String(), ok
}

// tally is how many of some answers were 500.
type tally struct{ errors, answers int }

// String is the tally for evidence.
func (t tally) String() string { return fmt.Sprintf("%d of %d answers were 500", t.errors, t.answers) }

// shows says that it is what a share of errors gives.
func (t tally) shows(share float64) bool {
	return t.answers > 0 && plausible(t.errors, t.answers, share)
}

func (t tally) share() float64 {
	if t.answers == 0 {
		return 0
	}
	return float64(t.errors) / float64(t.answers)
}

// samplesFor is how many requests show a share: enough that about eight of them are
// hit, so that none is once in 3,000 times, and not so many that the probe becomes
// load.
func samplesFor(share float64) int {
	return int(min(max(math.Ceil(8/share), 8), 200))
}

// plausible says that hits of n requests is what a share gives, within four standard
// deviations of the binomial distribution, and not nothing.
func plausible(hits, n int, share float64) bool {
	mean := share * float64(n)
	deviation := math.Sqrt(mean * (1 - share))
	return hits > 0 && math.Abs(float64(hits)-mean) <= 4*deviation+1e-9
}
