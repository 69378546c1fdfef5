package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"showdown/play"
	"showdown/targets/backend/process"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// harness is what a command needs to run machines: the journal of what exists, the
// process that holds the machines, and the one that undoes everything when this
// one dies.
type harness struct {
	journal  *journal.Journal
	backend  *process.Backend
	reverter io.Closer
	// ended tells of machines whose process ended and nobody asked it to.
	ended chan play.Ended
	say   func(format string, args ...any)
}

// maxEnded is how many ends of machines may wait for a run to take them.
const maxEnded = 256

// newHarness heals what dead runs left, and then starts the processes. mark is the
// sign of ownership on everything that the run starts.
func (t *terminal) newHarness(ctx context.Context, mark string, say func(format string, args ...any)) (_ *harness, err error) {
	if err := process.Supported(); err != nil {
		return nil, hinted(err, "showdown attack --url works here too; a lab needs Linux, WSL2 or a Linux container")
	}
	dir, err := journal.Dir()
	if err != nil {
		return nil, hinted(err, "set XDG_RUNTIME_DIR or TMPDIR to a folder that you can write")
	}
	if err := t.heal(ctx, dir, say); err != nil {
		return nil, err
	}
	h := &harness{ended: make(chan play.Ended, maxEnded), say: say}
	defer func() {
		if err != nil {
			_ = h.Close(context.WithoutCancel(ctx))
		}
	}()
	if h.journal, err = journal.Open(dir, mark); err != nil {
		return nil, hinted(err, "set XDG_RUNTIME_DIR or TMPDIR to a folder that you can write")
	}
	t.healed.Store(true)
	if h.reverter, err = process.StartReverter(ctx, self(reverterCommand, dir), dir); err != nil {
		return nil, err
	}
	h.backend, err = process.Start(ctx, process.Config{
		Command: self(spawnerCommand), Journal: h.journal, Mark: mark, Stderr: t.stderr,
		OnLost: func(name string, id cloud.Identity) {
			select {
			case h.ended <- play.Ended{Name: name, Identity: id}:
			default: // nobody plays
			}
		},
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// heal undoes what runs left whose process is dead, and says what it did.
func (t *terminal) heal(ctx context.Context, dir string, say func(format string, args ...any)) error {
	healed, err := journal.Heal(ctx, dir)
	for _, h := range healed {
		if len(h.Undone) > 0 {
			say("healed what %s left: %s", h.Run, strings.Join(h.Undone, ", "))
		}
		if len(h.Failed) > 0 {
			err = errors.Join(err, fmt.Errorf("heal what %s left: %s", h.Run, strings.Join(h.Failed, ", ")))
		}
	}
	if err != nil {
		return &failure{code: exitNotUndone, err: err, hint: "end these yourself, then run showdown recover"}
	}
	return nil
}

// Close ends the machines, then the helpers. It does so in its own time: an
// interrupted run heals too. What the run could not undo itself is undone as that of
// a dead run is; the error is of what is left after that.
func (h *harness) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	var errs []error
	if h.backend != nil {
		errs = append(errs, h.backend.Close(ctx))
	}
	if h.journal != nil && h.journal.Close() != nil {
		healed, err := journal.Heal(ctx, filepath.Dir(h.journal.Path()))
		for _, of := range healed {
			if len(of.Failed) > 0 {
				err = errors.Join(err, fmt.Errorf("undo what %s left: %s", of.Run, strings.Join(of.Failed, ", ")))
			}
		}
		errs = append(errs, err)
	}
	if h.reverter != nil {
		if err := h.reverter.Close(); err != nil {
			h.say("the process that heals after a crash had ended before it was needed: %v", err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &failure{code: exitNotUndone, err: err, hint: "run showdown recover"}
	}
	return nil
}

// newMark is a sign of ownership that no other run has.
func newMark() string {
	return fmt.Sprintf("%s-%d", time.Now().UTC().Format("20060102T150405"), os.Getpid())
}
