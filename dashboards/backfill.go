package dashboards

import (
	"bufio"
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"showdown"
	"showdown/results"
)

const (
	// fillPoints is how many points in time a stage may have before they are set twice as
	// far apart, from a second on.
	fillPoints = 1024
	// fillWidest is the longest distance between two points, in AWS time: a Prometheus
	// takes a series for ended after five minutes without one.
	fillWidest = 128 * showdown.Second
	// fillMost bounds the points of a run that lasts for months, or of a record whose times
	// were changed.
	fillMost = 1 << 16
	// fillGap is the AWS time between two stages of a journey.
	fillGap = showdown.Minute
)

// Filled is what [BackFill] wrote.
type Filled struct {
	// Requests is how many requests the metrics count.
	Requests uint64
	// Spans are the times that the stages fill, in the order in which they were played.
	Spans []Span
}

// Span is the time that a stage fills, in AWS time from the zero of its run.
type Span struct {
	Stage    string
	From, To time.Time
	// Step is the AWS time between two samples.
	Step showdown.Duration
}

// BackFill writes the metrics of recorded runs, which are the stages of one run or of a
// journey's, as OpenMetrics with a time stamp for each sample, for a Prometheus to be
// filled with: by promtool tsdb create-blocks-from openmetrics. The series are those that
// an [Exporter] has while the run is played, since one is played the record again: all
// that a dashboard asks for except what machines and processes say of themselves.
//
// Time stamps are AWS time: the zero of the run, and from there on the speed times what
// passed in the lab, so that a window of a minute is a minute of AWS. A counter's rate is
// therefore per AWS second; gauges of a rate stay per lab second. The stages of a journey
// follow one another, a minute apart: their own zeros are closer than that.
//
// Dirs are the folders of the stages; those that were never started are left out. Cells
// are the names of the cells to write; none means all. A [*results.CorruptError] is
// returned after all that can be read is written.
func BackFill(w io.Writer, run string, dirs []string, cells ...string) (Filled, error) {
	var (
		out     Filled
		book    = newFillBook()
		damaged error
	)
	for _, dir := range dirs {
		m, err := results.ReadManifest(dir)
		if errors.Is(err, fs.ErrNotExist) && len(dirs) > 1 {
			continue // the journey ended before this stage
		}
		if err != nil {
			return out, fmt.Errorf("back-fill: %w", err)
		}
		zero := m.Zero
		if zero.IsZero() {
			zero = m.Started
		}
		if n := len(out.Spans); n > 0 {
			if free := out.Spans[n-1].To.Add(time.Duration(fillGap)); zero.Before(free) {
				zero = free
			}
		}
		s, err := newFillStage(run, dir, m, zero.UTC().Truncate(time.Millisecond), cells)
		if err != nil {
			return out, fmt.Errorf("back-fill: %w", err)
		}
		span, err := s.play(book)
		if corrupt := new(results.CorruptError); errors.As(err, &corrupt) {
			damaged = errors.Join(damaged, err)
		} else if err != nil {
			return out, fmt.Errorf("back-fill %s: %w", m.Stage, err)
		}
		out.Spans = append(out.Spans, span)
		out.Requests += s.requests
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	if err := errors.Join(book.write(buffered), buffered.Flush()); err != nil {
		return out, fmt.Errorf("back-fill: %w", err)
	}
	return out, damaged
}

// fillStage is one recorded stage that is played to an exporter again.
type fillStage struct {
	exporter *Exporter
	clock    showdown.Clock
	id       string
	zero     time.Time
	// now is what the exporter takes for the time: the zero and lab time.
	now      time.Time
	events   []showdown.Event
	streams  []*hitStream
	requests uint64
}

func newFillStage(run, dir string, m *results.Manifest, zero time.Time, cells []string) (*fillStage, error) {
	speed := m.Speed
	if speed == 0 {
		speed = 1
	}
	clock, err := showdown.NewClock(speed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Run, err)
	}
	spec := &showdown.Stage{Journey: m.Journey, Name: m.Stage}
	if m.Spec != nil {
		copied := *m.Spec
		spec = &copied
	}
	wanted := func(cell string) bool { return len(cells) == 0 || slices.Contains(cells, cell) }
	spec.Cells = slices.DeleteFunc(slices.Clone(spec.Cells), func(c showdown.Cell) bool { return !wanted(c.Name) })

	s := &fillStage{clock: clock, id: stageID(spec), zero: zero, now: zero}
	s.exporter = NewExporter(Info{Now: func() time.Time { return s.now }})
	s.exporter.StageStarted(run, spec, clock)
	for cell, cost := range m.Cost {
		if wanted(cell) {
			s.exporter.StageCost(cell, cost.MonthUSD)
		}
	}
	// A torn end of the log is what a killed run leaves, and what is before it is good.
	events, _, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, new(*results.CorruptError)) {
		return nil, err
	}
	for _, e := range events {
		if cell := cmp.Or(e.Cell, showdown.BaseCell); wanted(cell) || e.Kind == showdown.RunEnded {
			e.At = zero.Add(clock.Lab(showdown.Duration(e.T * float64(showdown.Second))))
			s.events = append(s.events, e)
		}
	}
	slices.SortStableFunc(s.events, func(a, b showdown.Event) int { return cmp.Compare(a.T, b.T) })

	files, err := results.HitFiles(dir)
	if err != nil {
		return nil, err
	}
	for _, cell := range slices.Sorted(maps.Keys(files)) {
		if wanted(cell) {
			s.streams = append(s.streams, &hitStream{cell: cell, path: files[cell]})
		}
	}
	return s, nil
}

// play plays the whole record, and notes in the book what the exporter says at each point.
func (s *fillStage) play(book *fillBook) (Span, error) {
	span := Span{Stage: s.id, From: s.zero, To: s.zero, Step: showdown.Second}
	end := showdown.Duration(0)
	if n := len(s.events); n > 0 {
		t := s.events[n-1].T
		if t > fillMost*fillWidest.Seconds() {
			return span, fmt.Errorf("an event is %g AWS seconds after the run's zero: more than %d points in time", t, fillMost)
		}
		end = showdown.Duration(max(t, 0) * float64(showdown.Second))
	}
	for end/span.Step > fillPoints && span.Step < fillWidest {
		span.Step *= 2
	}
	for _, h := range s.streams {
		if err := h.open(); err != nil {
			return span, err
		}
		defer h.close()
	}
	book.stage(s.zero, span.Step)
	for n := 0; ; n++ {
		if n > fillMost {
			return span, fmt.Errorf("a request is more than %d points in time after the run's zero", fillMost)
		}
		at := showdown.Duration(n) * span.Step
		s.until(at)
		s.now = s.zero.Add(s.clock.Lab(at))
		families, err := s.exporter.Gather()
		if err != nil {
			return span, err
		}
		book.point(families)
		span.To = s.zero.Add(time.Duration(at))
		if at >= end && len(s.events) == 0 && !slices.ContainsFunc(s.streams, (*hitStream).more) {
			break
		}
	}
	var errs []error
	for _, h := range s.streams {
		errs = append(errs, h.err)
	}
	return span, errors.Join(errs...)
}

// until plays everything up to a moment, requests and events in the order in which they
// came.
func (s *fillStage) until(at showdown.Duration) {
	for len(s.events) > 0 && s.events[0].T <= at.Seconds() {
		e := s.events[0]
		s.events = s.events[1:]
		s.answered(s.clock.Lab(showdown.Duration(e.T * float64(showdown.Second))))
		s.exporter.Event(e)
	}
	s.answered(s.clock.Lab(at))
}

// answered hands over the requests whose outcome was known at lab time t.
func (s *fillStage) answered(t time.Duration) {
	for _, h := range s.streams {
		if batch := h.until(t); len(batch) > 0 {
			s.exporter.Hits(h.cell, batch)
			s.requests += uint64(len(batch))
		}
	}
}

// hitStream is a cell's requests in the order in which they were answered.
type hitStream struct {
	cell, path string

	reader *results.HitReader
	next   func() ([]showdown.Hit, bool)
	stop   func()
	// batch is what was read and is not due yet, flying what was sent and not answered.
	batch  []showdown.Hit
	flying flying
	out    []showdown.Hit
	over   bool
	err    error
}

func (h *hitStream) open() error {
	r, err := results.OpenHits(h.path)
	if err != nil {
		return err
	}
	h.reader = r
	h.next, h.stop = iter.Pull(func(yield func([]showdown.Hit) bool) {
		enough := errors.New("enough")
		err := r.EachInOrder(func(hits []showdown.Hit) error {
			if !yield(hits) {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			h.err = err
		}
	})
	return nil
}

func (h *hitStream) close() {
	h.stop()
	_ = h.reader.Close() // it was read only
}

func (h *hitStream) more() bool { return !h.over || len(h.flying) > 0 }

// until is the requests that were answered until lab time t, valid until the next call.
func (h *hitStream) until(t time.Duration) []showdown.Hit {
	for !h.over {
		if len(h.batch) == 0 {
			batch, ok := h.next()
			h.batch, h.over = batch, !ok
			continue
		}
		if h.batch[0].Intended > t {
			break
		}
		heap.Push(&h.flying, h.batch[0])
		h.batch = h.batch[1:]
	}
	h.out = h.out[:0]
	for len(h.flying) > 0 && answeredAt(&h.flying[0]) <= t {
		h.out = append(h.out, heap.Pop(&h.flying).(showdown.Hit))
	}
	return h.out
}

// answeredAt is when the outcome of a request was known, in lab time.
func answeredAt(h *showdown.Hit) time.Duration { return max(h.Intended, h.Sent+h.Latency) }

// flying are requests under way, as a heap: the first one is answered first.
type flying []showdown.Hit

func (f flying) Len() int           { return len(f) }
func (f flying) Less(i, j int) bool { return answeredAt(&f[i]) < answeredAt(&f[j]) }
func (f flying) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }

// Push adds a request.
func (f *flying) Push(x any) { *f = append(*f, x.(showdown.Hit)) }

// Pop takes the last one.
func (f *flying) Pop() any {
	last := len(*f) - 1
	h := (*f)[last]
	*f = (*f)[:last]
	return h
}
