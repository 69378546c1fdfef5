package dashboards

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"

	"showdown"
	"showdown/dashboards/promtest"
)

// TestPrometheusKeepsARunShorterThanAScrape writes a run of a second to a real
// Prometheus that scrapes nothing.
func TestPrometheusKeepsARunShorterThanAScrape(t *testing.T) {
	config := filepath.Join(t.TempDir(), "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {scrape_interval: 1m}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	prometheus := promtest.Start(t, config, "--web.enable-remote-write-receiver")
	e := NewExporter(Info{Version: "test"})
	w, err := NewRemoteWriter(e, RemoteConfig{URL: prometheus.URL, Instance: "host", Report: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	begin := time.Now()
	e.StageStarted("run-1", testStage(), clockOf(t, 10))
	w.Snapshot()
	e.Hits("base", []showdown.Hit{
		hit(0, 0, 2*ms, showdown.OK), hit(1, 0, 30*ms, showdown.OK), hit(2, 0, ms, showdown.Refused),
	})
	stop()
	if err := <-done; err != nil || w.Dropped() != 0 {
		t.Fatalf("%v, %d dropped", err, w.Dropped())
	}
	// The values as they are now ended with the run, as those of a scrape's target do.
	for expr, want := range map[string]float64{
		`last_over_time(showdown_requests_total{run_id="run-1",outcome="ok",job="showdown",instance="host"}[1m])`: 2,
		`last_over_time(showdown_requests_total{run_id="run-1",outcome="refused"}[1m])`:                           1,
		`last_over_time(showdown_request_duration_seconds_bucket{run_id="run-1",outcome="ok",le="0.0025"}[1m])`:   1,
		`last_over_time(showdown_request_duration_seconds_bucket{run_id="run-1",outcome="ok",le="+Inf"}[1m])`:     2,
		`min_over_time(showdown_requests_total{run_id="run-1",outcome="ok"}[1m])`:                                 0,
		`count(last_over_time(showdown_requests_total{run_id="run-1"}[1m]))`:                                      11,
		`count(last_over_time(showdown_build_info{version="test"}[1m]))`:                                          1,
		`absent(showdown_requests_total{run_id="run-1",outcome="ok"})`:                                            1,
		`last_over_time(showdown_request_duration_seconds_sum{run_id="run-1",outcome="ok"}[1m])`:                  .032,
		`increase(showdown_requests_total{run_id="run-1",outcome="ok"}[1m]) > bool 1.9`:                           1,
	} {
		series, err := prometheus.Query(expr, begin.Add(30*time.Second))
		if err != nil || len(series) != 1 || math.Abs(series[0].Samples[0].Value-want) > 1e-9 {
			t.Errorf("%s: %v, %v, want %g", expr, series, err, want)
		}
	}
}

// gatherer is a source of one gauge.
type gatherer struct{ value float64 }

func (g *gatherer) Gather() ([]*dto.MetricFamily, error) {
	v := g.value
	return []*dto.MetricFamily{{
		Name: new("g"), Type: dto.MetricType_GAUGE.Enum(), Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: &v}}},
	}}, nil
}

// remoteRun runs a writer against answers for that long, and returns what was reported
// and how many requests were made.
func remoteRun(t *testing.T, length time.Duration, answer func(n int, r *http.Request) (*http.Response, error)) (w *RemoteWriter, reported []error, requests int, took time.Duration) {
	t.Helper()
	var mu sync.Mutex
	w, err := NewRemoteWriter(&gatherer{1}, RemoteConfig{
		URL:    "http://prometheus",
		Report: func(err error) { mu.Lock(); defer mu.Unlock(); reported = append(reported, err) },
		Client: &http.Client{Timeout: remoteTimeout, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			requests++
			n := requests
			mu.Unlock()
			if r.URL.Path != "/api/v1/write" || r.Header.Get("Content-Encoding") != "snappy" ||
				r.Header.Get("X-Prometheus-Remote-Write-Version") != "0.1.0" {
				t.Errorf("%s with %v", r.URL, r.Header)
			}
			return answer(n, r)
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	begin := time.Now()
	if err := w.Run(ctx); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return w, reported, requests, time.Since(begin) - length
}

func status(code int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: code, Status: strconv.Itoa(code) + " " + http.StatusText(code), Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}}, nil
}

func TestRemoteWriteIsRegular(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, reported, requests, took := remoteRun(t, 10*time.Second+ms, func(int, *http.Request) (*http.Response, error) { return status(204, "") })
		// Forty ticks, the last values, and the end of the series.
		if requests != 42 || len(reported) != 0 || w.Dropped() != 0 || took != 0 {
			t.Errorf("%d requests, %v, %d dropped, %s after the end", requests, reported, w.Dropped(), took)
		}
	})
}

// TestRemoteWriteSurvivesTheServer: whatever the server does, the run's end waits 5
// seconds at most, and what is lost is counted and reported once.
func TestRemoteWriteSurvivesTheServer(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer func(n int, r *http.Request) (*http.Response, error)
		want   string
		// lost says whether writes may be lost at all.
		lost bool
	}{
		{"no receiver", func(int, *http.Request) (*http.Response, error) {
			return status(404, "remote write receiver needs to be enabled")
		}, "--web.enable-remote-write-receiver", true},
		{"who is that", func(int, *http.Request) (*http.Response, error) { return status(401, "") }, "SHOWDOWN_REMOTE_WRITE_TOKEN", true},
		{"hangs", func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, "in time", true},
		{"gone", func(int, *http.Request) (*http.Response, error) { return nil, errors.New("dial: connection refused") }, "nobody listens", true},
		{"restarts", func(n int, _ *http.Request) (*http.Response, error) {
			if n > 3 && n < 6 {
				return status(503, "starting")
			}
			return status(204, "")
		}, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, reported, _, took := remoteRun(t, 60*time.Second, tc.answer)
				if took > remoteDrain {
					t.Errorf("the end waited for %s, want %s at most", took, remoteDrain)
				}
				if (w.Dropped() > 0) != tc.lost {
					t.Errorf("%d dropped", w.Dropped())
				}
				if tc.want == "" && len(reported) == 0 {
					return
				}
				if len(reported) != 1 || !strings.Contains(reported[0].Error(), tc.want) {
					t.Errorf("reported %v, want %q once", reported, tc.want)
				}
			})
		})
	}
}

func TestNewRemoteWriterRefuses(t *testing.T) {
	for _, url := range []string{"", "prometheus:9090", "http://", "ftp://host", "http://user:hunter2@ho st"} {
		_, err := NewRemoteWriter(&gatherer{}, RemoteConfig{URL: url})
		if err == nil || !strings.Contains(err.Error(), "write it like") {
			t.Errorf("%q: %v", url, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the password is in the message: %v", url, err)
		}
	}
}
