package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
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
	rival, err := e.program(ctx, "vegeta")
	if err != nil {
		return err
	}
	// Built before anything is measured.
	if _, err := e.program(ctx, "benchchild"); err != nil {
		return err
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
			second := func() (err error) { b, err = runShowdown(ctx, e, url, l.rate, l.long); return }
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

// runShowdown runs showdown's generator and recorder in a process of their own.
func runShowdown(ctx context.Context, e *env, url string, rate int, long time.Duration) (measure, error) {
	own, err := e.program(ctx, "benchchild")
	if err != nil {
		return measure{}, err
	}
	cmd := exec.CommandContext(ctx, own, "generate", "-url", url, "-rate", fmt.Sprint(rate), "-for", long.String(),
		"-workers", fmt.Sprint(workers), "-dir", filepath.Join(e.temp, "generated"))
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

// generated is what the process prints.
type generated struct{ Requests, OK int }
