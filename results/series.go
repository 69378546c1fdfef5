package results

import "showdown"

// Series is the traffic of a cell over time, in buckets of one length, and how its
// latencies are spread: what figures are drawn from. Its size does not depend on how many
// requests there were.
type Series struct {
	Cell string
	// BucketS is the length of a bucket in AWS seconds, BucketLabS in lab seconds. The
	// first begins at the run's zero.
	BucketS, BucketLabS float64
	Buckets             []Bucket
	// Bounds are the upper bounds of the rows of the buckets' Heat, in milliseconds; what
	// is above the last one counts in the last row.
	Bounds []float64
	// Latency is how the latencies of all good answers are spread, Reference that of the
	// window that stages are compared by; nil without one.
	Latency   Curve
	Reference *Curve
}

// Bucket counts the requests whose intended time lies in it.
type Bucket struct {
	Scheduled uint32
	// Outcomes counts by [showdown.Outcome].
	Outcomes [11]uint32
	// P50, P95, P99 and Max are of the service latency of good answers, in milliseconds;
	// 0 without one.
	P50, P95, P99, Max float64
	// Heat counts good answers by the rows of the series' Bounds; nil without one.
	Heat []uint32
}

// OK is how many requests of the bucket were answered well, Dropped how many were never
// sent, and Failed how many of those sent gave no good answer.
func (b Bucket) OK() uint32 { return b.Outcomes[showdown.OK] }

// Dropped is how many requests were never sent.
func (b Bucket) Dropped() uint32 { return b.Outcomes[showdown.Dropped] }

// Failed is how many requests were sent and gave no good answer.
func (b Bucket) Failed() uint32 { return b.Scheduled - b.OK() - b.Dropped() }

// Curve is a distribution of latencies by its percentiles.
type Curve struct {
	// N is how many good answers there were.
	N uint64
	// Points rise; the last is the highest percentile beyond which at least ten answers
	// lie.
	Points []CurvePoint
}

// CurvePoint is a percentile, 0 to 100, with the service time and the response time in
// milliseconds; a ResponseMS of 0 is not known, as in a record that was imported without
// intended times.
type CurvePoint struct{ Percentile, ServiceMS, ResponseMS float64 }
