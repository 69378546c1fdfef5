package dashboards

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/dashboards/promtest"
	"showdown/results"
	"showdown/results/analysis"
)

// recordedScript is the record of a run of testStage that began at zero: 12 lab seconds
// at 100 requests/s and speed 10, of which 2.5 fail by a kill. Latencies spread.
func recordedScript(t testing.TB, store *results.Store, zero time.Time, edit func(m *results.Manifest)) string {
	t.Helper()
	m := &results.Manifest{
		Journey: "test", Stage: "outage", Speed: 10, Seed: 1, Started: zero.Add(-time.Second), Zero: zero, Spec: testStage(),
		Cost: map[string]results.Cost{showdown.BaseCell: {MonthUSD: 12.1}},
	}
	if edit != nil {
		edit(m)
	}
	rec, err := store.Create("test-outage", m)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var hits []showdown.Hit
	for i := range int(scriptLength / (10 * ms)) {
		h := hit(i, time.Duration(i)*10*ms, time.Duration(2e6*math.Exp(rng.NormFloat64())), showdown.OK)
		switch {
		case h.Intended >= outageFrom && h.Intended < outageTo:
			h.Outcome, h.Latency, h.Backend = showdown.Refused, 100*time.Microsecond, ""
		case i%500 == 7:
			h.Outcome, h.Latency, h.Backend = showdown.Dropped, 0, ""
		}
		hits = append(hits, h)
	}
	rec.Hits(showdown.BaseCell).Append(slices.Clone(hits))
	s := script{zero: zero}
	for _, e := range s.events() {
		rec.Event(e)
	}
	rec.Event(showdown.Event{T: scriptLength.Seconds() * 10, At: zero.Add(scriptLength), Kind: showdown.RunEnded, Source: "play"})
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	return rec.Dir()
}

func newStore(t testing.TB) *results.Store {
	t.Helper()
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// boards are the dashboards by their short names.
func boards(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, d := range Dashboards() {
		data, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(d.UID, "showdown-")] = data
	}
	return out
}

func backFilled(t *testing.T, run string, dirs ...string) (path string, filled Filled) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "run.om")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	filled, err = BackFill(f, run, dirs)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path, filled
}

// TestBackFilledPrometheusAgrees fills a real Prometheus with a record, and asks what the
// dashboards ask: the answers are those of the summary within one in a hundred, and every
// panel that does not ask machines or other systems has data.
func TestBackFilledPrometheusAgrees(t *testing.T) {
	zero := time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)
	dir := recordedScript(t, newStore(t), zero, nil)
	summary, err := analysis.Analyse(dir)
	if err != nil {
		t.Fatal(err)
	}
	path, filled := backFilled(t, "run-1", dir)
	want := Span{Stage: "test/outage", From: zero, To: zero.Add(2 * time.Minute), Step: showdown.Second}
	if len(filled.Spans) != 1 || filled.Requests != 1200 || filled.Spans[0].From != want.From || filled.Spans[0].Stage != want.Stage ||
		filled.Spans[0].Step != want.Step || filled.Spans[0].To.Sub(want.To).Abs() > time.Second {
		t.Errorf("filled %+v, want %+v and 1200 requests", filled, want)
	}
	prometheus := promtest.BackFill(t, path)
	promtest.Agreement{
		Server: prometheus, Boards: boards(t), Run: "run-1", Stage: "test/outage", Cell: showdown.BaseCell,
		From: filled.Spans[0].From, To: filled.Spans[0].To, Slack: .01,
	}.Check(t, &summary.CellSummary)

	// From the fault at 30 s to the first good answer at 55 s.
	end := filled.Spans[0].To
	for expr, want := range map[string]float64{
		`showdown_recovery_seconds_sum{action="kill"} / showdown_recovery_seconds_count{action="kill"}`:  *summary.Faults[0].RecoveredS - *summary.Faults[0].StartS,
		`max_over_time(showdown_offered_rate_requests_per_second[2m])`:                                   100,
		`sum_over_time((showdown_chaos_active{letter="A"} == 1)[2m:1s])`:                                 25,
		`sum_over_time((showdown_node_state{node="web-1",source="truth"} == bool 3)[2m:1s])`:             20,
		`sum(showdown_request_intended_duration_seconds_count)`:                                          1197,
		`sum(showdown_chaos_events_total{action="kill"})`:                                                5,
		`max_over_time(showdown_stage_info{name="One outage"}[2m]) - showdown_stage_info`:                1,
		`count(count_over_time(showdown_requests_total{outcome="ok"}[2m])) / count(showdown_stage_info)`: 1,
	} {
		series, err := prometheus.Query(expr, end)
		if err != nil || len(series) != 1 || math.Abs(series[0].Samples[0].Value-want) > .01*want {
			t.Errorf("%s: %v, %v, want %g within 1 %%", expr, series, err, want)
		}
	}
	for _, d := range Dashboards() {
		if d.UID == InfrastructureUID {
			continue // it asks machines and other systems
		}
		for _, q := range queriesOf(t, d) {
			values := panelValues("run-1", "2m")
			values["__rate_interval"] = "4s"
			expr, err := promtest.Substitute(q.Expr, values)
			if err != nil {
				t.Fatal(err)
			}
			if d.UID == ChaosUID && strings.Contains(expr, "offset 1m") {
				expr = strings.ReplaceAll(expr, "offset 1m", "offset 10s") // the run is two minutes long
			}
			series, err := prometheus.QueryRange(expr, zero, end, time.Second)
			if err != nil || numbers(series) == 0 {
				t.Errorf("%s: %s %s: no data for %s (%v)", d.UID, q.Panel, q.Ref, expr, err)
			}
		}
	}
	// Nothing moves where nothing was asked, and the rate in the outage is zero and not
	// missing.
	series, err := prometheus.QueryRange(`sum(rate(showdown_requests_total{outcome="ok"}[4s]))`, zero.Add(40*time.Second), zero.Add(50*time.Second), time.Second)
	if err != nil || len(series) != 1 || len(series[0].Samples) != 11 || slices.ContainsFunc(series[0].Samples, func(s promtest.Sample) bool { return s.Value != 0 }) {
		t.Errorf("good answers in the outage: %v, %v", series, err)
	}
}

// TestBackFillOfAJourney sets the stages after one another, with the id of the journey.
func TestBackFillOfAJourney(t *testing.T) {
	zero := time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)
	store := newStore(t)
	first := recordedScript(t, store, zero, nil)
	second := recordedScript(t, store, zero.Add(20*time.Second), func(m *results.Manifest) {
		m.Stage, m.Spec.Name = "second", "second"
	})
	var file bytes.Buffer
	filled, err := BackFill(&file, "journey-1", []string{first, filepath.Join(first, "never"), second})
	if err != nil || len(filled.Spans) != 2 || filled.Requests != 2400 {
		t.Fatalf("%+v, %v", filled, err)
	}
	if a, b := filled.Spans[0], filled.Spans[1]; b.Stage != "test/second" || b.From != a.To.Add(time.Minute) || b.To.Sub(b.From) != a.To.Sub(a.From) {
		t.Errorf("stages %+v", filled.Spans)
	}
	text := file.String()
	if !strings.HasSuffix(text, "\n# EOF\n") || strings.Contains(text, "go_goroutines") || strings.Contains(text, buildInfo) {
		t.Error("the file is not whole, or has what is not the run's")
	}
	// One line of each kind for each family, before its samples.
	for _, family := range []string{"showdown_requests counter", "showdown_request_duration_seconds histogram", "showdown_node_state gauge"} {
		if strings.Count(text, "# TYPE "+family+"\n") != 1 {
			t.Errorf("%s is not there once", family)
		}
	}
	for _, stage := range []string{"test/outage", "test/second"} {
		if !strings.Contains(text, `run_id="journey-1",stage="`+stage+`"`) {
			t.Errorf("no series of %s", stage)
		}
	}
}

func TestBackFillOfOneCellAndOfNone(t *testing.T) {
	zero := time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)
	dir := recordedScript(t, newStore(t), zero, nil)
	var file bytes.Buffer
	if filled, err := BackFill(&file, "run-1", []string{dir}, "other"); err != nil || filled.Requests != 0 || strings.Contains(file.String(), `cell="base"`) {
		t.Errorf("of another cell: %+v, %v", filled, err)
	}
	if _, err := BackFill(&file, "run-1", []string{t.TempDir()}); err == nil {
		t.Error("of no record: no error")
	}
}

// TestBackFillIsBounded: a run of any length has a bounded number of points, and a time
// that no run has is an error and no memory.
func TestBackFillIsBounded(t *testing.T) {
	zero := time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)
	record := func(last float64) string {
		store := newStore(t)
		rec, err := store.Create("long", &results.Manifest{Stage: "long", Speed: 600, Started: zero, Zero: zero, Spec: testStage()})
		if err != nil {
			t.Fatal(err)
		}
		rec.Hits(showdown.BaseCell).Append([]showdown.Hit{hit(0, 0, ms, showdown.OK)})
		rec.Event(showdown.Event{T: last, At: zero.Add(time.Minute), Kind: showdown.RunEnded})
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
		return rec.Dir()
	}
	var file bytes.Buffer
	filled, err := BackFill(&file, "run-1", []string{record(8 * 3600)})
	if err != nil || filled.Spans[0].Step != 32*showdown.Second {
		t.Errorf("eight hours: %+v, %v", filled, err)
	}
	if n := strings.Count(file.String(), `showdown_requests_total{cell="base",endpoint="/time",outcome="ok"`); n > fillPoints {
		t.Errorf("%d samples of one series", n)
	}
	for _, last := range []float64{1e12, 1e300, math.MaxFloat64} {
		if _, err := BackFill(&file, "run-1", []string{record(last)}); err == nil || !strings.Contains(err.Error(), "points in time") {
			t.Errorf("%g seconds: %v", last, err)
		}
	}
}
