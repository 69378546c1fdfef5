package machine

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// mortal are the attributes of a program's process: it stays in the machine's process
// group and dies with the thread that started it.
func mortal() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// restrict confines the calling thread, and what it starts, to the first n processors of
// those that it may use; 0 leaves it alone.
func restrict(n int) {
	if n <= 0 || n >= runtime.NumCPU() {
		return
	}
	var may, few unix.CPUSet
	if unix.SchedGetaffinity(0, &may) != nil {
		return
	}
	for cpu := 0; few.Count() < n && cpu < maxCPU; cpu++ {
		if may.IsSet(cpu) {
			few.Set(cpu)
		}
	}
	_ = unix.SchedSetaffinity(0, &few) // what cannot be confined runs everywhere
}

// maxCPU is how many processors a set of them can name.
const maxCPU = 1024

// adopt makes this process the parent of what its program leaves behind when it ends, so
// that it ends with the machine.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// endOrphans kills what the program has started and left behind, which are children of
// this process since [adopt].
func endOrphans() {
	const rounds = 100 // each generation needs one; a program that forks for ever is the spawner's to end
	for range rounds {
		left := children()
		if len(left) == 0 {
			return
		}
		for _, pid := range left {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		for range left {
			_, _ = unix.Wait4(-1, nil, 0, nil)
		}
	}
}

// children are the processes that this one is the parent of.
func children() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	self := strconv.Itoa(os.Getpid())
	var out []int
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
		if len(fields) > 1 && string(fields[1]) == self {
			out = append(out, pid)
		}
	}
	return out
}

// resident is the memory, in bytes, that a process and its descendants have in use.
func resident(pid int) int64 {
	dir := "/proc/" + strconv.Itoa(pid)
	sum := int64(0)
	if data, err := os.ReadFile(dir + "/statm"); err == nil {
		if fields := bytes.Fields(data); len(fields) > 1 {
			pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
			sum = pages * int64(os.Getpagesize())
		}
	}
	// Each thread has children of its own.
	threads, err := os.ReadDir(dir + "/task")
	if err != nil {
		return sum
	}
	for _, t := range threads {
		data, err := os.ReadFile(dir + "/task/" + t.Name() + "/children")
		if err != nil {
			continue
		}
		for _, child := range bytes.Fields(data) {
			if pid, err := strconv.Atoi(string(child)); err == nil {
				sum += resident(pid)
			}
		}
	}
	return sum
}
