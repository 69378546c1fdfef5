//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"showdown"
	"showdown/attack"
	"showdown/results"
	"showdown/targets/apps/clock"
)

// plain is what many is compared with: the same load, from the same generator with the
// same recorder, on one net/http server in a process of its own and without a lab.
func plain(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("plain", flag.ExitOnError)
	rate := flags.Float64("rate", 1000, "requests per second")
	long := flags.Duration("for", 4*time.Second, "the length of the calm phase")
	profile := flags.String("profile", string(showdown.Browser), "the clients' profile")
	dir := flags.String("dir", "", "folder of the store")
	flags.Parse(args)
	aws, err := showdown.NewClock(speed)
	if err != nil {
		return err
	}
	address, stop, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	offered := load{showdown.Profile(*profile), *rate, *long}.traffic(aws, harmless)
	store, err := results.OpenStore(*dir)
	if err != nil {
		return err
	}
	rec, err := store.Create("plain", &results.Manifest{
		Journey: "bench", Stage: "plain", Speed: speed,
		Spec: &showdown.Stage{Journey: "bench", Name: "plain", Cells: []showdown.Cell{{Name: showdown.BaseCell, Traffic: offered}}},
	})
	if err != nil {
		return err
	}
	written := make(chan error, 1)
	go func() { written <- rec.Run(context.WithoutCancel(ctx)) }()
	w, hits := newWatch(false), rec.Hits(showdown.BaseCell)
	a, err := attack.New(attack.Config{
		Cell: showdown.BaseCell, Traffic: offered, Clock: aws, Seed: 1,
		Endpoints: []attack.Endpoint{{Name: "web-1", Address: address}},
		Check:     func(_ int, body []byte, at time.Time) error { return clock.Check(body, at, time.Second) },
		Sink: func(batch []showdown.Hit) {
			w.Hits(showdown.BaseCell, batch)
			hits.Append(batch)
		},
		OnPhase: func(s showdown.Segment) {
			w.Event(showdown.Event{Kind: showdown.PhaseStarted, At: time.Now(), Target: s.Name()})
		},
	})
	if err != nil {
		return errors.Join(err, rec.Close(), <-written)
	}
	err = a.Run(ctx, time.Now())
	w.looks.Wait()
	if err := errors.Join(err, w.err, rec.Close(), <-written); err != nil {
		return err
	}
	return say(manyRun{calm: w.calm()})
}

// startServer starts serve in a process of its own.
func startServer(ctx context.Context) (address string, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error { return errors.Join(in.Close(), cmd.Wait()) }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("serve: no address: %w", err), stop())
	}
	return strings.TrimSpace(line), stop, nil
}

// serve is a plain server of the clock application: net/http and nothing around it. It
// prints its address and ends with its standard input.
func serve(context.Context, []string) error {
	l, err := net.Listen("tcp4", "127.0.0.2:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	server := &http.Server{Handler: clock.Handler("web-1", time.Now), ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
