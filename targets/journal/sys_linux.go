package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock on an open file; false when somebody else holds it. The
// kernel frees it when the file is closed, so at the latest with the process.
func tryLock(file *os.File) (bool, error) {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return true, nil
}

func checkOwner(dir string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d", dir, st.Uid)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written by others", dir)
	}
	return nil
}

// Identify is the identity of the process with that number. It fails when there is
// none.
func Identify(pid int) (Identity, error) {
	s, err := readStat(pid)
	if err != nil {
		return Identity{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	return Identity{PID: pid, Start: s.start}, nil
}

// Alive reports whether this very process still runs or still holds its sockets. A
// zombie does neither, once all of its threads have ended: the first may end before
// the others.
func (id Identity) Alive() bool {
	if id.PID <= 0 {
		return false
	}
	s, err := readStat(id.PID)
	if err != nil || s.start != id.Start {
		return false
	}
	return s.state != 'X' && (s.state != 'Z' || s.threads > 1)
}

// stat is what is used of /proc/PID/stat: fields 3, 20 and 22.
type stat struct {
	state   byte
	threads int
	start   uint64
}

func readStat(pid int) (stat, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, err
	}
	return parseStat(data)
}

// parseStat reads a stat line. Its second field, the command in parentheses, may
// hold anything.
func parseStat(data []byte) (stat, error) {
	i := bytes.LastIndexByte(data, ')')
	fields := bytes.Fields(data[i+1:])
	if i < 0 || len(fields) < 20 || len(fields[0]) != 1 {
		return stat{}, errors.New("stat has an unknown form")
	}
	threads, err := strconv.Atoi(string(fields[17]))
	if err != nil {
		return stat{}, err
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	return stat{state: fields[0][0], threads: threads, start: start}, err
}

// killIdentity ends a process if it is still the one of that identity; killed says
// that it was. The handle is taken before the identity is checked, so that a number
// given out again in between is never hit.
func killIdentity(who Identity) (killed bool, err error) {
	if who.PID <= 1 || who.PID == os.Getpid() {
		return false, nil
	}
	p, err := os.FindProcess(who.PID)
	if err != nil {
		return false, nil
	}
	defer func() { _ = p.Release() }()
	if !who.Alive() {
		return false, nil
	}
	// A stopped process dies of SIGKILL too; it is woken so that what it still holds
	// goes with it at once.
	_ = p.Signal(syscall.SIGCONT)
	if err := p.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false, err
	}
	return true, nil
}

// findMarked are the processes whose environment carries the run's mark.
func findMarked(run string) []Identity {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	mark := []byte(MarkVariable + "=" + run)
	var found []Identity
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		who, err := Identify(pid)
		if err != nil {
			continue
		}
		// Another user's environment cannot be read, and is not ours.
		env, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err != nil || !strings.Contains(string(env), MarkVariable) {
			continue
		}
		for _, v := range bytes.Split(env, []byte{0}) {
			if bytes.Equal(v, mark) && who.Alive() {
				found = append(found, who)
			}
		}
	}
	return found
}

// listenGuard binds the guard of a slot; nil when somebody else has it.
func listenGuard(address net.TCPAddr) (net.Listener, error) {
	l, err := net.ListenTCP("tcp4", &address)
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}
