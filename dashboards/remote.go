package dashboards

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/exp/api/remote"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// remoteInterval is how often the metrics are written, which is how often the files
	// let Prometheus scrape them.
	remoteInterval = 250 * time.Millisecond
	// remotePath is where Prometheus takes them.
	remotePath = "api/v1/write"
	// remoteQueue is how many writes wait at most for a slow server: half a minute.
	remoteQueue = 120
	// remoteTimeout bounds one request, and remoteDrain what is sent after the end.
	remoteTimeout = 5 * time.Second
	remoteDrain   = 5 * time.Second
)

// RemoteConfig is what a [RemoteWriter] needs to know.
type RemoteConfig struct {
	// URL is the server's, http://127.0.0.1:9090, or the address that takes writes, such
	// as http://127.0.0.1:9090/api/v1/write; it may hold user and password.
	URL string
	// Token is sent as a bearer token; empty is none.
	Token string
	// Instance is the instance label of every series.
	Instance string
	// Interval is the time between two writes; 0 is 250 ms.
	Interval time.Duration
	// Report is called with the first error of a row of failures, from a goroutine of
	// [RemoteWriter.Run]; nil ignores it. A failing server never fails a run.
	Report func(error)
	// Client sends the requests; nil is one with a timeout.
	Client *http.Client
}

// RemoteWriter writes metrics to a Prometheus by its remote-write protocol, for runs
// that end before a scrape would come, and for hosts that no scrape reaches. What
// cannot be sent waits in a bounded queue, and the oldest is dropped from a full one.
// Make one with [NewRemoteWriter]; it starts nothing.
// https://prometheus.io/docs/specs/prw/remote_write_spec/
type RemoteWriter struct {
	api      *remote.API
	idle     func()
	source   prometheus.Gatherer
	labels   map[string]string
	interval time.Duration
	report   func(error)
	dropped  atomic.Int64

	// mu guards what follows.
	mu      sync.Mutex
	queue   []remoteMessage
	last    time.Time
	written map[string][]wireLabel
	// wake has a token while the queue is not empty.
	wake chan struct{}
}

// NewRemoteWriter writes what the source gathers to the server of the configuration.
// It fails when the URL is none.
func NewRemoteWriter(source prometheus.Gatherer, cfg RemoteConfig) (*RemoteWriter, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("remote write URL %q: write it like http://127.0.0.1:9090/%s", redacted(cfg.URL), remotePath)
	}
	path := strings.Trim(u.Path, "/")
	if path == "" {
		path = remotePath
	}
	u.Path = "/"
	client, idle := cfg.Client, func() {}
	if client == nil {
		transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
		client, idle = &http.Client{Timeout: remoteTimeout, Transport: bearer{transport, cfg.Token}}, transport.CloseIdleConnections
	}
	api, err := remote.NewAPI(u.String(), remote.WithAPIPath(path), remote.WithAPIHTTPClient(client),
		remote.WithAPIBackoff(remote.BackoffConfig{Min: 250 * time.Millisecond, Max: 2 * time.Second, MaxRetries: 3}))
	if err != nil {
		return nil, fmt.Errorf("remote write: %w", err)
	}
	w := &RemoteWriter{
		api: api, idle: idle, source: source, interval: cfg.Interval, report: cfg.Report,
		labels:  map[string]string{"job": "showdown", "instance": cfg.Instance},
		written: map[string][]wireLabel{}, wake: make(chan struct{}, 1),
	}
	if w.interval <= 0 {
		w.interval = remoteInterval
	}
	if w.report == nil {
		w.report = func(error) {}
	}
	return w, nil
}

// bearer adds a token to the requests that a transport sends.
type bearer struct {
	http.RoundTripper
	token string
}

// RoundTrip sends the request with the token.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.RoundTripper.RoundTrip(r)
}

// Snapshot puts the metrics as they are now in the queue. It is called on top of the
// regular ones where a moment must be in the series: a counter that is 0 when its
// stage begins is what its increase is counted from. It does not wait for the server.
func (w *RemoteWriter) Snapshot() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.snapshot(false)
}

// snapshot encodes what the source gathers. The last one also says that the series end
// here, as a scrape's series end when its target is gone. w.mu must be held.
func (w *RemoteWriter) snapshot(end bool) {
	families, err := w.source.Gather()
	if err != nil {
		w.report(fmt.Errorf("remote write: %w", err))
		return
	}
	at := time.Now()
	// Samples of a series need times of their own, in whole milliseconds.
	if !at.After(w.last.Add(time.Millisecond)) {
		at = w.last.Add(time.Millisecond)
	}
	w.last = at
	w.put(encodeFamilies(families, w.labels, at, w.written))
	if end {
		w.last = at.Add(time.Millisecond)
		w.put(encodeEnd(w.written, w.last))
	}
}

func (w *RemoteWriter) put(m remoteMessage) {
	if len(m) == 0 {
		return
	}
	if len(w.queue) == remoteQueue {
		w.queue = w.queue[1:]
		w.dropped.Add(1)
	}
	w.queue = append(w.queue, m)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *RemoteWriter) take() (remoteMessage, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return nil, false
	}
	m := w.queue[0]
	w.queue = w.queue[1:]
	return m, true
}

// Dropped is how many writes did not reach the server so far.
func (w *RemoteWriter) Dropped() int { return int(w.dropped.Load()) }

// Run writes until ctx ends, and then the last values and what waits, for at most 5
// seconds. It always returns nil.
func (w *RemoteWriter) Run(ctx context.Context) error {
	defer w.idle()
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(done)
		w.send(sending, ended)
	}()
	tick := time.NewTicker(w.interval)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-tick.C:
			w.Snapshot()
		case <-ctx.Done():
			running = false
		}
	}
	w.mu.Lock()
	w.snapshot(true)
	w.mu.Unlock()
	close(ended)
	limit := time.NewTimer(remoteDrain)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		stop()
		<-done
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropped.Add(int64(len(w.queue)))
	w.queue = nil
	return nil
}

// send empties the queue, and returns when it is empty after the end.
func (w *RemoteWriter) send(ctx context.Context, ended <-chan struct{}) {
	failing := false
	for {
		m, ok := w.take()
		if !ok {
			select {
			case <-ended:
				if m, ok = w.take(); !ok {
					return
				}
			case <-w.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		_, err := w.api.Write(ctx, remote.WriteV1MessageType, m)
		if err != nil {
			w.dropped.Add(1)
			if !failing {
				w.report(fmt.Errorf("remote write: %w", explainRemote(err)))
			}
		}
		failing = err != nil
		if ctx.Err() != nil {
			return
		}
	}
}

// explainRemote adds to an answer of the server what can be done about it.
func explainRemote(err error) error {
	hints := []struct{ part, hint string }{
		{"HTTP status 404", "the server takes no writes here: start Prometheus with --web.enable-remote-write-receiver, and look at the path"},
		{"HTTP status 405", "the server takes no writes here: look at the path"},
		{"HTTP status 401", "the server does not know who writes: put user and password into the URL, or set SHOWDOWN_REMOTE_WRITE_TOKEN"},
		{"HTTP status 403", "who writes may not: look at what the token is allowed to do"},
		{"HTTP status 415", "the server does not speak remote write 1.0"},
		{"out of order", "another showdown writes the same series: give each run an id of its own"},
		{"connection refused", "nobody listens at this address"},
		// The client of the protocol hides the kind of an error behind its text.
		{"deadline exceeded", "the server did not answer in time"},
	}
	for _, h := range hints {
		if strings.Contains(err.Error(), h.part) {
			return fmt.Errorf("%s (%w)", h.hint, err)
		}
	}
	return err
}
