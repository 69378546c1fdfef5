package attack_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"showdown"
	"showdown/attack"
)

// The steps of a script go to the targets of a running system in rotation, what was
// extracted with them, and their paths stand for those of the URLs.
func TestScriptOnARunningSystem(t *testing.T) {
	var given, shown, bad [2]atomic.Int64
	serve := func(i int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/login":
				given[i].Add(1)
				w.Header().Set("X-Token", "secret-token")
			case r.URL.Path == "/cart" && r.Header.Get("X-Token") == "secret-token":
				shown[i].Add(1)
			default:
				bad[i].Add(1)
			}
		}
	}
	one, two := httptest.NewServer(serve(0)), httptest.NewServer(serve(1))
	defer one.Close()
	defer two.Close()
	// Three steps and two targets: every step comes to both.
	script := []showdown.Request{
		{Name: "login", Path: "/login", Extract: map[string]showdown.Extract{"token": {Header: "X-Token"}}},
		{Name: "cart", Path: "/cart", Header: map[string]string{"X-Token": "{{token}}"}},
		{Name: "cart again", Path: "/cart", Header: map[string]string{"X-Token": "{{token}}"}},
	}
	tr := traffic(60, showdown.Browser) // enough of them that one is free beside any stall
	tr.Scenario = showdown.Scenario{Script: script}
	good, failed := runRunning(t, attack.RunningConfig{
		Targets: []showdown.Target{{Name: "web-1", URL: one.URL + "/elsewhere"}, {Name: "web-2", URL: two.URL}}, Traffic: tr,
	})
	if good["web-1"]+good["web-2"] != 200 || len(failed) > 0 {
		t.Errorf("good %v, failed %v; want 200 good", good, failed)
	}
	for i := range given {
		if given[i].Load() == 0 || shown[i].Load() == 0 || bad[i].Load() > 0 {
			t.Errorf("server %d: %d logins, %d carts with the token, %d others", i, given[i].Load(), shown[i].Load(), bad[i].Load())
		}
	}
}
