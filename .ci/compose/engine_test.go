//go:build linux

package compose

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startEngine starts a Docker Engine whose data is under dir, and ends it with the test.
func startEngine(t *testing.T, dir string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "dockerd.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("dockerd", "--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"),
		"--pidfile", filepath.Join(dir, "d.pid"), "--host", os.Getenv("DOCKER_HOST"), "--cgroup-parent", "/"+groupName(dir))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Error("dockerd did not end within 30 s")
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	over := func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}
	up := func() bool { return exec.Command("docker", "version").Run() == nil }
	answers := eventually(60*time.Second, func() bool { return over() || up() })
	text, _ := os.ReadFile(log.Name())
	if over() {
		t.Skip("not tested, for no Docker Engine can be had here: dockerd says", last(string(text), 1))
	}
	if !answers {
		t.Fatalf("dockerd does not answer:\n%s", last(string(text), 20))
	}
}

// longest bounds a command: a build with the real Go takes minutes.
const longest = 10 * time.Minute

// command runs a program in the project's folder and returns what it printed.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = root
	var out, all bytes.Buffer
	cmd.Stdout = both{&out, &all}
	cmd.Stderr = &all
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, last(all.String(), 40))
	}
	return strings.TrimSpace(out.String())
}

// both writes to two buffers.
type both [2]*bytes.Buffer

func (b both) Write(p []byte) (int, error) {
	_, _ = b[0].Write(p) // a buffer's never fails
	return b[1].Write(p)
}

// last is the last lines of a text.
func last(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// eventually waits until something has happened, and says whether it did within the limit.
func eventually(limit time.Duration, happened func() bool) bool {
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !happened() {
		if time.Now().After(deadline) {
			return false
		}
		<-tick.C
	}
	return true
}
