package main

import (
	"context"
	"os"
	"sync"

	"github.com/urfave/cli/v2"

	"showdown/dashboards"
)

// remoteWriteToken is where the token for a server of --remote-write is read from; like
// Grafana's it has no flag.
const remoteWriteToken = "SHOWDOWN_REMOTE_WRITE_TOKEN"

func remoteWriteFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "remote-write", EnvVars: []string{"SHOWDOWN_REMOTE_WRITE"},
		Usage: "write the metrics to the Prometheus at `URL`, such as http://127.0.0.1:9090, for runs shorter than a scrape",
	}
}

// remoteWrite writes the metrics of the runs of one command to a server. A nil one
// writes nothing.
type remoteWrite struct {
	writer *dashboards.RemoteWriter
	stop   context.CancelFunc
	ended  sync.WaitGroup
	say    func(format string, args ...any)
}

// startRemoteWrite writes what the exporter has to where --remote-write says. Without
// the flag it is nil.
func (t *terminal) startRemoteWrite(c *cli.Context, exporter *dashboards.Exporter) (*remoteWrite, error) {
	address := c.String("remote-write")
	if address == "" {
		return nil, nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	w := &remoteWrite{say: func(format string, args ...any) { t.progress(c, format, args...) }}
	w.writer, err = dashboards.NewRemoteWriter(exporter, dashboards.RemoteConfig{
		URL: address, Token: os.Getenv(remoteWriteToken), Instance: host,
		Report: func(err error) { w.say("%v; the run goes on", err) },
	})
	if err != nil {
		return nil, misuse("write --remote-write http://127.0.0.1:9090", "%w", err)
	}
	// The end of the command's own context must not end the last write.
	ctx, stop := context.WithCancel(context.WithoutCancel(c.Context))
	w.stop = stop
	w.ended.Go(func() { _ = w.writer.Run(ctx) }) // it always returns nil
	return w, nil
}

// snapshot writes the metrics as they are now, on top of the regular times.
func (w *remoteWrite) snapshot() {
	if w != nil {
		w.writer.Snapshot()
	}
}

// Close writes the last values, and says how much was lost.
func (w *remoteWrite) Close() {
	if w == nil {
		return
	}
	w.stop()
	w.ended.Wait()
	if n := w.writer.Dropped(); n > 0 {
		w.say("remote write: %d writes did not reach the server", n)
	}
}
