package report

import (
	"cmp"
	"slices"
	"strconv"

	"showdown/results"
)

// endpointTable has a row for each request of a scenario.
func endpointTable(list []results.Endpoint) table {
	out := table{head: []string{"endpoint", "requests", "availability", "p50", "p99", "wrong"}, numbers: true}
	for _, e := range list {
		out.rows = append(out.rows, []string{
			e.Name, strconv.FormatUint(e.Requests.Scheduled, 10), shareOf(e.Availability), ms(e.LatencyMS.P50), ms(e.LatencyMS.P99),
			strconv.FormatUint(e.Requests.Outcomes["wrong"], 10),
		})
	}
	return out
}

// maxReasons is how many reasons a report lists.
const maxReasons = 10

// reasonTable says why requests of a scenario were wrong or not sent, the most frequent
// reason first.
func reasonTable(reasons map[string]uint64) table {
	names := make([]string, 0, len(reasons))
	for r := range reasons {
		names = append(names, r)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b))
	})
	out := table{head: []string{"reason", "requests"}, numbers: true}
	rest := uint64(0)
	for i, r := range names {
		if i < maxReasons {
			out.rows = append(out.rows, []string{r, strconv.FormatUint(reasons[r], 10)})
		} else {
			rest += reasons[r]
		}
	}
	if rest > 0 {
		out.rows = append(out.rows, []string{plural(len(names)-maxReasons, "further reason"), strconv.FormatUint(rest, 10)})
	}
	return out
}
