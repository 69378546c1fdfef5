package live

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"showdown/results"
)

// TestGuard holds who may ask for what: a name that somebody points here, a page elsewhere
// and a form are refused, whatever they ask for.
func TestGuard(t *testing.T) {
	const post = "POST /api/v1/replay"
	cases := []struct {
		name, what string
		host       string
		head       map[string]string
		body       string
		want       int
	}{
		{name: "the page", what: "GET /", want: 200},
		{name: "by localhost", what: "GET /", host: "localhost:8089", want: 200},
		{name: "by an address", what: "GET /", host: "192.0.2.7:8089", want: 200},
		{name: "by IPv6", what: "GET /", host: "[::1]:8089", want: 200},
		{name: "by a name that was given", what: "GET /", host: "Showdown:8089", want: 200},
		{name: "by another name", what: "GET /", host: "evil.example:8089", want: 403},
		{name: "by a name that begins like ours", what: "GET /", host: "localhost.evil.example", want: 403},
		{name: "state", what: "GET /api/v1/state", head: map[string]string{"Sec-Fetch-Site": "same-origin"}, want: 200},
		{name: "state, from another site", what: "GET /api/v1/state", head: map[string]string{"Sec-Fetch-Site": "cross-site"}, want: 403},
		{name: "state, from another port", what: "GET /api/v1/state", head: map[string]string{"Sec-Fetch-Site": "same-site"}, want: 403},
		{name: "events, from another origin", what: "GET /api/v1/events", head: map[string]string{"Origin": "http://evil.example"}, want: 403},
		{name: "command", what: post, body: `{"paused":true}`, want: 202},
		{name: "command, our origin", what: post, head: map[string]string{"Origin": "http://127.0.0.1:8089"}, body: `{"speed":20}`, want: 202},
		{name: "command, another origin", what: post, head: map[string]string{"Origin": "http://127.0.0.1:9999"}, body: `{"speed":20}`, want: 403},
		{name: "command, no origin to name", what: post, head: map[string]string{"Origin": "null"}, body: `{"speed":20}`, want: 403},
		{name: "command of a form", what: post, head: map[string]string{"Content-Type": "text/plain"}, body: `{"speed":20}`, want: 400},
		{name: "command without a token", what: post, head: map[string]string{"Authorization": ""}, body: `{"speed":20}`, want: 401},
		{name: "command with a wrong token", what: post, head: map[string]string{"Authorization": "Bearer secreT"}, body: `{"speed":20}`, want: 401},
		{name: "not JSON", what: post, body: `speed=20`, want: 400},
		{name: "an unknown field", what: post, body: `{"sped":20}`, want: 400},
		{name: "two values", what: post, body: `{"speed":20}{}`, want: 400},
		{name: "too fast", what: post, body: `{"speed":1e9}`, want: 400},
		{name: "too slow", what: post, body: `{"speed":0}`, want: 400},
		{name: "too long", what: post, body: `{"speed":` + strings.Repeat(" ", maxCommand) + `20}`, want: 400},
		{name: "an unknown stage", what: "POST /api/v1/stage", body: `{"stage":"nowhere"}`, want: 400},
		{name: "a stage", what: "POST /api/v1/stage", body: `{"stage":"elb"}`, want: 202},
		{name: "nothing there", what: "GET /page/none.js", want: 404},
		{name: "out of the folder", what: "GET /page/..%2Fdoc.go", want: 404},
		{name: "another method", what: "DELETE /api/v1/state", want: 405},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			hub := NewHub(time.Now)
			replay, err := NewReplay(hub, []results.Run{testRecord(t)}, 10, true)
			if err != nil {
				t.Fatal(err)
			}
			h := NewHandler(hub, Options{Replay: replay, Token: "secret", Hosts: []string{"showdown"}})
			method, path, _ := strings.Cut(tc.what, " ")
			r := httptest.NewRequest(method, path, strings.NewReader(tc.body))
			r.Host = "127.0.0.1:8089"
			if tc.host != "" {
				r.Host = tc.host
			}
			if method != http.MethodGet {
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer secret")
			}
			for k, v := range tc.head {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tc.want {
				body, _ := io.ReadAll(w.Body)
				t.Errorf("%d, want %d: %s", w.Code, tc.want, body)
			}
			if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") {
				t.Errorf("the policy is %q", got)
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("another origin may read it: %q", got)
			}
		})
	}
}

// TestPace holds how many commands pass: a burst, and then ten a second.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &newGuard(nil, Options{Now: time.Now}).commands
		passed := func(remote string, n int) (out int) {
			for range n {
				if g.take(remote) {
					out++
				}
			}
			return out
		}
		if n := passed("192.0.2.1:1000", 10_000); n != commandBurst {
			t.Errorf("%d of 10000 at once pass, want %d", n, commandBurst)
		}
		if n := passed("192.0.2.1:2000", 1); n != 0 {
			t.Error("another port of the address has a pace of its own")
		}
		if n := passed("192.0.2.2:1000", 1); n != 1 {
			t.Error("another address waits for the first one")
		}
		time.Sleep(time.Second)
		if n := passed("192.0.2.1:1000", 100); n != commandRate {
			t.Errorf("%d pass a second later, want %d", n, commandRate)
		}
		for i := range 3 * maxAddresses {
			g.take(strings.Repeat("x", i))
		}
		if len(g.paces) > maxAddresses {
			t.Errorf("%d addresses are remembered", len(g.paces))
		}
	})
}
