package chaos

import (
	"context"
	"fmt"
	"net/http"

	"showdown/targets/cloud"
)

// fillQueue keeps every worker of an instance and every place in its queue busy, as
// threads are that all wait for a slow dependency. Requests are turned away with 503,
// and the health path, which needs no worker, stays fine.
func fillQueue() deed {
	return deed{
		needs:    string(cloud.Fill),
		evidence: "clients are answered 503 while the health path is answered 200",
		bound:    true,
		effect: func(t *target, _ values) effect {
			return &filled{commanded{t, cloud.Command{Verb: cloud.Fill}}}
		},
	}
}

type filled struct{ commanded }

// turnedAway is how many requests in a row must be: a busy instance turns away one or
// two by itself.
const turnedAway = 5

func (f *filled) ready(ctx context.Context) error { return f.mustServe(ctx) }

func (f *filled) confirm(ctx context.Context) (string, bool) {
	away := 0
	for range turnedAway {
		if s := f.ask(ctx); s.Saw == Answered && s.Status == http.StatusServiceUnavailable {
			away++
		}
	}
	health := f.look(ctx)
	f.facts["share_503"] = float64(away) / turnedAway
	return fmt.Sprintf("%d of %d answers were 503; the health path %s", away, turnedAway, health), away == turnedAway && health.Good()
}

// gone looks for a request that found a worker, whatever that answered: an error is
// another fault's.
func (f *filled) gone(ctx context.Context) (string, bool) {
	var last Sight
	ok := f.until(ctx, f.limit.effect, func() bool {
		last = f.ask(ctx)
		return last.worked()
	})
	return "a request: " + last.String(), ok
}
