package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showdown/results"
)

// watchedStage is a server that is killed and comes back, at a rate that a machine which is busy keeps.
const watchedStage = `version: 1
journey: mine
stage: watched
title: A server that is killed while others look on
cells:
  - name: base
    topology: {instances: [{name: web-1, type: t3.micro}, {name: web-2, type: t3.micro}]}
    traffic: {profile: address-list, clients: 20, phases: [{name: all, for: 4m, rate: 100}]}
    timeline: [{letter: A, at: 1m, do: kill, target: web-1, for: 1m}]
`

// TestServersThatFailARun plays the same run with Grafana and Prometheus servers that hang, are slow, refuse, answer
// with errors and restart: the attack and the fault are those of a run without, and the end waits for nobody.
func TestServersThatFailARun(t *testing.T) {
	t.Parallel()
	alone := playWatched(t, "")
	// All at once: each waits most of the time.
	var all sync.WaitGroup
	defer all.Wait()
	for name, serve := range map[string]func(*testing.T) (address string, asked func() int64){
		"hangs":   func(t *testing.T) (string, func() int64) { return badServer(t, nil) },
		"refuses": func(*testing.T) (string, func() int64) { return "127.0.0.1:9", nil },
		"slow": func(t *testing.T) (string, func() int64) {
			return badServer(t, func(int64) (int, time.Duration) { return http.StatusOK, 2 * time.Second })
		},
		"errors": func(t *testing.T) (string, func() int64) {
			return badServer(t, func(int64) (int, time.Duration) { return http.StatusInternalServerError, 0 })
		},
		"restarts": func(t *testing.T) (string, func() int64) {
			return badServer(t, func(n int64) (int, time.Duration) {
				return []int{http.StatusOK, http.StatusServiceUnavailable, 0}[n%3], 0
			})
		},
	} {
		all.Go(func() {
			t.Run(name, func(t *testing.T) {
				address, asked := serve(t)
				s := playWatched(t, address)
				if asked != nil && asked() == 0 {
					t.Error("nobody asked the server")
				}
				a, b := alone.Requests, s.Requests
				if b.Scheduled != a.Scheduled || b.Sent != b.Scheduled || b.Dropped != 0 {
					t.Errorf("%d of %d requests were sent, %d dropped; without a server %d of %d", b.Sent, b.Scheduled, b.Dropped, a.Sent, a.Scheduled)
				}
				if len(s.Faults) != 1 || !s.Faults[0].Confirmed || !s.Faults[0].Undone {
					t.Errorf("the fault is %+v", s.Faults)
				}
				t.Logf("requests are late by %.2f ms at most for 99 of 100, without a server by %.2f ms", s.Generator.LateP99MS, alone.Generator.LateP99MS)
			})
		})
	}
}

// playWatched plays the stage with a server at an address that dashboards, annotations and metrics are sent to;
// empty is none.
func playWatched(t *testing.T, address string) *results.Summary {
	t.Helper()
	p := newProgram(t)
	args := []string{p.file("watched.yaml", watchedStage)}
	if address != "" {
		args = append(args, "--grafana-url", "http://"+address, "--remote-write", "http://"+address)
	}
	s := p.held(args...)
	if said := strings.Count(p.stderr.String(), "the run goes on"); address != "" && said == 0 {
		t.Errorf("it is not said that the server fails:\n%s", p.stderr.String())
	}
	return s
}

// badServer answers each request with a status after a while; status 0 cuts the connection, and without do
// nothing is ever answered. asked is how many requests or, without do, connections came.
func badServer(t *testing.T, do func(n int64) (status int, after time.Duration)) (address string, asked func() int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := n.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // who asks may be gone
		if do == nil {
			<-r.Context().Done()
			return
		}
		status, after := do(at)
		select {
		case <-time.After(after):
		case <-r.Context().Done():
		}
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"id":1,"uid":"u","message":"ok"}`) // as before
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	return l.Addr().String(), n.Load
}
