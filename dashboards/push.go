package dashboards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	gapi "github.com/grafana/grafana-api-golang-client"

	"showdown"
)

const (
	// runsFolder and runsFolderUID name the folder of pushed dashboards. It is not the
	// one of the provisioned ones, which the API may not write.
	runsFolder    = "Showdown runs"
	runsFolderUID = "showdown-runs"
	// pushTimeout bounds each request: the API's client has no limit of its own.
	pushTimeout = 5 * time.Second
	// pushQueue is how many events wait at most for a slow server.
	pushQueue = 256
	// pushDrain is how long after its end a [Pusher] still starts requests.
	pushDrain = 2 * time.Second
)

// PushConfig is what a [Pusher] needs to know.
type PushConfig struct {
	// URL is the server's, "http://127.0.0.1:3000"; it may hold user and password.
	URL string
	// Token is a service account's; empty is none.
	Token string
	// Run is the run's id.
	Run string
	// Begin and End are when the run's traffic was; a zero End is a run that goes on.
	Begin, End time.Time
	// Report is called with what could not be sent, from the goroutine of
	// [Pusher.Run]; nil ignores it. A failing server never fails a run.
	Report func(error)
}

// Pusher sends a run's dashboard, and its chaos as annotations, to a Grafana server.
// Its events wait in a bounded queue for [Pusher.Run]: whoever reports an event
// never waits for the server. Make one with [NewPusher]; it starts nothing.
type Pusher struct {
	client  *gapi.Client
	idle    func()
	run     string
	begin   time.Time
	end     time.Time
	report  func(error)
	queue   chan job
	dropped atomic.Int64

	// stage and regions are those of the goroutine of Run: regions are the
	// annotations of the actions that are on, by cell and letter.
	stage   string
	regions map[string]*gapi.Annotation
}

// job is an event to be sent, or the name of a stage that began.
type job struct {
	event showdown.Event
	stage string
	at    time.Time
}

// NewPusher is a pusher to the server of the configuration. It fails when the URL
// is none.
func NewPusher(cfg PushConfig) (*Pusher, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("grafana URL %q: write it like http://127.0.0.1:3000", redacted(cfg.URL))
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	config := gapi.Config{APIKey: cfg.Token, Client: &http.Client{Timeout: pushTimeout, Transport: transport}}
	if u.User != nil && cfg.Token == "" {
		config.BasicAuth = u.User
	}
	u.User = nil
	client, err := gapi.New(u.String(), config)
	if err != nil {
		return nil, fmt.Errorf("grafana client: %w", err)
	}
	p := &Pusher{
		client: client, idle: transport.CloseIdleConnections, run: cfg.Run, begin: cfg.Begin, end: cfg.End, report: cfg.Report,
		queue: make(chan job, pushQueue), regions: map[string]*gapi.Annotation{},
	}
	if p.report == nil {
		p.report = func(error) {}
	}
	return p, nil
}

// redacted is a URL without what is secret in it, for messages.
func redacted(text string) string {
	if i := strings.LastIndex(text, "@"); i >= 0 {
		return "..." + text[i:]
	}
	return text
}

// PushDashboards sends the run's dashboards and returns the address of its overview on
// the server. It replaces those that an earlier call sent, and waits for the server at
// most 5 seconds for each of its requests.
func (p *Pusher) PushDashboards() (string, error) {
	boards := RunDashboards(p.run, p.begin, p.end)
	for _, d := range boards {
		if err := d.Validate(); err != nil {
			return "", err
		}
	}
	if err := p.ensureFolder(); err != nil {
		return "", err
	}
	var overview string
	for i, d := range boards {
		data, err := d.JSON()
		if err != nil {
			return "", err
		}
		var model map[string]any
		if err := json.Unmarshal(data, &model); err != nil {
			return "", fmt.Errorf("encode dashboard %s: %w", d.UID, err)
		}
		saved, err := p.client.NewDashboard(gapi.Dashboard{
			Model: model, FolderUID: runsFolderUID, Overwrite: true, Message: "run " + p.run,
		})
		if err != nil {
			return "", fmt.Errorf("push dashboard %s: %w", d.UID, explain(err))
		}
		if i == 0 {
			overview = "/d/" + saved.UID
		}
	}
	return overview, nil
}

func (p *Pusher) ensureFolder() error {
	_, err := p.client.FolderByUID(runsFolderUID)
	var missing gapi.ErrNotFound
	if errors.As(err, &missing) {
		_, err = p.client.NewFolder(runsFolder, runsFolderUID)
	}
	if err != nil {
		return fmt.Errorf("folder %q: %w", runsFolder, explain(err))
	}
	return nil
}

// explain adds to an answer of the server what can be done about it. The client
// types none but 404, so the rest is told by its text.
func explain(err error) error {
	hints := []struct{ part, hint string }{
		{"provisioned dashboard", "the server reads this dashboard from files and lets nobody else write it: remove the file, or use the one it shows"},
		{"status: 412", "a dashboard of that name or version is there already: remove it on the server and push again"},
		{"status: 401", "the server does not know the token: set SHOWDOWN_GRAFANA_TOKEN to a service account's"},
		{"status: 409", "the server is busy with a change of the same: push again"},
		{"status: 500", "the server failed by itself: its log tells why"},
		{"status: 502", "what stands before the server does not reach it"},
		{"status: 503", "the server is starting or overloaded: push again"},
		{"connection refused", "nobody listens at this address"},
		{"status: 403", "the token's service account may not do this: it needs the role Editor"},
	}
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		return fmt.Errorf("the server did not answer within %d seconds (%w)", int(pushTimeout.Seconds()), err)
	}
	if missing(err) {
		return fmt.Errorf("the server does not know this address: look at --grafana-url, a path in front of /api included (%w)", err)
	}
	for _, h := range hints {
		if strings.Contains(err.Error(), h.part) {
			return fmt.Errorf("%s (%w)", h.hint, err)
		}
	}
	return err
}

// StageStarted tells that a stage began at a moment. It does not wait: when the
// queue is full, it is dropped and counted.
func (p *Pusher) StageStarted(stage string, at time.Time) { p.put(job{stage: stage, at: at}) }

// Event takes an event of the run's log; those of chaos actions become annotations.
// It does not wait: when the queue is full, the event is dropped and counted.
func (p *Pusher) Event(ev showdown.Event) {
	switch ev.Kind {
	case showdown.FaultInjecting, showdown.FaultUndone, showdown.FaultFailed:
		p.put(job{event: ev})
	}
}

func (p *Pusher) put(j job) {
	select {
	case p.queue <- j:
	default:
		p.dropped.Add(1)
	}
}

// Dropped is how many events found the queue full.
func (p *Pusher) Dropped() int { return int(p.dropped.Load()) }

// Run sends what comes until ctx ends, and then what waits, as long as that takes
// no more than a few seconds. It always returns nil.
func (p *Pusher) Run(ctx context.Context) error {
	defer p.idle()
	for {
		select {
		case j := <-p.queue:
			p.send(j)
		case <-ctx.Done():
			p.drain(time.Now().Add(pushDrain))
			return nil
		}
	}
}

func (p *Pusher) drain(deadline time.Time) {
	for time.Now().Before(deadline) {
		select {
		case j := <-p.queue:
			p.send(j)
		default:
			return
		}
	}
}

// send makes an annotation of a job: a marker for a stage; for an action one that
// opens as it is injected and becomes a region as it is undone.
func (p *Pusher) send(j job) {
	if j.stage != "" {
		p.stage = j.stage
		_, err := p.client.NewAnnotation(&gapi.Annotation{
			Time: j.at.UnixMilli(), Text: "stage " + j.stage, Tags: p.tags("stage:" + j.stage),
		})
		p.failed("annotate stage "+j.stage, err)
		return
	}
	ev := j.event
	key, action, targets := ev.Cell+"/"+ev.Target, showdown.Text(ev.Data["action"]), showdown.Texts(ev.Data["targets"])
	open := p.regions[key]
	if ev.Kind != showdown.FaultInjecting {
		delete(p.regions, key)
		if open == nil {
			return // its begin was dropped, or it never began
		}
		// The whole of it: what is left out of a patch counts as empty.
		open.TimeEnd = ev.At.UnixMilli()
		_, err := p.client.PatchAnnotation(open.ID, open)
		p.failed("end the annotation of "+ev.Target, err)
		return
	}
	tags := p.tags("chaos", "stage:"+p.stage, "cell:"+ev.Cell, "action:"+action)
	for _, t := range targets {
		tags = append(tags, "target:"+t)
	}
	a := &gapi.Annotation{
		Time: ev.At.UnixMilli(), Tags: tags,
		Text: strings.TrimSpace(ev.Target + " " + action + " " + strings.Join(targets, ", ")),
	}
	id, err := p.client.NewAnnotation(a)
	if err == nil {
		a.ID = id
		p.regions[key] = a
	}
	p.failed("annotate "+ev.Target, err)
}

// tags are an annotation's; run and our own name keep runs and other tools apart.
func (p *Pusher) tags(more ...string) []string {
	return slices.Concat([]string{Tag, runTag(p.run)}, more)
}

func (p *Pusher) failed(what string, err error) {
	if err != nil {
		p.report(fmt.Errorf("grafana: %s: %w", what, explain(err)))
	}
}
