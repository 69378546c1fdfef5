// Package statistics says what repeated measurements are worth: a median with its
// interval, and whether two groups of them differ by more than chance.
//
// Nothing is assumed of how the values are spread; outages and tail latencies are far
// from normal. Medians, ranks and exact distributions are golang.org/x/perf's benchmath
// and what that stands on. A value may be +Inf, which means "never": it is larger than
// every number and equal to itself.
package statistics
