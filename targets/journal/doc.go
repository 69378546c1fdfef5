// Package journal keeps, on disk, what a run has made and must undo, so that
// whatever kills the run leaves nothing behind.
//
// A [Journal] is one append-only file per run. Its lines are JSON objects:
//
//	{"journal":1,"run":"...","owner":{"pid":7,"start":9},"at":"..."}    the header
//	{"id":1,"kind":"process","name":"web-1","fields":{"mark":"..."}}    planned
//	{"id":1,"identity":{"pid":8,"start":10}}                            it exists now
//	{"id":1,"done":true}                                                it is undone
//
// A fault that a user's command made has the command that takes it back in its entry,
// with its directory and its variables; an identity on a later line says which command
// runs now, and the zero identity that it is over.
//
// A line is on disk before the thing it names exists. The owner holds a lock on the
// file for as long as it lives; the kernel frees that lock however the owner dies,
// and then [Heal] may undo what is pending. A process is known by its number
// together with its start time, since numbers are given out again, and everything a
// run starts carries the run's mark in its environment.
//
// The package also gives out slots ([AcquireSlot]) and knows the addresses that
// belong to each ([Address]), so that two labs at once never collide.
package journal
