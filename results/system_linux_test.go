package results

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// mountSmall mounts a file system of a few pages at dir.
func mountSmall(dir string) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k")
}

func unmount(t *testing.T, dir string) {
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
		t.Error(err)
	}
}

// selfAsOrdinaryUser is this program without root's privileges. The link is followed
// also where the folder of the program is closed to that user.
func selfAsOrdinaryUser(*testing.T) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return cmd
}
