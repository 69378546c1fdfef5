//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

const speed = 60

// stage is one instance down for a while, and claims that look at it.
func stage(rate float64, length, from, to time.Duration) *showdown.Stage {
	aws := func(d time.Duration) showdown.Duration { return showdown.Duration(d * speed) }
	return &showdown.Stage{
		Version: showdown.FormatVersion, Journey: "bench", Name: "record", Number: 1, Title: "A recorded outage", App: "clock",
		SLO: showdown.SLO{Availability: 0.99, Latency: showdown.LabDuration(100 * time.Millisecond)},
		Cells: []showdown.Cell{{
			Name: showdown.BaseCell,
			Topology: showdown.Topology{Region: "us-east-1", Instances: []showdown.Instance{
				{Name: "web-1", Role: "web", Type: "t2.micro", Zone: "us-east-1a"},
				{Name: "web-2", Role: "web", Type: "t2.micro", Zone: "us-east-1b"},
			}},
			Traffic: showdown.Traffic{
				Clients: clients, Profile: showdown.Browser, Timeout: 5 * showdown.Second, Method: "GET", Path: "/",
				Phases: []showdown.Phase{{Name: "steady", For: aws(length), Rate: rate}},
			},
			Timeline:  []showdown.Step{{Letter: "A", At: aws(from), Do: "kill", Target: "all", For: aws(to - from)}},
			Reference: &showdown.Reference{Fault: "A", Before: showdown.Minute, Length: aws(length / 2)},
		}},
		Claims: []showdown.Claim{
			{ID: "1", Text: "The outage is seen.", Expect: `outage("A") > 1s`},
			{ID: "2", Text: "All is well after it.", Expect: `availability(after("A", 5m)) > 99% and p99(during("A", 1m)) < 100ms`},
			{ID: "3", Text: "Both answer.", Expect: `share(whole(), "web-1") > 20%`},
		},
	}
}

// story is the events of a run whose fault goes as planned.
func story(zero time.Time, length, from, to time.Duration) []showdown.Event {
	event := func(at time.Duration, kind showdown.EventKind, source, target string, data map[string]any) showdown.Event {
		return showdown.Event{
			T: at.Seconds() * speed, At: zero.Add(at), Cell: showdown.BaseCell,
			Kind: kind, Source: source, Target: target, Data: data,
		}
	}
	fault := func(at time.Duration, kind showdown.EventKind, data map[string]any) showdown.Event {
		data["action"], data["targets"] = "kill", []any{"web-1", "web-2"}
		return event(at, kind, "chaos", "A", data)
	}
	ms := time.Millisecond
	return []showdown.Event{
		event(-800*ms, showdown.RunStarted, "play", "", nil),
		event(-500*ms, showdown.LabUp, "play", "", map[string]any{"lab_ms": 40.0}),
		event(0, showdown.TrafficStarted, "attack", "", map[string]any{"clients": clients, "timeout_ms": 83.3, "timeout_floored": false}),
		event(0, showdown.PhaseStarted, "attack", "steady", map[string]any{"from_s": 0.0, "to_s": length.Seconds() * speed, "phase": "steady"}),
		fault(-100*ms, showdown.FaultPlanned, map[string]any{"planned_s": from.Seconds() * speed, "for_s": (to - from).Seconds() * speed}),
		fault(from-2*ms, showdown.FaultInjecting, map[string]any{}),
		fault(from, showdown.FaultInjected, map[string]any{"fidelity": "the process really ends"}),
		fault(from+5*ms, showdown.FaultConfirmed, map[string]any{"evidence": "connection refused"}),
		fault(to-20*ms, showdown.FaultHealing, map[string]any{}),
		fault(to, showdown.FaultUndone, map[string]any{"evidence": "it answers"}),
		event(length, showdown.TrafficEnded, "attack", "", map[string]any{"dropped": 0}),
		event(length+100*ms, showdown.RunEnded, "play", "", map[string]any{"verdict": "held"}),
	}
}

// written is what a record takes on the disk.
type written struct {
	Dir      string
	Rate     float64
	Requests uint64
	// Hits is the bytes of the requests' file, Folder those of all files.
	Hits, Folder int64
}

func measure(dir string, rate float64, requests uint64) (written, error) {
	w := written{Dir: dir, Rate: rate, Requests: requests}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		w.Folder += info.Size()
		if d.Name() == results.HitsFile {
			w.Hits += info.Size()
		}
		return nil
	})
	return w, err
}

// paced writes records at several rates side by side in real time, as an attack hands
// over what has ended every 100 ms, and says what they take.
func paced(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("paced", flag.ExitOnError)
	long := flags.Duration("for", 10*time.Second, "length")
	rates := flags.String("rates", "100", "requests per second, comma-separated")
	out := flags.String("out", "", "store")
	flags.Parse(args)
	store, err := results.OpenStore(*out)
	if err != nil {
		return err
	}
	list := strings.Split(*rates, ",")
	all := make([]written, len(list))
	group, ctx := errgroup.WithContext(ctx)
	for i, text := range list {
		rate, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		group.Go(func() (err error) {
			all[i], err = pacedRecord(ctx, store, uint64(i), rate, *long)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return say(all)
}

func pacedRecord(ctx context.Context, store *results.Store, seed uint64, rate float64, length time.Duration) (written, error) {
	from, to := length/2, length/2+length/10
	zero := time.Now()
	rec, err := create(store, seed, rate, length, from, to, zero)
	if err != nil {
		return written{}, err
	}
	ran := make(chan error, 1)
	go func() { ran <- rec.Run(ctx) }()
	u := newUsers(seed, rate, from, to)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var open []showdown.Hit
	for now := time.Duration(0); now < length+time.Second; {
		select {
		case <-ctx.Done():
			return written{}, errors.Join(context.Cause(ctx), rec.Close())
		case t := <-tick.C:
			now = t.Sub(zero)
		}
		for u.due() < min(now, length) {
			open = append(open, u.hit())
		}
		var done []showdown.Hit
		open = slices.DeleteFunc(open, func(h showdown.Hit) bool {
			ended := h.Sent+h.Latency <= now
			if ended {
				done = append(done, h)
			}
			return ended
		})
		slices.SortFunc(done, byEnd)
		if len(done) > 0 {
			rec.Hits(showdown.BaseCell).Append(done)
		}
	}
	if err := errors.Join(rec.Close(), <-ran); err != nil {
		return written{}, err
	}
	return measure(rec.Dir(), rate, u.next)
}

func byEnd(a, b showdown.Hit) int { return cmp.Compare(a.Sent+a.Latency, b.Sent+b.Latency) }

func create(store *results.Store, seed uint64, rate float64, length, from, to time.Duration, zero time.Time) (*results.Recorder, error) {
	rec, err := store.Create("bench-record", &results.Manifest{
		Journey: "bench", Stage: "record", Spec: stage(rate, length, from, to), Speed: speed, Seed: seed,
		Started: zero, Zero: zero, Command: []string{"bench"}, Machine: results.ThisMachine(),
	})
	if err != nil {
		return nil, err
	}
	for _, e := range story(zero, length, from, to) {
		rec.Event(e)
	}
	return rec, nil
}

// fill writes a record of many requests as fast as it can.
func fill(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("fill", flag.ExitOnError)
	requests := flags.Uint64("requests", 1_000_000, "how many")
	rate := flags.Float64("rate", 800, "requests per second")
	out := flags.String("out", "", "store")
	flags.Parse(args)
	store, err := results.OpenStore(*out)
	if err != nil {
		return err
	}
	length := time.Duration(float64(*requests) / *rate * float64(time.Second))
	from, to := length/2, length/2+2*time.Second
	rec, err := create(store, 7, *rate, length, from, to, time.Now())
	if err != nil {
		return err
	}
	u := newUsers(7, *rate, from, to)
	for u.next < *requests {
		part := make([]showdown.Hit, 0, 4096)
		for len(part) < cap(part) && u.next < *requests {
			part = append(part, u.hit())
		}
		slices.SortFunc(part, byEnd)
		rec.Hits(showdown.BaseCell).Append(part)
		if err := rec.Flush(); err != nil { // faster than a disk: nothing may be dropped
			return err
		}
	}
	if err := rec.Close(); err != nil {
		return err
	}
	w, err := measure(rec.Dir(), *rate, u.next)
	if err != nil {
		return err
	}
	return say(w)
}

// analyse prints the summary of a run's folder.
func analyse(_ context.Context, args []string) error {
	s, err := analysis.Analyse(args[0])
	if err != nil {
		return err
	}
	return s.Encode(os.Stdout)
}

// export writes the base cell of a run's folder as vegeta's results.
func export(_ context.Context, args []string) (err error) {
	dir, to := args[0], args[1]
	manifest, err := results.ReadManifest(dir)
	if err != nil {
		return err
	}
	reader, err := results.OpenHits(filepath.Join(dir, results.HitsFile))
	if err != nil {
		return err
	}
	defer reader.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	n, err := results.ExportVegeta(f, reader, results.VegetaExport{
		Zero: manifest.Zero, Attack: manifest.Run, Method: "GET", URL: "http://127.0.0.1:8080/",
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%s has no requests", dir)
	}
	return say(map[string]uint64{"Requests": n})
}
