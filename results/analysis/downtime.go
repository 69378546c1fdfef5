package analysis

import (
	"cmp"
	"slices"
	"time"
)

// minStreak is how many failures in a row make an outage. A shorter streak under
// partial failure is chance, and counts only as lost.
const minStreak = 10

// outage is a stretch in which every request that was sent failed, in lab time since
// the run's zero.
type outage struct {
	from, to time.Duration
	cause    string
	// open says that no good answer came after it.
	open bool
}

func (o outage) length() time.Duration { return o.to - o.from }

// outageDetector finds outages in requests by intended time. Requests that were
// never sent are not shown to it: they break no streak and make none longer.
type outageDetector struct {
	streak int
	first  time.Duration
	// blame counts the streak's failures by the fault that they fall to, in the order
	// of their first.
	blame   []blame
	outages []outage
}

// blame is how many failures fall to a cause; none is "".
type blame struct {
	cause    string
	failures int
}

func (d *outageDetector) good(at time.Duration) {
	if d.streak >= minStreak {
		d.outages = append(d.outages, outage{from: d.first, to: at, cause: d.cause()})
	}
	d.reset()
}

func (d *outageDetector) failed(at time.Duration, cause string) {
	if d.streak == 0 {
		d.first = at
	}
	d.streak++
	i := slices.IndexFunc(d.blame, func(b blame) bool { return b.cause == cause })
	if i < 0 {
		i, d.blame = len(d.blame), append(d.blame, blame{cause: cause})
	}
	d.blame[i].failures++
}

// cause is what most of the streak's failures fall to, the earlier one of two that have
// as many. The first failure alone would not do: under overload it is often one that
// happened to come just ahead of the fault.
func (d *outageDetector) cause() string {
	most := d.blame[0]
	for _, b := range d.blame[1:] {
		if b.failures > most.failures {
			most = b
		}
	}
	return most.cause
}

func (d *outageDetector) reset() { d.streak, d.blame = 0, d.blame[:0] }

// finish ends a streak that lasts until the end of the traffic.
func (d *outageDetector) finish(end time.Duration) {
	if d.streak >= minStreak && end > d.first {
		d.outages = append(d.outages, outage{from: d.first, to: end, cause: d.cause(), open: true})
	}
	d.reset()
}

// span is a stretch of lab time.
type span struct{ from, to time.Duration }

// degradedDetector finds the time in windows whose share of good answers is below
// the objective. Windows lie on a grid of equal lengths from the run's zero; one
// that has fewer than minStreak requests goes on into the next.
type degradedDetector struct {
	width     time.Duration
	objective float64
	from, to  time.Duration
	good, all uint64
	spans     []span
}

func newDegradedDetector(width time.Duration, objective float64) *degradedDetector {
	return &degradedDetector{width: width, objective: objective, to: width}
}

func (d *degradedDetector) add(at time.Duration, good bool) {
	if at >= d.to {
		d.roll(at)
	}
	d.all++
	if good {
		d.good++
	}
}

// roll ends the window when it has enough requests, and opens the one that holds at.
func (d *degradedDetector) roll(at time.Duration) {
	next := at - at%d.width
	if d.all >= minStreak {
		d.close(d.to)
		d.from, d.good, d.all = next, 0, 0
	}
	d.to = next + d.width
}

func (d *degradedDetector) close(to time.Duration) {
	if d.all == 0 || float64(d.good) >= d.objective*float64(d.all) {
		return
	}
	if n := len(d.spans); n > 0 && d.spans[n-1].to >= d.from {
		d.spans[n-1].to = to
		return
	}
	d.spans = append(d.spans, span{d.from, to})
}

// finish closes the last window at the end of the traffic. An outage is always
// degraded time, also at its edges, where it covers only part of a window.
func (d *degradedDetector) finish(end time.Duration, outages []outage) []span {
	d.close(min(d.to, end))
	spans := d.spans
	for _, o := range outages {
		spans = append(spans, span{o.from, o.to})
	}
	return union(spans, end)
}

// union is the spans in order, cut at end, with those that touch made one.
func union(spans []span, end time.Duration) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range spans {
		s.to = min(s.to, end)
		if s.to <= s.from {
			continue
		}
		if n := len(out); n > 0 && out[n-1].to >= s.from {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// overlap is how much of the spans lies between from and to.
func overlap(spans []span, from, to time.Duration) (d time.Duration) {
	for _, s := range spans {
		if a, b := max(s.from, from), min(s.to, to); b > a {
			d += b - a
		}
	}
	return d
}

// windowRequests is how many requests a window of the degraded time should have.
const windowRequests = 30

// degradedWidth is the length of the windows of the degraded time: the shortest of a
// series of round lengths of AWS time in which windowRequests are due at the mean
// rate.
func degradedWidth(meanGap time.Duration, speed float64) time.Duration {
	need := time.Duration(float64(meanGap) * windowRequests * speed)
	for _, s := range []time.Duration{
		100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	} {
		if s >= need {
			return max(time.Duration(float64(s)/speed), 1)
		}
	}
	return max(time.Duration(float64(time.Hour)/speed), 1)
}
