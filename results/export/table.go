package export

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"

	"showdown"
)

// csvSink writes a table with a header line.
type csvSink struct {
	out    *csv.Writer
	src    *source
	record []string
}

func newCSV(w io.Writer, src *source) (sink, error) {
	s := &csvSink{out: csv.NewWriter(w), src: src}
	return s, s.out.Write(Columns())
}

func (s *csvSink) add(h *showdown.Hit) error {
	r := s.src.row(h)
	integer := func(v int64) string { return strconv.FormatInt(v, 10) }
	float := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	s.record = append(
		s.record[:0], strconv.FormatUint(r.Seq, 10), float(r.TS), r.At.Format(time.RFC3339Nano), integer(r.IntendedNS),
		integer(r.SentNS), integer(r.LatencyNS), integer(r.ResponseNS), r.Outcome, integer(int64(r.Status)),
		integer(int64(r.Client)), r.Cohort, r.Backend, r.Address, integer(int64(r.BytesIn)), integer(int64(r.BytesOut)),
		strconv.FormatBool(r.Reused), float(r.DNSAgeMS),
	)
	return s.out.Write(s.record)
}

func (s *csvSink) close() error {
	s.out.Flush()
	return s.out.Error()
}

// ndjsonSink writes one JSON object a line.
type ndjsonSink struct {
	out *json.Encoder
	src *source
}

func newNDJSON(w io.Writer, src *source) sink {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return &ndjsonSink{out: out, src: src}
}

func (s *ndjsonSink) add(h *showdown.Hit) error { return s.out.Encode(s.src.row(h)) }
func (s *ndjsonSink) close() error              { return nil }

const (
	// rowGroup is how many rows a Parquet file has in memory before it writes them.
	rowGroup = 1 << 17
	// rowBatch is how many rows are handed to the library at once.
	rowBatch = 1 << 10
)

// parquetSink writes a Parquet file, whose metadata says what run it is of.
type parquetSink struct {
	out  *parquet.GenericWriter[Row]
	src  *source
	rows []Row
}

func newParquet(w io.Writer, src *source) sink {
	m := src.manifest
	return &parquetSink{
		out: parquet.NewGenericWriter[Row](
			w, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroup),
			// The build is left out, so that a record gives the same bytes on every machine.
			parquet.CreatedBy("showdown", "1", ""),
			parquet.KeyValueMetadata("showdown.run", m.Run), parquet.KeyValueMetadata("showdown.cell", src.name),
			parquet.KeyValueMetadata("showdown.speed", strconv.FormatFloat(src.clock.Speed(), 'g', -1, 64)),
			parquet.KeyValueMetadata("showdown.zero", src.zero.Format(time.RFC3339Nano)),
		),
		src: src, rows: make([]Row, 0, rowBatch),
	}
}

func (s *parquetSink) add(h *showdown.Hit) error {
	if s.rows = append(s.rows, s.src.row(h)); len(s.rows) < rowBatch {
		return nil
	}
	return s.flush()
}

func (s *parquetSink) flush() error {
	_, err := s.out.Write(s.rows)
	s.rows = s.rows[:0]
	return err
}

func (s *parquetSink) close() error {
	if err := s.flush(); err != nil {
		return err
	}
	return s.out.Close()
}
