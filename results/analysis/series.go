package analysis

import (
	"fmt"
	"math"
	"slices"
	"time"

	"showdown"
	"showdown/results"
)

// maxBuckets bounds the buckets of a series.
const maxBuckets = 1000

// heatStep is the factor between the bounds of a heat's rows: ten rows for a factor of ten.
var heatStep = math.Pow(10, 0.1)

// The bounds of heat, in milliseconds.
const (
	leastHeat = 0.1
	heatRows  = 60
)

// SeriesOf reads the requests of the run in folder dir once and makes the series of each
// recorded cell, by name. What is damaged is left out, as in [Analyse].
func SeriesOf(dir string) (map[string]*results.Series, error) {
	in, err := inputOf(dir)
	if err != nil {
		return nil, err
	}
	clock, err := in.clock()
	if err != nil {
		return nil, fmt.Errorf("series of %s: %w", in.manifest.Run, err)
	}
	out := map[string]*results.Series{}
	for _, name := range in.recorded {
		cell := showdown.Cell{Name: name}
		if c, ok := in.stage().Cell(name); ok {
			cell = *c
		}
		b := newSeriesBuilder(cell, clock)
		if _, err := in.hits(name, b.add); err != nil {
			return nil, fmt.Errorf("series of %s, cell %s: %w", in.manifest.Run, name, err)
		}
		out[name] = b.finish()
		if s := in.manifest.Source; s != nil && slices.Contains(s.Unknown, "intended_ns") {
			for i := range out[name].Latency.Points {
				out[name].Latency.Points[i].ResponseMS = 0
			}
		}
	}
	return out, nil
}

// seriesBuilder makes a series in one pass over requests in the order of their intended
// times.
type seriesBuilder struct {
	clock  showdown.Clock
	out    *results.Series
	width  time.Duration
	now    histogram
	all    spread
	window Window
	inside *spread
}

// spread is a distribution of both latencies.
type spread struct{ service, response histogram }

// bucketWidth is the length of a bucket in lab time: the first of 50, 100, 200, 500 ms, 1 s and
// so on that gives at most maxBuckets.
func bucketWidth(length time.Duration) time.Duration {
	factors := [...]time.Duration{1, 2, 4}
	for unit := 50 * time.Millisecond; ; unit *= 10 {
		for _, f := range factors {
			if length <= maxBuckets*unit*f {
				return unit * f
			}
		}
	}
}

func newSeriesBuilder(cell showdown.Cell, clock showdown.Clock) *seriesBuilder {
	width := bucketWidth(max(cell.Traffic.Length(clock), time.Second))
	b := &seriesBuilder{clock: clock, width: width, out: &results.Series{Cell: cell.Name}}
	bound := leastHeat
	for range heatRows {
		b.out.Bounds = append(b.out.Bounds, round(bound, 4))
		bound *= heatStep
	}
	if w, ok := referenceWindow(cell, clock, cell.Name); ok {
		b.window, b.inside = w, &spread{}
	}
	return b
}

func (b *seriesBuilder) add(hits []showdown.Hit) {
	for i := range hits {
		h := &hits[i]
		n := int(max(h.Intended, 0) / b.width)
		for n >= 2*maxBuckets { // longer than planned, or not planned at all
			b.coarsen()
			n = int(h.Intended / b.width)
		}
		b.reach(n)
		last := &b.out.Buckets[len(b.out.Buckets)-1]
		last.Scheduled++
		if int(h.Outcome) < len(last.Outcomes) {
			last.Outcomes[h.Outcome]++
		}
		if h.Outcome != showdown.OK {
			continue
		}
		b.now.add(h.Latency)
		b.all.service.add(h.Latency)
		b.all.response.add(h.Response())
		if b.inside != nil && h.Intended >= b.window.From && h.Intended < b.window.To {
			b.inside.service.add(h.Latency)
			b.inside.response.add(h.Response())
		}
		if last.Heat == nil {
			last.Heat = make([]uint32, heatRows)
		}
		last.Heat[heatRow(h.Latency)]++
	}
}

// heatRow is the row of a latency: the first whose bound is not below it.
func heatRow(d time.Duration) int {
	ms := float64(d) / 1e6
	if ms <= leastHeat {
		return 0
	}
	return min(int(math.Ceil(math.Log10(ms/leastHeat)*10-1e-9)), heatRows-1)
}

// reach makes n the last bucket.
func (b *seriesBuilder) reach(n int) {
	for len(b.out.Buckets) <= n {
		b.settle()
		b.out.Buckets = append(b.out.Buckets, results.Bucket{})
	}
}

// settle computes the percentiles of the last bucket.
func (b *seriesBuilder) settle() {
	if n := len(b.out.Buckets); n > 0 && b.now.count() > 0 {
		last := &b.out.Buckets[n-1]
		last.P50, last.P95, last.P99, last.Max = inMS(b.now.quantile(50)), inMS(b.now.quantile(95)), inMS(b.now.quantile(99)), inMS(b.now.max)
		b.now.reset()
	}
}

// coarsen joins neighbours. The percentiles of two are the larger ones: an upper bound,
// and only where the length of the traffic was not known before.
func (b *seriesBuilder) coarsen() {
	b.settle()
	old := b.out.Buckets
	b.out.Buckets = nil
	for i, o := range old {
		if i%2 == 0 {
			b.out.Buckets = append(b.out.Buckets, o)
			continue
		}
		n := &b.out.Buckets[len(b.out.Buckets)-1]
		n.Scheduled += o.Scheduled
		for k := range o.Outcomes {
			n.Outcomes[k] += o.Outcomes[k]
		}
		n.P50, n.P95, n.P99, n.Max = max(n.P50, o.P50), max(n.P95, o.P95), max(n.P99, o.P99), max(n.Max, o.Max)
		if n.Heat == nil {
			n.Heat = o.Heat
		} else if o.Heat != nil {
			for k := range o.Heat {
				n.Heat[k] += o.Heat[k]
			}
		}
	}
	b.width *= 2
}

func (b *seriesBuilder) finish() *results.Series {
	b.settle()
	b.out.BucketLabS = b.width.Seconds()
	b.out.BucketS = round(awsSecs(b.width, b.clock), 6)
	b.out.Latency = b.all.curve()
	if b.inside != nil {
		c := b.inside.curve()
		b.out.Reference = &c
	}
	return b.out
}

// curvePoints is how many percentiles a curve has for each factor of ten of 1/(1-p).
const curvePoints = 20

// leastBeyond is how many answers must lie beyond a percentile for it to mean something.
const leastBeyond = 10

func (s *spread) curve() results.Curve {
	n := s.service.count()
	out := results.Curve{N: n}
	for i := 0; ; i++ {
		beyond := math.Pow(10, -float64(i)/curvePoints)
		if float64(n)*beyond < leastBeyond {
			return out
		}
		p := 100 * (1 - beyond)
		out.Points = append(out.Points, results.CurvePoint{
			Percentile: p, ServiceMS: inMS(s.service.quantile(p)), ResponseMS: inMS(s.response.quantile(p)),
		})
	}
}

// inMS is a latency in milliseconds, to the microsecond.
func inMS(d time.Duration) float64 { return round(float64(d)/1e6, 3) }
