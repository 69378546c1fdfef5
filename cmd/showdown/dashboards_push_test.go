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
		left  int // annotations that the server still has
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
		if r.Method == http.MethodGet && r.URL.Path == "/api/annotations" {
			list := "[]"
			if left > 0 {
				left--
				list = `[{"id":5,"tags":["showdown","` + r.URL.Query()["tags"][1] + `"]}]`
			}
			fmt.Fprint(w, list)
			return
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

	boards := 0
	for _, c := range calls {
		if c == "POST /api/dashboards/db" {
			boards++
		}
	}
	if boards != 4 {
		t.Errorf("%d dashboards were sent, want 4: %v", boards, calls)
	}

	// A second push takes the annotations of the first one away before it sends its own.
	calls, texts, left = nil, nil, 1
	if code := Main(args, strings.NewReader(""), &stdout, &stderr); code != exitHeld {
		t.Fatalf("push exits with %d: %s", code, stderr.String())
	}
	if gone, first := slices.Index(calls, "DELETE /api/annotations/5"), slices.Index(calls, "POST /api/annotations"); gone < 0 || first < gone {
		t.Errorf("a second push doubles the annotations: %v", calls)
	}

	calls, left = nil, 1
	stdout.Reset()
	args[2] = "remove"
	if code := Main(args, strings.NewReader(""), &stdout, &stderr); code != exitHeld {
		t.Fatalf("remove exits with %d: %s", code, stderr.String())
	}
	if len(calls) != 7 || !strings.HasPrefix(calls[0], "DELETE /api/dashboards/uid/showdown-overview-") {
		t.Errorf("remove asks %v", calls)
	}
	if got := stdout.String(); !strings.HasPrefix(got, "removed 4 dashboards and 1 annotations of ") {
		t.Errorf("remove says %q", got)
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
