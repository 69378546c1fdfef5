// Package lesson keeps a lab running for a class: one stage at a time under constant load, with the
// chaos actions of its lesson as buttons.
//
// A [Lesson] is the [live.Control] of a page. It plays a stage until somebody asks for
// another one, and records each as a run of its own, whose load and actions are written
// down as they were asked for.
package lesson
