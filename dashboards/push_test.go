package dashboards

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// grafana records what is sent to it and answers as a server would.
type grafana struct {
	*httptest.Server
	mu       sync.Mutex
	calls    []string
	bodies   []map[string]any
	auth     []string
	answered chan struct{}
}

// newGrafana answers a request by its method and path; what answers does not name is
// answered 200 with an id.
func newGrafana(t *testing.T, answers map[string]string) *grafana {
	t.Helper()
	g := &grafana{answered: make(chan struct{}, 1000)}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var body map[string]any
		if len(data) > 0 {
			if err := json.Unmarshal(data, &body); err != nil {
				t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
			}
		}
		g.mu.Lock()
		call := r.Method + " " + r.URL.Path
		g.calls, g.bodies, g.auth = append(g.calls, call), append(g.bodies, body), append(g.auth, r.Header.Get("Authorization"))
		id := len(g.calls)
		g.mu.Unlock()
		status, answer := 200, fmt.Sprintf(`{"id":%d,"uid":"showdown-overview-run-1","message":"ok"}`, id)
		if a, ok := answers[call]; ok {
			_, err = fmt.Sscanf(a, "%d", &status)
			if err != nil {
				t.Error(err)
			}
			_, answer, _ = strings.Cut(a, " ")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer) // a client that went away is its own test's matter
		g.answered <- struct{}{}
	}))
	t.Cleanup(g.Close)
	return g
}

// wait returns after n more answers.
func (g *grafana) wait(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-g.answered:
		case <-time.After(20 * time.Second):
			t.Fatal("no request in 20 s")
		}
	}
}

func newPusher(t *testing.T, url string, report func(error)) *Pusher {
	t.Helper()
	p, err := NewPusher(PushConfig{URL: url, Token: "secret", Run: "run-1", Report: report})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.idle)
	return p
}

func TestPushDashboard(t *testing.T) {
	g := newGrafana(t, map[string]string{"GET /api/folders/showdown-runs": `404 {"message":"not found"}`})
	at, err := newPusher(t, g.URL, nil).PushDashboard()
	if err != nil || at != "/d/showdown-overview-run-1" {
		t.Errorf("pushed to %q, %v", at, err)
	}
	want := []string{"GET /api/folders/showdown-runs", "POST /api/folders", "POST /api/dashboards/db"}
	if !cmp.Equal(g.calls, want) {
		t.Fatalf("calls %q, want %q", g.calls, want)
	}
	if g.auth[2] != "Bearer secret" {
		t.Errorf("authorization %q", g.auth[2])
	}
	if f := g.bodies[1]; f["title"] != "Showdown runs" || f["uid"] != "showdown-runs" {
		t.Errorf("folder %v", f)
	}
	b := g.bodies[2]
	d, ok := b["dashboard"].(map[string]any)
	if !ok || b["folderUid"] != "showdown-runs" || b["overwrite"] != true {
		t.Fatalf("dashboard in folder %v, overwrite %v", b["folderUid"], b["overwrite"])
	}
	if id, there := d["id"]; d["uid"] != "showdown-overview-run-1" || !there || id != nil {
		t.Errorf("uid %v, id %v (%t), want null", d["uid"], id, there)
	}
}

func TestPushErrorsSayWhatToDo(t *testing.T) {
	const post = "POST /api/dashboards/db"
	for answer, want := range map[string]string{
		`400 {"message":"Cannot save provisioned dashboard"}`:   "reads this dashboard from files",
		`412 {"status":"version-mismatch","message":"changed"}`: "there already",
		`401 {"message":"invalid API key"}`:                     "SHOWDOWN_GRAFANA_TOKEN",
		`403 {"message":"no"}`:                                  "Editor",
		`500 {"message":"boom"}`:                                "boom",
	} {
		g := newGrafana(t, map[string]string{post: answer})
		_, err := newPusher(t, g.URL, nil).PushDashboard()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "showdown-overview-run-1") {
			t.Errorf("%s: %v, want %q in it", answer, err, want)
		}
		if n := len(g.calls); n != 2 {
			t.Errorf("%s: %d requests, want 2: no answer is asked for again", answer, n)
		}
	}
}

func TestRemoveDashboard(t *testing.T) {
	const call = "DELETE /api/dashboards/uid/showdown-overview-run-1"
	g := newGrafana(t, nil)
	if err := newPusher(t, g.URL, nil).RemoveDashboard(); err != nil || !cmp.Equal(g.calls, []string{call}) {
		t.Errorf("%v, calls %q", err, g.calls)
	}
	gone := newGrafana(t, map[string]string{call: `404 {"message":"Dashboard not found"}`})
	if err := newPusher(t, gone.URL, nil).RemoveDashboard(); err != nil {
		t.Errorf("a dashboard that is gone: %v", err)
	}
}

func TestChaosBecomesRegions(t *testing.T) {
	g := newGrafana(t, nil)
	p := newPusher(t, g.URL, func(err error) { t.Error(err) })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()

	zero := time.UnixMilli(1_700_000_000_000)
	send := func(after time.Duration, kind showdown.EventKind, letter string) {
		p.Event(showdown.Event{At: zero.Add(after), Cell: "base", Kind: kind, Target: letter, Data: map[string]any{
			"action": "kill", "targets": []string{"web-1", "web-2"},
		}})
	}
	p.StageStarted("whatsthetime/vertical", zero)
	send(time.Second, showdown.FaultPlanned, "A")
	send(2*time.Second, showdown.FaultInjecting, "A")
	send(2*time.Second, showdown.FaultInjected, "A")
	send(3*time.Second, showdown.FaultUndone, "B") // never began
	send(5*time.Second, showdown.FaultUndone, "A")
	g.wait(t, 3)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if want := []string{"POST /api/annotations", "POST /api/annotations", "PATCH /api/annotations/2"}; !cmp.Equal(g.calls, want) {
		t.Fatalf("calls %q, want %q", g.calls, want)
	}
	want := map[string]any{
		"id": 2.0, "panelId": 0.0, "time": 1_700_000_002_000.0, "timeEnd": 1_700_000_005_000.0, "text": "A kill web-1, web-2",
		"tags": []any{
			"showdown", "run:run-1", "chaos", "stage:whatsthetime/vertical", "cell:base", "action:kill", "target:web-1", "target:web-2",
		},
	}
	if !cmp.Equal(g.bodies[2], want) {
		t.Errorf("region:\n%s", cmp.Diff(want, g.bodies[2]))
	}
	if g.bodies[0]["text"] != "stage whatsthetime/vertical" {
		t.Errorf("stage marker %v", g.bodies[0])
	}
}

// TestPusherNeverWaits floods a pusher whose server does not answer: events are
// dropped and counted, and whoever sends them goes on.
func TestPusherNeverWaits(t *testing.T) {
	release := make(chan struct{})
	arrived := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case arrived <- struct{}{}:
		default:
		}
		<-release
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer server.Close()
	var reported int
	p := newPusher(t, server.URL, func(error) { reported++ })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	ev := showdown.Event{Kind: showdown.FaultInjecting, Target: "A"}
	p.Event(ev)
	<-arrived // the first one hangs in the server, and the queue is empty
	for range pushQueue + 44 {
		p.Event(ev)
	}
	if p.Dropped() != 44 {
		t.Errorf("%d dropped, want 44", p.Dropped())
	}
	cancel()
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if reported == 0 {
		t.Error("a failing server was not reported")
	}
}

func TestNewPusherRefuses(t *testing.T) {
	for _, url := range []string{"", "grafana:3000", "http://", "ftp://host", "http://user:hunter2@ho st"} {
		_, err := NewPusher(PushConfig{URL: url})
		if err == nil || !strings.Contains(err.Error(), "write it like") {
			t.Errorf("%q: %v", url, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the password is in the message: %v", url, err)
		}
	}
}

func TestPusherUsesUserAndPasswordOfTheURL(t *testing.T) {
	g := newGrafana(t, nil)
	p, err := NewPusher(PushConfig{URL: strings.Replace(g.URL, "http://", "http://admin:pw@", 1), Run: "run-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.idle()
	if err := p.RemoveDashboard(); err != nil || !strings.HasPrefix(g.auth[0], "Basic ") {
		t.Errorf("%v, authorization %q", err, g.auth)
	}
}
