package live

import (
	"math"
	"strconv"
	"time"

	"showdown"
)

const (
	// longestBucket and shortestBucket bound the lab time that a bucket counts.
	longestBucket  = 100 * time.Millisecond
	shortestBucket = 20 * time.Millisecond
	// window is the buckets that a percentile is taken over, moment those that say whether
	// users are served now: few, so that an end is seen as soon as a beginning.
	window = 10
	moment = 3
	// keepBuckets is how many buckets a running lab's series holds: six minutes.
	keepBuckets = 3600
	// unreliable is by how much a request may be sent late before its bucket's latencies say
	// more about the generator than about the site.
	unreliable = 40 * time.Millisecond
	// latencyRows is how finely latencies are told apart: ten rows for a factor of ten,
	// from leastLatency on.
	latencyRows  = 60
	leastLatency = 100 * time.Microsecond
)

// bucketOf is the lab time that a bucket counts: 100 ms, and less where the clock runs so fast
// that this would be more than six AWS seconds, down to where too few requests are left.
func bucketOf(c showdown.Clock) time.Duration {
	return max(shortestBucket, min(longestBucket, time.Duration(float64(longestBucket)*showdown.DefaultSpeed/c.Speed())))
}

// bucket counts the requests whose intended time lies in it.
type bucket struct {
	ok, failed, dropped uint32
	// late is the longest that one of them was sent after its intended time.
	late    time.Duration
	latency [latencyRows]uint16
	// reaches are its requests by the series' number of their backend.
	reaches []reach
}

func (b *bucket) add(h *showdown.Hit) {
	switch h.Outcome {
	case showdown.OK:
		b.ok++
		if r := &b.latency[latencyRow(h.Latency)]; *r < math.MaxUint16 {
			*r++
		}
	case showdown.Dropped:
		b.dropped++
	default:
		b.failed++
	}
	b.late = max(b.late, h.Sent-h.Intended)
}

// bad are the requests of which users got no good answer.
func (b *bucket) bad() uint32 { return b.failed + b.dropped }

func latencyRow(d time.Duration) int {
	if d <= leastLatency {
		return 0
	}
	return min(latencyRows-1, int(math.Ceil(10*math.Log10(float64(d)/float64(leastLatency)))))
}

// rowMS is the upper bound of a row in milliseconds.
func rowMS(row int) float64 {
	return float64(leastLatency) / 1e6 * math.Pow(10, float64(row)/10)
}

// series is a cell's buckets from the run's zero on, of which the oldest may be gone.
type series struct {
	// width is the lab time that a bucket counts.
	width time.Duration
	// first is the number of the oldest bucket that is held.
	first   int
	buckets []bucket
	// keep is how many are held at least; 0 holds all.
	keep int
	// gone counts what was in the buckets that are not held any more.
	gone bucket
	// dropping is called before the buckets below a number are let go; nil is not.
	dropping func(below int)
	backends backends
}

// end is the number of the bucket after the last one.
func (s *series) end() int { return s.first + len(s.buckets) }

// add counts hits, and returns the number of the lowest bucket that changed.
func (s *series) add(hits []showdown.Hit) (lowest int) {
	lowest = math.MaxInt
	for i := range hits {
		n := int(hits[i].Intended / s.width)
		if n < s.first || hits[i].Intended < 0 {
			s.gone.add(&hits[i])
			continue
		}
		for n >= s.end() && n-s.end() < 10*keepBuckets {
			s.buckets = append(s.buckets, bucket{})
		}
		if n >= s.end() {
			continue // no schedule leaves out an hour
		}
		b := &s.buckets[n-s.first]
		b.add(&hits[i])
		b.count(s.backends.of(hits[i].Backend), hits[i].Failed())
		lowest = min(lowest, n)
	}
	if s.keep > 0 && len(s.buckets) > 2*s.keep {
		old := len(s.buckets) - s.keep
		if s.dropping != nil {
			s.dropping(s.first + old)
		}
		for i := range s.buckets[:old] {
			s.gone.ok += s.buckets[i].ok
			s.gone.failed += s.buckets[i].failed
			s.gone.dropped += s.buckets[i].dropped
		}
		s.first += old
		s.buckets = append(s.buckets[:0], s.buckets[old:]...)
	}
	return lowest
}

// at is the bucket of a number; ok is false where none is held.
func (s *series) at(n int) (b *bucket, ok bool) {
	if n < s.first || n >= s.end() {
		return nil, false
	}
	return &s.buckets[n-s.first], true
}

// totals is what was counted in the buckets before end.
func (s *series) totals(end int) Totals {
	t := Totals{OK: uint64(s.gone.ok), Failed: uint64(s.gone.failed), Dropped: uint64(s.gone.dropped)}
	for n := s.first; n < min(end, s.end()); n++ {
		b := &s.buckets[n-s.first]
		t.OK += uint64(b.ok)
		t.Failed += uint64(b.failed)
		t.Dropped += uint64(b.dropped)
	}
	return t
}

// tally is what users felt of a fault, counted bucket by bucket from where it struck.
type tally struct {
	// next is the number of the first bucket that is not counted yet.
	next int
	// n are the requests without a good answer, last is the number after the last bucket that has
	// one, 0 without, and most the largest number of buckets one after the other that have
	// requests and no good answer.
	n          uint64
	last, most int
	// clean and dark are the runs of buckets without a bad and without a good answer up to next;
	// over says that the rest has another cause.
	clean, dark int
	over        bool
}

// count is t with the buckets before to counted. From bucket end on a moment without any
// failure ends the count: what fails after it has another cause.
func (s *series) count(t tally, to, end int) tally {
	for i := max(t.next, s.first); i < min(to, s.end()) && !t.over; i++ {
		b := &s.buckets[i-s.first]
		bad := b.bad()
		switch {
		case b.ok > 0:
			t.dark = 0
		case bad > 0:
			t.dark++ // a bucket without requests neither ends nor counts
		}
		t.most = max(t.most, t.dark)
		if bad > 0 {
			t.n, t.last, t.clean = t.n+uint64(bad), i+1, 0
		} else if t.clean++; i >= end && t.clean >= moment {
			t.over = true
		}
		t.next = i + 1
	}
	return t
}

// recent is what the buckets before number end show.
func (s *series) recent(end int) Recent {
	var sum [latencyRows]uint32
	out := Recent{Availability: unknown, P50: unknown, P95: unknown, P99: unknown}
	var ok, now, bad uint64
	for i := end - window; i < end; i++ {
		b, held := s.at(i)
		if !held {
			continue
		}
		ok += uint64(b.ok)
		if i >= end-moment {
			now, bad = now+uint64(b.ok), bad+uint64(b.bad())
		}
		out.LateMS = max(out.LateMS, float64(b.late)/1e6)
		for r, n := range b.latency {
			sum[r] += uint32(n)
		}
	}
	length := (time.Duration(moment) * s.width).Seconds()
	out.Goodput, out.Failed = float64(now)/length, float64(bad)/length
	if now+bad > 0 {
		out.Availability = number(float64(now) / float64(now+bad))
	}
	out.P50, out.P95, out.P99 = quantile(&sum, ok, .5), quantile(&sum, ok, .95), quantile(&sum, ok, .99)
	return out
}

// quantile is the q-quantile of a distribution of n latencies in milliseconds; unknown
// where so few say nothing about it.
func quantile(rows *[latencyRows]uint32, n uint64, q float64) number {
	if float64(n)*(1-q) < 0.5 {
		return unknown
	}
	rank := uint64(math.Ceil(q * float64(n)))
	seen := uint64(0)
	for r, c := range rows {
		if seen += uint64(c); seen >= rank {
			return number(math.Round(rowMS(r)*100) / 100)
		}
	}
	return unknown
}

// points are the buckets [from, to) as the page draws them.
func (s *series) points(from, to int) Points {
	from = max(from, s.first, 0)
	p := Points{From: from, OK: []number{}, Failed: []number{}, P50: []number{}, P95: []number{}, P99: []number{}}
	for i := from; i < to; i++ {
		b, held := s.at(i)
		if !held || b.ok+b.bad() == 0 {
			// Nothing is known of it: a gap, which is not the same as a good moment.
			p.OK, p.Failed = append(p.OK, unknown), append(p.Failed, unknown)
			p.P50, p.P95, p.P99 = append(p.P50, unknown), append(p.P95, unknown), append(p.P99, unknown)
			continue
		}
		now := s.recent(i + 1)
		if b.late > unreliable { // the line is broken there
			now.P50, now.P95, now.P99 = unknown, unknown, unknown
		}
		p.OK, p.Failed = append(p.OK, number(b.ok)), append(p.Failed, number(b.bad()))
		p.P50, p.P95, p.P99 = append(p.P50, now.P50), append(p.P95, now.P95), append(p.P99, now.P99)
	}
	return p
}

// number is a value that may be unknown, which JSON writes as null.
type number float64

// unknown is a value that nothing was measured of.
var unknown = number(math.NaN())

// MarshalJSON writes the number, or null where it is none.
func (n number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(f*1e4)/1e4, 'f', -1, 64), nil
}
