// Package scenario makes what a scenario says playable: templates that are filled in,
// paths into JSON, rows of data, checks of answers. It sends nothing, and finds all that
// is wrong with a scenario before anything is sent.
//
// # Values
//
// A request is filled in from values: the columns of the row of data that the session has,
// and what earlier steps extracted. Each has a number, its slot, when a scenario is
// compiled, so that nothing is looked up by name while an attack runs.
//
// # Secrets
//
// Values of the environment become part of a compiled [Plan] and of nothing else: neither
// findings nor reasons hold any text that came from the environment, a file of data, or
// an answer.
package scenario
