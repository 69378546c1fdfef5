package attack

import (
	"math"
	"sort"
	"time"

	"showdown"
)

// schedule is the offered load of an attack as a function of lab time since its
// zero.
type schedule struct {
	segments []showdown.Segment
	// before is the number of requests due before each segment; the last entry is
	// the total.
	before []float64
}

func newSchedule(segments []showdown.Segment) *schedule {
	s := &schedule{segments: segments, before: make([]float64, len(segments)+1)}
	for i, seg := range segments {
		s.before[i+1] = s.before[i] + seg.Hits(seg.End)
	}
	return s
}

// end is when the last segment ends.
func (s *schedule) end() time.Duration {
	if len(s.segments) == 0 {
		return 0
	}
	return s.segments[len(s.segments)-1].End
}

// total is the integral of the rate over the whole schedule.
func (s *schedule) total() float64 { return s.before[len(s.segments)] }

// at is the segment that t lies in: the last one that has started.
func (s *schedule) at(t time.Duration) (showdown.Segment, bool) {
	i := sort.Search(len(s.segments), func(i int) bool { return s.segments[i].End > t })
	if i == len(s.segments) || t < s.segments[i].Start {
		return showdown.Segment{}, false
	}
	return s.segments[i], true
}

// rate is the offered rate at t; 0 outside the schedule.
func (s *schedule) rate(t time.Duration) float64 {
	seg, ok := s.at(t)
	if !ok {
		return 0
	}
	return max(seg.Rate(t), 0)
}

// peak is the highest rate of the schedule.
func (s *schedule) peak() float64 {
	var p float64
	for _, seg := range s.segments {
		p = max(p, seg.From+math.Abs(seg.Amplitude), seg.To+math.Abs(seg.Amplitude))
	}
	return p
}

// hits is the integral of the rate from zero to t.
func (s *schedule) hits(t time.Duration) float64 {
	i := sort.Search(len(s.segments), func(i int) bool { return s.segments[i].End > t })
	if i == len(s.segments) {
		return s.total()
	}
	return s.before[i] + s.segments[i].Hits(t)
}

// when is the first instant at which the integral of the rate reaches n; false when
// the schedule ends before.
func (s *schedule) when(n float64) (time.Duration, bool) {
	if n > s.total() {
		return 0, false
	}
	i := sort.Search(len(s.segments), func(i int) bool { return s.before[i+1] >= n })
	if i == len(s.segments) {
		return 0, false
	}
	seg := s.segments[i]
	d := reach(seg, n-s.before[i])
	return min(seg.Start+time.Duration(math.Round(d*1e9)), seg.End), true
}

// reach is the time in seconds after the segment's start at which n of its requests
// are due.
func reach(seg showdown.Segment, n float64) float64 {
	whole := (seg.End - seg.Start).Seconds()
	if n <= 0 || whole <= 0 {
		return 0
	}
	if seg.Amplitude != 0 && seg.Period > 0 {
		return reachSine(seg, n, whole)
	}
	if seg.From == seg.To {
		return min(n/seg.From, whole)
	}
	// The integral is From d + slope d²/2; this form of its root loses no digits
	// when the slope is small and does not divide by zero when From is.
	slope := (seg.To - seg.From) / whole
	root := math.Sqrt(max(seg.From*seg.From+2*slope*n, 0))
	return min(2*n/(seg.From+root), whole)
}

// reachSine solves by Newton's method, kept inside a shrinking bracket because the
// rate, and with it the slope, may touch zero.
func reachSine(seg showdown.Segment, n, whole float64) float64 {
	lo, hi := 0.0, whole
	d := min(n/max(seg.From, 1e-9), whole)
	for range 60 {
		t := seg.Start + time.Duration(d*1e9)
		miss := seg.Hits(t) - n
		if miss >= 0 {
			hi = d
		} else {
			lo = d
		}
		if hi-lo < 1e-9 || math.Abs(miss) < 1e-9 {
			break
		}
		next := d - miss/seg.Rate(t)
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		d = next
	}
	return d
}

// plan says when each request is due: the schedule, multiplied by a factor that may
// change while the attack runs.
type plan struct {
	schedule *schedule
	// anchors are the changes of the factor. Between two of them the number of
	// requests due grows by factor for each one of the schedule.
	anchors []anchor
}

type anchor struct {
	// hits is the schedule's integral and due the number of requests due when the
	// factor began to hold.
	hits, due float64
	factor    float64
}

func newPlan(s *schedule) *plan {
	return &plan{schedule: s, anchors: []anchor{{factor: 1}}}
}

// scale lets factor hold from t on. What was due before t stays due when it was.
func (p *plan) scale(t time.Duration, factor float64) {
	last := p.anchors[len(p.anchors)-1]
	hits := max(p.schedule.hits(t), last.hits)
	p.anchors = append(p.anchors, anchor{
		hits: hits, due: last.due + last.factor*(hits-last.hits), factor: factor,
	})
}

// factor is the multiplier that holds now.
func (p *plan) factor() float64 { return p.anchors[len(p.anchors)-1].factor }

// due is when request k is due; false when it is not due within the schedule at the
// present factor.
func (p *plan) due(k uint64) (time.Duration, bool) {
	n := float64(k) + 0.5
	i := len(p.anchors) - 1
	for i > 0 && p.anchors[i].due > n {
		i--
	}
	a := p.anchors[i]
	if a.factor <= 0 {
		return 0, false
	}
	return p.schedule.when(a.hits + (n-a.due)/a.factor)
}
