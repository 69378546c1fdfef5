package dashboards

import (
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"showdown"
)

// fillBook keeps what an exporter said at points in time, until it is written: the format
// wants the samples of a family together.
type fillBook struct {
	families map[string]*fillFamily
	// zero and step are of the stage whose points come, and n how many there were.
	zero time.Time
	step showdown.Duration
	n    int
}

type fillFamily struct {
	help string
	kind dto.MetricType
	// metrics are by their labels, order in the order of their first sample.
	metrics map[string]*fillMetric
	order   []*fillMetric
}

// fillMetric is one metric with its points in time: one series, or all of a histogram's.
type fillMetric struct {
	series []string
	zero   time.Time
	step   showdown.Duration
	// first is the number of its first point. Where nothing changed, a point is the same
	// slice as the one before it.
	first  int
	points [][]float64
	// moves says that two of its points differ, and rated that its rate must be zero where
	// it stands still.
	moves, rated bool
}

func newFillBook() *fillBook { return &fillBook{families: map[string]*fillFamily{}} }

// stage says that the points of another stage follow.
func (b *fillBook) stage(zero time.Time, step showdown.Duration) { b.zero, b.step, b.n = zero, step, 0 }

// point takes what is exported at the next point in time. Metrics of the process that
// fills, such as its memory, are none of the run's.
func (b *fillBook) point(families []*dto.MetricFamily) {
	for _, family := range families {
		name := family.GetName()
		if !strings.HasPrefix(name, "showdown_") || name == buildInfo {
			continue
		}
		f, ok := b.families[name]
		if !ok {
			f = &fillFamily{help: family.GetHelp(), kind: family.GetType(), metrics: map[string]*fillMetric{}}
			b.families[name] = f
		}
		for _, metric := range family.Metric {
			labels := omLabels(metric.Label)
			m, ok := f.metrics[labels]
			if !ok {
				m = &fillMetric{series: omSeries(name, f.kind, labels, metric), zero: b.zero, step: b.step, first: b.n, rated: rated(name, metric)}
				f.metrics[labels], f.order = m, append(f.order, m)
			}
			m.add(omValues(f.kind, metric))
		}
	}
	b.n++
}

func (m *fillMetric) add(values []float64) {
	if n := len(m.points); n > 0 {
		if slices.Equal(values, m.points[n-1]) {
			values = m.points[n-1]
		} else {
			m.moves = true
		}
	}
	m.points = append(m.points, values)
}

// omLabels are labels as OpenMetrics writes them, without the braces.
func omLabels(pairs []*dto.LabelPair) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var b strings.Builder
	for i, l := range pairs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(l.GetName() + `="` + escape.Replace(strings.ToValidUTF8(l.GetValue(), "\uFFFD")) + `"`)
	}
	return b.String()
}

// omSeries are the names of a metric's series, in the order of omValues.
func omSeries(name string, kind dto.MetricType, labels string, m *dto.Metric) []string {
	if kind != dto.MetricType_HISTOGRAM {
		return []string{name + "{" + labels + "}"}
	}
	var out []string
	for _, b := range m.Histogram.Bucket {
		out = append(out, name+"_bucket{"+labels+`,le="`+omNumber(b.GetUpperBound())+`"}`)
	}
	return append(out, name+"_bucket{"+labels+`,le="+Inf"}`, name+"_count{"+labels+"}", name+"_sum{"+labels+"}")
}

func omValues(kind dto.MetricType, m *dto.Metric) []float64 {
	switch kind {
	case dto.MetricType_COUNTER:
		return []float64{m.Counter.GetValue()}
	case dto.MetricType_HISTOGRAM:
		out := make([]float64, 0, len(m.Histogram.Bucket)+3)
		for _, b := range m.Histogram.Bucket {
			out = append(out, float64(b.GetCumulativeCount()))
		}
		n := float64(m.Histogram.GetSampleCount())
		return append(out, n, n, m.Histogram.GetSampleSum())
	}
	return []float64{m.Gauge.GetValue()}
}

// omNumber is a number in OpenMetrics's canonical form, always with a point.
func omNumber(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// rated says that panels divide by the rate of a metric, or draw it: over a window without
// samples there would be none, where it is zero in an outage.
func rated(name string, m *dto.Metric) bool {
	if name == "showdown_request_duration_seconds" {
		return slices.ContainsFunc(m.Label, func(l *dto.LabelPair) bool { return l.GetName() == labelOutcome && l.GetValue() == classOK })
	}
	return name == "showdown_requests_total"
}

// write writes all families.
func (b *fillBook) write(out io.Writer) error {
	w := &fillWriter{out: out}
	for _, name := range slices.Sorted(maps.Keys(b.families)) {
		f := b.families[name]
		family := name
		if f.kind == dto.MetricType_COUNTER {
			family = strings.TrimSuffix(name, "_total")
		}
		w.line("# TYPE " + family + " " + strings.ToLower(f.kind.String()))
		if strings.HasSuffix(family, "_seconds") {
			w.line("# UNIT " + family + " seconds")
		}
		w.line("# HELP " + family + " " + strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(f.help))
		for _, m := range f.order {
			m.write(w)
		}
	}
	w.line("# EOF")
	return w.err
}

func (m *fillMetric) write(w *fillWriter) {
	// What stands still has a sample every 128 seconds, which is enough to be seen, and one
	// on each side of a change.
	every := max(1, int(fillWidest/m.step))
	still := func(i int) bool {
		return i > 0 && i < len(m.points)-1 && i%every != 0 && &m.points[i][0] == &m.points[i-1][0] && &m.points[i][0] == &m.points[i+1][0]
	}
	for i, values := range m.points {
		if still(i) && !(m.moves && m.rated) {
			continue
		}
		at := m.zero.Add(time.Duration(showdown.Duration(m.first+i) * m.step))
		stamp := strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)
		for j, series := range m.series {
			v := strconv.FormatFloat(values[j], 'g', -1, 64)
			if values[j] == math.Trunc(values[j]) && math.Abs(values[j]) < 1e15 {
				v = strconv.FormatInt(int64(values[j]), 10)
			}
			w.line(series + " " + v + " " + stamp)
		}
	}
}

// fillWriter writes lines until one fails.
type fillWriter struct {
	out io.Writer
	err error
}

func (w *fillWriter) line(text string) {
	if w.err == nil {
		_, w.err = io.WriteString(w.out, text+"\n")
	}
}
