// Package compare puts the records of runs side by side: number by number with their
// difference, its interval and a plain verdict, aligned on the clock and on a fault, and
// with what else differs between them.
//
// The runs of one stage are compared in everything that was measured. Those of different
// stages play different faults at different rates, so only what they share is compared:
// the reference window, and the faults that each of them plays.
//
// A verdict comes from repeated runs, by the test that package statistics documents. With
// one run each there is a difference and no verdict. [Compare] is pure; [Load] reads the
// records. The package also reads and judges bounds on a change ([ParseBound]), which a
// run is held to against an earlier one. docs/compare.md is for users.
package compare
