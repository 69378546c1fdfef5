package chaos

import (
	"context"
	"net/http"

	"showdown/targets/cloud"
)

// deepFailure breaks the application behind a health path that stays fine: what a
// health check does not see that looks at less than the users need (Amazon Builders'
// Library, Implementing health checks: a shallow check against a dependency that is
// broken).
func deepFailure() deed {
	return deed{
		needs:    string(cloud.Errors),
		evidence: "the share of answers with status 500 to clients, and good answers on the health path",
		bound:    true,
		effect: func(t *target, v values) effect {
			return &hollow{broken{commanded{t, cloud.Command{
				Verb: cloud.Errors, Share: v.share, Status: http.StatusInternalServerError, Deep: true,
			}}}}
		},
	}
}

// hollow differs from broken in what it leaves alone.
type hollow struct{ broken }

func (h *hollow) confirm(ctx context.Context) (string, bool) {
	clients, health := h.sample(ctx)
	fine := health.answers > 0 && health.errors == 0
	return clients.String() + "; on the health path " + health.String(), clients.shows(h.order.Share) && fine
}
