package export

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"showdown"
	"showdown/results"
)

// Format is a form in which requests are written.
type Format string

// The formats.
const (
	// VegetaGob, VegetaJSON and VegetaCSV are vegeta's encodings of its results.
	VegetaGob  Format = "vegeta-gob"
	VegetaJSON Format = "vegeta-json"
	VegetaCSV  Format = "vegeta-csv"
	// CSV, NDJSON and Parquet are tables with the columns of [Row].
	CSV     Format = "csv"
	NDJSON  Format = "ndjson"
	Parquet Format = "parquet"
	// HDR is HdrHistogram's interval log, a histogram for each second of lab time;
	// HDRPercentiles the percentile distribution of the whole run, as text.
	HDR            Format = "hdr"
	HDRPercentiles Format = "hdr-percentiles"
)

// Formats lists every format.
func Formats() []Format {
	return []Format{VegetaGob, VegetaJSON, VegetaCSV, CSV, NDJSON, Parquet, HDR, HDRPercentiles}
}

// ParseFormat is the format of that name.
func ParseFormat(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
		names = append(names, string(f))
	}
	return "", fmt.Errorf("export: no format %q: choose %s", name, strings.Join(names, ", "))
}

// Binary says that the format is not for a terminal.
func (f Format) Binary() bool { return f == VegetaGob || f == Parquet }

// sink takes the requests that were sent, in the order of their intended times.
type sink interface {
	add(h *showdown.Hit) error
	// close writes what is left, without closing the writer.
	close() error
}

// Write writes the requests of r, which are those of a cell of the run that m describes, to
// w, and returns how many. A [*results.CorruptError] is returned after all that can be read
// is written.
func Write(w io.Writer, r *results.HitReader, m *results.Manifest, cell string, f Format) (n uint64, err error) {
	src, err := newSource(m, cell)
	if err != nil {
		return 0, err
	}
	if encoding, ok := strings.CutPrefix(string(f), "vegeta-"); ok {
		return results.ExportVegeta(w, r, src.vegeta(results.VegetaFormat(encoding)))
	}
	out := bufio.NewWriterSize(w, 64<<10)
	s, err := newSink(out, src, f)
	if err != nil {
		return 0, err
	}
	err = r.EachInOrder(func(hits []showdown.Hit) error {
		for i := range hits {
			if hits[i].Outcome == showdown.Dropped {
				continue
			}
			if err := s.add(&hits[i]); err != nil {
				return fmt.Errorf("export: %w", err)
			}
			n++
		}
		return nil
	})
	if corrupt := new(results.CorruptError); err != nil && !errors.As(err, &corrupt) {
		return n, err
	}
	if closeErr := errors.Join(s.close(), out.Flush()); closeErr != nil {
		err = fmt.Errorf("export: %w", closeErr)
	}
	return n, err
}

func newSink(w io.Writer, src *source, f Format) (sink, error) {
	switch f {
	case CSV:
		return newCSV(w, src)
	case NDJSON:
		return newNDJSON(w, src), nil
	case Parquet:
		return newParquet(w, src), nil
	case HDR:
		return newHDRLog(w, src)
	case HDRPercentiles:
		return newHDRPercentiles(w), nil
	}
	return nil, fmt.Errorf("export: no format %q", f)
}
