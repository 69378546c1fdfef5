package export

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"showdown"
)

const (
	// omBuckets is how many points a series may have before two neighbours become one.
	omBuckets = 2048
	// omWidest is the longest distance between two points, in AWS time: a Prometheus takes a
	// series for ended after five minutes without one.
	omWidest = 128 * showdown.Second
	// omMost bounds the points of a run that lasts for months, or of a record whose times
	// were changed.
	omMost = 1 << 16
)

// omBounds are the upper bounds of the histogram's buckets in seconds: those of the live
// metrics, so that one query reads both.
func omBounds() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
}

// omClass is a latency histogram's part in one point in time.
type omClass struct {
	rows  [16]uint64 // one for each bound, and what is above the last
	count uint64
	sum   time.Duration
}

func (c *omClass) add(o *omClass) {
	for i, n := range o.rows {
		c.rows[i] += n
	}
	c.count += o.count
	c.sum += o.sum
}

// omPoint is what happened between two points in time.
type omPoint struct {
	outcomes [int(showdown.Dropped) + 1]uint64
	good     omClass
	bad      omClass
}

func (p *omPoint) add(o *omPoint) {
	for i, n := range o.outcomes {
		p.outcomes[i] += n
	}
	p.good.add(&o.good)
	p.bad.add(&o.bad)
}

// openMetrics collects counts over AWS time, in points whose number is bounded, and writes
// them at the end: the format wants a series whole before the next one.
type openMetrics struct {
	out    io.Writer
	src    *source
	bounds []time.Duration
	width  showdown.Duration
	points []omPoint
}

func newOpenMetrics(w io.Writer, src *source) sink {
	s := &openMetrics{out: w, src: src, width: showdown.Second}
	for _, b := range omBounds() {
		s.bounds = append(s.bounds, time.Duration(math.Round(b*1e9)))
	}
	return s
}

func (s *openMetrics) add(h *showdown.Hit) error {
	at := max(s.src.clock.AWS(h.Intended), 0)
	for int(at/s.width) >= omBuckets && s.width < omWidest {
		s.halve()
	}
	n := int(at / s.width)
	if n >= omMost {
		return fmt.Errorf("request %d is due %s after the run's zero: more than %d points in time", h.Seq, at, omMost)
	}
	for len(s.points) <= n {
		s.points = append(s.points, omPoint{})
	}
	p := &s.points[n]
	p.outcomes[min(int(h.Outcome), len(p.outcomes)-1)]++
	c := &p.good
	if h.Failed() {
		c = &p.bad
	}
	row := 0
	for row < len(s.bounds) && h.Latency > s.bounds[row] {
		row++
	}
	c.rows[row]++
	c.count++
	c.sum += h.Latency
	return nil
}

// halve makes one point of two neighbours.
func (s *openMetrics) halve() {
	half := s.points[:0]
	for i := range s.points {
		if p := s.points[i]; i%2 == 0 {
			half = append(half, p)
		} else {
			half[len(half)-1].add(&p)
		}
	}
	s.points = half
	s.width *= 2
}

func (s *openMetrics) close() error {
	var total omPoint
	for i := range s.points {
		total.add(&s.points[i])
	}
	w := &omWriter{out: s.out}
	endpoint := s.src.cell.Traffic.Path
	if endpoint == "" {
		endpoint = "/"
	}
	labels := labelSet("run_id", s.src.manifest.Run, "stage", s.src.manifest.Stage, "cell", s.src.name, "endpoint", endpoint)

	w.line("# TYPE showdown_requests counter")
	w.line("# HELP showdown_requests Requests that were sent, by outcome, in AWS time.")
	for _, o := range showdown.Outcomes() {
		if o != showdown.OK && total.outcomes[o] == 0 {
			continue
		}
		name := "showdown_requests_total{" + labels + "," + labelSet("outcome", o.String()) + "}"
		n := uint64(0)
		s.each(func(stamp string, p *omPoint) {
			n += p.outcomes[o]
			w.sample(name, strconv.FormatUint(n, 10), stamp)
		})
	}
	w.line("# TYPE showdown_request_duration_seconds histogram")
	w.line("# UNIT showdown_request_duration_seconds seconds")
	w.line("# HELP showdown_request_duration_seconds Service time in real seconds, never divided by the speed.")
	for _, class := range [...]struct {
		name string
		of   func(*omPoint) *omClass
	}{{"ok", func(p *omPoint) *omClass { return &p.good }}, {"error", func(p *omPoint) *omClass { return &p.bad }}} {
		if class.of(&total).count > 0 {
			s.histogram(w, "showdown_request_duration_seconds", labels+","+labelSet("outcome", class.name), class.of)
		}
	}
	w.line("# EOF")
	return w.err
}

// histogram writes a histogram's series: its points in time, each with all its buckets.
func (s *openMetrics) histogram(w *omWriter, name, labels string, of func(*omPoint) *omClass) {
	bounds := omBounds()
	buckets := make([]string, 0, len(bounds)+1)
	for _, b := range append(bounds, math.Inf(1)) {
		buckets = append(buckets, name+"_bucket{"+labels+`,le="`+bound(b)+`"}`)
	}
	var sum omClass
	s.each(func(stamp string, p *omPoint) {
		sum.add(of(p))
		below := uint64(0)
		for i, series := range buckets {
			below += sum.rows[i]
			w.sample(series, strconv.FormatUint(below, 10), stamp)
		}
		w.sample(name+"_count{"+labels+"}", strconv.FormatUint(sum.count, 10), stamp)
		w.sample(name+"_sum{"+labels+"}", strconv.FormatFloat(sum.sum.Seconds(), 'g', -1, 64), stamp)
	})
}

// each calls fn with the zero and the end of each point, and what happened before it.
func (s *openMetrics) each(fn func(stamp string, p *omPoint)) {
	stamp := func(at showdown.Duration) string {
		ms := s.src.zero.Add(time.Duration(at)).UnixMilli()
		return strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64)
	}
	fn(stamp(0), &omPoint{})
	for i := range s.points {
		fn(stamp(showdown.Duration(i+1)*s.width), &s.points[i])
	}
}

// bound is a bucket's bound as OpenMetrics writes it: always with a point.
func bound(b float64) string {
	if math.IsInf(b, 1) {
		return "+Inf"
	}
	text := strconv.FormatFloat(b, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// labelSet is pairs of names and values as a set of labels, without the braces.
func labelSet(pairs ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(pairs[i] + `="` + escape.Replace(strings.ToValidUTF8(pairs[i+1], "�")) + `"`)
	}
	return b.String()
}

// omWriter writes lines until one fails.
type omWriter struct {
	out io.Writer
	err error
}

func (w *omWriter) line(text string) {
	if w.err == nil {
		_, w.err = io.WriteString(w.out, text+"\n")
	}
}

func (w *omWriter) sample(series, value, stamp string) { w.line(series + " " + value + " " + stamp) }
