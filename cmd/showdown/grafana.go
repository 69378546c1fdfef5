package main

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/dashboards"
)

// grafanaWait is how long the end of a command waits for what is still to be sent.
const grafanaWait = 5 * time.Second

func liveGrafanaFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "grafana-url", EnvVars: []string{"SHOWDOWN_GRAFANA_URL"},
		Usage: "send dashboards, and each chaos action as it happens, to the Grafana server at `URL`; its token is read from " + grafanaToken,
	}
}

// liveGrafana sends each run's dashboards and annotations to a Grafana server while it
// is played. A nil one sends nothing, and a server that fails is reported and changes
// nothing.
type liveGrafana struct {
	url string
	say func(format string, args ...any)

	// mu guards what follows: the pusher of the run that is played.
	mu     sync.Mutex
	run    string
	pusher *dashboards.Pusher
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

// startGrafana is nil without --grafana-url, and an error for a URL that is none.
func (t *terminal) startGrafana(c *cli.Context) (*liveGrafana, error) {
	url := c.String("grafana-url")
	if url == "" {
		return nil, nil
	}
	if _, err := dashboards.NewPusher(dashboards.PushConfig{URL: url}); err != nil {
		return nil, misuse("write --grafana-url http://127.0.0.1:3000", "%w", err)
	}
	return &liveGrafana{url: url, say: func(format string, args ...any) { t.progress(c, format, args...) }}, nil
}

// started says that a stage of a run begins. The first one of a run has the dashboards
// sent before anything else, by a goroutine that nobody waits for.
func (g *liveGrafana) started(run, stage string, at time.Time) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.run != run {
		g.end()
		p, err := dashboards.NewPusher(dashboards.PushConfig{
			URL: g.url, Token: os.Getenv(grafanaToken), Run: run,
			Report: func(err error) { g.say("%v; the run goes on", err) },
		})
		if err != nil {
			g.say("grafana: %v; the run goes on", err)
			return
		}
		ctx, stop := context.WithCancel(context.Background())
		g.run, g.pusher, g.stop = run, p, stop
		g.ended.Go(func() {
			if address, err := p.PushDashboards(); err != nil {
				g.say("grafana: %v; the run goes on", err)
			} else {
				g.say("the run's dashboard is at %s on the Grafana server", address)
			}
			_ = p.Run(ctx) // it always returns nil
		})
	}
	g.pusher.StageStarted(stage, at)
}

// event passes an event on without waiting.
func (g *liveGrafana) event(ev showdown.Event) {
	if g == nil {
		return
	}
	g.mu.Lock()
	p := g.pusher
	g.mu.Unlock()
	if p != nil {
		p.Event(ev)
	}
}

// end lets the present pusher send what waits and end. g.mu must be held.
func (g *liveGrafana) end() {
	if g.stop != nil {
		g.stop()
	}
	g.run, g.pusher, g.stop = "", nil, nil
}

// Close sends what is left, for a bounded time.
func (g *liveGrafana) Close() {
	if g == nil {
		return
	}
	g.mu.Lock()
	p := g.pusher
	g.end()
	g.mu.Unlock()
	done := make(chan struct{})
	go func() { defer close(done); g.ended.Wait() }()
	select {
	case <-done:
	case <-time.After(grafanaWait):
		g.say("grafana: the server is too slow for what was left to send")
	}
	if p != nil && p.Dropped() > 0 {
		g.say("grafana: %d events did not fit the queue", p.Dropped())
	}
}
