package dashboards

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
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
	mux := http.NewServeMux()
	mux.Handle("/metrics", exporter.Handler())
	mux.Handle(MachinesPath, growing(machinePage))
	mux.Handle("/elsewhere", growing(elsewherePage))
	web := httptest.NewServer(mux)
	defer web.Close()
	dir := t.TempDir()
	if _, err := WriteFiles(dir, Options{Target: strings.TrimPrefix(web.URL, "http://")}); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "prometheus", "prometheus.yml")
	also(t, config, strings.TrimPrefix(web.URL, "http://"))
	prometheus := promtest.Start(t, config)
	exporter.StageStarted("run-1", testStage(), clockOf(t, 10))
	exporter.StageCost(showdown.BaseCell, 12.1)
	await(t, prometheus, `showdown_stage_info == 1`)

	s := script{exporter: exporter, zero: time.Now()}
	s.play(t.Context())
	last := `showdown_requests_total{run_id="run-1",outcome="ok"} == 950`
	await(t, prometheus, last)
	counted := time.Now()

	var queries []boardQuery
	for _, d := range Dashboards() {
		for _, q := range queriesOf(t, d) {
			queries = append(queries, boardQuery{q, d.UID})
			expr, err := promtest.Substitute(q.Expr, panelValues("run-1", "12s"))
			if err != nil {
				t.Fatal(err)
			}
			from := s.zero
			if strings.Contains(expr, "offset 1m") {
				from = from.Add(time.Minute) // when what is asked for is a minute ago
			}
			series, err := prometheus.QueryRange(expr, from, from.Add(scriptLength), 250*ms)
			if err != nil {
				t.Errorf("%s %s: %v", q.Panel, q.Ref, err)
				continue
			}
			if n := numbers(series); n == 0 {
				t.Errorf("%s: %s %s: no data for %s", d.UID, q.Panel, q.Ref, expr)
			} else {
				t.Logf("%-18s %-32s %-4s %d series, %d numbers", d.UID, q.Panel, q.Ref, len(series), n)
			}
		}
	}

	s.expectDip(t, prometheus, "availability", queryOf(t, queries, "Availability by cell"), .05, .95, outageFrom, outageTo)
	s.expectDip(t, prometheus, "goodput", queryOf(t, queries, "Offered, sent and good", "C")+" / 100", .05, .9, outageFrom, outageTo)
	s.expectDip(t, prometheus, "failures", `1 - sum(rate(showdown_requests_total{outcome!="ok"}[1s])) / 100`, .1, .95, outageFrom, outageTo)
	s.expectDip(t, prometheus, "chaos", "1 - "+queryOf(t, queries, "Chaos")+` and on (action) showdown_chaos_active{action="kill"}`, .5, .6, outageFrom, outageTo)
	s.expectDip(t, prometheus, "node", `showdown_node_state{node="web-1"} == bool 1`, .5, .6, outageFrom, outageTo)

	// From before the first request, when everything stood at 0, to the scrape that saw the
	// last one: whatever a busy machine made late lies between.
	end := counted
	if seen, err := prometheus.Query(`timestamp(showdown_requests_total{run_id="run-1",outcome="ok"} == 950)`, counted); err == nil && len(seen) == 1 {
		end = time.UnixMilli(int64(seen[0].Samples[0].Value*1000 + .5))
	}
	window := strconv.FormatInt(end.Sub(s.zero.Add(-time.Second)).Milliseconds(), 10) + "ms"
	for _, panel := range []struct {
		board, title    string
		want, tolerance float64
	}{
		// Exact counts over a range that holds the run; increase extrapolates a little.
		{CompareUID, "Availability by stage", 950. / 1200, .01},
		{CompareUID, "Downtime by stage", 25, 1},
		{CompareUID, "Mean time to recovery", 25, .1},
		{CompareUID, "Peak goodput by stage", 100, 5},
		{CompareUID, "Cost by stage", 12.1, 1e-6},
		{CompareUID, "p95 by stage", .005, .005},
		// Of the 900 requests from the fault on 250 failed; a scrape may have come late.
		{ChaosUID, "Failed since the first fault", 250, 30},
		{ChaosUID, "Availability since the first fault", 650. / 900, .03},
		{ChaosUID, "Mean time to recovery by action", 25, .1},
		{ChaosUID, "Active faults", 0, 0},
		{InfrastructureUID, "CPU of the machines", .5, .1},
		{InfrastructureUID, "Waiting for a CPU", 3, 0},
	} {
		for _, q := range queries {
			if q.board != panel.board || q.Panel != panel.title || q.Ref != "A" {
				continue
			}
			expr, err := promtest.Substitute(q.Expr, panelValues("run-1", window))
			if err != nil {
				t.Fatal(err)
			}
			series, err := prometheus.Query(expr, end)
			if err != nil || len(series) != 1 || math.Abs(series[0].Samples[0].Value-panel.want) > panel.tolerance {
				t.Errorf("%s: %v, %v, want %g within %g", panel.title, series, err, panel.want, panel.tolerance)
				continue
			}
			t.Logf("%s: %g, really %g", panel.title, series[0].Samples[0].Value, panel.want)
		}
	}

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

// boardQuery is a query with the dashboard that it is of.
type boardQuery struct {
	promtest.PanelQuery
	board string
}

// machinePage is what a lab of one machine and one balancer node would say, and
// elsewherePage what the exporters of a running system would; % is a counter.
const (
	machinePage = `showdown_machine_up{run_id="run-1",stage="test/outage",cell="base",node="web-1"} 1
showdown_machine_cpu_busy_seconds_total{run_id="run-1",stage="test/outage",cell="base",node="web-1"} %
showdown_machine_queued_requests{run_id="run-1",stage="test/outage",cell="base",node="web-1"} 3
showdown_machine_rejected_requests_total{run_id="run-1",stage="test/outage",cell="base",node="web-1"} %
showdown_machine_credit_balance_credits{run_id="run-1",stage="test/outage",cell="base",node="web-1"} 30
showdown_machine_cpu_speed_ratio{run_id="run-1",stage="test/outage",cell="base",node="web-1"} 1
showdown_machine_memory_used_bytes{run_id="run-1",stage="test/outage",cell="base",node="web-1"} 1e8
process_resident_memory_bytes{run_id="run-1",stage="test/outage",cell="base",node="web-1"} 3e7
showdown_balancer_target_requests_total{run_id="run-1",stage="test/outage",cell="base",node="lb-1a",group="web",target="web-1"} %
showdown_balancer_target_outstanding_requests{run_id="run-1",stage="test/outage",cell="base",node="lb-1a",group="web",target="web-1"} 1
showdown_balancer_own_answers_total{run_id="run-1",stage="test/outage",cell="base",node="lb-1a",status="502"} %
showdown_balancer_health_checks_total{run_id="run-1",stage="test/outage",cell="base",node="lb-1a"} %
showdown_balancer_late_health_checks_total{run_id="run-1",stage="test/outage",cell="base",node="lb-1a"} 0
`
	elsewherePage = `node_cpu_seconds_total{cpu="0",mode="idle"} %
container_cpu_usage_seconds_total{name="web-1"} %
container_memory_working_set_bytes{name="web-1"} 1e8
haproxy_server_status{proxy="app",server="web-1",state="UP"} 1
haproxy_backend_http_responses_total{proxy="app",code="2xx"} %
haproxy_backend_current_queue{proxy="app"} 0
haproxy_server_check_failures_total{proxy="app",server="web-1"} %
envoy_cluster_upstream_rq_xx{envoy_cluster_name="app",envoy_response_code_class="2"} %
`
)

// growing answers with a page whose counters grow by a half each second.
func growing(page string) http.Handler {
	begin := time.Now()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := strconv.FormatFloat(time.Since(begin).Seconds()/2, 'f', 3, 64)
		_, _ = io.WriteString(w, strings.ReplaceAll(page, "%", n)) // a scrape that is cut is scraped again
	})
}

// also makes Prometheus scrape the exporters of a running system.
func also(t *testing.T, config, address string) {
	t.Helper()
	data, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	data = fmt.Appendf(data, "  - job_name: elsewhere\n    metrics_path: /elsewhere\n    static_configs: [{targets: [%q]}]\n", address)
	if err := os.WriteFile(config, data, 0o600); err != nil {
		t.Fatal(err)
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
func queryOf(t *testing.T, queries []boardQuery, panel string, ref ...string) string {
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
