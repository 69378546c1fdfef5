//go:build linux || darwin || freebsd || netbsd || openbsd

package results

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// hold marks the folder dir as in use until the result is closed. It is nil where that cannot
// be done, which is no reason not to record.
func hold(dir string) io.Closer {
	f, err := os.Open(lockFile(dir))
	if err != nil {
		return nil
	}
	if err := flock(f, syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil
	}
	return f
}

// held says that somebody holds the folder dir.
func held(dir string) bool {
	f, err := os.Open(lockFile(dir))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(flock(f, syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
