package dashboards

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"showdown"
)

// TestPromtoolAcceptsBothPages lints what a scrape really gets: the exporter's page, and
// that of the machines, whose families come from several processes.
func TestPromtoolAcceptsBothPages(t *testing.T) {
	f := newFixture(t)
	f.StageCost("base", 1)
	f.Hits("base", []showdown.Hit{hit(0, 0, time.Millisecond, showdown.OK), hit(1, 0, 0, showdown.Refused)})
	page := func(h http.Handler) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		body, err := io.ReadAll(w.Result().Body)
		if err != nil || w.Code != http.StatusOK {
			t.Fatalf("status %d, %v", w.Code, err)
		}
		return string(body)
	}
	var machines []machine
	for _, name := range []string{"web-1", "web-2", "lb-1a"} {
		registry := prometheus.NewRegistry()
		// A machine knows itself by its mark; the run's labels come from the exporter.
		prometheus.WrapRegistererWith(prometheus.Labels{"run_id": "mark", "cell": "base", "node": name}, registry).MustRegister(
			collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "showdown_machine_queued_requests", Help: "Requests that wait for a vCPU."}, func() float64 { return 1 }))
		s := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
		t.Cleanup(s.Close)
		machines = append(machines, machine{"run-1", "s", "base", name, strings.TrimPrefix(s.URL, "http://")})
	}
	joined := gathererFunc(func() ([]*dto.MetricFamily, error) {
		return gatherMachines(t.Context(), http.DefaultClient, machines), nil
	})
	for path, text := range map[string]string{
		"/metrics":   page(f.Handler()),
		MachinesPath: page(promhttp.HandlerFor(joined, promhttp.HandlerOpts{})),
	} {
		for _, want := range []string{"showdown_", "go_goroutines", "process_cpu_seconds_total"} {
			if !strings.Contains(text, "\n"+want) {
				t.Errorf("%s has no %s", path, want)
			}
		}
		promtool(t, []byte(text), "check", "metrics")
	}
}

// TestEveryHistogramIsOfBothKinds lets a server choose: each has classic buckets, and
// native ones from its first observation.
func TestEveryHistogramIsOfBothKinds(t *testing.T) {
	f := newFixture(t)
	f.at(0, showdown.PhaseStarted, "steady", nil)
	f.fault(1, showdown.FaultInjecting, "A", "kill", "web-1")
	for i := range 12 {
		outcome := showdown.OK
		if i > 0 && i < 11 {
			outcome = showdown.Refused
		}
		f.Hits("base", []showdown.Hit{hit(i, time.Duration(i)*100*ms, time.Duration(i+1)*ms, outcome)})
	}
	families, err := f.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, family := range families {
		if family.GetType() != dto.MetricType_HISTOGRAM || !strings.HasPrefix(family.GetName(), "showdown_") {
			continue
		}
		seen++
		observed := false
		for _, m := range family.Metric {
			h := m.Histogram
			if len(h.Bucket) < 10 || h.GetZeroThreshold() == 0 {
				t.Errorf("%s %v: %d classic buckets, zero threshold %g: it is not of both kinds", family.GetName(), m.Label, len(h.Bucket), h.GetZeroThreshold())
			}
			observed = observed || len(h.PositiveSpan) > 0
		}
		if !observed {
			t.Errorf("%s has no native bucket after the observations", family.GetName())
		}
	}
	if seen != 4 {
		t.Errorf("%d histograms, want 4: service time, response time, send delay, recovery", seen)
	}
}

func TestScrapeIntervalIsWritten(t *testing.T) {
	if scrapeInterval != ScrapeInterval.String() {
		t.Errorf("%s is written, and %s meant", scrapeInterval, ScrapeInterval)
	}
}
