//go:build linux

package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// spent is what a process took.
type spent struct {
	Wall, CPU float64 // seconds
	// Peak is the largest resident set, in KiB. The kernel counts that of the process
	// which forked, too: the bench's is larger than this program's, which is why this
	// one starts what is measured.
	Peak int64
}

// spend runs a command with its output dropped, and says what it took.
func spend(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	wall := time.Since(began)
	state := cmd.ProcessState
	return say(spent{
		Wall: wall.Seconds(), CPU: (state.UserTime() + state.SystemTime()).Seconds(),
		Peak: state.SysUsage().(*syscall.Rusage).Maxrss,
	})
}
