package dashboards

import (
	"bytes"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"showdown"
)

func TestEverySeriesStartsAtZero(t *testing.T) {
	f := newFixture(t)
	var want strings.Builder
	for _, o := range []string{
		"connect_timeout", "dns", "dropped", "http_4xx", "http_5xx", "ok", "refused",
		"reset", "response_timeout", "tls", "wrong",
	} {
		want.WriteString(`showdown_requests_total{cell="base",endpoint="/time",outcome="` + o + `",run_id="run-1",stage="test/outage"} 0` + "\n")
	}
	f.expect(want.String(), "showdown_requests_total")
	f.expect(`
showdown_chaos_active{action="kill",cell="base",letter="A",run_id="run-1",stage="test/outage",target="web-1"} 0
showdown_chaos_active{action="resize-instance",cell="base",letter="B",run_id="run-1",stage="test/outage",target="web-1"} 0
showdown_chaos_active{action="resize-instance",cell="base",letter="B",run_id="run-1",stage="test/outage",target="web-2"} 0
showdown_chaos_active{action="spike",cell="base",letter="C",run_id="run-1",stage="test/outage",target="traffic"} 0
showdown_downtime_seconds_total{cell="base",run_id="run-1",stage="test/outage"} 0
showdown_node_state{cell="base",node="web-1",run_id="run-1",source="truth",stage="test/outage"} 0
showdown_node_state{cell="base",node="web-2",run_id="run-1",source="truth",stage="test/outage"} 0
showdown_stage_info{name="One outage",run_id="run-1",stage="test/outage"} 1`,
		"showdown_chaos_active", "showdown_downtime_seconds_total", "showdown_node_state", "showdown_stage_info")
	events := samples(t, f, "showdown_chaos_events_total")
	if got, want := strings.Count(events, " 0"), 3*len(faultPhases()); got != want {
		t.Errorf("chaos events at 0: %d series, want %d", got, want)
	}
}

func TestBatchesAreCountedByOutcome(t *testing.T) {
	f := newFixture(t)
	f.Hits("base", []showdown.Hit{
		hit(0, 0, 2*time.Millisecond, showdown.OK),
		hit(1, 10*time.Millisecond, 300*time.Millisecond, showdown.OK),
		hit(2, 20*time.Millisecond, 0, showdown.Refused),
		hit(3, 30*time.Millisecond, 60*time.Millisecond, showdown.ResponseTimeout),
		{Seq: 4, Intended: 40 * time.Millisecond, Sent: 40 * time.Millisecond, Outcome: showdown.Dropped},
		{Seq: 5, Outcome: 200}, // not an outcome: counted nowhere, and no panic
	})
	f.Hits("base", []showdown.Hit{hit(6, 50*time.Millisecond, 800*time.Microsecond, showdown.OK)})
	got := samples(t, f, "showdown_requests_total", "showdown_request_duration_seconds",
		"showdown_request_intended_duration_seconds", "showdown_send_delay_seconds")
	series := `cell="base",endpoint="/time",outcome="%",run_id="run-1",stage="test/outage"`
	for _, want := range []string{
		"showdown_requests_total{" + of(series, "ok") + "} 3",
		"showdown_requests_total{" + of(series, "refused") + "} 1",
		"showdown_requests_total{" + of(series, "response_timeout") + "} 1",
		"showdown_requests_total{" + of(series, "dropped") + "} 1",
		"showdown_requests_total{" + of(series, "http_5xx") + "} 0",
		// Service time: 0.8, 2 and 300 ms; a dropped request has none.
		"showdown_request_duration_seconds_bucket{" + of(series, "ok") + `,le="0.0005"} 0`,
		"showdown_request_duration_seconds_bucket{" + of(series, "ok") + `,le="0.001"} 1`,
		"showdown_request_duration_seconds_bucket{" + of(series, "ok") + `,le="0.0025"} 2`,
		"showdown_request_duration_seconds_bucket{" + of(series, "ok") + `,le="0.25"} 2`,
		"showdown_request_duration_seconds_bucket{" + of(series, "ok") + `,le="0.5"} 3`,
		"showdown_request_duration_seconds_count{" + of(series, "ok") + "} 3",
		"showdown_request_duration_seconds_sum{" + of(series, "ok") + "} 0.3028",
		"showdown_request_duration_seconds_count{" + of(series, "error") + "} 2",
		"showdown_request_duration_seconds_sum{" + of(series, "error") + "} 0.06",
		// Response time has the millisecond before the send on top.
		"showdown_request_intended_duration_seconds_bucket{" + of(series, "ok") + `,le="0.001"} 0`,
		"showdown_request_intended_duration_seconds_bucket{" + of(series, "ok") + `,le="0.0025"} 1`,
		"showdown_request_intended_duration_seconds_count{" + of(series, "error") + "} 2",
		`showdown_send_delay_seconds_count{cell="base",run_id="run-1",stage="test/outage"} 5`,
		`showdown_send_delay_seconds_bucket{cell="base",run_id="run-1",stage="test/outage",le="0.0005"} 0`,
		`showdown_send_delay_seconds_bucket{cell="base",run_id="run-1",stage="test/outage",le="0.001"} 5`,
	} {
		if !strings.Contains(got+"\n", want+"\n") {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func of(series, outcome string) string { return strings.Replace(series, "%", outcome, 1) }

func TestNativeHistogramsStandBesideClassicOnes(t *testing.T) {
	f := newFixture(t)
	f.Hits("base", []showdown.Hit{hit(0, 0, 2*time.Millisecond, showdown.OK)})
	families, err := f.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "showdown_request_duration_seconds" {
			continue
		}
		h := family.GetMetric()[1].GetHistogram()
		if h.GetSchema() != 3 || len(h.GetPositiveSpan()) != 1 {
			t.Errorf("native histogram: schema %d with %d spans, want schema 3 with 1", h.GetSchema(), len(h.GetPositiveSpan()))
		}
		if len(h.GetBucket()) != len(latencyBuckets()) {
			t.Errorf("classic buckets: %d, want %d", len(h.GetBucket()), len(latencyBuckets()))
		}
		return
	}
	t.Error("no histogram")
}

func TestOfferedAndGoodput(t *testing.T) {
	f := newFixture(t)
	const offered = `showdown_offered_rate_requests_per_second{cell="base",run_id="run-1",stage="test/outage"} `
	const goodput = `showdown_goodput_requests_per_second{cell="base",run_id="run-1",stage="test/outage"} `
	both := []string{"showdown_offered_rate_requests_per_second", "showdown_goodput_requests_per_second"}
	f.expect(offered+"0\n"+goodput+"0", both...)

	f.at(0, showdown.PhaseStarted, "steady", map[string]any{"offered": 100.0})
	var batch []showdown.Hit
	for i := range 300 {
		o := showdown.OK
		if i%4 == 3 {
			o = showdown.HTTP5xx
		}
		batch = append(batch, hit(i, time.Duration(i)*10*time.Millisecond, time.Millisecond, o))
	}
	f.Hits("base", batch)
	f.now = f.zero.Add(3 * time.Second)
	f.expect(offered+"100\n"+goodput+"75", both...)

	// The spike multiplies what is offered while it is on, and no longer.
	f.now = f.zero.Add(9500 * time.Millisecond)
	f.fault(90, showdown.FaultInjecting, "C", "spike")
	f.fault(90, showdown.FaultInjected, "C", "spike")
	f.expect(offered+"300\n"+goodput+"0", both...)
	chaos := samples(t, f, "showdown_chaos_active")
	if want := `showdown_chaos_active{action="spike",cell="base",letter="C",run_id="run-1",stage="test/outage",target="traffic"} 1`; !strings.Contains(chaos, want) {
		t.Errorf("missing %s in\n%s", want, chaos)
	}
	f.fault(95, showdown.FaultHealing, "C", "spike")
	f.fault(95, showdown.FaultUndone, "C", "spike")
	f.expect(offered+"100\n"+goodput+"0", both...)
	f.now = f.zero.Add(12100 * time.Millisecond)
	f.expect(offered+"0\n"+goodput+"0", both...)
}

func TestRetainKeepsTheLastRuns(t *testing.T) {
	f := newFixture(t)
	clock := clockOf(t, 10)
	f.StageStarted("run-2", testStage(), clock)
	f.StageStarted("run-1", testStage(), clock) // the oldest, played again, is the newest
	f.StageStarted("run-3", testStage(), clock)
	f.StageCost("base", 12.1)
	families, err := f.Gather()
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]int{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == labelRun {
					runs[l.GetValue()]++
				}
			}
		}
	}
	if runs["run-2"] != 0 || runs["run-1"] == 0 || runs["run-3"] == 0 {
		t.Errorf("series by run: %v, want none of run-2", runs)
	}
	f.expect(`
showdown_stage_info{name="One outage",run_id="run-1",stage="test/outage"} 0
showdown_stage_info{name="One outage",run_id="run-3",stage="test/outage"} 1
showdown_stage_cost_dollars_per_month{cell="base",run_id="run-3",stage="test/outage"} 12.1`,
		"showdown_stage_info", "showdown_stage_cost_dollars_per_month")
	f.StageEnded()
	f.expect(`
showdown_stage_info{name="One outage",run_id="run-1",stage="test/outage"} 0
showdown_stage_info{name="One outage",run_id="run-3",stage="test/outage"} 0`, "showdown_stage_info")
}

func TestAStageThatDidNotBeginIsNobodys(t *testing.T) {
	f := newFixture(t)
	f.at(0, showdown.LabUp, "", nil)
	f.at(120, showdown.LabDown, "", nil)
	f.Event(showdown.Event{Kind: showdown.RunEnded})
	// The next run fails before its traffic: its events must not revive this one's nodes.
	f.at(0, showdown.LabUp, "", nil)
	f.fault(0, showdown.FaultPlanned, "A", "kill")
	f.expect(`
showdown_stage_info{name="One outage",run_id="run-1",stage="test/outage"} 0
showdown_node_state{cell="base",node="web-1",run_id="run-1",source="truth",stage="test/outage"} 0
showdown_node_state{cell="base",node="web-2",run_id="run-1",source="truth",stage="test/outage"} 0`,
		"showdown_stage_info", "showdown_node_state")
	f.Hits("base", []showdown.Hit{hit(0, 0, 0, showdown.OK)})
	if got := samples(t, f, "showdown_requests_total"); !strings.Contains(got, `outcome="ok",run_id="run-1",stage="test/outage"} 1`) {
		t.Errorf("a late batch is lost:\n%s", got)
	}
}

func TestBeforeTheFirstStageNothingIsCounted(t *testing.T) {
	e := NewExporter(Info{})
	e.Hits("base", []showdown.Hit{{}})
	e.Event(showdown.Event{Kind: showdown.PhaseStarted})
	e.StageCost("base", 1)
	e.StageEnded()
	families, err := e.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if name := family.GetName(); strings.HasPrefix(name, "showdown_") && name != "showdown_build_info" {
			t.Errorf("unexpected family %s", name)
		}
	}
}

func TestNamesPassTheLinter(t *testing.T) {
	f := newFixture(t)
	f.StageCost("base", 1)
	families, err := f.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestHandlerSpeaksOpenMetrics(t *testing.T) {
	f := newFixture(t)
	f.Hits("base", []showdown.Hit{hit(0, 0, time.Millisecond, showdown.OK)})
	req := httptest.NewRequest("GET", "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	rec := httptest.NewRecorder()
	f.Handler().ServeHTTP(rec, req)
	body, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := rec.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") {
		t.Errorf("content type %q", got)
	}
	if !bytes.HasSuffix(body, []byte("# EOF\n")) || !bytes.Contains(body, []byte(`outcome="ok",run_id="run-1",stage="test/outage"} 1.0`)) {
		t.Errorf("body lacks the counter or its end:\n%s", body)
	}
	for _, want := range []string{"go_goroutines", "process_cpu_seconds", `showdown_build_info{goversion="go`} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("body lacks %s", want)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	f := newFixture(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			if _, err := f.Gather(); err != nil {
				t.Error(err)
			}
		}
	}()
	other := make(chan struct{})
	go func() {
		defer close(other)
		for i := range 200 {
			f.Hits("no-eip", []showdown.Hit{hit(i, 0, 0, showdown.OK)})
		}
	}()
	for i := range 200 {
		f.Hits("base", []showdown.Hit{hit(i, 0, 0, showdown.OK)})
		f.fault(1, showdown.FaultInjecting, "A", "kill", "web-1")
	}
	<-done
	<-other
	got := samples(t, f, "showdown_requests_total")
	for _, cell := range []string{`cell="base",endpoint="/time"`, `cell="no-eip",endpoint="/"`} {
		if want := "showdown_requests_total{" + cell + `,outcome="ok",run_id="run-1",stage="test/outage"} 200`; !strings.Contains(got, want) {
			t.Errorf("missing %s", want)
		}
	}
}

func BenchmarkHits(b *testing.B) {
	e := NewExporter(Info{})
	e.StageStarted("run", testStage(), clockOf(b, 10))
	batch := make([]showdown.Hit, 1000)
	seq := 0
	b.ReportAllocs()
	for b.Loop() {
		for i := range batch {
			o := showdown.OK
			if i%10 == 0 {
				o = showdown.Refused
			}
			batch[i] = hit(seq, time.Duration(seq)*time.Millisecond, time.Duration(500+i*7)*time.Microsecond, o)
			seq++
		}
		e.Hits("base", batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/hit")
}
