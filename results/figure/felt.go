package figure

import "showdown/results"

// leastFelt is how many requests have to fail for a fault to be split at all. Fewer are
// chance, as a single request that was under way, and say nothing of how long it took.
const leastFelt = 3

// wellAt is when users were well again after a fault, in AWS seconds since the run's zero:
// the earliest moment from which on, until the record says that service had recovered, the
// requests taken together met the objective. So neither one failed request long after the
// others nor one alone makes a long time of it. felt is false where that is so from the
// beginning of the fault: nearly nobody failed. open says that it was not so before the
// end of the traffic.
func (t track) wellAt(f results.Fault, end float64) (at float64, felt, open bool) {
	start := *f.StartS
	at, open = end, f.RecoveredS == nil
	if !open {
		at = max(*f.RecoveredS, start)
	}
	if f.Failed < leastFelt {
		return start, false, false
	}
	if t.series == nil || !(t.series.BucketS > 0) {
		return at, true, open
	}
	least, width := t.least(), t.series.BucketS
	var all, failed float64
	earliest := at
	last := min(int(at/width), len(t.series.Buckets)-1)
	for i := last; i >= 0; i-- {
		from := float64(i) * width
		if from+width <= start {
			break
		}
		b := t.series.Buckets[i]
		failed += float64(b.Scheduled - b.OK())
		if i == last { // what was answered well in it was so after the recovery
			all += float64(b.Scheduled - b.OK())
			continue
		}
		all += float64(b.Scheduled)
		if all > 0 && failed <= (1-least)*all {
			earliest = max(from, start)
		}
	}
	switch {
	case earliest >= at:
		return at, true, open
	case earliest <= start, float64(f.Failed) <= (1-least)*all:
		return start, false, false
	}
	return earliest, true, false
}

// failedShare is the share of a track's requests that failed between two AWS seconds since
// the run's zero, by the buckets of which most lies there; 0 without a request.
func (t track) failedShare(from, to float64) float64 {
	if t.series == nil || !(t.series.BucketS > 0) {
		return 0
	}
	width := t.series.BucketS
	first, last := int(from/width+0.5), int(to/width+0.5)
	if last <= first { // shorter than a bucket
		first = int(from / width)
		last = first + 1
	}
	var all, failed float64
	for i := max(first, 0); i < min(last, len(t.series.Buckets)); i++ {
		all += float64(t.series.Buckets[i].Scheduled)
		failed += float64(t.series.Buckets[i].Scheduled - t.series.Buckets[i].OK())
	}
	if all == 0 {
		return 0
	}
	return failed / all
}

// failedShares are those of the portions of a fault's time.
func (t track) failedShares(f results.Fault, p portions) []float64 {
	out := make([]float64, len(p.list()))
	if f.StartS == nil {
		return out
	}
	at := *f.StartS
	for kind, s := range p.list() {
		if s > 0 {
			out[kind] = t.failedShare(at, at+s)
		}
		at += s
	}
	return out
}
