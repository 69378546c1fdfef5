package live

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestScrape holds that a scraper may name this server as its own network does, and that
// nothing but the metrics and the health check is told to it.
func TestScrape(t *testing.T) {
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "up 1") })
	h := NewHandler(NewHub(time.Now), Options{Token: "secret", Metrics: metrics})
	cases := []struct {
		method, path string
		want         int
	}{
		{"GET", "/metrics", 200},
		{"HEAD", "/metrics", 200},
		{"GET", "/healthz", 200},
		{"POST", "/metrics", 403},
		{"GET", "/metricsx", 403},
		{"GET", "/healthz/", 403},
		{"GET", "/", 403},
		{"GET", "/api/v1/state", 403},
		{"POST", "/api/v1/heal", 403},
	}
	for _, tc := range cases {
		t.Run(tc.method+tc.path, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, tc.path, http.NoBody)
			r.Host = "showdown:8089"
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tc.want {
				t.Errorf("code %d, want %d", w.Code, tc.want)
			}
		})
	}
}
