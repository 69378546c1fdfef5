//go:build linux

package compose

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// root is the folder of the project.
const root = "../.."

// dirVariable names the test's folder to the part of the test that has namespaces.
const dirVariable = "SHOWDOWN_COMPOSE_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		if err := settle(dir); err != nil {
			fmt.Fprintln(os.Stderr, "compose:", err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	code, err := apart()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		code = 1
	}
	os.Exit(code)
}

// noEngine is why no Docker Engine can be had here; empty where one can.
func noEngine() string {
	if os.Getuid() != 0 {
		return "dockerd is started by hand, which needs root"
	}
	if _, err := exec.LookPath("dockerd"); err != nil {
		return "there is no dockerd (make test-deps installs Debian's docker.io)"
	}
	return ""
}

// apart runs this test once more, in namespaces and with a folder of its own, and returns its
// exit code. Nothing is left when it returns.
func apart() (code int, err error) {
	if why := noEngine(); why != "" {
		fmt.Println("compose: not tested, for no Docker Engine can be had here:", why)
		return 0, nil
	}
	dir, err := os.MkdirTemp("", "showdown-compose-") // a socket's path must be short
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := prepare(ctx, dir); err != nil {
		return 0, err
	}
	// The death signal comes when the thread ends that asked for it.
	runtime.LockOSThread()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), dirVariable+"="+dir)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
		Setpgid:    true,
	}
	err = cmd.Start()
	if errors.Is(err, syscall.EPERM) {
		fmt.Println("compose: not tested, for no Docker Engine can be had here: root may not make namespaces")
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		code, err = exit.ExitCode(), nil
	}
	return code, errors.Join(ctx.Err(), err, removeGroups(dir))
}

// settle makes the namespaces usable: mounts that nobody else sees, the processes of this
// namespace under /proc, a /run for what an Engine leaves there, and a loopback.
func settle(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	// The Engine's data is in memory: a layer is written in no time, and none outlives the test.
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		return err
	}
	for _, path := range []string{"/run", data} {
		if err := unix.Mount("tmpfs", path, "tmpfs", 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", path, err)
		}
	}
	for _, name := range []string{"DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "COMPOSE_FILE", "COMPOSE_PROFILES", "SHOWDOWN_TOKEN", "SHOWDOWN_PORT", "PROMETHEUS_PORT"} {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	for name, value := range map[string]string{
		"DOCKER_CONFIG": filepath.Join(dir, "config"), "DOCKER_HOST": "unix://" + filepath.Join(dir, "d.sock"),
		"COMPOSE_PROJECT_NAME": project, "COMPOSE_DOCKER_CLI_BUILD": "0", "DOCKER_BUILDKIT": "0",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "env"), nil, 0o644); err != nil {
		return err
	}
	return loopbackUp()
}

// loopbackUp lets 127.0.0.1 be reached in a network namespace.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("loopback up: %w", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("loopback up: %w", err)
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("loopback up: %w", err)
	}
	return nil
}

// removeGroups removes the control groups of the Engine's containers: they have no namespace.
// The kernel may still be ending what was in them.
func removeGroups(dir string) error {
	tops, err := filepath.Glob("/sys/fs/cgroup/*/" + groupName(dir)) // version 1
	if err != nil {
		return err
	}
	tops = append(tops, "/sys/fs/cgroup/"+groupName(dir)) // version 2
	var left error
	removed := func() bool {
		left = nil
		for _, top := range tops {
			for _, group := range slices.Backward(folders(top)) {
				if err := os.Remove(group); err != nil && !errors.Is(err, os.ErrNotExist) {
					left = fmt.Errorf("remove a control group: %w", err)
				}
			}
		}
		return left == nil
	}
	eventually(10*time.Second, removed)
	return left
}

// folders are a folder and all in it, each before those that it holds; none where it is not
// there.
func folders(top string) []string {
	var found []string
	_ = filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			found = append(found, path)
		}
		return nil // what cannot be read is gone
	})
	return found
}

// groupName is the control group under which the Engine of a folder keeps its containers.
func groupName(dir string) string { return filepath.Base(dir) }
