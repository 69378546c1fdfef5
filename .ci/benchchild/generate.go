//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"time"

	"showdown"
	"showdown/attack"
	"showdown/results"
)

// generate attacks a URL and records every request, on the path of showdown attack:
// the same generator, tuned as there, and the same recorder.
func generate(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	url := flags.String("url", "", "URL")
	rate := flags.Float64("rate", 0, "requests per second; 0 is as fast as possible")
	workers := flags.Int("workers", 10, "connections with rate 0")
	long := flags.Duration("for", time.Second, "duration")
	dir := flags.String("dir", "", "folder of the store")
	if err := flags.Parse(args); err != nil {
		return err
	}
	defer attack.Tune()()
	store, err := results.OpenStore(*dir)
	if err != nil {
		return err
	}
	rec, err := store.Create("bench", &results.Manifest{
		Journey: "attack", Stage: "url", Speed: 1,
		Spec: &showdown.Stage{Journey: "attack", Name: "url", Cells: []showdown.Cell{{Name: showdown.BaseCell}}},
	})
	if err != nil {
		return err
	}
	written := make(chan error, 1)
	go func() { written <- rec.Run(context.WithoutCancel(ctx)) }()
	var requests, ok int
	hits := rec.Hits(showdown.BaseCell)
	a, err := attack.NewURL(attack.URLConfig{
		URL: *url, Rate: *rate, Workers: *workers, Duration: *long,
		Sink: func(batch []showdown.Hit) {
			requests += len(batch)
			for i := range batch {
				if batch[i].Outcome == showdown.OK {
					ok++
				}
			}
			hits.Append(batch)
		},
	})
	if err != nil {
		return errors.Join(err, rec.Close(), <-written)
	}
	err = a.Run(ctx, time.Now())
	if err := errors.Join(err, rec.Close(), <-written); err != nil {
		return err
	}
	return say(struct{ Requests, OK int }{requests, ok})
}
