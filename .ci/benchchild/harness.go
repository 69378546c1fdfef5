//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"showdown/targets/backend/process"
	"showdown/targets/journal"
)

// work is the CoreMark iterations of a request: those of the built-in clock stages.
const work = 22.258

// harness is what showdown's commands start before a lab: journal, reverter and the
// process that holds the machines.
type harness struct {
	mark     string
	journal  *journal.Journal
	backend  *process.Backend
	reverter io.Closer
}

// startHarness starts it with binary's hidden commands.
func startHarness(ctx context.Context, binary string) (*harness, error) {
	dir, err := journal.Dir()
	if err != nil {
		return nil, err
	}
	h := &harness{mark: fmt.Sprintf("bench-%d", os.Getpid())}
	if h.journal, err = journal.Open(dir, h.mark); err != nil {
		return nil, err
	}
	if h.reverter, err = process.StartReverter(ctx, []string{binary, "__reverter", dir}, dir); err != nil {
		return nil, errors.Join(err, h.journal.Close())
	}
	h.backend, err = process.Start(ctx, process.Config{Command: []string{binary, "__spawner"}, Journal: h.journal, Stderr: os.Stderr})
	if err != nil {
		return nil, errors.Join(err, h.journal.Close(), h.reverter.Close())
	}
	return h, nil
}

// Close ends it, in the reverse order.
func (h *harness) Close(ctx context.Context) error {
	return errors.Join(h.backend.Close(ctx), h.journal.Close(), h.reverter.Close())
}
