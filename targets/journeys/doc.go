// Package journeys reads stage files: the YAML in which a teacher writes what is
// built, what users do, what breaks, and what the course notes say about it.
//
// The journeys that come with the program are written in the same format and read
// by the same code. Reading is strict, and every complaint has a place and a way
// out:
//
//	mine.yaml:14:9: unknown field "intances" in topology: did you mean "instances"?
//
// All complaints about a file come at once, as [Problems].
//
// Reading is split by what it needs. [Load] finds everything that is wrong whatever
// the speed; [Validate] asks whether a stage can be played at the speed of a clock.
// What other packages know (instance types, applications, the language of claims)
// is handed in as [Known], so that this package imports none of them.
package journeys
