package journeys

import (
	"fmt"
	"slices"
	"strings"
)

// listLimit is how many names a message lists before it says how many more there are.
const listLimit = 16

// meant is the end of a message about an unknown name: the nearest known one, or
// all of them when none is near.
func meant(name string, known []string) string {
	if near, ok := nearest(name, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "write one of " + list(known)
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing: there is none"
	}
	if len(names) > listLimit {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:listLimit], ", "), len(names)-listLimit)
	}
	return strings.Join(names, ", ")
}

// nearest is the known name with the fewest typing errors between it and name; ok
// is false when even that one differs in more than a third of its letters.
func nearest(name string, known []string) (near string, ok bool) {
	best := -1
	folded := fold(name)
	for _, k := range known {
		d := distance(folded, fold(k))
		if limit := max(1, max(len(folded), len(k))/3); d > limit || len(folded) == 0 {
			continue
		}
		if best < 0 || d < best {
			best, near = d, k
		}
	}
	return near, best >= 0
}

// fold makes names equal that differ in case or in how words are joined.
func fold(s string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
}

// distance counts the letters to insert, drop, replace or swap with a neighbour to
// turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	const tooLong = 64
	if len(x) > tooLong || len(y) > tooLong {
		return tooLong
	}
	var before []int
	prev := make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range x {
		row := make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(prev[j+1]+1, row[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(y)]
}

// sortedKeys is the keys of m in order.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
