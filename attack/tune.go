package attack

import (
	"runtime"
	"runtime/debug"
)

// Tune sets the garbage collector for a process that sends traffic: it lets the
// heap, which is small, grow further before each collection, since a collection
// delays requests. It is for the process's owner to call; restore undoes it.
func Tune() (restore func()) {
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}

// TuneAlone is [Tune] for a process that does nothing but send requests at a rate. It
// also lets Go run on one processor: with more, Go wakes a second thread for every
// request to look for work that is not there, a quarter of the CPU time at 2,000
// requests a second. A process that does other work beside would delay requests by
// it, and one that sends as fast as it can needs all processors.
func TuneAlone() (restore func()) {
	restoreGC := Tune()
	before := runtime.GOMAXPROCS(1)
	return func() {
		runtime.GOMAXPROCS(before)
		restoreGC()
	}
}
