package machine

import "runtime"

// Tune sets the runtime for a process that is one machine: a single thread runs Go code
// at a time. The work of a request is waited out and not burned, so a second one would
// only be woken to find nothing to do, and with a hundred machines that costs more than
// the requests. It is for the process's owner to call; restore undoes it.
func Tune() (restore func()) {
	before := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(before) }
}
