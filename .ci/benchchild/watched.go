//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"showdown"
	"showdown/attack"
	"showdown/dashboards"
	"showdown/dashboards/live"
	"showdown/results"
)

// settling is the time after the viewers came or went that belongs to no window.
const settling = 500 * time.Millisecond

// watchedRun is what watched says: a window for each stretch of the attack, in order, alone
// and beside others in turns.
type watchedRun struct{ Windows []window }

// window is a stretch of an attack. Times are milliseconds.
type window struct {
	// Beside says that there were others: viewers, or a Grafana that hangs.
	Beside  bool
	Seconds float64
	// Requests were to be sent in it; Good of them were answered well, Dropped never sent.
	Requests, Good, Dropped int
	// Late is how long after its time a request was sent, Latency how long its answer took.
	LateP50, LateP99, LateMax, LatencyP99 float64
	// CPU is what the attack's process took in seconds, the page's server included.
	CPU float64
	// Told are the messages that all viewers read, Lost those that one of them missed, and
	// Bytes is the length of all.
	Told, Lost, Bytes int
	// Hung are the connections on which a server took a request and did not answer.
	Hung int
}

// watched attacks a URL with the recorder, the metrics and the live page as showdown run --serve has them, and
// lets others come and go beside it.
func watched(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("watched", flag.ContinueOnError)
	url := flags.String("url", "", "URL")
	rate := flags.Float64("rate", 0, "requests per second; 0 is as fast as possible")
	pairs := flags.Int("pairs", 4, "how many windows of each kind")
	long := flags.Duration("for", 3*time.Second, "length of a window")
	what := flags.String("beside", "viewers", "what is there in every second window: viewers, reloads or grafana")
	dir := flags.String("dir", "", "folder of the store")
	if err := flags.Parse(args); err != nil {
		return err
	}
	defer attack.Tune()()
	store, err := results.OpenStore(*dir)
	if err != nil {
		return err
	}
	aws, err := showdown.NewClock(speed)
	if err != nil {
		return err
	}
	stage := watchedStage(*rate)
	rec, err := store.Create("watched", &results.Manifest{Journey: stage.Journey, Stage: stage.Name, Speed: speed, Spec: stage})
	if err != nil {
		return err
	}
	written := make(chan error, 1)
	go func() { written <- rec.Run(context.WithoutCancel(ctx)) }()
	hub := live.NewHub(time.Now)
	hub.Stage(stage, aws, nil)
	exporter := dashboards.NewExporter(dashboards.Info{})
	exporter.StageStarted(rec.ID(), stage, aws)
	page, err := servePage(ctx, hub)
	if err != nil {
		return errors.Join(err, rec.Close(), <-written)
	}
	defer page.stop()
	others := map[string]func(context.Context) (beside, error){
		"viewers": func(ctx context.Context) (beside, error) { return gather(ctx, page.address) },
		"reloads": func(ctx context.Context) (beside, error) { return gather(ctx, page.address, "-stay", "1s") },
		"grafana": func(ctx context.Context) (beside, error) { return hang(ctx, exporter, rec.ID()) },
	}
	come, ok := others[*what]
	if !ok {
		return errors.Join(fmt.Errorf("nothing is called %q", *what), rec.Close(), <-written)
	}
	log := &requestLog{}
	hits := rec.Hits(showdown.BaseCell)
	a, err := attack.NewURL(attack.URLConfig{
		URL: *url, Rate: *rate,
		Sink: func(batch []showdown.Hit) {
			log.add(batch)
			hits.Append(batch)
			hub.Hits(showdown.BaseCell, batch)
			exporter.Hits(showdown.BaseCell, batch)
		},
	})
	if err != nil {
		return errors.Join(err, rec.Close(), <-written)
	}
	attacking, stop := context.WithCancel(ctx)
	zero := time.Now()
	hub.Event(showdown.Event{At: zero, Cell: showdown.BaseCell, Kind: showdown.PhaseStarted, Target: "steady"})
	ended := make(chan error, 1)
	go func() { ended <- a.Run(attacking, zero) }()
	var there atomic.Pointer[beside]
	tell := func(e showdown.Event) {
		hub.Event(e)
		exporter.Event(e)
		if b := there.Load(); b != nil {
			(*b).event(e)
		}
	}
	go happen(attacking, tell, zero)
	var run watchedRun
	for i := range 2 * *pairs {
		// A B B A: what drifts weighs on both alike.
		with := come
		if i%4 == 0 || i%4 == 3 {
			with = nil
		}
		w, watchErr := watchWindow(ctx, log, zero, with, &there, *long)
		if watchErr != nil {
			err = watchErr
			break
		}
		run.Windows = append(run.Windows, w)
	}
	stop()
	attackErr := <-ended
	if errors.Is(attackErr, context.Canceled) {
		attackErr = nil
	}
	if err := errors.Join(err, attackErr, rec.Close(), <-written); err != nil {
		return err
	}
	return say(run)
}

// watchWindow measures a stretch of the attack, beside what come brings; nil is alone.
func watchWindow(ctx context.Context, log *requestLog, zero time.Time, come func(context.Context) (beside, error), there *atomic.Pointer[beside], long time.Duration) (w window, err error) {
	if come != nil {
		b, err := come(ctx)
		if err != nil {
			return w, err
		}
		there.Store(&b)
	}
	time.Sleep(settling)
	before, err := ownCPU()
	if err != nil {
		return w, err
	}
	from := time.Since(zero)
	time.Sleep(long)
	to := time.Since(zero)
	after, err := ownCPU()
	if err != nil {
		return w, err
	}
	w.Seconds, w.CPU = (to - from).Seconds(), (after - before).Seconds()
	if b := there.Swap(nil); b != nil {
		w.Beside = true
		if err := (*b).leave(&w); err != nil {
			return w, err
		}
	}
	// The requests of the window end, also those that a stall made late.
	for range 8 {
		time.Sleep(settling)
		if log.past(to + settling) {
			break
		}
	}
	log.count(&w, from, to)
	return w, nil
}

// ownCPU is the CPU time of this process, without its children.
func ownCPU() (time.Duration, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), err
}

// requestLog keeps what is counted of each request.
type requestLog struct {
	mu   sync.Mutex
	seen []loggedRequest
}

type loggedRequest struct {
	intended, late, latency time.Duration
	outcome                 showdown.Outcome
}

func (l *requestLog) add(hits []showdown.Hit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range hits {
		h := &hits[i]
		l.seen = append(l.seen, loggedRequest{h.Intended, h.Sent - h.Intended, h.Latency, h.Outcome})
	}
}

// past says that a request ended which was to be sent at the time or later.
func (l *requestLog) past(at time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen) > 0 && l.seen[len(l.seen)-1].intended >= at
}

// count counts the requests that were to be sent between from and to, and forgets all.
func (l *requestLog) count(w *window, from, to time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var late, latency []time.Duration
	for _, r := range l.seen {
		if r.intended < from || r.intended >= to {
			continue
		}
		w.Requests++
		switch r.outcome {
		case showdown.OK:
			w.Good++
			latency = append(latency, r.latency)
		case showdown.Dropped:
			w.Dropped++
			continue
		}
		late = append(late, r.late)
	}
	l.seen = l.seen[:0]
	w.LateP50, w.LateP99, w.LateMax = millis(rank(late, .5)), millis(rank(late, .99)), millis(rank(late, 1))
	w.LatencyP99 = millis(rank(latency, .99))
}

// rank sorts d, and is the value that a share of them do not exceed.
func rank(d []time.Duration, share float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, int(share*float64(len(d))))]
}

// watchedStage is three servers behind a load balancer, with a fault of each of the letters that a
// lesson has.
func watchedStage(rate float64) *showdown.Stage {
	in := func(name, zone string) showdown.Instance {
		return showdown.Instance{Name: name, Type: "m5.large", Zone: zone, Role: "web", Private: true}
	}
	return &showdown.Stage{
		Version: showdown.FormatVersion, Journey: "bench", Name: "watched", Number: 1, Title: "Three servers behind a load balancer",
		SLO: showdown.SLO{Availability: .99},
		Cells: []showdown.Cell{{
			Name: showdown.BaseCell,
			Topology: showdown.Topology{
				Instances: []showdown.Instance{in("web-1", "us-east-1a"), in("web-2", "us-east-1b"), in("web-3", "us-east-1a")},
				LoadBalancers: []showdown.LoadBalancer{{
					Name: "lb", Type: showdown.ApplicationBalancer, Zones: []string{"us-east-1a", "us-east-1b"},
					TargetGroups: []showdown.TargetGroup{{Name: "web", Instances: []string{"web-1", "web-2", "web-3"}}},
				}},
			},
			Traffic: showdown.Traffic{Phases: []showdown.Phase{{Name: "steady", For: showdown.Hour, Pace: "constant", Rate: max(rate, 1)}}},
		}},
	}
}

// happen has something happen each half second: a fault's next step, what a load balancer says.
func happen(ctx context.Context, tell func(showdown.Event), zero time.Time) {
	every := time.NewTicker(500 * time.Millisecond)
	defer every.Stop()
	kinds := []showdown.EventKind{showdown.FaultInjecting, showdown.FaultInjected, showdown.FaultConfirmed, showdown.FaultHealing, showdown.FaultUndone}
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case now := <-every.C:
			tell(showdown.Event{
				T: now.Sub(zero).Seconds() * speed, At: now, Cell: showdown.BaseCell, Kind: kinds[i%5], Source: "bench",
				Target: string(rune('A' + i/5%8)), Data: map[string]any{"action": "kill", "targets": []string{"web-2"}},
			})
		}
	}
}
