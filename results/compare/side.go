package compare

import (
	"maps"
	"slices"
	"strconv"

	"showdown/results"
)

// Run is the record of one run as it is compared.
type Run struct {
	ID      string
	Summary *results.Summary
	// Manifest says how the run was set up; nil where that is not known.
	Manifest *results.Manifest
	// Series is the traffic of the base cell over time; nil where there are no requests
	// to be read.
	Series *results.Series
}

// Side is what is compared with something else: one run, or runs that repeat each other.
type Side struct {
	// Name is what tables call it: "multi-az".
	Name string
	Runs []Run
}

// first is the summary of the side's first run, which says what was played.
func (s *Side) first() *results.Summary { return s.Runs[0].Summary }

// stage is the stage that was played: "whatsthetime/asg", empty where it has no name.
func (s *Side) stage() string {
	f := s.first()
	if f.Journey == "" {
		return f.Stage
	}
	return f.Journey + "/" + f.Stage
}

// pick is one value of each run, where there is one.
func (s *Side) pick(of func(*results.Summary) *float64) []float64 {
	var out []float64
	for _, r := range s.Runs {
		if v := of(r.Summary); v != nil {
			out = append(out, *v)
		}
	}
	return out
}

func cellNames(s *results.Summary) []string {
	return slices.Sorted(maps.Keys(s.Cells))
}

// Named gives the sides names that tell them apart: the stages' where no two are the
// same, else A, B, C.
func Named(sides []Side) []Side {
	out := slices.Clone(sides)
	for _, name := range []func(i int) string{
		func(i int) string { return out[i].first().Stage },
		func(i int) string { return out[i].stage() },
		func(i int) string { return Letter(i) },
	} {
		seen := map[string]bool{}
		for i := range out {
			out[i].Name = name(i)
			seen[out[i].Name] = true
		}
		if len(seen) == len(out) && !seen[""] {
			break
		}
	}
	return out
}

// Letter is what the i-th side from 0 is called where it has no name of its own: A, B to Z, then A2.
func Letter(i int) string {
	out := string(rune('A' + i%26))
	if i >= 26 {
		out += strconv.Itoa(i/26 + 1)
	}
	return out
}
