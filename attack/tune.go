package attack

import "runtime/debug"

// Tune sets the garbage collector for a process that sends traffic: it lets the
// heap, which is small, grow further before each collection, since a collection
// delays requests. It is for the process's owner to call; restore undoes it.
func Tune() (restore func()) {
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}
