package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"showdown"
	"showdown/attack"
)

const (
	rounds  = 5
	workers = 64
)

// loads is how the generators are driven: 0 is as fast as they can.
var loads = []struct {
	name string
	rate int
	long time.Duration
	// cpu is the highest share of the rival's CPU per request, speed the lowest
	// multiple of its requests per second; 0 is no bound.
	cpu, speed float64
}{
	{"saturated", 0, 2 * time.Second, 0.5, 1.6},
	{"500/s", 500, 3 * time.Second, 0.5, 0},
	{"2,000/s", 2000, 3 * time.Second, 0.5, 0},
}

// measure is one run of one generator.
type measure struct {
	requests int
	rate     float64 // requests per second
	cpu      float64 // seconds per 100,000 requests, user and system
}

// generator compares showdown's generator with the vegeta command. Both record every
// request.
func generator(ctx context.Context, e *env) error {
	rival := filepath.Join(e.temp, "vegeta")
	build := exec.CommandContext(ctx, "go", "build", "-o", rival, "github.com/tsenart/vegeta/v12")
	build.Dir, build.Stderr = filepath.Join(e.root, ".ci", "bench"), os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the vegeta command: %w", err)
	}
	address, stop, err := startTarget(ctx)
	if err != nil {
		return err
	}
	defer stop()
	url := "http://" + address + "/"

	fmt.Fprintf(e.out, "## Generator against the vegeta command (median of %d rounds, %d workers when saturated)\n\n", rounds, workers)
	fmt.Fprintln(e.out, "| load | requests/s: vegeta | showdown | CPU s per 100k: vegeta | showdown |")
	fmt.Fprintln(e.out, "|---|---|---|---|---|")
	type ratio struct{ speed, cpu float64 }
	ratios := make([]ratio, len(loads))
	for i, l := range loads {
		var theirs, ours, speed, cpu [rounds]float64
		var theirCPU, ourCPU [rounds]float64
		for round := range rounds {
			var a, b measure
			first := func() (err error) { a, err = runVegeta(ctx, e, rival, url, l.rate, l.long); return }
			second := func() (err error) { b, err = runShowdown(ctx, url, l.rate, l.long); return }
			if round%2 == 1 {
				first, second = second, first
			}
			if err := errors.Join(first(), second()); err != nil {
				return err
			}
			theirs[round], ours[round], theirCPU[round], ourCPU[round] = a.rate, b.rate, a.cpu, b.cpu
			speed[round], cpu[round] = b.rate/a.rate, b.cpu/a.cpu
		}
		ratios[i] = ratio{median(speed[:]), median(cpu[:])}
		fmt.Fprintf(e.out, "| %s | %.0f | %.0f | %.2f | %.2f |\n", l.name,
			median(theirs[:]), median(ours[:]), median(theirCPU[:]), median(ourCPU[:]))
	}
	fmt.Fprintln(e.out, "\n| showdown / vegeta, median of the rounds' ratios | ratio | bound | |\n|---|---|---|---|")
	for i, l := range loads {
		if l.speed > 0 {
			e.bound(l.name+": requests/s", ratios[i].speed, true, l.speed)
		}
		e.bound(l.name+": CPU per request", ratios[i].cpu, false, l.cpu)
	}
	fmt.Fprintln(e.out)
	return nil
}

// runVegeta runs the vegeta command as its users do: results to a file.
func runVegeta(ctx context.Context, e *env, rival, url string, rate int, long time.Duration) (measure, error) {
	record := filepath.Join(e.temp, "results.gob")
	args := []string{"attack", "-duration=" + long.String(), "-output=" + record, fmt.Sprintf("-rate=%d/s", rate)}
	if rate == 0 {
		args = append(args, fmt.Sprintf("-workers=%d", workers), fmt.Sprintf("-max-workers=%d", workers))
	}
	cmd := exec.CommandContext(ctx, rival, args...)
	cmd.Stdin, cmd.Stderr = strings.NewReader("GET "+url+"\n"), os.Stderr
	if err := cmd.Run(); err != nil {
		return measure{}, fmt.Errorf("vegeta: %w", err)
	}
	f, err := os.Open(record)
	if err != nil {
		return measure{}, err
	}
	defer f.Close()
	decode := vegeta.NewDecoder(bufio.NewReader(f))
	ok := 0
	for {
		var r vegeta.Result
		if err := decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return measure{}, err
		}
		if r.Code != 200 {
			return measure{}, fmt.Errorf("vegeta: request %d: %s", r.Seq, r.Error)
		}
		ok++
	}
	return measured(ok, long, cmd.ProcessState), nil
}

func measured(requests int, long time.Duration, p *os.ProcessState) measure {
	cpu := p.UserTime() + p.SystemTime()
	return measure{
		requests: requests, rate: float64(requests) / long.Seconds(),
		cpu: cpu.Seconds() / float64(requests) * 100_000,
	}
}

// runShowdown runs generateMain's process.
func runShowdown(ctx context.Context, url string, rate int, long time.Duration) (measure, error) {
	self, err := os.Executable()
	if err != nil {
		return measure{}, err
	}
	cmd := exec.CommandContext(ctx, self, "generate", "-url", url, "-rate", fmt.Sprint(rate), "-for", long.String())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return measure{}, fmt.Errorf("generate: %w", err)
	}
	var r generated
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return measure{}, err
	}
	if r.OK != r.Requests {
		return measure{}, fmt.Errorf("generate: %d of %d requests failed", r.Requests-r.OK, r.Requests)
	}
	return measured(r.Requests, long, cmd.ProcessState), nil
}

// generated is what generateMain prints.
type generated struct{ Requests, OK int }

// generateMain attacks a URL and keeps every request.
func generateMain(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("generate", flag.ExitOnError)
	url := flags.String("url", "", "URL")
	rate := flags.Float64("rate", 0, "requests per second; 0 is as fast as possible")
	long := flags.Duration("for", time.Second, "duration")
	flags.Parse(args)
	tune := attack.Tune
	if *rate > 0 {
		tune = attack.TuneAlone
	}
	defer tune()()
	var mu sync.Mutex
	var kept [][]showdown.Hit
	a, err := attack.NewURL(attack.URLConfig{
		URL: *url, Rate: *rate, Workers: workers, Duration: *long,
		Sink: func(hits []showdown.Hit) {
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, hits)
		},
	})
	if err != nil {
		return err
	}
	if err := a.Run(ctx, time.Now()); err != nil {
		return err
	}
	var r generated
	for _, hits := range kept {
		for _, h := range hits {
			r.Requests++
			if h.Outcome == showdown.OK {
				r.OK++
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
