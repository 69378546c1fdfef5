package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/dashboards"
	"showdown/dashboards/live"
	"showdown/results"
)

// lastScrapes is how long the metrics are served after the end at least: two scrapes by the
// files that showdown writes, the first of which may have begun before the last number came.
const lastScrapes = 2 * dashboards.ScrapeInterval

// metrics serves the metrics of the runs of one command, and writes them elsewhere. A
// nil metrics does neither.
type metrics struct {
	exporter *dashboards.Exporter
	// server is nil without --metrics, remote without --remote-write, grafana without
	// --grafana-url.
	server  *http.Server
	remote  *remoteWrite
	grafana *liveGrafana
	served  chan error
	say     func(format string, args ...any)
}

// serveMetrics listens where --metrics says, so that a port in use is an error
// before anything is started, and sends where --remote-write and --grafana-url say.
// Without any of the three it is nil, unless the page serves them.
func (t *terminal) serveMetrics(c *cli.Context, page bool) (_ *metrics, err error) {
	address := c.String("metrics")
	if !page && address == "" && c.String("remote-write") == "" && c.String("grafana-url") == "" {
		return nil, nil
	}
	m := &metrics{
		exporter: dashboards.NewExporter(dashboards.Info{Version: version()}),
		served:   make(chan error, 1),
		say:      func(format string, args ...any) { t.progress(c, format, args...) },
	}
	if m.grafana, err = t.startGrafana(c); err != nil {
		return nil, err
	}
	if m.remote, err = t.startRemoteWrite(c, m.exporter); err != nil {
		return nil, err
	}
	if address == "" {
		return m, nil
	}
	defer func() {
		if err != nil {
			m.remote.Close()
		}
	}()
	listener, err := (&net.ListenConfig{}).Listen(c.Context, "tcp", address)
	if err != nil {
		return nil, hinted(fmt.Errorf("serve the metrics: %w", err), "choose a free address, such as --metrics 127.0.0.1:0")
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.exporter.Handler())
	mux.Handle("GET "+dashboards.MachinesPath, m.exporter.MachinesHandler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { m.served <- m.server.Serve(listener) }()
	m.say("metrics on http://%s/metrics", listener.Addr())
	return m, nil
}

// options are those of a page that serves the metrics too.
func (m *metrics) options(o live.Options) live.Options {
	if m != nil {
		o.Metrics, o.Machines = m.exporter.Handler(), m.exporter.MachinesHandler()
	}
	return o
}

// stage is the observer of one stage.
func (m *metrics) stage(s *showdown.Stage, clock showdown.Clock) *stageMetrics {
	return &stageMetrics{Exporter: m.exporter, spec: s, clock: clock, out: m}
}

// ended says what the stage's cells cost by the summary: the architecture that it arrived
// at, which is not the one that it began with.
func (m *metrics) ended(s *results.Summary) {
	if m == nil || s == nil {
		return
	}
	if s.Cost != nil {
		m.exporter.StageCost(s.Cell, s.Cost.MonthUSD)
	}
	for name, c := range s.Cells {
		if c.Cost != nil {
			m.exporter.StageCost(name, c.Cost.MonthUSD)
		}
	}
}

// Close serves for linger more, so that the last scrape sees the end of the run,
// and then stops.
func (m *metrics) Close(ctx context.Context, linger time.Duration) error {
	if m == nil {
		return nil
	}
	m.grafana.Close()
	if m.server == nil {
		m.remote.Close()
		return nil
	}
	if linger > 0 {
		m.say("serving the metrics for %s more", linger)
	}
	select {
	case <-ctx.Done():
	case <-time.After(max(linger, lastScrapes)):
	}
	m.remote.Close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := m.server.Shutdown(ctx)
	if served := <-m.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// stageMetrics tells the exporter which stage the hits and events are of.
type stageMetrics struct {
	*dashboards.Exporter
	spec  *showdown.Stage
	clock showdown.Clock
	out   *metrics
}

// Event gives an event to the metrics and to whom they are sent.
func (s *stageMetrics) Event(ev showdown.Event) {
	s.Exporter.Event(ev)
	s.out.grafana.event(ev)
}

// Started says that the labs of run are up. The stages of a journey share the
// journey's id, so that they can be compared.
func (s *stageMetrics) Started(run string, cost map[string]results.Cost) {
	run, _, _ = strings.Cut(run, "/")
	s.StageStarted(run, s.spec, s.clock)
	for cell, c := range cost {
		s.StageCost(cell, c.MonthUSD)
	}
	s.out.grafana.started(run, s.spec.ID(), time.Now())
	s.out.remote.snapshot() // the zeros that an increase is counted from
}
