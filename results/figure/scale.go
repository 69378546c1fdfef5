package figure

import "math"

// scale takes values to places on a picture.
type scale struct {
	// from and to are the values at the places a and b.
	from, to, a, b float64
	log            bool
}

// linear is a scale of equal steps, logarithmic one of equal factors.
func linear(from, to, a, b float64) scale {
	if !(to > from) {
		to = from + 1
	}
	return scale{from: from, to: to, a: a, b: b}
}

func logarithmic(from, to, a, b float64) scale {
	if !(from > 0) {
		from = 1
	}
	if !(to > from) {
		to = from * 10
	}
	return scale{from: from, to: to, a: a, b: b, log: true}
}

// at is the place of v, between the places of the ends.
func (s scale) at(v float64) float64 {
	v = min(max(v, s.from), s.to)
	share := (v - s.from) / (s.to - s.from)
	if s.log {
		share = math.Log(v/s.from) / math.Log(s.to/s.from)
	}
	return s.a + share*(s.b-s.a)
}

// ticks are at most so many round values of the scale, ascending.
func (s scale) ticks(most int) []float64 {
	most = max(most, 2)
	if s.log {
		return s.logTicks(most)
	}
	return s.every(niceStep((s.to - s.from) / float64(most)))
}

func (s scale) every(step float64) []float64 {
	var out []float64
	for k := math.Ceil(s.from/step - 1e-9); k*step <= s.to*(1+1e-9); k++ {
		out = append(out, round(k*step, 9))
	}
	return out
}

// logTicks are powers of ten, with their doubles and halves where there is room, every
// second or third power where there is little.
func (s scale) logTicks(most int) []float64 {
	if s.to < 8*s.from { // too little for powers of ten
		return s.every(niceStep((s.to - s.from) / float64(most)))
	}
	for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
		if out := s.decades(1, steps); len(out) <= most {
			return out
		}
	}
	for every := 2; ; every++ {
		if out := s.decades(every, []float64{1}); len(out) <= most {
			return out
		}
	}
}

func (s scale) decades(every int, steps []float64) []float64 {
	var out []float64
	first := int(math.Floor(math.Log10(s.from)))
	for d := first; d <= int(math.Ceil(math.Log10(s.to))); d++ {
		if ((d%every)+every)%every != 0 {
			continue
		}
		for _, k := range steps {
			if v := k * math.Pow10(d); v >= s.from*(1-1e-9) && v <= s.to*(1+1e-9) {
				out = append(out, v)
			}
		}
	}
	return out
}

// niceStep is the first of 1, 2, 5, 10, 20 and so on that is at least v.
func niceStep(v float64) float64 {
	if !(v > 0) {
		return 1
	}
	unit := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, k := range []float64{1, 2, 5} {
		if k*unit >= v*(1-1e-9) {
			return k * unit
		}
	}
	return 10 * unit
}

// ceiling is a round value not below v, for the upper end of a scale from 0.
func ceiling(v float64) float64 {
	if !(v > 0) {
		return 1
	}
	step := niceStep(v / 5)
	return math.Ceil(v/step-1e-9) * step
}

// clock is a unit in which a figure's time axis counts.
type clock struct {
	seconds float64
	name    string
	steps   []float64
}

// clockFor is the unit for a length of AWS time.
func clockFor(length float64) clock {
	minutes := []float64{0.5, 1, 2, 5, 10, 15, 30, 60, 120}
	switch {
	case length <= 150:
		return clock{1, "seconds", []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30}}
	case length <= 3*3600:
		return clock{60, "minutes", minutes}
	}
	return clock{3600, "hours", []float64{0.5, 1, 2, 3, 4, 6, 12, 24, 48, 120, 240}}
}

// ticks are the ticks between two AWS seconds, in AWS seconds.
func (k clock) ticks(from, to float64, most int) []float64 {
	for _, step := range k.steps {
		step *= k.seconds
		if (to-from)/step <= float64(most) {
			return scale{from: from, to: to}.every(step)
		}
	}
	return scale{from: from, to: to}.every(niceStep((to-from)/float64(most)/k.seconds) * k.seconds)
}

func round(v float64, decimals int) float64 {
	p := math.Pow10(decimals)
	r := math.Round(v*p) / p
	if r == 0 {
		return 0
	}
	return r
}
