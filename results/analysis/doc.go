// Package analysis turns the record of a run into its summary: downtime, latency,
// faults, phases, cohorts, cost, and a verdict for every claim.
//
// It is pure: a summary is a function of the run's folder, so it can be made again
// at any time, and the same folder gives the same summary. Requests pass once, in
// the order of their intended times, and only counters and histograms stay in
// memory, however long the run was.
//
// The package also holds the language of claims ([Compile], [CompileFor]) and of the
// conditions that stop an experiment ([CompileCondition], [Live]). docs/summary.md
// defines every number and every function of the language.
package analysis
