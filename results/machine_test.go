package results

import (
	"runtime"
	"testing"
)

func TestThisMachine(t *testing.T) {
	m := ThisMachine()
	if m.Go != runtime.Version() || m.OS != runtime.GOOS || m.Arch != runtime.GOARCH || m.CPUs < 1 {
		t.Errorf("machine %+v", m)
	}
	if runtime.GOOS == "linux" && m.Kernel == "" {
		t.Error("no kernel")
	}
}
