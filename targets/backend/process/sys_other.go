//go:build !linux

package process

import (
	"context"
	"errors"
	"io"
	"runtime"
	"syscall"
)

type unsupported struct{}

func (unsupported) Error() string {
	return "a lab needs Linux (addresses of 127.0.0.0/8, parent-death signals), which " + runtime.GOOS +
		" lacks: run it on Linux, in WSL2 or in a Linux container; showdown attack --url works here too"
}

func (unsupported) Is(target error) bool { return target == errors.ErrUnsupported }

// Supported is nil where machines can be processes: on Linux. Elsewhere it says in
// one sentence what is missing and what to use instead.
func Supported() error { return unsupported{} }

func ownSession(bool) *syscall.SysProcAttr { return nil }

// SpawnerMain fails: see [Supported].
func SpawnerMain(context.Context, io.Reader, io.Writer, []string) error { return Supported() }
