// Package command runs one command of a user's: a program with its arguments and no
// shell, in a process group of its own, which a timeout ends whole.
//
// It knows nothing of stages, so that the journal can run what undoes a fault after
// the run that began it is dead.
package command
