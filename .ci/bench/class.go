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
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// classMinutes is how long the lab runs, in minutes of the machine's; settledAfter is the share of it after
	// which everything that is bounded is full, and memoryBound how much larger it may be at the end than then.
	classMinutes = 10
	settledAfter = 0.7
	memoryBound  = 1.1
)

// class runs a lab under load with its page and viewers who come and go, for minutes, and looks at the
// memory of the process that plays it: the long runs only.
func class(ctx context.Context, e *env) error {
	if !e.long {
		return nil
	}
	own, err := e.program(ctx, "showdown")
	if err != nil {
		return err
	}
	crowd, err := e.program(ctx, "benchchild")
	if err != nil {
		return err
	}
	stage := filepath.Join(e.temp, "class.yaml")
	if err := os.WriteFile(stage, []byte(classStage(classMinutes)), 0o600); err != nil {
		return err
	}
	playing, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(playing, own, "run", stage, "--speed", "60", "--serve", "--listen", "127.0.0.1:0", "--no-color", "--out", filepath.Join(e.temp, "class"))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	progress, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	progressLines := bufio.NewReader(progress)
	address := ""
	var said strings.Builder
	for address == "" {
		line, err := progressLines.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			stop()
			return errors.Join(fmt.Errorf("the page has no address: %s", said.String()), cmd.Wait())
		}
		if _, after, ok := strings.Cut(line, "listening on http://"); ok {
			address = strings.TrimRight(strings.Fields(after)[0], "/")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, progressLines) }()
	viewers := exec.CommandContext(playing, crowd, "viewers", "-address", address, "-n", "20", "-stay", "20s")
	var told bytes.Buffer
	viewers.Stdout, viewers.Stderr = &told, os.Stderr
	in, err := viewers.StdinPipe()
	if err != nil {
		return err
	}
	if err := viewers.Start(); err != nil {
		return err
	}
	end := sync.OnceValue(func() error { return errors.Join(in.Close(), viewers.Wait()) })
	memory, err := sampled(ctx, cmd.Process.Pid, time.Duration(classMinutes)*time.Minute-10*time.Second)
	err = errors.Join(err, end())
	stop()
	_ = cmd.Wait() // it was told to end
	if err != nil {
		return err
	}
	at := func(share float64) float64 {
		n := int(share * float64(len(memory)))
		return median(memory[max(0, n-4):min(len(memory), n+1)])
	}
	fmt.Fprintf(e.out, "## A lab that runs for %d minutes at 200/s, with its page and 20 viewers of whom one comes each second\n\n", classMinutes)
	fmt.Fprintln(e.out, "| after | 10 % | 20 % | 40 % | 70 % | 100 % |\n|---|---|---|---|---|---|")
	fmt.Fprintf(e.out, "| memory of the process that plays it, MiB | %.1f | %.1f | %.1f | %.1f | %.1f |\n", at(.1), at(.2), at(.4), at(settledAfter), at(1))
	fmt.Fprintln(e.out, "\n| | seen | bound | |\n|---|---|---|---|")
	e.bound("memory at the end / when everything bounded is full", at(1)/at(settledAfter), false, memoryBound)
	lines := bytes.Split(bytes.TrimSpace(told.Bytes()), []byte("\n"))
	var seen struct{ Messages, Lost, Bytes int }
	if err := json.Unmarshal(lines[len(lines)-1], &seen); err != nil {
		return fmt.Errorf("viewers: %w", err)
	}
	fmt.Fprintf(e.out, "\nThe viewers were told %d messages of %d bytes in the mean, and missed %d.\n\n", seen.Messages, seen.Bytes/max(seen.Messages, 1), seen.Lost)
	return nil
}

// sampled is the proportional set size of a process, in MiB, each five seconds for that long.
func sampled(ctx context.Context, pid int, long time.Duration) ([]float64, error) {
	var out []float64
	every := time.NewTicker(5 * time.Second)
	defer every.Stop()
	for end := time.Now().Add(long); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-every.C:
		}
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return out, fmt.Errorf("the lab ended early: %w", err)
		}
		for line := range bytes.Lines(data) {
			if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
				kib, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))))
				if err != nil {
					return out, err
				}
				out = append(out, float64(kib)/1024)
			}
		}
	}
	return out, nil
}

// classStage is two servers behind a load balancer for that many minutes of the machine's at speed 60, of which one
// is killed again and again.
func classStage(minutes int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `version: 1
journey: mine
stage: class
title: A class of an hour
cells:
  - name: base
    topology:
      instances: [{name: web-1, type: m5.large}, {name: web-2, type: m5.large}]
    traffic: {profile: address-list, clients: 50, phases: [{name: all, for: %dm, rate: 200}]}
    timeline:
`, minutes*60)
	for i := range minutes {
		fmt.Fprintf(&b, "      - {letter: %c, at: %dm, do: kill, target: web-%d, for: 10m}\n", 'A'+i, 60*i+20, 1+i%2)
	}
	return b.String()
}
