package promtest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"showdown/results"
)

// Agreement is what is compared of one cell of a run: what a Prometheus answers to the
// questions of the dashboards, and what the summary says.
type Agreement struct {
	Server *Server
	// Boards are the dashboards' JSON by name: overview and compare.
	Boards map[string][]byte
	// Run, Stage and Cell are the values of the labels.
	Run, Stage, Cell string
	// From and To are the time range that the dashboards show.
	From, To time.Time
	// Slack is by which share an answer may differ, 0.01 for one in a hundred. Percentiles
	// may differ by more: where in its bucket one lies is guessed by Prometheus, so that
	// they are compared by the bucket.
	Slack float64
}

// Check fails the test where an answer disagrees with the summary, and logs each.
func (a Agreement) Check(t testing.TB, c *results.CellSummary) {
	t.Helper()
	span := strconv.FormatFloat(a.To.Sub(a.From).Seconds(), 'f', 3, 64)
	window := strconv.FormatInt(a.To.Sub(a.From).Milliseconds(), 10) + "ms"
	values := map[string]string{
		"__rate_interval": window, "__range": window, "run": a.Run, "stage": a.Stage, "cell": a.Cell, "slo": "0.25",
		"endpoint": ".*", "node": ".*",
	}
	answers := func(board, panel, ref string) ([]Series, error) {
		queries, err := PanelQueries(a.Boards[board])
		if err != nil {
			return nil, err
		}
		for _, q := range queries {
			if q.Panel == panel && q.Ref == ref {
				expr, err := Substitute(q.Expr, values)
				if err != nil {
					return nil, err
				}
				return a.Server.Query(expr, a.To)
			}
		}
		return nil, errors.New("no such panel")
	}
	answer := func(board, panel, ref string) (float64, error) {
		series, err := answers(board, panel, ref)
		if err == nil && len(series) != 1 {
			err = fmt.Errorf("%d series", len(series))
		}
		if err != nil {
			return 0, err
		}
		return series[0].Samples[0].Value, nil
	}
	number := func(board, panel, ref string, want, slack float64) {
		t.Helper()
		got, err := answer(board, panel, ref)
		if err != nil || math.Abs(got-want) > slack {
			t.Errorf("%s, %s %s: Prometheus says %g, the summary %g (%v), over %s s", board, panel, ref, got, want, err, span)
			return
		}
		t.Logf("%s, %s %s: Prometheus says %g, the summary %g", board, panel, ref, got, want)
	}
	share := func(board, panel, ref string, want float64) {
		t.Helper()
		number(board, panel, ref, want, math.Abs(want)*a.Slack+1e-9)
	}
	if c.Availability == nil {
		t.Fatalf("the summary has no availability")
	}
	failed := float64(c.Requests.Failed + c.Requests.Dropped)
	share("overview", "Availability over the range", "A", *c.Availability)
	share("compare", "Availability by stage", "A", *c.Availability)
	share("overview", "Failed requests", "A", failed)
	share("compare", "Stages side by side", "D", failed)
	seconds := a.To.Sub(a.From).Seconds()
	share("overview", "Offered, sent and good", "B", float64(c.Requests.Scheduled)/seconds)
	share("overview", "Offered, sent and good", "C", float64(c.Requests.OK)/seconds)
	share("overview", "Outages", "A", c.Downtime.OutageS)
	share("compare", "Downtime by stage", "A", c.Downtime.OutageS)
	if c.Cost != nil {
		share("overview", "Cost a month", "A", c.Cost.MonthUSD)
		share("compare", "Cost by stage", "A", c.Cost.MonthUSD)
	}
	recoveries, err := answers("compare", "Mean time to recovery", "A")
	if err != nil {
		t.Error(err)
	}
	shown := map[string]float64{}
	for _, s := range recoveries {
		shown[s.Labels["action"]] = s.Samples[0].Value
	}
	for action, want := range recoveryOf(c) {
		if got := shown[action]; math.Abs(got-want) > want*a.Slack {
			t.Errorf("recovery from %s: Prometheus says %g s, the summary %g s", action, got, want)
			continue
		}
		t.Logf("recovery from %s: Prometheus says %g s, the summary %g s", action, shown[action], want)
	}
	bounds := a.bounds(t)
	for _, q := range []struct {
		board, panel, ref string
		ms                *float64
	}{
		{"overview", "Latency of good answers", "A", c.LatencyMS.Service.P50},
		{"overview", "Latency of good answers", "B", c.LatencyMS.Service.P95},
		{"overview", "Latency of good answers", "C", c.LatencyMS.Service.P99},
		{"compare", "p95 by stage", "A", c.LatencyMS.Service.P95},
		{"compare", "p99 by stage", "A", c.LatencyMS.Service.P99},
	} {
		if q.ms == nil {
			continue
		}
		want := *q.ms / 1e3
		got, err := answer(q.board, q.panel, q.ref)
		// What a scrape missed moves a rank, and where few answers are slow that moves p99 by more
		// than its share.
		low, high := bucketOf(bounds, want, 10*a.Slack)
		if err != nil || got < low || got > high {
			t.Errorf("%s, %s %s: Prometheus says %g s, the summary %g s, whose bucket is %g to %g (%v)", q.board, q.panel, q.ref, got, want, low, high, err)
			continue
		}
		t.Logf("%s, %s %s: Prometheus says %g s, the summary %g s: bucket %g to %g", q.board, q.panel, q.ref, got, want, low, high)
	}
}

// recoveryOf is the mean time from a fault to the end of an outage that it caused, in AWS
// seconds, by the fault's action.
func recoveryOf(c *results.CellSummary) map[string]float64 {
	sum, n := map[string]float64{}, map[string]float64{}
	for _, o := range c.Downtime.Outages {
		for _, f := range c.Faults {
			if f.Letter == o.Cause && f.StartS != nil && !o.Open {
				sum[f.Action] += o.ToS - *f.StartS
				n[f.Action]++
			}
		}
	}
	for action := range sum {
		sum[action] /= n[action]
	}
	return sum
}

// bounds are the upper bounds of the latency buckets in seconds, in order.
func (a Agreement) bounds(t testing.TB) []float64 {
	t.Helper()
	series, err := a.Server.Query(`group by (le) (showdown_request_duration_seconds_bucket{run_id="`+a.Run+`"})`, a.To)
	if err != nil || len(series) < 2 {
		t.Fatalf("buckets: %d, %v", len(series), err)
	}
	var out []float64
	for _, s := range series {
		b, err := strconv.ParseFloat(s.Labels["le"], 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	slices.Sort(out)
	return out
}

// bucketOf is the bucket that v lies in, and the next one where v is within slack of the
// bound between them: a request more or less may lie on the other side.
func bucketOf(bounds []float64, v, slack float64) (low, high float64) {
	high = math.Inf(1)
	for _, b := range bounds {
		switch {
		case b < v*(1-slack):
			low = b
		case b > v*(1+slack):
			return low, b
		}
	}
	return low, high
}
