package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHealthCheck: the command of the image's health check is 0 for a server that
// answers 200, and an error for any other and for none.
func TestHealthCheck(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	ask := func() int {
		var out bytes.Buffer
		return Main([]string{"showdown", healthCommand, server.URL + "/healthz"}, strings.NewReader(""), &out, &out)
	}
	if code := ask(); code != exitHeld {
		t.Errorf("a healthy server gives %d", code)
	}
	status = http.StatusServiceUnavailable
	if code := ask(); code != exitError {
		t.Errorf("a server that answers 503 gives %d", code)
	}
	server.Close()
	if code := ask(); code != exitError {
		t.Errorf("a server that is gone gives %d", code)
	}
}
