package dashboards

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	gapi "github.com/grafana/grafana-api-golang-client"

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
	// later are the answers to a call that was made before.
	later map[string]string
}

// once makes the answers of newGrafana those of the first call alone.
func (g *grafana) once(call, later string) { g.later = map[string]string{call: later} }

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
		id, again := len(g.calls), slices.Contains(g.calls[:len(g.calls)-1], call)
		g.mu.Unlock()
		status, answer := 200, fmt.Sprintf(`{"id":%d,"uid":"showdown-overview-run-1","message":"ok"}`, id)
		a, ok := answers[call]
		if after, there := g.later[call]; again && there {
			a, ok = after, true
		}
		if ok {
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
	at, err := newPusher(t, g.URL, nil).PushDashboards()
	if err != nil || at != "/d/showdown-overview-run-1" {
		t.Errorf("pushed to %q, %v", at, err)
	}
	const db = "POST /api/dashboards/db"
	want := []string{"GET /api/folders/showdown-runs", "POST /api/folders", db, db, db, db}
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
	var uids []any
	for _, b := range g.bodies[2:] {
		if d, ok := b["dashboard"].(map[string]any); ok {
			uids = append(uids, d["uid"])
		}
	}
	if all := []any{"showdown-overview-run-1", "showdown-compare-run-1", "showdown-chaos-run-1", "showdown-infra-run-1"}; !cmp.Equal(uids, all) {
		t.Errorf("pushed %v, want %v", uids, all)
	}
	if id, there := d["id"]; d["uid"] != "showdown-overview-run-1" || !there || id != nil {
		t.Errorf("uid %v, id %v (%t), want null", d["uid"], id, there)
	}
}

func TestPushErrorsSayWhatToDo(t *testing.T) {
	const (
		post   = "POST /api/dashboards/db"
		folder = "GET /api/folders/showdown-runs"
		create = "POST /api/folders"
	)
	for _, tc := range []struct {
		call, answer, want string
		requests           int
	}{
		{post, `400 {"message":"Cannot save provisioned dashboard"}`, "reads this dashboard from files", 2},
		{post, `412 {"status":"version-mismatch","message":"changed"}`, "there already", 2},
		{post, `412 {"status":"name-exists","message":"A dashboard with the same name"}`, "there already", 2},
		{post, `401 {"message":"invalid API key"}`, "SHOWDOWN_GRAFANA_TOKEN", 2},
		{post, `403 {"message":"no"}`, "Editor", 2},
		{post, `404 {"message":"folder not found"}`, "does not know this address", 2},
		{post, `409 {"message":"conflict"}`, "push again", 2},
		{post, `500 {"message":"boom"}`, "its log tells why", 2},
		{post, `503 <html>starting</html>`, "push again", 2},
		{folder, `401 {"message":"Unauthorized"}`, "SHOWDOWN_GRAFANA_TOKEN", 1},
		{folder, `500 {"message":"boom"}`, "its log tells why", 1},
		{create, `403 {"message":"no"}`, "Editor", 2},
		{create, `409 {"message":"a folder with the same name exists"}`, "push again", 2},
	} {
		answers := map[string]string{tc.call: tc.answer}
		if tc.call == create {
			answers[folder] = `404 {"message":"folder not found"}`
		}
		g := newGrafana(t, answers)
		_, err := newPusher(t, g.URL, nil).PushDashboards()
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %s: %v, want %q in it", tc.call, tc.answer, err, tc.want)
		}
		if tc.call == post && err != nil && !strings.Contains(err.Error(), "showdown-overview-run-1") {
			t.Errorf("%s: %v does not name the dashboard", tc.answer, err)
		}
		if n := len(g.calls); n != tc.requests {
			t.Errorf("%s: %s: %d requests, want %d: no answer is asked for again", tc.call, tc.answer, n, tc.requests)
		}
	}
}

// TestPushToNobody: a server that hangs is given up after its time, and one that is
// gone at once.
func TestPushToNobody(t *testing.T) {
	hang := &http.Client{Timeout: pushTimeout, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})}
	synctest.Test(t, func(t *testing.T) {
		client, err := gapi.New("http://grafana", gapi.Config{Client: hang})
		if err != nil {
			t.Fatal(err)
		}
		p := &Pusher{client: client, run: "run-1"}
		begin := time.Now()
		_, err = p.PushDashboards()
		if err == nil || !strings.Contains(err.Error(), "within 5 seconds") || time.Since(begin) != pushTimeout {
			t.Errorf("a server that hangs: %v after %s, want an error after %s", err, time.Since(begin), pushTimeout)
		}
	})
	g := newGrafana(t, nil)
	g.Close()
	if _, err := newPusher(t, g.URL, nil).PushDashboards(); err == nil || !strings.Contains(err.Error(), "nobody listens") {
		t.Errorf("a server that is gone: %v", err)
	}
}

func TestRemoveDashboards(t *testing.T) {
	calls := []string{}
	for _, board := range []string{"overview", "compare", "chaos", "infra"} {
		calls = append(calls, "DELETE /api/dashboards/uid/showdown-"+board+"-run-1")
	}
	g := newGrafana(t, nil)
	if n, err := newPusher(t, g.URL, nil).RemoveDashboards(); err != nil || n != 4 || !cmp.Equal(g.calls, calls) {
		t.Errorf("%d, %v, calls %q", n, err, g.calls)
	}
	gone := newGrafana(t, map[string]string{calls[1]: `404 {"message":"Dashboard not found"}`})
	if n, err := newPusher(t, gone.URL, nil).RemoveDashboards(); err != nil || n != 3 || len(gone.calls) != 4 {
		t.Errorf("with one that is gone: %d, %v, calls %q", n, err, gone.calls)
	}
	provisioned := newGrafana(t, map[string]string{calls[0]: `400 {"message":"provisioned dashboard cannot be deleted"}`})
	if n, err := newPusher(t, provisioned.URL, nil).RemoveDashboards(); err == nil || n != 0 || !strings.Contains(err.Error(), "reads this dashboard from files") {
		t.Errorf("a provisioned one: %d, %v", n, err)
	}
}

func TestRemoveAnnotations(t *testing.T) {
	const list = "GET /api/annotations"
	g := newGrafana(t, map[string]string{list: `200 [{"id":7,"tags":["showdown","run:run-1"]},{"id":9,"tags":["run:run-1","showdown","chaos"]}]`})
	g.once(list, `200 []`)
	n, err := newPusher(t, g.URL, nil).RemoveAnnotations()
	want := []string{list, "DELETE /api/annotations/7", "DELETE /api/annotations/9", list}
	if err != nil || n != 2 || !cmp.Equal(g.calls, want) {
		t.Errorf("%d, %v, calls %q, want %q", n, err, g.calls, want)
	}
	// A server that ignores the tags must not lose what is not ours.
	foreign := newGrafana(t, map[string]string{list: `200 [{"id":7,"tags":["deploy"]}]`})
	if n, err := newPusher(t, foreign.URL, nil).RemoveAnnotations(); err == nil || n != 0 || len(foreign.calls) != 1 {
		t.Errorf("annotations of another hand: %d, %v, calls %q", n, err, foreign.calls)
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
	if _, err := p.RemoveDashboards(); err != nil || !strings.HasPrefix(g.auth[0], "Basic ") {
		t.Errorf("%v, authorization %q", err, g.auth)
	}
}
