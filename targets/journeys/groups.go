package journeys

import (
	"fmt"
	"slices"
	"time"

	"showdown"
)

// MaxTotalRate is the most requests per lab second that cells which are played side
// by side may offer together at any moment: what two cores carry with head-room.
const MaxTotalRate = 800

// rounding is how much a sum of rates may be off.
const rounding = 1e-6

// Groups divides the cells of a stage into those that are played side by side, by
// their place in s.Cells: the groups are played one after the other, and no group
// offers more than [MaxTotalRate]. A stage that stays below it is one group. Each cell
// joins the first group that has room for it, so the base cell is in the first where
// it is the first cell.
func Groups(s *showdown.Stage, clock showdown.Clock) [][]int {
	var groups [][]int
	var loads [][]cellLoad
cells:
	for i := range s.Cells {
		if s.Cells[i].Running() {
			// Cells of a running system break one and the same thing: each has its turn.
			groups, loads = append(groups, []int{i}), append(loads, nil)
			continue
		}
		load := loadOf(&s.Cells[i], clock)
		for g := range groups {
			if loads[g] != nil && peak(append(slices.Clone(loads[g]), load)).rate <= MaxTotalRate+rounding {
				groups[g], loads[g] = append(groups[g], i), append(loads[g], load)
				continue cells
			}
		}
		groups, loads = append(groups, []int{i}), append(loads, []cellLoad{load})
	}
	return groups
}

// tooMuch finds the cells that alone offer more than [MaxTotalRate]: no group has room
// for them.
func tooMuch(s *showdown.Stage, clock showdown.Clock) findings {
	var found findings
	for i := range s.Cells {
		if s.Cells[i].Running() {
			continue // what a system of one's own carries is to be found out
		}
		if p := peak([]cellLoad{loadOf(&s.Cells[i], clock)}); p.rate > MaxTotalRate+rounding {
			found.addKey(element("cells", i), "the cell offers %.4g requests/s at %s (%s): more than %d is too much for two cores; lower the rate, or raise the work of a request and lower both",
				p.rate, roundTime(clock.AWS(p.at)), p.phase, MaxTotalRate)
		}
	}
	return found
}

// cellLoad is what a cell offers over time.
type cellLoad struct {
	name     string
	segments []showdown.Segment
	spikes   []loadSpike
}

// loadSpike is a stretch in which the rate is multiplied.
type loadSpike struct {
	span
	factor float64
}

func loadOf(cell *showdown.Cell, clock showdown.Clock) cellLoad {
	l := cellLoad{name: cell.Name, segments: cell.Traffic.Segments(clock)}
	for _, step := range cell.Timeline {
		if step.Do != "spike" {
			continue
		}
		// One that may come late counts for all the time in which it may be there.
		if at, ok := stepSpan(cell, step, clock); ok {
			at.from, _ = cell.StepStart(clock, step)
			l.spikes = append(l.spikes, loadSpike{at, factor(step)})
		}
	}
	return l
}

// moment is a moment of traffic.
type moment struct {
	at   time.Duration
	rate float64
	// phase is the phase that offers the most of it.
	phase string
}

// peak is the moment at which loads together offer the most.
func peak(loads []cellLoad) moment {
	var edges []time.Duration
	for _, l := range loads {
		for _, seg := range l.segments {
			edges = append(edges, seg.Start, seg.End)
		}
		for _, s := range l.spikes {
			edges = append(edges, s.from, s.to)
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var most moment
	for i := 0; i+1 < len(edges); i++ {
		// Rates are linear between two edges, so they are highest at one of them.
		for _, t := range []time.Duration{edges[i], edges[i+1]} {
			now := moment{at: t}
			top := 0.0
			for _, l := range loads {
				rate, phase := l.between(edges[i], edges[i+1], t)
				now.rate += rate
				if rate > top {
					top, now.phase = rate, fmt.Sprintf("%s/%s", l.name, phase)
				}
			}
			if now.rate > most.rate {
				most = now
			}
		}
	}
	return most
}

// between is the rate at t, which is one of two neighbouring edges, as the segment
// between them has it.
func (l cellLoad) between(from, to, t time.Duration) (rate float64, phase string) {
	for _, seg := range l.segments {
		if seg.Start > from || seg.End < to {
			continue
		}
		rate, phase = linear(seg, t)+seg.Amplitude, seg.Name()
		for _, s := range l.spikes {
			if s.from <= from && s.to >= to {
				rate *= s.factor
			}
		}
	}
	return rate, phase
}

// linear is the rate of a segment at t without its sine.
func linear(s showdown.Segment, t time.Duration) float64 {
	s.Amplitude = 0
	return s.Rate(t)
}

// factor is what a spike multiplies the rate by; a factor that cannot be read was
// reported when the file was.
func factor(step showdown.Step) float64 {
	var f float64
	if _, err := fmt.Sscan(step.With["factor"], &f); err != nil || !(f > 0) {
		return 1
	}
	return f
}
