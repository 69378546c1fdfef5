package attack_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
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
	"showdown/attack"
)

// shop is an application with sessions: a login gives a cookie, a header and a list, which
// the other paths want back.
type shop struct {
	mu sync.Mutex
	// steps are the paths that each user asked for in order, and seen the bodies and
	// headers that did not fit.
	steps map[string][]string
	wrong []string
	conns int
	proto map[string]int
}

const secret = "s3cr3t-t0ken"

func (s *shop) note(user, step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.steps == nil {
		s.steps = map[string][]string{}
	}
	s.steps[user] = append(s.steps[user], step)
}

func (s *shop) bad(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	if s.proto == nil {
		s.proto = map[string]int{}
	}
	s.proto[r.Proto]++
	s.mu.Unlock()
	w.Header().Set("X-Instance", "shop-1")
	if got := r.Header.Get("Authorization"); got != "Bearer "+secret {
		s.bad("authorization %q", got)
	}
	switch r.URL.Path {
	case "/login":
		var in struct{ User, Password string }
		if err := json.Unmarshal(body, &in); err != nil || in.User == "" || in.Password == "" {
			s.bad("login %q", body)
		}
		s.note(in.User, "login")
		http.SetCookie(w, &http.Cookie{Name: "other", Value: "x"})
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "sid-of-" + strings.ReplaceAll(in.User, "\"", "'")})
		w.Header().Set("X-User", in.User)
		fmt.Fprintf(w, `{"ok": true, "count": 2, "items": [{"id": "a/b c"}, {"id": 7}], "a.b": null}`)
	case "/items/a/b c":
		if r.URL.EscapedPath() != "/items/a%2Fb%20c" {
			s.bad("path %q", r.URL.EscapedPath())
		}
		c, err := r.Cookie("sid")
		if err != nil || c.Value != "sid-of-"+r.URL.Query().Get("user") {
			s.bad("cookie %v of user %q", c, r.URL.Query().Get("user"))
		}
		s.note(r.URL.Query().Get("user"), "item")
		io.WriteString(w, "an item")
	case "/checkout":
		if want := "item=7&user="; !strings.HasPrefix(string(body), want) || r.ContentLength != int64(len(body)) {
			s.bad("checkout %q", body)
		}
		s.note(r.Header.Get("X-User"), "checkout")
		io.WriteString(w, "thanks")
	default:
		http.NotFound(w, r)
	}
}

// users is how many there were.
func (s *shop) users() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.steps)
}

func (s *shop) state(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		s.conns++
		s.mu.Unlock()
	}
}

// users is a CSV file of so many, with names that need care in a path, a header and JSON.
func users(n int) string {
	var b strings.Builder
	b.WriteString("user,password\n")
	for i := range n {
		fmt.Fprintf(&b, "\"%s %d\",pass\n", [...]string{"ann", "bob & co", "carl/x", "d+a=b,c"}[i%4], i)
	}
	return b.String()
}

func session() *showdown.Scenario {
	auth := "Bearer $SHOP_TOKEN"
	return &showdown.Scenario{
		Data: "users.csv",
		Script: []showdown.Request{
			{
				Name: "login", Method: "POST", Path: "/login",
				Header: map[string]string{"Authorization": auth, "Content-Type": "application/json"},
				Body:   `{"user": "{{user|json}}", "password": "{{password|json}}"}`,
				Extract: map[string]showdown.Extract{
					"sid": {Cookie: "sid"}, "who": {Header: "x-user"}, "item": {JSON: "items.0.id"}, "number": {JSON: "items.1.id"},
				},
				Check: &showdown.Check{Status: 200, JSON: map[string]string{"ok": "true", "count": "2.0", `a\.b`: "null"}},
			},
			{
				Name: "item", Path: "/items/{{item}}?user={{user}}",
				Header: map[string]string{"Authorization": auth, "Cookie": "sid={{sid}}"},
				Check:  &showdown.Check{Contains: "an item"},
			},
			{
				Name: "checkout", Method: "POST", Path: "/checkout",
				Header: map[string]string{"Authorization": "Bearer ${SHOP_TOKEN}", "X-User": "{{who}}"},
				Body:   "item={{number}}&user={{user|url}}",
			},
		},
	}
}

// folder is a folder with so many users in it.
func folder(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "users.csv"), []byte(users(n)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func shopEnv(name string) (string, bool) {
	return secret, name == "SHOP_TOKEN"
}

// checkSessions holds that each user went through the script in order, time and again.
func (s *shop) checkSessions(t *testing.T, users int, hits []showdown.Hit) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.wrong {
		t.Error("the shop was sent a wrong", w)
	}
	if len(s.steps) != users {
		t.Errorf("%d users, want %d", len(s.steps), users)
	}
	total := 0
	for user, steps := range s.steps {
		total += len(steps)
		for i, step := range steps {
			if want := [...]string{"login", "item", "checkout"}[i%3]; step != want {
				t.Errorf("user %s: step %d is %s, want %s", user, i, step, want)
			}
		}
	}
	named := map[string]int{}
	for _, h := range hits {
		named[h.Endpoint]++
		if h.Outcome != showdown.OK || h.Reason != "" || h.Backend != "shop-1" {
			t.Errorf("request %d: %+v", h.Seq, h)
		}
	}
	if total != len(hits) || named["login"]+named["item"]+named["checkout"] != len(hits) || named["checkout"] < 1 {
		t.Errorf("%d requests seen, by name %v", total, named)
	}
}

// A script is gone through by every client with a row of data of its own, whatever
// characters are in it, and the arrivals keep the schedule.
func TestScript(t *testing.T) {
	s := new(shop)
	web := httptest.NewServer(s)
	defer web.Close()
	hits := runURL(t, t.Context(), attack.URLConfig{
		URL: web.URL, Scenario: session(), Dir: folder(t, 20), Env: shopEnv, Clients: 20, Rate: 40, Duration: 1500 * time.Millisecond,
	})
	if len(hits) != 60 {
		t.Errorf("%d requests, want 60", len(hits))
	}
	for i, h := range hits {
		if want := time.Duration((float64(i) + 0.5) * 25e6); (h.Intended - want).Abs() > time.Microsecond {
			t.Fatalf("request %d is due at %v, want %v", i, h.Intended, want)
		}
	}
	s.checkSessions(t, 20, hits)
}

// In a lab the same script is played by the cohorts, each of which keeps its share.
func TestScriptOfCohorts(t *testing.T) {
	s := new(shop)
	web := httptest.NewServer(s)
	defer web.Close()
	traffic := steady("", 20, 40, 1500*time.Millisecond)
	traffic.Scenario = *session()
	traffic.Cohorts = []showdown.Cohort{{Name: "few", Share: 0.25}, {Name: "many", Share: 0.75, Profile: showdown.Fresh}}
	hits := play(t, attack.Config{
		Traffic: traffic, Dir: folder(t, 20), Env: shopEnv, Endpoints: []attack.Endpoint{{Name: "shop-1", Address: strings.TrimPrefix(web.URL, "http://")}},
		Check: func(int, []byte, time.Time) error { return io.ErrUnexpectedEOF },
	})
	few := 0
	for _, h := range hits {
		if traffic.CohortOf(h.Client) == 0 {
			few++
		}
	}
	if few != 15 || len(hits) != 60 {
		t.Errorf("%d of %d requests are of the quarter", few, len(hits))
	}
	s.checkSessions(t, 20, hits)
}

// A client that thinks is not free, and an arrival that finds no free client is not sent:
// the others keep their times.
func TestThinkTime(t *testing.T) {
	s := serve(t, "127.0.0.3:0", always(okAnswer))
	traffic := steady("", 10, 100, 400*time.Millisecond)
	traffic.Clients = 20
	traffic.Script = []showdown.Request{{Name: "a"}, {Name: "b", Think: showdown.Duration(390 * time.Millisecond)}}
	hits := play(t, attack.Config{Traffic: traffic, Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}}})
	got := map[string]int{}
	for _, h := range hits {
		got[h.Endpoint+" "+h.Outcome.String()+" "+h.Reason]++
		if h.Outcome == showdown.Dropped && (h.Sent != h.Intended || h.Latency != 0) {
			t.Errorf("an unsent request has %+v", h)
		}
	}
	// Of 40 arrivals 20 take the first step of each client, 20 the second; then all think.
	if got["a ok "] != 20 || got["b ok "] != 20 || len(got) != 2 {
		t.Errorf("%v", got)
	}
	// All ten think from 0.1 s on until the first is free again, at 0.33 s and more.
	traffic.Clients, traffic.Script = 10, []showdown.Request{{Name: "a", Think: showdown.Duration(300 * time.Millisecond)}}
	traffic.Phases[0].Rate = 50
	hits = play(t, attack.Config{Traffic: traffic, Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}}})
	dropped := 0
	for i, h := range hits {
		if h.Outcome != showdown.Dropped {
			continue
		}
		dropped++
		if h.Reason != "no client was free" || h.Endpoint != "" || i < 10 {
			t.Errorf("request %d: %+v", i, h)
		}
	}
	if dropped < 5 || dropped == 10 || len(hits) != 20 {
		t.Errorf("%d of %d requests found no client, want about 6", dropped, len(hits))
	}
}

// Think time is divided by the speed.
func TestThinkTimeIsAWSTime(t *testing.T) {
	s := serve(t, "127.0.0.3:0", always(okAnswer))
	traffic := steady("", 4, 20, 500*time.Millisecond)
	traffic.Phases[0].For *= 60
	traffic.Timeout = 2 * showdown.Minute
	traffic.Script = []showdown.Request{{Name: "a", Think: showdown.Second}}
	hits := play(t, attack.Config{Traffic: traffic, Clock: clock(t, 60), Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}}})
	if n := counts(hits)[showdown.OK]; n != 10 {
		t.Errorf("%v, want 10 ok: a client is free again after 17 ms", counts(hits))
	}
}

// What could not be extracted makes the requests that need it wrong, unsent, and says why;
// a check that fails makes its own request wrong; a failure stays what it is.
func TestWrong(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusBadGateway)
		}
		io.WriteString(w, `{"a": [1, "x"]}`)
	}))
	defer web.Close()
	status := func(n int) *showdown.Check { return &showdown.Check{Status: n} }
	for _, test := range []struct {
		name string
		step showdown.Request
		want string
	}{
		{"no value", showdown.Request{Path: "/{{id}}"}, "0 wrong no {{id}}: first had no header X-Id"},
		{"no cookie", showdown.Request{Path: "/c", Header: map[string]string{"Cookie": "sid={{sid}}"}}, "0 wrong no {{sid}}: first had no cookie sid"},
		{"no json", showdown.Request{Path: "/j", Method: "POST", Body: "{{list}}"}, "0 wrong no {{list}}: first had no json a"},
		{"status", showdown.Request{Check: status(201)}, "200 wrong the status is not 201"},
		{"contains", showdown.Request{Check: &showdown.Check{Contains: "needle"}}, `200 wrong the body does not contain "needle"`},
		{"json value", showdown.Request{Check: &showdown.Check{JSON: map[string]string{"a.1": "y"}}}, "200 wrong a.1 has another value"},
		{"json path", showdown.Request{Check: &showdown.Check{JSON: map[string]string{"a.2": "y"}}}, "200 wrong the body has no a.2"},
		{"right", showdown.Request{Check: &showdown.Check{Status: 200, Contains: `"a"`, JSON: map[string]string{"a.0": "1", "a.1": "x"}}}, "200 ok "},
		{"a failure", showdown.Request{Path: "/broken", Check: status(200)}, "502 http_5xx "},
		{"a line break", showdown.Request{Header: map[string]string{"X": "{{one}}"}}, "200 ok "},
	} {
		test.step.Name = "second"
		hits := runURL(t, t.Context(), attack.URLConfig{
			URL: web.URL, Clients: 1, Rate: 10, Duration: 200 * time.Millisecond,
			Scenario: &showdown.Scenario{Script: []showdown.Request{{
				Name: "first", Path: "/first", Extract: map[string]showdown.Extract{
					"id": {Header: "X-Id"}, "sid": {Cookie: "sid"}, "list": {JSON: "a"}, "one": {JSON: "a.0"},
				},
			}, test.step}},
		})
		if len(hits) != 2 || hits[0].Outcome != showdown.OK {
			t.Fatalf("%s: %+v", test.name, hits)
		}
		if got := fmt.Sprintf("%d %s %s", hits[1].Status, hits[1].Outcome, hits[1].Reason); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if asked["/first"] != 10 || asked["/"] != 6 {
		t.Errorf("paths %v", asked)
	}
}

// Requests by weight have their shares in every stretch, each client gets all kinds, and
// rows of data are taken in turn.
func TestWeights(t *testing.T) {
	var r recorder
	web := httptest.NewServer(&r)
	defer web.Close()
	dir := folder(t, 4)
	hits := runURL(t, t.Context(), attack.URLConfig{
		URL: web.URL + "/base/", Dir: dir, Clients: 4, Rate: 1000, Duration: 400 * time.Millisecond, Header: http.Header{"X-Test": {"t"}},
		Scenario: &showdown.Scenario{Data: "users.csv", Requests: []showdown.Request{
			{Name: "often", Path: "/often", Weight: 3}, {Name: "seldom", Path: "/seldom?{{user}}", Weight: 1}, {Name: "never", Path: "/never"},
		}},
	})
	if len(hits) != 400 {
		t.Fatalf("%d requests", len(hits))
	}
	by := map[string]int{}
	clients := map[string]int{}
	for i, h := range hits {
		by[h.Endpoint]++
		clients[fmt.Sprint(h.Client, h.Endpoint)]++
		if i%40 == 39 {
			if n := by["seldom"]; n < (i+1)/4-4 || n > (i+1)/4+4 {
				t.Errorf("%d of the first %d are seldom", n, i+1)
			}
		}
	}
	if by["often"]+by["seldom"] != 400 || len(clients) != 8 {
		t.Errorf("by endpoint %v, by client %v", by, clients)
	}
	seen := r.count()
	address := strings.TrimPrefix(web.URL, "http://")
	if n := seen["GET "+address+" /base/often t"]; n != by["often"] {
		t.Errorf("seen %v", seen)
	}
	rows := 0
	for line := range seen {
		if strings.Contains(line, "/base/seldom?") {
			rows++
		}
	}
	if rows != 4 || !slices.ContainsFunc(keys(seen), func(l string) bool { return strings.Contains(l, "/base/seldom?bob%20%26%20co%201 t") }) {
		t.Errorf("%d rows in %v", rows, seen)
	}
}

func keys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// As fast as its clients can, a script goes on without a pause.
func TestScriptAsFastAsPossible(t *testing.T) {
	s := new(shop)
	web := httptest.NewServer(s)
	defer web.Close()
	hits := runURL(t, t.Context(), attack.URLConfig{
		URL: web.URL, Scenario: session(), Dir: folder(t, 1000), Env: shopEnv, Workers: 4, Duration: 100 * time.Millisecond,
	})
	if len(hits) < 12 {
		t.Errorf("%d requests", len(hits))
	}
	s.checkSessions(t, s.users(), hits)
}

// What is wrong with a scenario is said when the attack is made, and no secret with it.
func TestBadScenario(t *testing.T) {
	env := func(name string) (string, bool) { return secret + "\n", name == "BROKEN" }
	for name, test := range map[string]struct {
		change func(*attack.URLConfig)
		want   string
	}{
		"no variable":   {func(c *attack.URLConfig) { c.Env = func(string) (string, bool) { return "", false } }, "script[0].header.Authorization: the environment variable SHOP_TOKEN is not set"},
		"a line break":  {func(c *attack.URLConfig) { c.Env = env; c.Scenario.Script[0].Header["Authorization"] = "$BROKEN" }, "has a line break"},
		"in a path":     {func(c *attack.URLConfig) { c.Env = env; c.Scenario.Script[0].Path = "/{{$BROKEN}}" }, "script[0].path"},
		"unknown value": {func(c *attack.URLConfig) { c.Scenario.Script[1].Path = "/{{usr}}" }, "script[1].path: unknown value {{usr}}"},
		"too early":     {func(c *attack.URLConfig) { c.Scenario.Script[0].Path = "/{{sid}}" }, "is not there yet"},
		"too long":      {func(c *attack.URLConfig) { c.Scenario.Script[2].Think = showdown.Hour }, "script[2].think: the client would think for 1h"},
		"too few":       {func(c *attack.URLConfig) { c.Scenario.Script[2].Think = 290e6 }, "script: 4 clients cannot keep the schedule"},
		"a pause":       {func(c *attack.URLConfig) { c.Rate, c.Scenario.Script[2].Think = 0, showdown.Second }, "leaves no time to think"},
		"both":          {func(c *attack.URLConfig) { c.Scenario.Requests = c.Scenario.Script[:1] }, "not both"},
		"no file":       {func(c *attack.URLConfig) { c.Scenario.Data = "nobody.csv" }, "nobody.csv: no such file"},
		"a query":       {func(c *attack.URLConfig) { c.URL += "/?a=b" }, "has no query"},
	} {
		c := attack.URLConfig{
			URL: "http://127.0.0.1:1", Scenario: session(), Dir: folder(t, 4), Env: shopEnv, Clients: 4, Rate: 200, Duration: 300 * time.Millisecond,
			Sink: func([]showdown.Hit) {},
		}
		test.change(&c)
		_, err := attack.NewURL(c)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error holds the secret: %v", name, err)
		}
	}
}
