package analysis

import (
	"math"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

func seriesOf(cell showdown.Cell, clock showdown.Clock, hits []showdown.Hit) *results.Series {
	b := newSeriesBuilder(cell, clock)
	for len(hits) > 0 { // in parts, as a record is read
		n := min(len(hits), 977)
		b.add(hits[:n])
		hits = hits[n:]
	}
	return b.finish()
}

// Every request counts in the bucket of its intended time and nowhere else.
func TestSeriesCounts(t *testing.T) {
	clock, _ := showdown.NewClock(60)
	cell := testStage().Cells[0]
	hits := hitsOf(cell.Traffic, clock, func(at time.Duration) (showdown.Outcome, time.Duration) {
		switch {
		case at >= 6*time.Second && at < 6500*time.Millisecond:
			return showdown.Refused, time.Millisecond
		case at >= 8*time.Second && at < 8100*time.Millisecond:
			return showdown.Dropped, 0
		case at >= 9*time.Second && at < 9100*time.Millisecond:
			return showdown.OK, 80 * time.Millisecond
		}
		return fine(at)
	})
	s := seriesOf(cell, clock, hits)
	if got := len(s.Buckets[0].Outcomes); got != len(showdown.Outcomes()) {
		t.Fatalf("a bucket counts %d outcomes, there are %d", got, len(showdown.Outcomes()))
	}
	if s.BucketLabS != 0.05 || s.BucketS != 3 {
		t.Fatalf("a bucket is %g s here and %g AWS seconds, want 0.05 and 3", s.BucketLabS, s.BucketS)
	}
	var all, failed, dropped, heat uint32
	for _, b := range s.Buckets {
		all, failed, dropped = all+b.Scheduled, failed+b.Failed(), dropped+b.Dropped()
		for _, n := range b.Heat {
			heat += n
		}
	}
	if int(all) != len(hits) || failed != 100 || dropped != 20 || heat != all-failed-dropped {
		t.Errorf("%d requests of %d, %d failed (want 100), %d dropped (want 20), %d in the heat", all, len(hits), failed, dropped, heat)
	}
	if b := s.Buckets[120]; b.Failed() != 10 || b.OK() != 0 || b.P99 != 0 || b.Heat != nil {
		t.Errorf("the first bucket of the outage is %+v", b)
	}
	if b := s.Buckets[180]; math.Abs(b.P50-80) > 0.1 || b.Heat[heatRow(80*time.Millisecond)] != 10 {
		t.Errorf("the slow bucket is %+v", b)
	}
	if b := s.Buckets[183]; math.Abs(b.P99-1) > 0.01 {
		t.Errorf("p99 of a bucket after the slow one is %g ms: it was not begun anew", b.P99)
	}
	// The reference window is from a minute before B, four minutes long: 800 requests.
	if s.Reference == nil || s.Reference.N != 800-100-20 {
		t.Errorf("the reference's curve is %+v", s.Reference)
	}
}

// A curve ends where fewer than ten answers lie beyond.
func TestCurveIsHonest(t *testing.T) {
	for _, n := range []int{0, 9, 10, 1000, 20000} {
		var s spread
		for i := range n {
			d := time.Duration(i+1) * time.Millisecond
			s.service.add(d)
			s.response.add(d + time.Second)
		}
		c := s.curve()
		if n < leastBeyond {
			if len(c.Points) != 0 {
				t.Errorf("%d answers gave %d percentiles", n, len(c.Points))
			}
			continue
		}
		last := c.Points[len(c.Points)-1]
		if beyond := float64(n) * (1 - last.Percentile/100); beyond < leastBeyond-1e-6 || beyond > leastBeyond*1.13 {
			t.Errorf("%d answers: the last percentile is %g, %g answers lie beyond", n, last.Percentile, beyond)
		}
		if d := last.ResponseMS - last.ServiceMS; math.Abs(d-1000) > 25 {
			t.Errorf("%d answers: the response is %g ms above the service time", n, d)
		}
	}
}

// Traffic of unknown length keeps to the bound, and loses no request.
func TestSeriesIsBounded(t *testing.T) {
	clock, _ := showdown.NewClock(1)
	b := newSeriesBuilder(showdown.Cell{Name: "base"}, clock)
	const n = 50_000
	for i := range n {
		b.add([]showdown.Hit{{Seq: uint64(i), Intended: time.Duration(i) * 100 * time.Millisecond, Latency: time.Millisecond}})
	}
	s := b.finish()
	var all uint32
	for _, k := range s.Buckets {
		all += k.Scheduled
	}
	if all != n || len(s.Buckets) > 2*maxBuckets || float64(len(s.Buckets))*s.BucketLabS < 4999 {
		t.Errorf("%d requests in %d buckets of %g s", all, len(s.Buckets), s.BucketLabS)
	}
}

func TestBucketWidth(t *testing.T) {
	for _, c := range []struct{ length, want time.Duration }{
		{time.Second, 50 * time.Millisecond},
		{50 * time.Second, 50 * time.Millisecond},
		{51 * time.Second, 100 * time.Millisecond},
		{150 * time.Second, 250 * time.Millisecond},
		{3 * time.Hour, 20 * time.Second},
	} {
		got := bucketWidth(c.length)
		if got*maxBuckets < c.length || got > 4*c.length/maxBuckets && got > 50*time.Millisecond {
			t.Errorf("bucketWidth(%v) = %v", c.length, got)
		}
	}
}
