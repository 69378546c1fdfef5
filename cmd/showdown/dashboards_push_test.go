package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// TestPush sends a recorded run to a server that keeps what it is asked, since no
// Grafana is part of the tests.
func TestPush(t *testing.T) {
	var (
		mu    sync.Mutex
		calls []string
		texts []string
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, r.Method+" "+r.URL.Path)
		texts = append(texts, string(body))
		if r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%s %s has authorization %q", r.Method, r.URL.Path, r.Header.Get("Authorization"))
		}
		fmt.Fprint(w, `{"id":1,"uid":"u","title":"t","slug":"s","status":"success","version":1,"url":"/d/u/s"}`)
	}))
	defer server.Close()
	store := t.TempDir()
	recordOne(t, store)
	t.Setenv(grafanaToken, "secret")

	var stdout, stderr bytes.Buffer
	args := []string{"showdown", "dashboards", "push", "latest", "--out", store, "--grafana-url", server.URL}
	if code := Main(args, strings.NewReader(""), &stdout, &stderr); code != exitHeld {
		t.Fatalf("push exits with %d: %s", code, stderr.String())
	}
	if !slices.Contains(calls, "POST /api/dashboards/db") {
		t.Errorf("no dashboard was sent: %v", calls)
	}
	annotated := 0
	for i, c := range calls {
		if c == "POST /api/annotations" && strings.Contains(texts[i], "action:kill") {
			annotated++
		}
	}
	if annotated != 1 {
		t.Errorf("%d annotations of the kill, want 1: %v", annotated, calls)
	}

	calls = nil
	args[2] = "remove"
	if code := Main(args, strings.NewReader(""), &stdout, &stderr); code != exitHeld {
		t.Fatalf("remove exits with %d: %s", code, stderr.String())
	}
	if len(calls) != 1 || !strings.HasPrefix(calls[0], "DELETE /api/dashboards/uid/showdown-overview-") {
		t.Errorf("remove asks %v", calls)
	}

	server.Close()
	stderr.Reset()
	args[2] = "push"
	if code := Main(args, strings.NewReader(""), &stdout, &stderr); code != exitError || !strings.Contains(stderr.String(), "--grafana-url") {
		t.Errorf("a server that is gone gives exit code %d: %s", code, stderr.String())
	}
}

// recordOne writes a record of a stage in which an instance was killed.
func recordOne(t *testing.T, dir string) {
	t.Helper()
	store, err := results.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	zero := time.Now()
	rec, err := store.Create("mine-kill", &results.Manifest{
		Journey: "mine", Stage: "kill", Speed: 60, Zero: zero,
		Spec: &showdown.Stage{Journey: "mine", Name: "kill", Cells: []showdown.Cell{{Name: showdown.BaseCell}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, kind := range []showdown.EventKind{showdown.FaultInjecting, showdown.FaultInjected, showdown.FaultUndone, showdown.RunEnded} {
		rec.Event(showdown.Event{
			T: float64(60 * i), At: zero.Add(time.Duration(i) * time.Second), Cell: showdown.BaseCell, Kind: kind, Target: "A",
			Data: map[string]any{"action": "kill", "targets": []string{"web-1"}},
		})
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(rec.Dir(), results.EventsFile)); err != nil {
		t.Fatal(err)
	}
}
