package timings

import (
	"slices"
	"sync"

	"showdown"
)

// key is a row of the table: a timing at a speed.
type key struct {
	name  string
	speed float64
}

// samples are measured values by row.
type samples struct {
	mu sync.Mutex
	of map[key][]showdown.Duration
}

func (s *samples) add(k key, d showdown.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[key][]showdown.Duration{}
	}
	s.of[k] = append(s.of[k], d)
}

// join takes what others have measured.
func (s *samples) join(other *samples) {
	other.mu.Lock()
	defer other.mu.Unlock()
	for k, values := range other.of {
		for _, v := range values {
			s.add(k, v)
		}
	}
}

// values are the values of a row in order.
func (s *samples) values(k key) []showdown.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.of[k])
	slices.Sort(out)
	return out
}

// median is the middle of sorted values, the mean of two where there are two.
func median(sorted []showdown.Duration) showdown.Duration {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
