package compare

import (
	"math"

	"showdown/results"
)

// Aligned is what users got over time on all sides, with one moment of each laid over
// that of the others.
type Aligned struct {
	// On is "clock", the beginning of the traffic, or "fault", the beginning of one.
	On string `json:"on"`
	// Fault is the action of the fault, and Letters what each side calls it.
	Fault   string   `json:"fault,omitempty"`
	Letters []string `json:"letters,omitempty"`
	// StepS is the length of a step in AWS seconds, FromS the beginning of each, counted
	// from the common moment.
	StepS float64       `json:"step_s"`
	FromS []float64     `json:"from_s"`
	Sides []AlignedSide `json:"sides"`
}

// AlignedSide is one side over time.
type AlignedSide struct {
	Name string `json:"name"`
	// ZeroS is when the common moment was in each run.
	ZeroS []float64 `json:"zero_s"`
	// Availability is the share of all runs' requests that were answered well in each
	// step, Goodput the good answers per lab second of a run; null where no request was
	// due.
	Availability []*float64 `json:"availability"`
	Goodput      []*float64 `json:"goodput"`
}

// mostSteps is how many steps an alignment has at most.
const mostSteps = 16

// alignments lays the sides over each other at the faults that they share and, when they
// are of one stage, at the beginning of the traffic. A side without a record of its
// requests makes none.
func alignments(sides []Side, scope Scope) []Aligned {
	for i := range sides {
		for _, r := range sides[i].Runs {
			if r.Series == nil || len(r.Series.Buckets) == 0 || r.Series.BucketS <= 0 {
				return nil
			}
		}
	}
	var out []Aligned
	for _, action := range sharedActions(sides) {
		if a, ok := onFault(sides, action); ok {
			out = append(out, a)
		}
	}
	if scope != Shared {
		out = append(out, onClock(sides))
	}
	return out
}

// onFault aligns the sides on the beginning of a fault, from a step before it until it is
// over and, where that was seen, service is good again.
func onFault(sides []Side, action string) (Aligned, bool) {
	a := Aligned{On: "fault", Fault: action}
	until := 0.0
	for i := range sides {
		side := AlignedSide{Name: sides[i].Name}
		for _, r := range sides[i].Runs {
			f := worst(r.Summary, action)
			side.ZeroS = append(side.ZeroS, *f.StartS)
			for _, end := range []*float64{f.EndS, f.RecoveredS} {
				if end != nil {
					until = max(until, *end-*f.StartS)
				}
			}
		}
		a.Letters = append(a.Letters, worst(sides[i].first(), action).Letter)
		a.Sides = append(a.Sides, side)
	}
	if until <= 0 {
		return a, false
	}
	a.StepS = stepOf(until, mostSteps-3, coarsest(sides))
	a.fill(sides, -a.StepS, until+a.StepS)
	return a, true
}

// onClock aligns the sides on the beginning of the traffic.
func onClock(sides []Side) Aligned {
	a := Aligned{On: "clock"}
	until := 0.0
	for i := range sides {
		side := AlignedSide{Name: sides[i].Name}
		for _, r := range sides[i].Runs {
			side.ZeroS = append(side.ZeroS, 0)
			until = max(until, lastRequest(r.Series))
		}
		a.Sides = append(a.Sides, side)
	}
	a.StepS = stepOf(until, mostSteps, coarsest(sides))
	a.fill(sides, 0, until)
	return a
}

// lastRequest is the end of the last bucket that has a request.
func lastRequest(s *results.Series) float64 {
	for i := len(s.Buckets) - 1; i >= 0; i-- {
		if s.Buckets[i].Scheduled > 0 {
			return float64(i+1) * s.BucketS
		}
	}
	return 0
}

// coarsest is the longest bucket of all runs: no step is shorter.
func coarsest(sides []Side) float64 {
	longest := 0.0
	for i := range sides {
		for _, r := range sides[i].Runs {
			longest = max(longest, r.Series.BucketS)
		}
	}
	return longest
}

// stepOf is the shortest round length from least on of which at most n make up length.
func stepOf(length float64, n int, least float64) float64 {
	for _, step := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800} {
		if step >= least && length <= step*float64(n) {
			return step
		}
	}
	return math.Ceil(length/float64(n)/86400) * 86400
}

// fill counts the requests of all runs into the steps between from and to.
func (a *Aligned) fill(sides []Side, from, to float64) {
	n := max(1, int(math.Ceil((to-from)/a.StepS-1e-9)))
	for k := range n {
		a.FromS = append(a.FromS, from+float64(k)*a.StepS)
	}
	for i := range a.Sides {
		good, all := make([]float64, n), make([]float64, n)
		for k, r := range sides[i].Runs {
			for b, bucket := range r.Series.Buckets {
				// A bucket in which the moment lies counts as after it, so that what comes
				// before is what was before.
				at := float64(b+1)*r.Series.BucketS - a.Sides[i].ZeroS[k]
				if step := int(math.Ceil((at-from)/a.StepS-1e-9)) - 1; step >= 0 && step < n {
					good[step] += float64(bucket.OK())
					all[step] += float64(bucket.Scheduled)
				}
			}
		}
		lab := a.StepS / speedOf(&sides[i]) * float64(len(sides[i].Runs))
		a.Sides[i].Availability, a.Sides[i].Goodput = make([]*float64, n), make([]*float64, n)
		for k := range n {
			if all[k] > 0 {
				share, rate := good[k]/all[k], good[k]/lab
				a.Sides[i].Availability[k], a.Sides[i].Goodput[k] = &share, &rate
			}
		}
	}
}

func speedOf(s *Side) float64 {
	if v := s.first().Speed; v > 0 {
		return v
	}
	return 1
}
