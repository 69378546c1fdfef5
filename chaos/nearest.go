package chaos

import (
	"fmt"
	"strings"
)

// meant is the hint at the name that was probably meant, or nothing.
func meant(wrong string, names []string) string {
	best, distance := "", len(wrong)/2+1
	for _, n := range names {
		if d := edits(wrong, n); d < distance {
			best, distance = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// edits is the number of letters to insert, delete or replace to get from a to b.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// hint is the name that was probably meant, or all names where none is near.
func hint(wrong string, names []string) string {
	if m := meant(wrong, names); m != "" {
		return m
	}
	return ": it is one of " + strings.Join(names, ", ")
}
