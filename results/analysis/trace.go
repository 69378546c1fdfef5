package analysis

import (
	"slices"
	"time"

	"showdown/results"
)

// capacitySummary is what ran over the traffic; nil where the record does not say it.
func (c *cellRecord) capacitySummary() *results.Capacity {
	all, _ := c.runningLevels()
	running, known := all.cut(0, c.end)
	if !known || c.end <= 0 {
		return nil
	}
	mean := running.mean(c.end)
	out := &results.Capacity{
		MeanRunning: round(mean, 6), LeastRunning: int(running.least(c.end)), MostRunning: int(running.most(c.end)),
		InstanceHours: round(mean*c.aws(c.end)/3600, 6),
		Launches:      c.activities("", "Launch", 0, c.end), Terminations: c.activities("", "Terminate", 0, c.end),
	}
	service, _ := c.inServiceLevels()
	desired, _ := c.desiredLevels()
	service, _ = service.cut(0, c.end)
	desired, _ = desired.cut(0, c.end)
	var moments []time.Duration
	for _, l := range []levels{running, service, desired} {
		for _, v := range l {
			moments = append(moments, v.at)
		}
	}
	slices.Sort(moments)
	for _, at := range slices.Compact(moments) {
		step := results.CapacityStep{AtS: c.aws(at), Running: *running.when(at), InService: service.when(at), Desired: desired.when(at)}
		if n := len(out.Trace); n == 0 || !sameCapacity(out.Trace[n-1], step) {
			out.Trace = append(out.Trace, step)
		}
	}
	return out
}

// when is the number at a moment; nil where it was not known yet.
func (l levels) when(at time.Duration) *int {
	var out *int
	for _, v := range l {
		if v.at <= at {
			n := int(v.n)
			out = &n
		}
	}
	return out
}

// sameCapacity says that only the time of two steps differs.
func sameCapacity(a, b results.CapacityStep) bool {
	same := func(x, y *int) bool { return (x == nil) == (y == nil) && (x == nil || *x == *y) }
	return a.Running == b.Running && same(a.InService, b.InService) && same(a.Desired, b.Desired)
}
