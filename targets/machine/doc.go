// Package machine is the life of one machine: a process with addresses of its own
// that serves an application behind a model of its CPU, and can be broken in the
// ways that machines break.
//
// A request comes in through an [endpoint], one per address, is given a place on the
// virtual CPU ([pool], with [account] for the credits of burstable types), waits
// there for as long as a real one would take, and is answered by the application. The
// faults act where the real ones do: on listeners, on connections ([conn], and [wire] for
// what arrives late), on the CPU, on the memory, on the clock, on the answer.
//
// [Main] reads the machine's configuration and then its orders from standard input,
// and answers on standard output.
package machine
