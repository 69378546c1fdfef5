package dashboards

import (
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"showdown"
)

// buildInfo is the family of the program itself.
const buildInfo = "showdown_build_info"

// DefaultRetain is how many runs an [Exporter] keeps the series of.
const DefaultRetain = 5

// Info is what an [Exporter] is told about the program and its own limits.
type Info struct {
	// Version and Revision are the build's; empty ones are exported as "unknown".
	Version, Revision string
	// Retain is how many runs keep their series; an older run's are dropped when a
	// new one starts, since run_id is a label. 0 is [DefaultRetain].
	Retain int
	// Now is the wall clock; nil is [time.Now].
	Now func() time.Time
}

// Exporter turns the requests and events of runs into Prometheus metrics, in a
// registry of its own. Its methods are safe for concurrent use, none of them waits
// for a scrape or for the network, and none keeps what it is handed. Make one with
// [NewExporter]; it starts nothing.
//
// A stage is played between [Exporter.StageStarted] and [Exporter.StageEnded], one
// at a time. What comes before the first stage is not counted.
type Exporter struct {
	registry *prometheus.Registry
	metrics  *metrics
	now      func() time.Time
	retain   int

	// mu guards what follows. It is taken before a cell's own lock.
	mu    sync.RWMutex
	runs  []string
	stage *stage
}

// stage is the stage being played, or the last one played.
type stage struct {
	run, id, title string
	spec           *showdown.Stage
	clock          showdown.Clock
	cells          map[string]*cell
	// over says that it has ended: what happens from then on belongs to a stage that
	// did not begin, such as one whose lab does not come up.
	over bool
}

// NewExporter is an exporter without series of a run.
func NewExporter(info Info) *Exporter {
	reg := prometheus.NewRegistry()
	e := &Exporter{registry: reg, metrics: newMetrics(reg), now: info.Now, retain: info.Retain}
	if e.now == nil {
		e.now = time.Now
	}
	if e.retain <= 0 {
		e.retain = DefaultRetain
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: buildInfo, Help: "1, with the version of the program as labels.",
	}, []string{"version", "revision", "goversion"})
	build.WithLabelValues(orUnknown(info.Version), orUnknown(info.Revision), runtime.Version()).Set(1)
	reg.MustRegister(build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return e
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// StageStarted says that a stage of a run begins, and makes every series that it
// will have, at 0: a rate needs a first sample. The stages of a journey share the
// run's id, so that they can be compared. The stage is read and not changed.
func (e *Exporter) StageStarted(run string, spec *showdown.Stage, clock showdown.Clock) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.endStage()
	if i := slices.Index(e.runs, run); i >= 0 {
		e.runs = slices.Delete(e.runs, i, i+1)
	}
	e.runs = append(e.runs, run)
	for len(e.runs) > e.retain {
		e.metrics.forget(e.runs[0])
		e.runs = e.runs[1:]
	}
	s := &stage{run: run, id: stageID(spec), title: spec.Title, spec: spec, clock: clock, cells: map[string]*cell{}}
	for i := range spec.Cells {
		s.cells[spec.Cells[i].Name] = newCell(e.metrics, s, &spec.Cells[i])
	}
	e.metrics.stage.WithLabelValues(run, s.id, s.title).Set(1)
	e.stage = s
}

// stageID is the stage's id, without a slash where no journey has it.
func stageID(s *showdown.Stage) string {
	if s.Journey == "" {
		return s.Name
	}
	return s.ID()
}

// StageEnded says that the stage is over. Its series stay, batches that come late
// still count, and events are ignored until the next stage starts.
func (e *Exporter) StageEnded() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.endStage()
}

func (e *Exporter) endStage() {
	if s := e.stage; s != nil {
		s.over = true
		e.metrics.stage.WithLabelValues(s.run, s.id, s.title).Set(0)
		for _, c := range s.cells {
			c.end()
		}
	}
}

// StageCost says what a cell's architecture costs in US dollars a month.
func (e *Exporter) StageCost(cellName string, monthUSD float64) {
	if c := e.cell(cellName); c != nil {
		e.metrics.cost.WithLabelValues(c.run, c.stage, c.name).Set(monthUSD)
	}
}

// Hits counts a batch of a cell's requests, in any order. It neither keeps nor
// changes the slice.
func (e *Exporter) Hits(cellName string, hits []showdown.Hit) {
	if c := e.cell(cellName); c != nil {
		c.hits(hits)
	}
}

// Event takes an event of the run's log. Kinds that no metric shows are ignored.
func (e *Exporter) Event(ev showdown.Event) {
	if ev.Cell == "" && ev.Kind == showdown.RunEnded {
		e.StageEnded()
		return
	}
	e.mu.RLock()
	over := e.stage == nil || e.stage.over
	e.mu.RUnlock()
	if over {
		return
	}
	if c := e.cell(ev.Cell); c != nil {
		c.event(ev)
	}
}

// cell is the cell of that name in the present stage, made when it is new; an empty
// name is the base cell's. It is nil when no stage was started.
func (e *Exporter) cell(name string) *cell {
	if name == "" {
		name = showdown.BaseCell
	}
	e.mu.RLock()
	s := e.stage
	if s == nil {
		e.mu.RUnlock()
		return nil
	}
	c, ok := s.cells[name]
	e.mu.RUnlock()
	if ok {
		return c
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c, ok = s.cells[name]; !ok {
		c = newCell(e.metrics, s, &showdown.Cell{Name: name})
		s.cells[name] = c
	}
	return c
}

// Gather is the metrics as they are now; it implements [prometheus.Gatherer].
func (e *Exporter) Gather() ([]*dto.MetricFamily, error) {
	e.mu.RLock()
	if e.stage != nil {
		for _, c := range e.stage.cells {
			c.refresh(e.now())
		}
	}
	e.mu.RUnlock()
	return e.registry.Gather()
}

// Handler serves the metrics in the format that the caller asks for: OpenMetrics,
// Prometheus text or protocol buffers (which carry native histograms).
func (e *Exporter) Handler() http.Handler {
	return promhttp.HandlerFor(e, promhttp.HandlerOpts{
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: 8,
		Timeout:             5 * time.Second,
	})
}
