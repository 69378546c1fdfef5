package attack_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/attack"
)

// site is a server that counts its requests by path.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	paths map[string]int
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{paths: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.paths[r.Method+" "+r.URL.RequestURI()]++
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) count(request string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[request]
}

// traffic sends 200 requests in a second.
func traffic(clients int, profile showdown.Profile, cohorts ...showdown.Cohort) showdown.Traffic {
	return showdown.Traffic{
		Clients: clients, Profile: profile, Timeout: showdown.Second, Cohorts: cohorts,
		Phases: []showdown.Phase{{Name: "all", For: showdown.Second, Rate: 200}},
	}
}

// runRunning plays the traffic and returns the good and the failed hits by backend.
func runRunning(t *testing.T, c attack.RunningConfig) (good, failed map[string]int) {
	t.Helper()
	var err error
	if c.Clock, err = showdown.NewClock(1); err != nil {
		t.Fatal(err)
	}
	good, failed = map[string]int{}, map[string]int{}
	c.Sink = func(hits []showdown.Hit) {
		for _, h := range hits {
			if h.Failed() {
				failed[h.Backend]++
			} else {
				good[h.Backend]++
			}
		}
	}
	a, err := attack.NewRunning(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	return good, failed
}

func TestRunningSystemIsAskedInRotation(t *testing.T) {
	one, two, three := newSite(t), newSite(t), newSite(t)
	three.Close()
	targets := []showdown.Target{{Name: "web-1", URL: one.URL}, {Name: "web-2", URL: two.URL + "/shop?a=b"}, {Name: "web-3", URL: three.URL}, {Name: "web-4", URL: one.URL + "/again"}}
	good, failed := runRunning(t, attack.RunningConfig{Targets: targets, Traffic: traffic(8, showdown.Browser)})
	for name, want := range map[string]int{"web-1": 50, "web-2": 50, "web-3": 0, "web-4": 50} {
		if good[name] != want || failed[name] != 50-want {
			t.Errorf("%s gave %d good answers and failed %d times, want %d and %d", name, good[name], failed[name], want, 50-want)
		}
	}
	if one.count("GET /") != 50 || two.count("GET /shop?a=b") != 50 || one.count("GET /again") != 50 {
		t.Errorf("asked %v and %v", one.paths, two.paths)
	}
}

func TestRunningSystemByCohort(t *testing.T) {
	one, two := newSite(t), newSite(t)
	targets := []showdown.Target{{Name: "web-1", URL: one.URL}, {Name: "web-2", URL: two.URL}}
	spec := traffic(20, showdown.Browser,
		showdown.Cohort{Name: "near", Share: 0.5, Profile: showdown.Browser, Knows: []string{"web-1"}},
		showdown.Cohort{Name: "all", Share: 0.5, Profile: showdown.Fresh})
	spec.Method, spec.Path = http.MethodHead, "/time"
	good, failed := runRunning(t, attack.RunningConfig{Targets: targets, Traffic: spec})
	if good["web-1"] != 150 || good["web-2"] != 50 || len(failed) != 0 {
		t.Errorf("good %v, failed %v, want 150 and 50", good, failed)
	}
	if one.count("HEAD /time") != 150 || two.count("HEAD /time") != 50 {
		t.Errorf("asked %v and %v", one.paths, two.paths)
	}
	// Pinned clients keep to one target each.
	good, _ = runRunning(t, attack.RunningConfig{Targets: targets, Traffic: traffic(3, showdown.Pinned)})
	if n := good["web-1"]; n < 133 || n > 134 || n+good["web-2"] != 200 {
		t.Errorf("two of three pinned clients have the first target: %v", good)
	}
}

func TestRunningSystemThatCannotBeAsked(t *testing.T) {
	clock, err := showdown.NewClock(1)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url     string
		traffic showdown.Traffic
		want    string
	}{
		"no URL":        {"shop", traffic(1, showdown.Browser), "does not start with http"},
		"a host":        {"http://127.0.0.1/", showdown.Traffic{Clients: 1, Host: "www", Phases: traffic(1, "").Phases}, "do not resolve"},
		"an instance":   {"http://127.0.0.1/", traffic(1, "", showdown.Cohort{Name: "a", Share: 1, Knows: []string{"web-9"}}), `knows "web-9"`},
		"nobody":        {"http://127.0.0.1/", traffic(0, ""), "0 clients"},
		"without phase": {"http://127.0.0.1/", showdown.Traffic{Clients: 1}, "no phase"},
	} {
		_, err := attack.NewRunning(attack.RunningConfig{
			Cell: "base", Targets: []showdown.Target{{Name: "web-1", URL: c.url}}, Traffic: c.traffic, Clock: clock, Sink: func([]showdown.Hit) {},
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	a, err := attack.NewRunning(attack.RunningConfig{
		Targets: []showdown.Target{{Name: "web-1", URL: "http://192.0.2.1/"}}, Traffic: traffic(1, ""), Clock: clock, Sink: func([]showdown.Hit) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), time.Now()); !errors.Is(err, attack.ErrPublic) {
		t.Errorf("a host of somebody else's: %v", err)
	}
}
