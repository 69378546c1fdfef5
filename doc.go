// Package showdown holds the words of the project as data: journeys and their
// stages, cells, topology, traffic, experiments, claims and events.
//
// A journey is an application and the stages it grows through. A stage is cells,
// claims and what the teacher says. A cell is one lab with its traffic and its
// timeline; the cells of a stage run side by side on one clock, so that what they
// show can be compared. A run is one execution of stages, kept in a folder.
//
// # Time
//
// AWS takes minutes and a class has seconds, so a run divides time by its speed.
// Two types keep the two apart, and only [Clock] turns one into the other:
//
//   - [Duration] is AWS time: what stage files, reports and claims speak.
//   - [time.Duration] is lab time: what timers, sockets and latencies know.
//
// The package imports the standard library only and nothing of the project's, so
// that everything else can import it; layers_test.go holds that law.
package showdown
