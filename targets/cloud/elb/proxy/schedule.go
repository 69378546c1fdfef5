package proxy

import "time"

// schedule is when the checks of one target are due: check k at first + k*interval,
// whatever became of the ones before, so that no delay adds up.
type schedule struct {
	first    time.Time
	interval time.Duration
}

func (s schedule) at(k int) time.Time { return s.first.Add(time.Duration(k) * s.interval) }

// after is the number of the check that follows k at the time now. Checks that a process
// which did not run has missed are left out, but for the last of them.
func (s schedule) after(k int, now time.Time) int {
	return max(k+1, int(now.Sub(s.first)/s.interval))
}
