package process

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// spread sends a signal to the machine's descendants that have left its process group:
// the group has had it. One that is made meanwhile is found at the next look.
func (c *grandchild) spread(s unix.Signal) {
	if !c.family {
		return
	}
	const looks = 5
	done := map[int]bool{}
	for range looks {
		found := false
		for _, pid := range descendants(c.pid) {
			if group, err := unix.Getpgid(pid); err != nil || group == c.pid || done[pid] {
				continue
			}
			// It is some descendant's child, so its number is not given out again before
			// that has waited for it.
			_ = unix.Kill(pid, s)
			done[pid], found = true, true
		}
		if !found {
			return
		}
	}
}

// endOrphans kills what machines have left behind and returns how many there were: the
// children of this process that are no machine. What they leave behind in turn is found
// when they are reaped. mu is held, so that none of them is reaped meanwhile.
func (s *spawner) endOrphans() int {
	if !s.families {
		return 0
	}
	left := 0
	for _, pid := range parents()[os.Getpid()] {
		if s.byPID[pid] == nil {
			left++
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	return left
}

// descendants are the children of a process, theirs, and so on.
func descendants(pid int) []int {
	of := parents()
	all := of[pid]
	for i := 0; i < len(all); i++ {
		all = append(all, of[all[i]]...)
	}
	return all
}

// parents are the processes there are, by their parent.
func parents() map[int][]int {
	out := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return out
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		data, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		// Behind the command, which may hold anything, stand the state and the parent.
		fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
		if len(fields) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(string(fields[1])); err == nil {
			out[parent] = append(out[parent], pid)
		}
	}
	return out
}
