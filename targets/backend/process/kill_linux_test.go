package process_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown/targets/backend/process"
	"showdown/targets/journal"
)

// victim is an owner's process, started by a test.
type victim struct {
	*exec.Cmd
	out  *bufio.Reader
	slot int
	dir  string
	run  string
}

func startOwner(t *testing.T, args ...string) *victim {
	t.Helper()
	needLinux(t)
	v := &victim{slot: acquireSlot(t), dir: t.TempDir()}
	v.run = fmt.Sprintf("owner-%d-%d", os.Getpid(), v.slot)
	argv := append(self("owner", v.dir, v.run, strconv.Itoa(v.slot)), args...)
	v.Cmd = exec.Command(argv[0], argv[1:]...)
	v.Stderr = os.Stderr
	out, err := v.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	v.out = bufio.NewReader(out)
	if err := v.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Process.Kill(); _ = v.Wait() })
	return v
}

func (v *victim) made(t *testing.T) estate {
	t.Helper()
	line, err := v.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var e estate
	if err := json.Unmarshal(line, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// marked are the processes that carry a run's mark.
func marked(run string) []string {
	var found []string
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range all {
		data, err := os.ReadFile(path)
		if err == nil && strings.Contains("\x00"+string(data), "\x00"+journal.MarkVariable+"="+run+"\x00") {
			found = append(found, path)
		}
	}
	return found
}

// nothingLeft asks whether an owner's estate is gone.
func (v *victim) nothingLeft(journalToo bool) error {
	if found := marked(v.run); len(found) > 0 {
		return fmt.Errorf("processes are left: %v", found)
	}
	for n := range 3 {
		if err := refused(endpoint(v.slot, n)); err != nil {
			return err
		}
	}
	if journalToo {
		left, err := filepath.Glob(filepath.Join(v.dir, "*.journal*"))
		if err != nil || len(left) > 0 {
			return fmt.Errorf("journals are left: %v %v", left, err)
		}
	}
	return nil
}

func TestKilledOwnerLeavesNothing(t *testing.T) {
	v := startOwner(t)
	e := v.made(t)
	if err := v.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = v.Wait()
	// The kernel alone ends the processes; the journal waits for the next start.
	eventually(t, patience, func() error { return v.nothingLeft(false) })
	healed, err := journal.Heal(t.Context(), v.dir)
	if err != nil || len(healed) != 1 || healed[0].Run != v.run || len(healed[0].Failed) != 0 || len(healed[0].Undone) != 4 {
		t.Errorf("healed %+v, %v; made %+v", healed, err, e)
	}
	if err := v.nothingLeft(true); err != nil {
		t.Error(err)
	}
}

func TestReverterHealsAfterItsOwner(t *testing.T) {
	v := startOwner(t, "reverter")
	v.made(t)
	if err := v.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = v.Wait()
	at := time.Now()
	eventually(t, patience, func() error { return v.nothingLeft(true) })
	t.Logf("healed %s after the death", time.Since(at))
	healed, err := journal.Heal(t.Context(), v.dir)
	if err != nil || len(healed) != 0 {
		t.Errorf("something was left to heal: %+v, %v", healed, err)
	}
}

// Both the owner and the spawner die at once: the spawner's own clean-up never runs.
func TestKilledOwnerAndSpawnerLeaveNothing(t *testing.T) {
	v := startOwner(t, "reverter")
	e := v.made(t)
	for _, pid := range []int{v.Process.Pid, e.Spawner.PID} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	_ = v.Wait()
	eventually(t, patience, func() error { return v.nothingLeft(true) })
}

// A kill may come at any moment of the start.
func TestOwnerKilledWhileItStarts(t *testing.T) {
	for i := range 5 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			v := startOwner(t, "reverter")
			// Killed when its journal has i lines, which is before it is done: a header,
			// then two for each of the four processes.
			eventually(t, patience, func() error {
				data, _ := os.ReadFile(filepath.Join(v.dir, v.run+".journal"))
				if strings.Count(string(data), "\n") > 2*i {
					return nil
				}
				return errors.New("its journal does not grow")
			})
			if err := v.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = v.Wait()
			eventually(t, patience, func() error {
				if err := v.nothingLeft(false); err != nil {
					return err
				}
				// Killed before it had a reverter, it leaves this to the next start.
				_, err := journal.Heal(t.Context(), v.dir)
				return err
			})
			if err := v.nothingLeft(true); err != nil {
				t.Error(err)
			}
		})
	}
}

// startReverter runs a reverter of this process by hand, to see how it ends.
func startReverter(t *testing.T, dir string) (*exec.Cmd, interface{ Close() error }, interface{ Write([]byte) (int, error) }) {
	t.Helper()
	argv := self("reverter", dir)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, in, in
}

// dead is an owner that cannot be alive.
const dead = `{"pid":1073741824,"start":1}` + "\n"

func TestReverterIgnoresTheTerminal(t *testing.T) {
	needLinux(t)
	dir := t.TempDir()
	cmd, in, write := startReverter(t, dir)
	if _, err := write.Write([]byte(dead)); err != nil {
		t.Fatal(err)
	}
	// It ignores the signals when its mask says so.
	eventually(t, patience, func() error {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(string(data), "SigIgn:")
		mask, err := strconv.ParseUint(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]), 16, 64)
		if err != nil || mask&3 != 3 { // SIGHUP is 1, SIGINT 2
			return fmt.Errorf("ignored signals %x, %v", mask, err)
		}
		return nil
	})
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Now()
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if d := time.Since(at); d > patience/4 {
		t.Errorf("it took %s to end", d)
	}
}

func TestReleasedReverterHealsNothing(t *testing.T) {
	needLinux(t)
	dir := t.TempDir()
	// Somebody else's dead run: a reverter that was released leaves it alone.
	path := filepath.Join(dir, "other.journal")
	if err := os.WriteFile(path, []byte(`{"journal":1,"run":"other","owner":{"pid":1073741824,"start":1}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := process.StartReverter(t.Context(), self("reverter", dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	// One that loses its owner heals it.
	cmd, in, write := startReverter(t, dir)
	if _, err := write.Write([]byte(dead)); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dead run's journal: %v", err)
	}
}
