//go:build !linux

package results

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

func mountSmall(string) error { return errors.New("only on Linux") }

func unmount(*testing.T, string) {}

func selfAsOrdinaryUser(t *testing.T) *exec.Cmd {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(path)
}
