//go:build linux

package compose

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"showdown/dashboards/live"
)

const (
	pageURL       = "http://127.0.0.1:8089"
	prometheusURL = "http://127.0.0.1:9090"
	// token is docker-compose.yml's.
	token = "for-the-classroom-only"
	// faultFor is how long web-1 is dead, in AWS time; at ten AWS seconds a second it is 10 s.
	faultFor = "100s"
)

// page breaks the lab through the page's interface, as the presenter's button does, and waits
// until it is healed.
func page(t *testing.T) {
	var idle live.Hello
	if !eventually(60*time.Second, func() bool { idle = state(t); return flows(idle) }) {
		t.Fatalf("no good answer in the stage %s, step %s", idle.Stage.ID, idle.Step)
	}
	if html := get(t, pageURL+"/?view=wall", nil); !strings.Contains(html, "<title>") {
		t.Errorf("the wall is %.200q", html)
	}
	body := `{"target":"web-1","for":"` + faultFor + `"}`
	for name, head := range map[string]map[string]string{
		"without a token":     {"Authorization": ""},
		"with a wrong token":  {"Authorization": "Bearer for-the-classroom"},
		"from another origin": {"Origin": "http://evil.example"},
		"by another host":     {"Host": "evil.example"},
	} {
		if code, said := post(t, "/api/v1/chaos/kill", body, head); code != 401 && code != 403 {
			t.Errorf("a command %s is answered %d: %s", name, code, said)
		}
	}
	code, said := post(t, "/api/v1/chaos/kill", body, nil)
	var accepted struct{ Event string }
	if err := json.Unmarshal([]byte(said), &accepted); err != nil || code != http.StatusAccepted || accepted.Event == "" {
		t.Fatalf("the command is answered %d: %s (%v)", code, said, err)
	}
	var f live.Fault
	seen := func(phase live.Phase) func() bool {
		return func() bool {
			for _, c := range state(t).Cells {
				for _, f = range c.Faults {
					if f.Action == "kill" && f.Letter == accepted.Event {
						return f.Phase == phase
					}
				}
			}
			return false
		}
	}
	if !eventually(10*time.Second, seen(live.Active)) {
		t.Fatalf("the fault is not active: %+v", f)
	}
	if !eventually(40*time.Second, seen(live.Healed)) || f.Failed == 0 {
		t.Fatalf("the fault is not healed: %+v", f)
	}
	if !eventually(20*time.Second, func() bool { return flows(state(t)) }) {
		t.Error("nobody is served after it")
	}
}

// flows says that users of the first cell are served.
func flows(h live.Hello) bool { return len(h.Cells) > 0 && h.Cells[0].Now.Goodput > 0 }

func state(t *testing.T) live.Hello {
	t.Helper()
	var h live.Hello
	get(t, pageURL+"/api/v1/state", &h)
	return h
}

// prometheus finds in Prometheus what happened.
func prometheus(t *testing.T) {
	cases := []struct {
		name, query string
		from, to    float64
	}{
		{"showdown is scraped", `up{job="showdown"}`, 1, 1},
		{"every 250 ms, twenty times in 5 s", `count_over_time(up{job="showdown"}[5s])`, 10, 21},
		{"most scrapes come in time", `avg_over_time(up{job="showdown"}[10s])`, 0.5, 1},
		{"the machines are asked", `max(showdown_machine_up)`, 1, 1},
		{"a stage is on", `count(showdown_stage_info == 1)`, 1, 1},
		{"the fault was active", `max(max_over_time(showdown_chaos_active{action="kill",target="web-1"}[2m]))`, 1, 1},
		{"and is over", `max(showdown_chaos_active)`, 0, 0},
		{"requests failed", `sum(showdown_requests_total{outcome!="ok"})`, 10, 1e6},
		{"requests were served", `sum(showdown_requests_total{outcome="ok"})`, 10, 1e6},
		{"of 100 AWS seconds most were an outage", `max(showdown_downtime_seconds_total)`, 60, 300},
		{"the rules saw it", `min(min_over_time(showdown:availability:ratio_rate5s[2m]))`, 0, 0.5},
		{"the alert fired", `max(max_over_time(ALERTS{alertname="ShowdownSiteDown",alertstate="firing"}[2m]))`, 1, 1},
		{"the load goes on", `max(showdown_offered_rate_requests_per_second)`, 1, 1e5},
	}
	for _, tc := range cases {
		var got float64
		var err error
		if !eventually(15*time.Second, func() bool { got, err = query(t, tc.query); return err == nil && got >= tc.from && got <= tc.to }) {
			t.Errorf("%s: %s is %g, want %g to %g (%v)", tc.name, tc.query, got, tc.from, tc.to, err)
		}
	}
	agree(t)
}

// agree holds that Prometheus has what showdown itself says, to the request.
func agree(t *testing.T) {
	t.Helper()
	const name = "showdown_chaos_events_total"
	var said, stored float64
	same := func() bool {
		said = sum(t, name)
		var err error
		stored, err = query(t, "sum("+name+")")
		return err == nil && said > 0 && stored == said
	}
	if !eventually(10*time.Second, same) {
		t.Errorf("%s: showdown says %g, Prometheus %g", name, said, stored)
	}
}

// sum adds up a metric that showdown serves.
func sum(t *testing.T, name string) (sum float64) {
	t.Helper()
	for line := range strings.Lines(get(t, pageURL+"/metrics", nil)) {
		if !strings.HasPrefix(line, name+"{") {
			continue
		}
		fields := strings.Fields(line)
		value, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum += value
	}
	return sum
}

// query asks Prometheus for a number.
func query(t *testing.T, expression string) (float64, error) {
	t.Helper()
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	get(t, prometheusURL+"/api/v1/query?query="+url.QueryEscape(expression), &answer)
	if n := len(answer.Data.Result); n != 1 {
		return 0, fmt.Errorf("%d series", n)
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	return strconv.ParseFloat(text, 64)
}

// get fetches an address, and decodes the answer where it is wanted.
func get(t *testing.T, address string, into any) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	code, said := do(t, request)
	if code != http.StatusOK {
		t.Fatalf("%s is answered %d: %s", address, code, said)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(said), into); err != nil {
			t.Fatalf("%s: %v", address, err)
		}
	}
	return said
}

// post sends a command as the presenter does, but for the headers in head.
func post(t *testing.T, path, body string, head map[string]string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, pageURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	for name, value := range head {
		if name == "Host" {
			request.Host = value
		}
		request.Header.Set(name, value)
	}
	return do(t, request)
}

func do(t *testing.T, request *http.Request) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(data)
}
