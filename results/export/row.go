package export

import (
	"fmt"
	"time"

	"showdown"
	"showdown/results"
)

// source is what is known of a cell beside its requests.
type source struct {
	manifest *results.Manifest
	name     string
	cell     showdown.Cell
	clock    showdown.Clock
	zero     time.Time
	// cohortEnds has for each cohort the number after that of its last client.
	cohortEnds []int
}

func newSource(m *results.Manifest, cell string) (*source, error) {
	speed := m.Speed
	if speed == 0 {
		speed = 1
	}
	clock, err := showdown.NewClock(speed)
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", m.Run, err)
	}
	s := &source{manifest: m, name: cell, clock: clock, zero: m.ZeroOf(cell).UTC()}
	if s.zero.IsZero() {
		s.zero = m.Started.UTC()
	}
	if m.Spec != nil {
		if c, ok := m.Spec.Cell(cell); ok {
			s.cell = *c
		}
	}
	if len(s.cell.Traffic.Cohorts) > 0 {
		end := 0
		for _, size := range s.cell.Traffic.CohortSizes() {
			end += size
			s.cohortEnds = append(s.cohortEnds, end)
		}
	}
	return s, nil
}

// attack names the requests: the stage, and the cell where it is not the base cell.
func (s *source) attack() string {
	name := s.manifest.Stage
	if name == "" {
		name = s.manifest.Run
	}
	if s.name != showdown.BaseCell {
		name += "/" + s.name
	}
	return name
}

func (s *source) vegeta(f results.VegetaFormat) results.VegetaExport {
	return results.VegetaExport{
		Format: f, Zero: s.zero, Attack: s.attack(), Method: s.cell.Traffic.Method, URL: s.cell.Traffic.Path,
	}
}

// Row is a request in a table. The tags name its columns.
type Row struct {
	// Seq numbers the requests of the cell by intended time; a number that is missing is a
	// request that was never sent.
	Seq uint64 `json:"seq" parquet:"seq,delta"`
	// TS is the intended time in AWS seconds since the run's zero.
	TS float64 `json:"t_s" parquet:"t_s"`
	// At is when the request was sent, on the wall clock.
	At time.Time `json:"at" parquet:"at,timestamp(microsecond:utc)"`
	// IntendedNS and SentNS are lab time since the run's zero.
	IntendedNS int64 `json:"intended_ns" parquet:"intended_ns,delta"`
	SentNS     int64 `json:"sent_ns" parquet:"sent_ns,delta"`
	// LatencyNS is the service time, ResponseNS the time from the intended send to the end of
	// the answer.
	LatencyNS  int64  `json:"latency_ns" parquet:"latency_ns"`
	ResponseNS int64  `json:"response_ns" parquet:"response_ns"`
	Outcome    string `json:"outcome" parquet:"outcome,dict"`
	// Status is the HTTP status; 0 when no answer came.
	Status uint32 `json:"status" parquet:"status"`
	Client uint32 `json:"client" parquet:"client"`
	// Cohort is the name of the client's group; empty where there is one group without a name.
	Cohort   string  `json:"cohort" parquet:"cohort,dict"`
	Backend  string  `json:"backend" parquet:"backend,dict"`
	Address  string  `json:"address" parquet:"address,dict"`
	BytesIn  uint32  `json:"bytes_in" parquet:"bytes_in"`
	BytesOut uint32  `json:"bytes_out" parquet:"bytes_out"`
	Reused   bool    `json:"reused" parquet:"reused"`
	DNSAgeMS float64 `json:"dns_age_ms" parquet:"dns_age_ms"`
}

// Columns are the names of a table's columns, in order.
func Columns() []string {
	return []string{
		"seq", "t_s", "at", "intended_ns", "sent_ns", "latency_ns", "response_ns", "outcome", "status", "client",
		"cohort", "backend", "address", "bytes_in", "bytes_out", "reused", "dns_age_ms",
	}
}

// row is h as a row.
func (s *source) row(h *showdown.Hit) Row {
	r := Row{
		Seq: h.Seq, TS: s.clock.AWS(h.Intended).Seconds(), At: s.zero.Add(h.Sent),
		IntendedNS: int64(h.Intended), SentNS: int64(h.Sent), LatencyNS: int64(h.Latency), ResponseNS: int64(h.Response()),
		Outcome: h.Outcome.String(), Status: uint32(h.Status), Client: h.Client, Backend: h.Backend, Address: h.Address,
		BytesIn: h.BytesIn, BytesOut: h.BytesOut, Reused: h.Reused, DNSAgeMS: float64(h.DNSAge) / 1e6,
	}
	for i, end := range s.cohortEnds {
		if int(h.Client) < end {
			r.Cohort = s.cell.Traffic.Cohorts[i].Name
			break
		}
	}
	return r
}
