package command

import (
	"os/exec"
	"syscall"
)

// group gives the command a process group of its own, and has the kernel end its first
// process when the one that started it dies; the rest of the group is the journal's.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// KillGroup kills every process of the group that the process of that number leads or
// led. A group that is gone is no error.
func KillGroup(pid int) {
	if pid > 1 {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}
