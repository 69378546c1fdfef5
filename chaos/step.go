package chaos

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"showdown"
)

// step is a step of a timeline with its times in lab time and its parameters read.
type step struct {
	showdown.Step
	action showdown.Action
	deed   deed
	values values
	// at and end are lab times since the run's zero; end is 0 where the step lasts
	// until the roll back.
	at, end time.Duration
}

// steps reads a cell's timeline. The cell must have passed [Check].
func steps(c showdown.Cell, clock showdown.Clock) ([]step, error) {
	var out []step
	actions := showdown.Actions()
	for _, s := range c.Timeline {
		a := actions[s.Do]
		v, err := parseParams(a, s.With)
		if err != nil {
			return nil, problem(c.Name, s, err)
		}
		at, _ := c.Traffic.StepStart(clock, s)
		st := step{Step: s, action: a, deed: deeds()[s.Do], values: v, at: at}
		if s.For > 0 {
			st.end = at + clock.Lab(s.For)
		}
		out = append(out, st)
	}
	return out, nil
}

// picker is the random choice of a step's targets. It depends on the seed, the cell
// and the letter alone, so that steps that fire together do not disturb each other.
func picker(seed uint64, cell, letter string) func(n int) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(cell + "/" + letter))
	return rand.New(rand.NewPCG(seed, h.Sum64())).IntN
}
