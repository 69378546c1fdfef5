package showdown

import (
	"cmp"
	"slices"
	"time"
)

// Step is the step of that letter in the cell's timeline; ok is false when there is
// none.
func (c Cell) Step(letter string) (s Step, ok bool) {
	i := slices.IndexFunc(c.Timeline, func(s Step) bool { return s.Letter == letter })
	if i < 0 || letter == "" {
		return Step{}, false
	}
	return c.Timeline[i], true
}

// WaitsFor is the letter of the step that s is timed from; empty where it is timed
// from the traffic or a phase.
func (s Step) WaitsFor() string { return cmp.Or(s.During, s.After) }

// StepStart is the planned lab time, since the run's zero, of a step of the cell's
// timeline, its jitter left out. ok is false when the step names a phase or a step that
// does not exist, or waits for itself.
func (c Cell) StepStart(clock Clock, s Step) (at time.Duration, ok bool) {
	at, _, ok = c.StepSpan(clock, s, nil)
	return at, ok
}

// StepSpan is [Cell.StepStart] with the planned end, which is the start where the step
// has none. jitter says how much of its jitter each step on the way takes; nil is
// nothing.
//
// The plan of a step that waits for another is an estimate: a step with a length is
// over at its end, one without at its start. Really it fires later where the other one
// takes longer, and never earlier.
func (c Cell) StepSpan(clock Clock, s Step, jitter func(Step) Duration) (from, to time.Duration, ok bool) {
	return c.stepSpan(clock, s, jitter, len(c.Timeline))
}

// stepSpan follows at most left steps back, so that a circle ends.
func (c Cell) stepSpan(clock Clock, s Step, jitter func(Step) Duration, left int) (from, to time.Duration, ok bool) {
	var outer time.Duration // the end of what s lies in; 0 is none
	if letter := s.WaitsFor(); letter == "" {
		from, ok = c.Traffic.StepStart(clock, s)
	} else {
		before, known := c.Step(letter)
		if !known || left == 0 {
			return 0, 0, false
		}
		start, end, known := c.stepSpan(clock, before, jitter, left-1)
		from, ok = end, known
		if s.During != "" {
			from = start
			if end > start {
				outer = end
			}
		}
		from += clock.Lab(s.At)
	}
	if jitter != nil {
		from += clock.Lab(jitter(s))
	}
	to = from + clock.Lab(s.For)
	if outer > 0 && (s.For == 0 || to > outer) {
		to = max(from, outer)
	}
	return from, to, ok
}

// WholeJitter is the most that jitter can delay a step, for [Cell.StepSpan].
func WholeJitter(s Step) Duration { return s.Jitter }

// InstancesBefore are the instances that a step of the cell may find: those that the lab
// comes up with, and those that the add-instance steps launch which come before it at
// some speed. A new one is like the first instance that its step may hit. What steps
// remove is still among them; what Auto Scaling groups launch later is not, since nobody
// knows it before.
func (c Cell) InstancesBefore(s Step) []Instance {
	instances := c.Topology.AllInstances()
	var steps []Step
	for _, other := range c.Timeline {
		if other.Do == "add-instance" && other.Letter != s.Letter && c.comesBefore(other, s) {
			steps = append(steps, other)
		}
	}
	// One that launches like an instance that another one launches comes after it.
	slices.SortStableFunc(steps, func(a, b Step) int {
		first, _ := c.StepStart(Clock{speed: DefaultSpeed}, a)
		second, _ := c.StepStart(Clock{speed: DefaultSpeed}, b)
		return cmp.Compare(first, second)
	})
	for _, add := range steps {
		// The first number is the first instance, so that the answer is the same each time.
		like, err := add.Target.Select(instances, func(int) int { return 0 })
		name := add.With["name"]
		known := func(name string) int {
			return slices.IndexFunc(instances, func(in Instance) bool { return in.Name == name })
		}
		if err != nil || name == "" || known(name) >= 0 {
			continue
		}
		made := instances[known(like[0])]
		made.Name = name
		instances = append(instances, made)
	}
	return instances
}

// comesBefore says that step a is planned to start no later than step b at the slowest
// or the fastest speed. Starts are linear in one over the speed, so where it is later
// at both it is later at each.
func (c Cell) comesBefore(a, b Step) bool {
	for _, clock := range []Clock{{speed: MinSpeed}, {speed: MaxSpeed}} {
		first, ok := c.StepStart(clock, a)
		second, known := c.StepStart(clock, b)
		if ok && known && first <= second {
			return true
		}
	}
	return false
}
