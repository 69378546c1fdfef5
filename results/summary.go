package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"showdown"
)

// SummaryVersion is the version of the summary's form that this build writes.
const SummaryVersion = 1

// SummaryFile is the name of a run's summary in its folder, and of a journey's in
// its own.
const SummaryFile = "summary.json"

// Summary is what a run showed, in numbers: the form of summary.json. Fields whose
// JSON name ends in _s are AWS seconds, those in _ms real milliseconds, rates are
// requests per lab second. A pointer is nil, and null in the file, where nothing was
// measured: no good answer has no latency, a fault that nobody noticed no time of
// detection.
type Summary struct {
	Version int    `json:"version"`
	Run     string `json:"run"`
	Journey string `json:"journey"`
	Stage   string `json:"stage"`
	// Cell is the cell whose numbers stand at the top: the base cell.
	Cell  string  `json:"cell"`
	Title string  `json:"title"`
	Speed float64 `json:"speed"`
	Seed  uint64  `json:"seed"`
	// Started is the wall clock at which the run began.
	Started time.Time `json:"started"`
	// LabSeconds is the length of the traffic in lab time.
	LabSeconds float64 `json:"lab_seconds"`
	// Complete is false when the end of the record is missing.
	Complete bool `json:"complete"`
	// Source is where the requests of an imported record come from; absent otherwise.
	Source *Source `json:"source,omitempty"`
	// Fidelity says in sentences how the whole lab differs from AWS beyond what each fault
	// says of itself. Absent where that is nothing.
	Fidelity []string `json:"fidelity,omitempty"`
	CellSummary
	// Cells are the further cells by name; the base cell is not among them.
	Cells  map[string]CellSummary `json:"cells"`
	Claims []ClaimResult          `json:"claims"`
	// Gates are what the run had to meet beside its claims. Absent where there are none.
	Gates []GateResult `json:"gates,omitempty"`
	// Verdict is the worst of the claims' and the gates' verdicts, and unknown where the
	// run itself cannot be trusted.
	Verdict showdown.Verdict `json:"verdict"`
	// Reasons says in sentences what beside the claims and the gates made the verdict worse.
	Reasons []string `json:"reasons,omitempty"`
	// Voids is how many of Reasons, the first ones, make the run unknown at best, whatever
	// its claims and gates are.
	Voids int `json:"voids,omitempty"`
	// Repeats has each number's spread over the runs of --repeat, and Group is their id
	// in the store.
	Repeats []Repeat `json:"repeats,omitempty"`
	Group   string   `json:"group,omitempty"`
	// Against is how the run stands against an earlier one that it was held to.
	Against *Against `json:"against,omitempty"`
}

// CellSummary is what one cell showed.
type CellSummary struct {
	Requests Requests `json:"requests"`
	// Availability is the share of the scheduled requests that were answered well,
	// 0 to 1; nil when none was scheduled.
	Availability *float64 `json:"availability"`
	Downtime     Downtime `json:"downtime"`
	LatencyMS    Latency  `json:"latency_ms"`
	// WaitedS is the AWS seconds that requests would have waited for timeouts that
	// the speed divided.
	WaitedS   float64   `json:"waited_s"`
	Generator Generator `json:"generator"`
	Faults    []Fault   `json:"faults"`
	Phases    []Phase   `json:"phases"`
	Cohorts   []Cohort  `json:"cohorts"`
	Backends  []Backend `json:"backends,omitempty"`
	// Endpoints are the requests of a scenario by name. Absent without one.
	Endpoints []Endpoint `json:"endpoints,omitempty"`
	// RequestReasons counts why requests of a scenario were wrong, or never sent, by
	// sentence. Absent without one.
	RequestReasons map[string]uint64 `json:"request_reasons,omitempty"`
	Reference      *Reference        `json:"reference"`
	Cost           *Cost             `json:"cost"`
	// Exposure is what can be reached from outside, by tier. Absent where no instance
	// said its addresses.
	Exposure []Tier `json:"exposure,omitempty"`
	// Capacity is what ran over the traffic. Absent where the events do not say it.
	Capacity *Capacity `json:"capacity,omitempty"`
	// Reach is the connection matrix: who reached whom when it was looked at last.
	// Absent where nobody looked.
	Reach []Reach `json:"reach,omitempty"`
}

// ClaimResult is a claim with what was measured.
type ClaimResult struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Expect string `json:"expect"`
	// Cell is empty for the base cell.
	Cell string `json:"cell,omitempty"`
	// Measured is the value that the expectation was about, for people: "88.1 s".
	Measured string           `json:"measured"`
	Verdict  showdown.Verdict `json:"verdict"`
	Note     string           `json:"note"`
	// Reason says why the verdict is unknown.
	Reason string `json:"reason,omitempty"`
}

// Repeat is the spread of one number over repeated runs.
type Repeat struct {
	// Name is the number's path in the summary: "downtime.longest_outage_s".
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
	Median float64   `json:"median"`
	// Low and High bound the interval of the median, and Confidence is how often such an
	// interval holds the true one: at least 0.95 from 6 values on; with fewer Low and High
	// are the least and the largest value.
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
	// Missing is in how many runs nothing was measured, Never in how many what the number
	// waits for, such as the recovery from a fault, did not happen. Neither is among the
	// values.
	Missing int `json:"missing,omitempty"`
	Never   int `json:"never,omitempty"`
}

// JourneySummary is what the runs of a journey's stages showed together.
type JourneySummary struct {
	Version int       `json:"version"`
	Run     string    `json:"run"`
	Journey string    `json:"journey"`
	Stages  []Summary `json:"stages"`
	// Claims are those that need several stages.
	Claims []ClaimResult `json:"claims"`
	// Scorecards are the stages by the pillars of the AWS Well-Architected Framework.
	Scorecards []Scorecard      `json:"scorecards,omitempty"`
	Verdict    showdown.Verdict `json:"verdict"`
	Repeats    []Repeat         `json:"repeats,omitempty"`
	Group      string           `json:"group,omitempty"`
	Against    *Against         `json:"against,omitempty"`
}

// Encode writes s as indented JSON. Lists and maps without an entry are written
// empty, never null.
func (s *Summary) Encode(w io.Writer) error {
	c := s.filled()
	return encode(w, &c)
}

// Encode writes j as indented JSON, as [Summary.Encode] does.
func (j *JourneySummary) Encode(w io.Writer) error {
	c := *j
	c.Version = SummaryVersion
	c.Claims = filled(c.Claims)
	c.Stages = make([]Summary, len(j.Stages))
	for i := range j.Stages {
		c.Stages[i] = j.Stages[i].filled()
	}
	return encode(w, &c)
}

// WriteSummary writes s into the run's folder dir in one step: a reader sees the old
// file or the new one.
func WriteSummary(dir string, s *Summary) error {
	return writeEncoded(filepath.Join(dir, SummaryFile), s.Encode)
}

// WriteJourneySummary writes j into the journey's folder dir in one step.
func WriteJourneySummary(dir string, j *JourneySummary) error {
	return writeEncoded(filepath.Join(dir, SummaryFile), j.Encode)
}

// ReadSummary reads the summary in the run's folder dir. The error wraps
// [os.ErrNotExist] when the run has not been analysed.
func ReadSummary(dir string) (*Summary, error) {
	var s Summary
	if err := readVersioned(filepath.Join(dir, SummaryFile), SummaryVersion, &s.Version, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// ReadJourneySummary reads the summary in the journey's folder dir.
func ReadJourneySummary(dir string) (*JourneySummary, error) {
	var j JourneySummary
	if err := readVersioned(filepath.Join(dir, SummaryFile), SummaryVersion, &j.Version, &j); err != nil {
		return nil, err
	}
	return &j, nil
}

func (s Summary) filled() Summary {
	s.Version = SummaryVersion
	s.CellSummary = s.CellSummary.filled()
	cells := make(map[string]CellSummary, len(s.Cells))
	for name, c := range s.Cells {
		cells[name] = c.filled()
	}
	s.Cells = cells
	s.Claims = filled(s.Claims)
	return s
}

func (c CellSummary) filled() CellSummary {
	c.Requests = c.Requests.filled()
	c.Downtime.Outages = filled(c.Downtime.Outages)
	c.Faults = filled(c.Faults)
	c.Phases = filled(c.Phases)
	cohorts := make([]Cohort, len(c.Cohorts))
	for i, h := range c.Cohorts {
		h.Requests = h.Requests.filled()
		cohorts[i] = h
	}
	c.Cohorts = cohorts
	if c.Endpoints != nil {
		c.Endpoints = filledEndpoints(c.Endpoints)
	}
	if c.Cost != nil {
		cost := *c.Cost
		cost.Items = filled(cost.Items)
		c.Cost = &cost
	}
	return c
}

func (r Requests) filled() Requests {
	if r.Outcomes == nil {
		r.Outcomes = map[string]uint64{}
	}
	return r
}

// filled is list, or an empty list for nil.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func encode(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode summary: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeEncoded(path string, encode func(io.Writer) error) error {
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		return err
	}
	return writeFile(path, b.Bytes())
}

// readVersioned decodes the JSON file at path into v and checks the version that v
// points to.
func readVersioned(path string, want int, version *int, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	// A later version may have changed anything but the place of its number.
	var form struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(data, &form) == nil && form.Version != want {
		return fmt.Errorf("read %s: version %d is not known here; this build reads version %d", path, form.Version, want)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read %s: %w", path, placeOf(data, err))
	}
	if *version != want {
		return fmt.Errorf("read %s: version %d is not known here; this build reads version %d", path, *version, want)
	}
	return nil
}
