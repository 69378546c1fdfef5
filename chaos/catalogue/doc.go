// Package catalogue writes docs/faults.md: every chaos action with what the code says of
// it and what clients were measured to see of it.
//
// The two come from different places. What the code says is rendered from
// [chaos.Describe] and compared byte by byte with the page by a test. What clients saw
// is read from the record of a run, whose stage plays each action in a cell of its own
// ([Measure]), and stays as it was measured until somebody measures anew: make faults
// does.
package catalogue

import (
	"slices"
	"strings"

	"showdown"
)

// Helper says that a step of the stage only prepares another one, and is not shown: its
// letter begins with X.
func Helper(s showdown.Step) bool { return strings.HasPrefix(s.Letter, "X") }

// Undemonstrated lists the actions that no step of the stage shows, by name.
func Undemonstrated(s *showdown.Stage) []string {
	left := showdown.Actions()
	for _, c := range s.Cells {
		for _, st := range c.Timeline {
			if !Helper(st) {
				delete(left, st.Do)
			}
		}
	}
	var out []string
	for name := range left {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
