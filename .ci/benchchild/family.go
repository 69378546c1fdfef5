//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// family is what a process and all its descendants took: this one is the generator and
// the harness, the others are what they started.
type family struct {
	at time.Time
	// self and others are CPU time since their starts, user and system.
	self, others time.Duration
	// processes is how many there are, and kib the sum of their proportional set sizes
	// where that was asked for.
	processes, kib int
}

// relatives are the process numbers of this process's descendants.
func relatives() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue // it has ended
		}
		// The name is in brackets and may hold anything; state and parent follow it.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		parent, err := strconv.Atoi(string(fields[1]))
		if err != nil {
			return nil, fmt.Errorf("process %d: %w", pid, err)
		}
		children[parent] = append(children[parent], pid)
	}
	var found []int
	for next := children[os.Getpid()]; len(next) > 0; next = next[1:] {
		found = append(found, next[0])
		next = append(next, children[next[0]]...)
	}
	return found, nil
}

// spentCPU is what the family has spent by now. That of processes which have ended since
// they were started is not in it.
func spentCPU() (family, error) {
	pids, err := relatives()
	if err != nil {
		return family{}, err
	}
	f := family{processes: len(pids) + 1}
	for _, pid := range pids {
		spent, err := scheduled(pid)
		if err != nil {
			return f, err
		}
		f.others += spent
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return f, err
	}
	f.self = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	f.at = time.Now()
	return f, nil
}

// scheduled is how long the threads of a process have run, user and system, in the
// scheduler's own nanoseconds: the ticks of /proc/PID/stat are too coarse for a machine
// that takes a few milliseconds in all.
func scheduled(pid int) (sum time.Duration, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	for _, path := range threads {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			return 0, err
		}
		nanoseconds, err := strconv.ParseInt(string(bytes.Fields(data)[0]), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		sum += time.Duration(nanoseconds)
	}
	return sum, nil
}

// resident is the sum of the proportional set sizes of the family, in KiB.
func resident() (f family, err error) {
	pids, err := relatives()
	if err != nil {
		return f, err
	}
	for _, pid := range append(pids, os.Getpid()) {
		kib, err := proportional(pid)
		if err != nil {
			return f, err
		}
		f.processes, f.kib = f.processes+1, f.kib+kib
	}
	return f, nil
}

// proportional is a process's proportional set size in KiB: a page that n processes
// share counts as an nth.
func proportional(pid int) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			return strconv.Atoi(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))))
		}
	}
	return 0, fmt.Errorf("process %d: no proportional set size", pid)
}
