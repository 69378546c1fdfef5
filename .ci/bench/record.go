package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"showdown/attack/outage"
)

// bytesBound is the most bytes that a request may take in the record, on average.
const bytesBound = 16.0

// paced are the rates of the synthetic records, ascending. From boundFrom on the
// bound holds; below, where a block is written for few requests, what it takes is
// reported.
var (
	paced     = []float64{5, 10, 20, 50, 100, 200, 500}
	boundFrom = 100.0
)

// recorded is what a record takes on the disk, in bytes.
type recorded struct {
	Dir          string
	Rate         float64
	Requests     uint64
	Hits, Folder int64
}

func (r recorded) each() float64 { return float64(r.Hits) / float64(r.Requests) }

// record measures how many bytes a request takes on the disk, and how fast a record
// of a million is analysed.
func record(ctx context.Context, e *env) error {
	if err := recordSize(ctx, e); err != nil {
		return err
	}
	return analysisSpeed(ctx, e)
}

func recordSize(ctx context.Context, e *env) error {
	long := 10 * time.Second
	if e.long {
		long = time.Minute
	}
	for _, name := range []string{"benchchild", "showdown"} {
		if _, err := e.program(ctx, name); err != nil {
			return err
		}
	}
	// They hardly use the processor, and sizes do not depend on it: all run at once.
	attacked := []recorded{{Rate: 20}, {Rate: 200}}
	var synthetic []recorded
	var wait sync.WaitGroup
	errs := make([]error, len(attacked)+1)
	for i := range attacked {
		wait.Go(func() { attacked[i], errs[i] = attackRecord(ctx, e, attacked[i].Rate, long) })
	}
	wait.Go(func() {
		rates := strings.Trim(strings.ReplaceAll(fmt.Sprint(paced), " ", ","), "[]")
		errs[len(attacked)] = e.child(ctx, &synthetic, "paced", "-for", long.String(), "-rates", rates, "-out", filepath.Join(e.temp, "paced"))
	})
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}

	fmt.Fprintf(e.out, "## Bytes a request in the record (%s of 1,000 users, with an outage)\n\n", long)
	fmt.Fprintln(e.out, "| record | requests | hits.bin, bytes a request | all files, bytes |\n|---|---|---|---|")
	for _, r := range synthetic {
		fmt.Fprintf(e.out, "| synthetic, %g/s | %d | %.1f | %d |\n", r.Rate, r.Requests, r.each(), r.Folder)
	}
	for _, r := range attacked {
		fmt.Fprintf(e.out, "| `showdown attack`, %g/s | %d | %.1f | %d |\n", r.Rate, r.Requests, r.each(), r.Folder)
	}
	fmt.Fprintln(e.out, "\n"+exceeded(synthetic)+"\n\n| | bytes | bound | |\n|---|---|---|---|")
	for _, r := range synthetic {
		if r.Rate >= boundFrom {
			e.bound(fmt.Sprintf("bytes a request, synthetic, %g/s", r.Rate), r.each(), false, bytesBound)
		}
	}
	for _, r := range attacked {
		if r.Rate >= boundFrom {
			e.bound(fmt.Sprintf("bytes a request, attack, %g/s", r.Rate), r.each(), false, bytesBound)
		}
	}
	fmt.Fprintln(e.out)
	return nil
}

// exceeded says below which rate a request takes more than the bound. What a block
// costs beside its requests is spread over them, so between two rates the bytes are
// taken as linear in the interval between requests.
func exceeded(by []recorded) string {
	for i := len(by) - 1; i >= 0; i-- {
		if by[i].each() <= bytesBound {
			continue
		}
		if i == len(by)-1 {
			return fmt.Sprintf("A request takes more than %g bytes at every rate here.", bytesBound)
		}
		low, high := by[i], by[i+1]
		part := (bytesBound - high.each()) / (low.each() - high.each())
		interval := 1/high.Rate + part*(1/low.Rate-1/high.Rate)
		return fmt.Sprintf("Below about %.0f/s a request takes more than %g bytes.", 1/interval, bytesBound)
	}
	return fmt.Sprintf("A request takes at most %g bytes at every rate here.", bytesBound)
}

// attackRecord runs showdown's attack on a target that is down for a tenth of the
// time, and measures its record.
func attackRecord(ctx context.Context, e *env, rate float64, long time.Duration) (recorded, error) {
	binary, err := e.program(ctx, "showdown")
	if err != nil {
		return recorded{}, err
	}
	target, err := outage.Listen("127.0.0.2:0", outage.Window{Mode: outage.Refuse, Start: long / 2, End: long * 6 / 10})
	if err != nil {
		return recorded{}, err
	}
	defer serve(ctx, target)()
	store := filepath.Join(e.temp, fmt.Sprintf("attack-%g", rate))
	_, r, err := runAttack(ctx, binary, store, "--url", "http://"+target.Address()+"/",
		"--rate", fmt.Sprint(rate), "--duration", long.String(), "--clients", "1000")
	r.Rate = rate
	return r, err
}

// serve runs a scripted target from now until stop is called.
func serve(ctx context.Context, target *outage.Target) (stop func()) {
	serving, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- target.Run(serving, time.Now()) }()
	return func() {
		cancel()
		<-done
	}
}

// attackSummary is what is read of the summary that an attack prints.
type attackSummary struct {
	Complete bool
	Requests struct {
		Scheduled, OK, Dropped uint64
		Outcomes               map[string]uint64
	}
	Availability float64
	Latency      struct {
		Service struct{ P50, P99 float64 }
	} `json:"latency_ms"`
}

// runAttack runs showdown's attack and measures its record.
func runAttack(ctx context.Context, binary, store string, args ...string) (s attackSummary, r recorded, err error) {
	cmd := exec.CommandContext(ctx, binary, append([]string{"attack", "--json", "--quiet", "--out", store}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return s, r, fmt.Errorf("showdown attack: %w", err)
	}
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		return s, r, fmt.Errorf("showdown attack: %w", err)
	}
	if !s.Complete || s.Requests.Dropped > 0 {
		return s, r, fmt.Errorf("showdown attack: complete %v, %d dropped", s.Complete, s.Requests.Dropped)
	}
	runs, err := os.ReadDir(store)
	if err != nil || len(runs) != 1 {
		return s, r, fmt.Errorf("showdown attack: %d runs in %s: %w", len(runs), store, err)
	}
	r.Dir, r.Requests = filepath.Join(store, runs[0].Name()), s.Requests.Scheduled
	err = filepath.WalkDir(r.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		r.Folder += info.Size()
		if d.Name() == "hits.bin" {
			r.Hits += info.Size()
		}
		return nil
	})
	return s, r, err
}

// spent is what a process took: seconds, and its largest resident set in KiB.
type spent struct {
	Wall, CPU float64
	Peak      float64
}

// analysisSpeed compares the analysis of a million requests with vegeta's report on
// the same requests, each as a process of its own that prints its result.
func analysisSpeed(ctx context.Context, e *env) error {
	vegeta, err := e.program(ctx, "vegeta")
	if err != nil {
		return err
	}
	own, err := e.program(ctx, "benchchild")
	if err != nil {
		return err
	}
	var big, small recorded
	store := filepath.Join(e.temp, "filled")
	for _, f := range []struct {
		r *recorded
		n string
	}{{&big, "1000000"}, {&small, "200000"}} {
		if err := e.child(ctx, f.r, "fill", "-requests", f.n, "-out", store); err != nil {
			return err
		}
	}
	gob := filepath.Join(e.temp, "million.gob")
	var exported struct{ Requests uint64 }
	if err := e.child(ctx, &exported, "export", big.Dir, gob); err != nil {
		return err
	}
	defer os.Remove(gob)
	if exported.Requests != big.Requests {
		return fmt.Errorf("%d of %d requests were exported", exported.Requests, big.Requests)
	}
	info, err := os.Stat(gob)
	if err != nil {
		return err
	}

	contestants := [][]string{
		{vegeta, "report", "-type=text", gob},
		{own, "analyse", big.Dir},
		{own, "analyse", small.Dir},
	}
	var took [3][rounds]spent
	var faster, less [rounds]float64
	for round := range rounds {
		for i := range contestants {
			i = (i + round) % len(contestants)
			if err := e.child(ctx, &took[i][round], append([]string{"spend"}, contestants[i]...)...); err != nil {
				return err
			}
		}
		faster[round] = took[0][round].Wall / took[1][round].Wall
		less[round] = took[1][round].CPU / took[0][round].CPU
	}
	of := func(i int, what func(spent) float64) float64 {
		var all [rounds]float64
		for round, s := range took[i] {
			all[round] = what(s)
		}
		return median(all[:])
	}
	peak := func(s spent) float64 { return s.Peak / 1024 }
	fmt.Fprintf(e.out, "## Analysis of a million requests against `vegeta report` on the same ones (median of %d rounds)\n\n", rounds)
	fmt.Fprintln(e.out, "| | reads, MB | seconds | CPU s | peak memory, MiB |\n|---|---|---|---|---|")
	for i, row := range []struct {
		name string
		size int64
	}{{"`vegeta report`, gob", info.Size()}, {"showdown, 1,000,000", big.Folder}, {"showdown, 200,000", small.Folder}} {
		fmt.Fprintf(e.out, "| %s | %.1f | %.3f | %.3f | %.1f |\n", row.name, float64(row.size)/1e6,
			of(i, func(s spent) float64 { return s.Wall }), of(i, func(s spent) float64 { return s.CPU }), of(i, peak))
	}
	fmt.Fprintln(e.out, "\n| | ratio | bound | |\n|---|---|---|---|")
	e.bound("analysis: times as fast as vegeta report", median(faster[:]), true, 5)
	e.bound("analysis: peak memory, 1,000,000 / 200,000", of(1, peak)/of(2, peak), false, 1.25)
	fmt.Fprintf(e.out, "\nCPU of the analysis / of `vegeta report`: %.2f.\n\n", median(less[:]))
	return nil
}
