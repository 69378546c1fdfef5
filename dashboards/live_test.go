package dashboards

import (
	"context"
	"fmt"
	"math"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/dashboards/promtest"
)

// script is a run of testStage at speed 10 in real time: 12 s at 100 requests/s. The
// only instance that serves is killed at 3 s; from 3 s to 5.5 s everything is refused.
type script struct {
	exporter *Exporter
	zero     time.Time
}

const (
	scriptLength = 12 * time.Second
	outageFrom   = 3 * time.Second
	outageTo     = 5500 * time.Millisecond
)

// events are what happens beside the requests, by lab time.
func (s script) events() []showdown.Event {
	ev := func(lab time.Duration, kind showdown.EventKind, target string, data map[string]any) showdown.Event {
		return showdown.Event{
			T: lab.Seconds() * 10, At: s.zero.Add(lab), Cell: showdown.BaseCell, Kind: kind, Target: target, Data: data,
		}
	}
	kill := map[string]any{"action": "kill", "targets": []string{"web-1"}}
	return []showdown.Event{
		ev(0, showdown.LabUp, "", nil),
		ev(0, showdown.PhaseStarted, "steady", map[string]any{"offered": 100.0}),
		ev(outageFrom, showdown.FaultInjecting, "A", kill),
		ev(outageFrom, showdown.FaultInjected, "A", kill),
		ev(outageFrom+50*ms, showdown.FaultConfirmed, "A", kill),
		ev(5*time.Second, showdown.FaultHealing, "A", kill),
		ev(outageTo, showdown.FaultUndone, "A", kill),
		ev(scriptLength, showdown.TrafficEnded, "", nil),
	}
}

// play hands the exporter what happened as it happens, in batches of 100 ms at most.
func (s script) play(ctx context.Context) {
	events := s.events()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for next := 0; ; {
		now := time.Since(s.zero)
		for len(events) > 0 && s.zero.Add(now).After(events[0].At) {
			s.exporter.Event(events[0])
			events = events[1:]
		}
		var batch []showdown.Hit
		for {
			h := hit(next, time.Duration(next)*10*ms, time.Duration(1+next%7)*ms, showdown.OK)
			if h.Intended >= scriptLength || h.Sent+h.Latency > now {
				break
			}
			if h.Intended >= outageFrom && h.Intended < outageTo {
				h.Outcome, h.Latency = showdown.Refused, 100*time.Microsecond
			}
			batch = append(batch, h)
			next++
		}
		if len(batch) > 0 {
			s.exporter.Hits(showdown.BaseCell, batch)
		}
		if now > scriptLength+100*ms {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// TestPrometheusSeesTheOutage scrapes a scripted run with a real Prometheus, by the
// files that showdown writes, and asks it every question of the dashboard.
func TestPrometheusSeesTheOutage(t *testing.T) {
	exporter := NewExporter(Info{Version: "test"})
	web := httptest.NewServer(exporter.Handler())
	defer web.Close()
	dir := t.TempDir()
	if _, err := WriteFiles(dir, Options{Target: strings.TrimPrefix(web.URL, "http://")}); err != nil {
		t.Fatal(err)
	}
	prometheus := promtest.Start(t, filepath.Join(dir, "prometheus", "prometheus.yml"))
	exporter.StageStarted("run-1", testStage(), clockOf(t, 10))
	exporter.StageCost(showdown.BaseCell, 12.1)
	await(t, prometheus, `showdown_stage_info == 1`)

	s := script{exporter: exporter, zero: time.Now()}
	s.play(t.Context())
	last := `showdown_requests_total{run_id="run-1",outcome="ok"} == 950`
	await(t, prometheus, last)

	dashboard, err := Overview().JSON()
	if err != nil {
		t.Fatal(err)
	}
	queries, err := promtest.PanelQueries(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		expr, err := promtest.Substitute(q.Expr, panelValues("run-1", "12s"))
		if err != nil {
			t.Fatal(err)
		}
		series, err := prometheus.QueryRange(expr, s.zero, s.zero.Add(scriptLength), 250*ms)
		if err != nil {
			t.Errorf("%s %s: %v", q.Panel, q.Ref, err)
			continue
		}
		if n := numbers(series); n == 0 {
			t.Errorf("%s %s: no data for %s", q.Panel, q.Ref, expr)
		} else {
			t.Logf("%-40s %-4s %d series, %d numbers", q.Panel, q.Ref, len(series), n)
		}
	}

	s.expectDip(t, prometheus, "availability", queryOf(t, queries, "Availability by cell"), .05, .95, outageFrom, outageTo)
	s.expectDip(t, prometheus, "goodput", queryOf(t, queries, "Offered, sent and good", "C")+" / 100", .05, .9, outageFrom, outageTo)
	s.expectDip(t, prometheus, "failures", `1 - sum(rate(showdown_requests_total{outcome!="ok"}[1s])) / 100`, .1, .95, outageFrom, outageTo)
	s.expectDip(t, prometheus, "chaos", "1 - "+queryOf(t, queries, "Chaos")+` and on (action) showdown_chaos_active{action="kill"}`, .5, .6, outageFrom, outageTo)
	s.expectDip(t, prometheus, "node", `showdown_node_state{node="web-1"} == bool 1`, .5, .6, outageFrom, outageTo)

	for expr, want := range map[string]float64{
		`showdown_downtime_seconds_total{run_id="run-1"}`:                          25,
		`showdown_recovery_seconds_sum{run_id="run-1",action="kill"}`:              25,
		`sum(showdown_requests_total{run_id="run-1",outcome!="ok"})`:               250,
		`showdown_request_duration_seconds_count{run_id="run-1",outcome="ok"}`:     950,
		`showdown_chaos_events_total{run_id="run-1",action="kill",phase="undone"}`: 1,
	} {
		series, err := prometheus.Query(expr, time.Now())
		if err != nil || len(series) != 1 || math.Abs(series[0].Samples[0].Value-want) > 1e-6 {
			t.Errorf("%s: %v, %v, want %g", expr, series, err, want)
		}
	}
}

// await asks until the answer is not empty.
func await(t *testing.T, s *promtest.Server, expr string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		series, err := s.Query(expr, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(series) > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s is still empty after 30 s", expr)
		}
	}
}

// numbers counts the samples that are numbers: a quantile of nothing is not.
func numbers(all []promtest.Series) int {
	n := 0
	for _, s := range all {
		for _, v := range s.Samples {
			if !math.IsNaN(v.Value) {
				n++
			}
		}
	}
	return n
}

// queryOf is the query of a panel, the first one unless its letter is given, with
// the variables in place.
func queryOf(t *testing.T, queries []promtest.PanelQuery, panel string, ref ...string) string {
	t.Helper()
	for _, q := range queries {
		if q.Panel == panel && (len(ref) == 0 || q.Ref == ref[0]) {
			expr, err := promtest.Substitute(q.Expr, panelValues("run-1", "12s"))
			if err != nil {
				t.Fatal(err)
			}
			return expr
		}
	}
	t.Fatalf("no panel %q", panel)
	return ""
}

// expectDip checks that a share falls once, and that its begin and end lie within one
// second after those of the outage: nothing is seen before it happens.
func (s script) expectDip(t *testing.T, prometheus *promtest.Server, what, expr string, low, high float64, from, to time.Duration) {
	t.Helper()
	series, err := prometheus.QueryRange(expr, s.zero.Add(1500*ms), s.zero.Add(scriptLength-500*ms), 50*ms)
	if err != nil || len(series) != 1 {
		t.Errorf("%s: %d series, error %v, for %s", what, len(series), err, expr)
		return
	}
	dips := promtest.Dips(series[0].Samples, low, high)
	if len(dips) != 1 {
		t.Errorf("%s: %d dips %v, want one", what, len(dips), dips)
		return
	}
	begin, end := dips[0].From.Sub(s.zero), dips[0].To.Sub(s.zero)
	verdict := fmt.Sprintf("%s: down from %s to %s, really from %s to %s", what, begin, end, from, to)
	if begin < from-50*ms || begin > from+time.Second || end < to-50*ms || end > to+time.Second {
		t.Error(verdict)
		return
	}
	t.Log(verdict)
}
