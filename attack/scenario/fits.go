package scenario

import (
	"fmt"
	"math"
	"time"

	"showdown"
)

// Fit finds what is wrong with a scenario in the traffic that it is part of, at the speed
// of the clock: think times that are longer than the traffic, and a script whose clients
// cannot keep the schedule even if every answer came at once.
func Fit(t showdown.Traffic, clock showdown.Clock) []Finding {
	var found findings
	length := t.Length(clock)
	if len(t.Script) == 0 || length <= 0 {
		return nil
	}
	for i, r := range t.Script {
		if clock.Lab(r.Think) > length {
			found.add(fmt.Sprintf("script[%d].think", i), "the client would think for %s, longer than the traffic of %s", r.Think, clock.AWS(length))
		}
	}
	if len(found) > 0 {
		return found
	}
	hits := 0.0
	for _, s := range t.Segments(clock) {
		hits += s.Hits(s.End)
	}
	think := clock.Lab(t.MeanThink())
	if think <= 0 || t.Clients < 1 {
		return nil
	}
	// A client sends one request at once, and then one for each time that it has thought.
	if need := int(math.Ceil(hits/(1+length.Seconds()/think.Seconds()) - 1e-9)); t.Clients < need {
		found.addKey("script", "%d clients cannot keep the schedule: with a mean think time of %s, %.4g requests/s take at least %d", t.Clients, t.MeanThink(), hits/length.Seconds(), need)
	}
	return found
}

// Clients is how many clients a script takes for so many requests a second, when each is
// not free for the mean think time and the time of an answer, in lab time: Little's law.
func Clients(rate float64, think, answer time.Duration) int {
	return max(int(math.Ceil(rate*(think+answer).Seconds()-1e-9)), 1)
}
