package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"showdown"
)

// TestGrafanaDuringARun: the dashboards come first, then a region for each action, of
// the run that is played at that moment.
func TestGrafanaDuringARun(t *testing.T) {
	var (
		mu    sync.Mutex
		calls []string
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Tags []string }
		_ = json.NewDecoder(r.Body).Decode(&body) // some requests have none
		mu.Lock()
		defer mu.Unlock()
		call := r.Method + " " + r.URL.Path
		if len(body.Tags) > 1 {
			call += " " + body.Tags[1]
		}
		calls = append(calls, call)
		fmt.Fprint(w, `{"id":1,"uid":"u","message":"ok"}`)
	}))
	defer server.Close()
	g := &liveGrafana{url: server.URL, say: func(string, ...any) {}}
	for _, run := range []string{"run-1", "run-2"} {
		g.started(run, "mine/kill", time.Now())
		for _, kind := range []showdown.EventKind{showdown.FaultInjecting, showdown.FaultUndone} {
			g.event(showdown.Event{Kind: kind, Cell: "base", Target: "A", At: time.Now(), Data: map[string]any{"action": "kill"}})
		}
	}
	g.Close()
	for _, run := range []string{"run-1", "run-2"} {
		for call, want := range map[string]int{"POST /api/annotations run:" + run: 2, "PATCH /api/annotations/1 run:" + run: 1} {
			got := 0
			for _, c := range calls {
				if c == call {
					got++
				}
			}
			if got != want {
				t.Errorf("%d of %s, want %d: %q", got, call, want, calls)
			}
		}
	}
	board, annotation := slices.Index(calls, "POST /api/dashboards/db"), slices.Index(calls, "POST /api/annotations run:run-1")
	if board < 0 || board > annotation {
		t.Errorf("the dashboards come after the annotations: %q", calls)
	}
}

// TestGrafanaThatIsGone is said, and changes nothing.
func TestGrafanaThatIsGone(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	var mu sync.Mutex
	said := 0
	g := &liveGrafana{url: server.URL, say: func(string, ...any) { mu.Lock(); defer mu.Unlock(); said++ }}
	g.started("run-1", "mine/kill", time.Now())
	g.event(showdown.Event{Kind: showdown.FaultInjecting, Cell: "base", Target: "A"})
	g.Close()
	if said != 3 { // the dashboards, the stage, the action
		t.Errorf("said %d times, want 3", said)
	}
	var none *liveGrafana
	none.started("run-1", "mine/kill", time.Now())
	none.event(showdown.Event{})
	none.Close()
}
