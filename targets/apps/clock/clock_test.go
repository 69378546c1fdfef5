package clock

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHandlerTellsTheTimeAndWho(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 30, 0, 5, time.FixedZone("", 3600))
	rec := httptest.NewRecorder()
	Handler("web-1", func() time.Time { return now }).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if got, want := rec.Body.String(), "2026-11-23T11:30:00.000000005Z web-1\n"; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
	if got := rec.Header().Get(InstanceHeader); got != "web-1" {
		t.Errorf("header says %q", got)
	}
	if err := Check(rec.Body.Bytes(), now, 0); err != nil {
		t.Error(err)
	}
}

// A body that is left unread costs its client the connection.
func TestHandlerReadsWhatItIsSent(t *testing.T) {
	const size = 1 << 20
	body := strings.NewReader(strings.Repeat("x", size))
	rec := httptest.NewRecorder()
	Handler("web-1", time.Now).ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/", body))
	if rec.Code != http.StatusOK || body.Len() > 0 {
		t.Errorf("%d, and %d of %d bytes were not read", rec.Code, body.Len(), size)
	}
}

func TestHandlerHasOnePage(t *testing.T) {
	for path, want := range map[string]int{"/": 200, "/?now": 200, "/index.html": 404, "/nonexistent": 404} {
		rec := httptest.NewRecorder()
		Handler("web-1", time.Now).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if rec.Code != want || rec.Header().Get(InstanceHeader) != "web-1" {
			t.Errorf("%s: %d from %q, want %d", path, rec.Code, rec.Header().Get(InstanceHeader), want)
		}
	}
}

func TestCheck(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, body string
		good       bool
	}{
		{"exact", "2026-01-01T00:00:00Z web-1\n", true},
		{"within the tolerance, early", "2025-12-31T23:59:59Z web-1\n", true},
		{"within the tolerance, late", "2026-01-01T00:00:01Z web-1\n", true},
		{"too late", "2026-01-01T00:00:01.000000001Z web-1\n", false},
		{"cut off", "2026-01-01T00:00:00Z web-1", false},
		{"no name", "2026-01-01T00:00:00Z \n", false},
		{"no time", "web-1\n", false},
		{"an error page", "<html>502 Bad Gateway</html>\n", false},
		{"empty", "", false},
	} {
		if err := Check([]byte(c.body), at, time.Second); (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("2026-01-01T00:00:00Z web-1\n"))
	f.Add([]byte("2026-01-01T00:00:00.5+01:00 x\n"))
	f.Add([]byte(" \n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		told, err := Told(body)
		if err == nil && Check(body, told, 0) != nil {
			t.Errorf("%q is off its own time", body)
		}
	})
}
