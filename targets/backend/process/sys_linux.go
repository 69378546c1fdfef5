package process

import (
	"fmt"
	"os"
	"syscall"
)

// Supported is nil where machines can be processes: on Linux. Elsewhere it says in
// one sentence what is missing and what to use instead.
func Supported() error {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return fmt.Errorf("a lab needs /proc, which is not mounted here: mount it, or use showdown attack --url, which works without: %w", err)
	}
	return nil
}

// ownSession are the attributes of a process that no terminal's signals reach. One
// that is mortal is killed by the kernel when the thread that started it ends.
func ownSession(mortal bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setsid: true}
	if mortal {
		a.Pdeathsig = syscall.SIGKILL
	}
	return a
}
