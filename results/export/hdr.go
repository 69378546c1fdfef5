package export

import (
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"showdown"
)

// Bounds of the histograms: nanoseconds from a microsecond to ten minutes with three
// significant digits, so a value is off by at most one in a thousand.
const (
	hdrLeast  = int64(time.Microsecond)
	hdrMost   = int64(10 * time.Minute)
	hdrDigits = 3
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(hdrLeast, hdrMost, hdrDigits) }

// record adds d; what is beyond the bounds counts as the bound.
func record(h *hdrhistogram.Histogram, d time.Duration) error {
	return h.RecordValue(min(max(int64(d), 0), hdrMost))
}

// hdrInterval is the length of an interval of the log, in lab time.
const hdrInterval = time.Second

// The tags of the histograms of an interval, in the order in which they are written. Failures
// are a histogram of their own: percentiles never mix them with good answers.
const (
	tagService = iota
	tagResponse
	tagFailed
	numTags
)

// hdrLog writes an interval log: for each second with requests the histograms of the service
// and the response times of its good answers, and of the time that its failures took. A
// request belongs to the second of its intended time.
type hdrLog struct {
	out *hdrhistogram.HistogramLogWriter
	src *source
	// interval is the number of the current one, counted from the run's zero.
	interval int64
	any      bool
	tags     [numTags]*hdrhistogram.Histogram
}

func newHDRLog(w io.Writer, src *source) (sink, error) {
	s := &hdrLog{out: hdrhistogram.NewHistogramLogWriter(w), src: src}
	for i, tag := range [numTags]string{"service", "response", "failed"} {
		s.tags[i] = newHistogram()
		s.tags[i].SetTag(tag)
	}
	// The log keeps its base in whole seconds.
	base := src.zero.Unix() * 1000
	s.out.SetBaseTime(base)
	comments := [...]string{
		"showdown, run " + plain(src.manifest.Run) + ", cell " + plain(src.name),
		"Values are nanoseconds of real time, by tag: service and response times of good answers, time of failures.",
		"Time stamps are lab time; requests belong to the second of their intended time.",
	}
	if err := s.out.OutputLogFormatVersion(); err != nil {
		return nil, err
	}
	for _, text := range comments {
		if err := s.out.OutputComment(text); err != nil {
			return nil, err
		}
	}
	for _, write := range [...]func() error{
		func() error { return s.out.OutputBaseTime(base) },
		func() error { return s.out.OutputStartTime(base) },
		s.out.OutputLegend,
	} {
		if err := write(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// plain is text without what would end a comment.
func plain(text string) string {
	out := []rune(text)
	for i, c := range out {
		if c < ' ' {
			out[i] = ' '
		}
	}
	return string(out)
}

func (s *hdrLog) add(h *showdown.Hit) error {
	n := int64(h.Intended / hdrInterval)
	if s.any && n != s.interval {
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.interval, s.any = n, true
	if h.Failed() {
		return record(s.tags[tagFailed], h.Latency)
	}
	if err := record(s.tags[tagService], h.Latency); err != nil {
		return err
	}
	return record(s.tags[tagResponse], h.Response())
}

// flush writes the current interval's histograms that hold something.
func (s *hdrLog) flush() error {
	from := s.src.zero.Add(time.Duration(s.interval) * hdrInterval)
	for _, h := range s.tags {
		if h.TotalCount() == 0 {
			continue
		}
		h.SetStartTimeMs(from.UnixMilli())
		h.SetEndTimeMs(from.Add(hdrInterval).UnixMilli())
		if err := s.out.OutputIntervalHistogram(h); err != nil {
			return err
		}
		tag := h.Tag()
		h.Reset()
		h.SetTag(tag)
	}
	return nil
}

func (s *hdrLog) close() error { return s.flush() }

// hdrPercentiles writes the percentile distribution of the service times of good answers.
type hdrPercentiles struct {
	out io.Writer
	all *hdrhistogram.Histogram
}

func newHDRPercentiles(w io.Writer) sink { return &hdrPercentiles{out: w, all: newHistogram()} }

func (s *hdrPercentiles) add(h *showdown.Hit) error {
	if h.Failed() {
		return nil
	}
	return record(s.all, h.Latency)
}

// ticks is how many percentiles are written for each halving of the distance to 100 %.
const ticks = 5

func (s *hdrPercentiles) close() error {
	_, err := s.all.PercentilesPrint(s.out, ticks, float64(time.Millisecond))
	return err
}
