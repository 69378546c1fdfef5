//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"showdown"
	"showdown/dashboards"
	"showdown/dashboards/live"
)

// beside is what is there beside an attack.
type beside interface {
	// event takes what happens, without waiting.
	event(showdown.Event)
	// leave ends it, and says in the window what it saw.
	leave(*window) error
}

// pageServer is the live page on an address.
type pageServer struct {
	address string
	stop    func()
}

func servePage(ctx context.Context, hub *live.Hub) (*pageServer, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	server := &http.Server{Handler: live.NewHandler(hub, live.Options{}), ReadHeaderTimeout: time.Minute}
	go func() { _ = hub.Run(ctx) }()
	go func() { _ = server.Serve(l) }()
	return &pageServer{l.Addr().String(), func() { cancel(); _ = server.Close() }}, nil
}

// crowdOfViewers is a process of viewers.
type crowdOfViewers struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// gather starts viewers in a process of their own, and returns when each was told everything.
func gather(ctx context.Context, address string, more ...string) (*crowdOfViewers, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &crowdOfViewers{cmd: exec.CommandContext(ctx, self, append([]string{"viewers", "-address", address}, more...)...)}
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	line, err := c.out.ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "ready" {
		more := c.leave(&window{})
		return nil, errors.Join(fmt.Errorf("viewers: %q: %w", line, err), more)
	}
	return c, nil
}

func (c *crowdOfViewers) event(showdown.Event) {}

// leave ends the viewers, and says what they were told.
func (c *crowdOfViewers) leave(w *window) error {
	err := c.in.Close()
	line, readErr := c.out.ReadBytes('\n')
	if err := errors.Join(err, readErr, c.cmd.Wait()); err != nil {
		return fmt.Errorf("viewers: %w", err)
	}
	var told toldViewers
	err = json.Unmarshal(line, &told)
	w.Told, w.Lost, w.Bytes = told.Messages, told.Lost, told.Bytes
	return err
}

// hungServer takes connections and never answers, and is told of a run as by
// --grafana-url and --remote-write.
type hungServer struct {
	listener net.Listener
	hung     atomic.Int64
	pusher   *dashboards.Pusher
	stop     context.CancelFunc
	ended    sync.WaitGroup
}

func hang(ctx context.Context, exporter *dashboards.Exporter, run string) (*hungServer, error) {
	l, err := net.Listen("tcp4", "127.0.0.3:0")
	if err != nil {
		return nil, err
	}
	h := &hungServer{listener: l}
	url := "http://" + l.Addr().String()
	ignore := func(error) {} // that it hangs is known
	if h.pusher, err = dashboards.NewPusher(dashboards.PushConfig{URL: url, Run: run, Report: ignore}); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	writer, err := dashboards.NewRemoteWriter(exporter, dashboards.RemoteConfig{URL: url, Instance: "bench", Report: ignore})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	ctx, h.stop = context.WithCancel(ctx)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.hung.Add(1)
			go func() { <-ctx.Done(); _ = c.Close() }()
		}
	}()
	h.ended.Go(func() { _ = writer.Run(ctx) })
	h.ended.Go(func() {
		_, _ = h.pusher.PushDashboards() // it does not come through
		_ = h.pusher.Run(ctx)
	})
	return h, nil
}

func (h *hungServer) event(e showdown.Event) { h.pusher.Event(e) }

// leave ends the server, so that the next window is without it.
func (h *hungServer) leave(w *window) error {
	h.stop()
	err := h.listener.Close()
	h.ended.Wait()
	w.Hung = int(h.hung.Load())
	return err
}
