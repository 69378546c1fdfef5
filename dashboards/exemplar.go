package dashboards

import (
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"showdown"
)

// maxBackendRunes keeps an exemplar's labels, with the number of the request, under
// the 128 characters that OpenMetrics allows them.
const maxBackendRunes = 64

// observe counts the durations of a batch's requests in h, and leaves the slowest one
// as the exemplar of its bucket: by the number in the record (seq) and who answered.
// One in a batch keeps the cost of the others what it was, and the slowest is the one
// that is looked for.
func observe(h prometheus.Observer, hits []*showdown.Hit, seconds func(*showdown.Hit) float64) {
	slowest, at := -1.0, -1
	for i, hit := range hits {
		if s := seconds(hit); s > slowest {
			slowest, at = s, i
		}
	}
	with, ok := h.(prometheus.ExemplarObserver)
	for i, hit := range hits {
		if i == at && ok {
			with.ObserveWithExemplar(slowest, exemplar(hit))
			continue
		}
		h.Observe(seconds(hit))
	}
}

// exemplar names a request: seq is its number in the cell's record.
func exemplar(h *showdown.Hit) prometheus.Labels {
	l := prometheus.Labels{"seq": strconv.FormatUint(h.Seq, 10)}
	// A backend's name may come from an answer, and the library panics on bad text.
	if b := []rune(strings.ToValidUTF8(h.Backend, "")); len(b) > 0 {
		l["backend"] = string(b[:min(len(b), maxBackendRunes)])
	}
	return l
}

func service(h *showdown.Hit) float64  { return h.Latency.Seconds() }
func response(h *showdown.Hit) float64 { return h.Response().Seconds() }
