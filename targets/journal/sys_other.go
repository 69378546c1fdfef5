//go:build !linux

package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
)

func tryLock(*os.File) (bool, error) {
	return false, fmt.Errorf("file locks of a lab need Linux: %w", errors.ErrUnsupported)
}

func checkOwner(string, fs.FileInfo) error { return nil }

// Identify fails: only Linux tells a process's start time in a way used here.
func Identify(pid int) (Identity, error) {
	return Identity{}, fmt.Errorf("identify process %d: %w", pid, errors.ErrUnsupported)
}

// Alive reports false: no lab runs here.
func (id Identity) Alive() bool { return false }

func killIdentity(Identity) (bool, error) { return false, errors.ErrUnsupported }

func findMarked(string) []Identity { return nil }

func listenGuard(net.TCPAddr) (net.Listener, error) { return nil, errors.ErrUnsupported }
