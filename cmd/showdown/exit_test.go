package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"showdown"
	"showdown/play"
)

func TestExit(t *testing.T) {
	live := t.Context()
	cut, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted{os.Interrupt})
	ended, end := context.WithCancelCause(t.Context())
	end(interrupted{syscall.SIGTERM})
	full := errors.New("write hits.bin: no space left on device")
	notUndone := &failure{code: exitNotUndone, err: errors.New("web-1 is still there"), hint: "run showdown recover"}
	tests := []struct {
		name     string
		ctx      context.Context
		err      error
		healed   bool
		recorded string
		code     int
		stderr   string
	}{
		{"nothing wrong", live, nil, true, "run", 0, ""},
		{"an error", live, full, true, "run", 1, "showdown: write hits.bin: no space left on device\n"},
		{"one reason, said twice", live, errors.Join(full, fmt.Errorf("close: %w", full)), true, "run", 1, "showdown: write hits.bin: no space left on device\n"},
		{"an error with a hint", live, hinted(full, "free %s", "some"), true, "", 1, "showdown: write hits.bin: no space left on device\n  free some\n"},
		{"a usage error", live, misuse("write it so", "no %q", "x"), false, "", 2, "showdown: no \"x\"\n  write it so\n"},
		{"a claim deviated", live, verdict(exitDeviated), true, "run", 3, ""},
		{"unknown", live, verdict(exitUnknown), true, "run", 4, ""},
		{"not undone", live, notUndone, true, "run", 5, "showdown: web-1 is still there\n  run showdown recover\n"},
		{"not undone, by a run", live, advised(fmt.Errorf("cell base: %w", play.ErrNotUndone)), true, "run", 5, "showdown: cell base: not undone\n  run showdown recover, then look for what it names\n"},
		{"the holder died", live, advised(play.ErrLost), true, "run", 1, "showdown: the process that holds the machines has died, and they with it\n  nothing of the lab is left; run it again\n"},
		{"an address in use", live, advised(errors.New("listen tcp4 127.19.0.4:8080: bind: address already in use")), true, "run", 1, "showdown: listen tcp4 127.19.0.4:8080: bind: address already in use\n  another program listens on this port, at this address or at all (0.0.0.0): end it; ss -ltnp tells which\n"},

		{"interrupted at once", cut, interrupted{os.Interrupt}, false, "", 130, "showdown: interrupted (SIGINT) before anything was started\n"},
		{"interrupted lab", cut, fmt.Errorf("start spawner: %w", interrupted{os.Interrupt}), true, "", 130, "showdown: interrupted (SIGINT); everything was healed\n"},
		{"interrupted run", cut, errors.Join(nil, interrupted{os.Interrupt}), true, "run", 130, "showdown: interrupted (SIGINT); everything was healed; the record is complete\n"},
		{"terminated run", ended, errors.Join(fmt.Errorf("cell base: %w", context.Canceled), interrupted{syscall.SIGTERM}), true, "run", 130, "showdown: interrupted (SIGTERM); everything was healed; the record is complete\n"},
		{"interrupted attack", cut, interrupted{os.Interrupt}, false, "run", 130, "showdown: interrupted (SIGINT); the record is complete\n"},
		{"interrupted in the roll back", cut, nil, true, "run", 130, "showdown: interrupted (SIGINT); everything was healed; the record is complete\n"},
		{"interrupted with a verdict", cut, verdict(exitDeviated), true, "run", 130, "showdown: interrupted (SIGINT); everything was healed; the record is complete\n"},
		{"interrupted on a full disk", cut, errors.Join(interrupted{os.Interrupt}, full), true, "run", 130, "showdown: write hits.bin: no space left on device\nshowdown: interrupted (SIGINT); everything was healed\n"},
		{"interrupted and not undone", cut, errors.Join(notUndone, interrupted{os.Interrupt}), true, "run", 5, "showdown: web-1 is still there\n  run showdown recover\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stderr bytes.Buffer
			out := &terminal{stderr: &stderr, recorded: test.recorded}
			out.healed.Store(test.healed)
			if code := out.exit(test.ctx, test.err); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if stderr.String() != test.stderr {
				t.Errorf("said\n%s\nwant\n%s", stderr.String(), test.stderr)
			}
		})
	}
}

func TestWorseExitCode(t *testing.T) {
	ascending := []int{exitHeld, exitUnknown, exitDeviated, exitError, exitNotUndone}
	for i, low := range ascending {
		for _, high := range ascending[i:] {
			if worse(low, high) != high || worse(high, low) != high {
				t.Errorf("worse(%d, %d) = %d and %d, want %d", low, high, worse(low, high), worse(high, low), high)
			}
		}
	}
	for v, code := range map[showdown.Verdict]int{showdown.Held: 0, "": 0, showdown.Deviated: 3, showdown.Unknown: 4, "else": 4} {
		if verdictCode(v) != code {
			t.Errorf("verdict %q exits %d, want %d", v, verdictCode(v), code)
		}
	}
}
