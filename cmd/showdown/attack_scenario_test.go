package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScenarioScripts attacks a shop with sessions as a user does.
func TestScenarioScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scenario",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", "/nonexistent")
			return nil
		},
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"shop": startShop},
		RequireExplicitExec: true,
	})
}

// startShop serves a shop until the script ends, and names it in $SHOP, and one with TLS in
// $SECURE, whose certificate is in ca.pem. It answers 403 to whoever has not the token that
// is its argument.
func startShop(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: shop TOKEN")
	}
	shop := http.NewServeMux()
	shop.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ User, Password string }
		if json.NewDecoder(r.Body).Decode(&in) != nil || in.Password == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "cookie-of-" + in.User})
		fmt.Fprintf(w, `{"items": [{"id": "tea pot"}], "proto": %q}`, r.Proto)
	})
	shop.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("sid"); err != nil || !strings.HasPrefix(c.Value, "cookie-of-") || r.PathValue("id") != "tea pot" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		io.WriteString(w, "price: 5")
	})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+args[0] {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		shop.ServeHTTP(w, r)
	})
	plain := httptest.NewServer(handler)
	ts.Defer(plain.Close)
	secure := httptest.NewUnstartedServer(handler)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	ts.Defer(secure.Close)
	ts.Setenv("SHOP", plain.URL)
	ts.Setenv("SECURE", secure.URL)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "ca.pem"), ca, 0o600))
}
