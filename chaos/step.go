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
	// at and end are the planned lab times since the run's zero; end is 0 where the step
	// lasts until the roll back. Of a step that waits for another one they are an
	// estimate.
	at, end time.Duration
	// lag is what a step that waits for another one lets pass after that, its part of the
	// jitter included, and length is how long it lasts; 0 is until the roll back.
	lag, length time.Duration
	// delay is what the action itself waits beyond its time; at and lag have it in them.
	delay showdown.Duration
}

// steps reads a cell's timeline. The cell must have passed [Check].
func steps(c showdown.Cell, clock showdown.Clock, seed uint64) ([]step, error) {
	var out []step
	actions := showdown.Actions()
	drawn := func(s showdown.Step) showdown.Duration { return jitter(seed, c.Name, s) }
	for _, s := range c.Timeline {
		if s.Own() {
			at, _, _ := c.StepSpan(clock, s, drawn)
			st := step{Step: s, at: at, lag: clock.Lab(s.At) + clock.Lab(drawn(s)), length: clock.Lab(s.For)}
			st.end = st.until(at)
			out = append(out, st.asOwn())
			continue
		}
		a := actions[s.Do]
		v, err := parseParams(a, s.With)
		if err != nil {
			return nil, problem(c.Name, s, err)
		}
		at, _, _ := c.StepSpan(clock, s, drawn)
		d := deeds()[s.Do]
		var delay showdown.Duration
		if d.delay != nil {
			delay = d.delay(v, func(what string) float64 { return stream(seed, c.Name+"/"+s.Letter+"/"+what).Float64() })
		}
		st := step{
			Step: s, action: a, deed: d, values: v, at: at + clock.Lab(delay), delay: delay,
			lag: clock.Lab(s.At) + clock.Lab(drawn(s)) + clock.Lab(delay), length: clock.Lab(s.For),
		}
		st.end = st.until(at)
		out = append(out, st)
	}
	return out, nil
}

// due is when a step fires that waits for another one, given when that happened: never
// before the plan.
func (s step) due(happened time.Duration) time.Duration { return max(s.at, happened+s.lag) }

// until is when a step ends by itself that fires at that time; 0 is at the roll back.
func (s step) until(at time.Duration) time.Duration {
	if s.length == 0 {
		return 0
	}
	return at + s.length
}

// begin is when a step is prepared that fires at that time.
func (s step) begin(at time.Duration, l limits) time.Duration {
	begin := at - s.ahead(l)
	if s.deed.early {
		// Before zero there is no traffic to look at.
		begin = min(begin, max(begin-l.census, 0))
	}
	return begin
}

// picker is the random choice of a step's targets. It depends on the seed, the cell
// and the letter alone, so that steps that fire together do not disturb each other.
func picker(seed uint64, cell, letter string) func(n int) int {
	return stream(seed, cell+"/"+letter).IntN
}

// jitter is the part of a step's jitter that it takes, evenly from nothing to all. It
// has a stream of its own, so that with and without it the same targets are chosen.
func jitter(seed uint64, cell string, s showdown.Step) showdown.Duration {
	if s.Jitter <= 0 {
		return 0
	}
	return showdown.Duration(stream(seed, cell+"/"+s.Letter+"/jitter").Int64N(int64(s.Jitter)))
}

func stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
