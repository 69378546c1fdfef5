package dashboards

import (
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"showdown"
)

// TestExemplarsNameTheSlowestRequest: each batch leaves its slowest request of a class
// in the bucket that it fell in, in OpenMetrics alone.
func TestExemplarsNameTheSlowestRequest(t *testing.T) {
	f := newFixture(t)
	f.Hits("base", []showdown.Hit{
		hit(0, 0, 2*time.Millisecond, showdown.OK),
		hit(1, 0, 300*time.Millisecond, showdown.OK),
		hit(2, 0, time.Millisecond, showdown.Refused),
	})
	f.Hits("base", []showdown.Hit{hit(3, 0, 3*time.Millisecond, showdown.OK)})
	get := func(accept string) string {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		f.Handler().ServeHTTP(w, r)
		body, err := io.ReadAll(w.Result().Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	found := map[string]string{}
	line := regexp.MustCompile(`showdown_request_duration_seconds_bucket\{.*outcome="(\w+)".*le="([^"]+)"\} \d+ # \{(?:backend="web-1",)?seq="(\d+)"(?:,backend="web-1")?\} (\S+)`)
	for _, m := range line.FindAllStringSubmatch(get("application/openmetrics-text;version=1.0.0"), -1) {
		found[m[1]+" le "+m[2]] = "request " + m[3] + " took " + m[4]
	}
	want := map[string]string{
		"ok le 0.5":      "request 1 took 0.3",
		"ok le 0.005":    "request 3 took 0.003",
		"error le 0.001": "request 2 took 0.001",
	}
	if !cmp.Equal(found, want) {
		t.Errorf("exemplars (-want +got):\n%s", cmp.Diff(want, found))
	}
	if text := get("text/plain"); strings.Contains(text, "seq=") {
		t.Error("the text format, which has no exemplars, shows one")
	}
}

// TestExemplarsFit: the client library panics on labels longer than 128 characters,
// and a backend's name may come from an answer.
func TestExemplarsFit(t *testing.T) {
	h := hit(1<<62, 0, time.Millisecond, showdown.OK)
	h.Backend = strings.Repeat("é", 500)
	f := newFixture(t)
	f.Hits("base", []showdown.Hit{h})
	h.Backend = "a\xffb" // not UTF-8: made so
	f.Hits("base", []showdown.Hit{h})
	runes := 0
	for name, value := range exemplar(&h) {
		runes += utf8.RuneCountInString(name) + utf8.RuneCountInString(value)
		if !utf8.ValidString(value) {
			t.Errorf("%s is %q, not UTF-8", name, value)
		}
	}
	if runes > 128 {
		t.Errorf("%d characters", runes)
	}
}

// TestEndpointsOfAScenario have series of their own from the start; a request of none
// counts as the path's.
func TestEndpointsOfAScenario(t *testing.T) {
	spec := testStage()
	spec.Cells[0].Traffic.Scenario.Requests = []showdown.Request{{Name: "browse", Weight: 3}, {Name: "buy", Weight: 1}}
	e := NewExporter(Info{})
	e.StageStarted("run-1", spec, clockOf(t, 10))
	if n, want := testutil.CollectAndCount(e.metrics.requests), 2*len(showdown.Outcomes()); n != want {
		t.Errorf("%d series at first, want %d", n, want)
	}
	h := hit(0, 0, time.Millisecond, showdown.OK)
	h.Endpoint = "buy"
	failed := hit(1, 0, time.Millisecond, showdown.HTTP5xx)
	failed.Endpoint = "browse"
	e.Hits("base", []showdown.Hit{h, failed, hit(2, 0, time.Millisecond, showdown.OK)})
	for _, want := range []struct {
		endpoint, outcome string
		n                 float64
	}{{"buy", "ok", 1}, {"browse", "http_5xx", 1}, {"browse", "ok", 0}, {"/time", "ok", 1}} {
		if got := testutil.ToFloat64(e.metrics.requests.WithLabelValues("run-1", "test/outage", "base", want.endpoint, want.outcome)); got != want.n {
			t.Errorf("%s %s: %g, want %g", want.endpoint, want.outcome, got, want.n)
		}
	}
}

func TestMetricsAreClean(t *testing.T) {
	f := newFixture(t)
	f.StageCost("base", 1)
	problems, err := testutil.GatherAndLint(f)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
