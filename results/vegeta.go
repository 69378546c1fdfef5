package results

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"showdown"
)

// VegetaFormat is one of vegeta's encodings of results.
type VegetaFormat string

// The encodings of vegeta.
const (
	VegetaGob  VegetaFormat = "gob"
	VegetaCSV  VegetaFormat = "csv"
	VegetaJSON VegetaFormat = "json"
)

// VegetaExport says how hits become vegeta's results.
type VegetaExport struct {
	// Format is the encoding; empty is gob, vegeta's own default.
	Format VegetaFormat
	// Zero is the wall clock of the run's zero: the manifest's.
	Zero time.Time
	// Attack names the attack; Method and URL are the target's. All may be empty.
	Attack, Method, URL string
}

// ExportVegeta writes the hits of r to w as vegeta's results, for "vegeta report" and
// "vegeta plot", and returns how many. It leaves out requests that were never sent,
// and numbers the others from 0 without a gap, in the order in which they were sent, as
// the plot needs it. A result's timestamp is when the request was sent and its latency
// is the service time; a request that got no whole answer has code 0, and every
// failure's error is its outcome's name. A [*CorruptError] is returned after all that
// can be read is written.
func ExportVegeta(w io.Writer, r *HitReader, o VegetaExport) (n uint64, err error) {
	out := bufio.NewWriterSize(w, 64<<10)
	var encode vegeta.Encoder
	switch o.Format {
	case VegetaGob, "":
		encode = vegeta.NewEncoder(out)
	case VegetaCSV:
		encode = vegeta.NewCSVEncoder(out)
	case VegetaJSON:
		encode = vegeta.NewJSONEncoder(out)
	default:
		return 0, fmt.Errorf("export: %q is not an encoding of vegeta: choose gob, csv or json", o.Format)
	}
	var result vegeta.Result
	sent := sentOrder{fn: func(h *showdown.Hit) error {
		result = o.result(h, n)
		if err := encode.Encode(&result); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		n++
		return nil
	}}
	err = r.EachInOrder(func(hits []showdown.Hit) error {
		for i := range hits {
			if hits[i].Outcome == showdown.Dropped {
				continue
			}
			if err := sent.add(&hits[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if corrupt := new(CorruptError); err == nil || errors.As(err, &corrupt) {
		if restErr := sent.close(); restErr != nil {
			err = restErr
		}
	}
	if flushErr := out.Flush(); err == nil && flushErr != nil {
		err = fmt.Errorf("export: %w", flushErr)
	}
	return n, err
}

// result is h as vegeta's own attacker would have recorded it.
func (o VegetaExport) result(h *showdown.Hit, seq uint64) vegeta.Result {
	res := vegeta.Result{
		Attack: o.Attack, Seq: seq, Method: o.Method, URL: o.URL,
		Timestamp: o.Zero.Add(h.Sent), Latency: h.Latency,
		BytesIn: uint64(h.BytesIn), BytesOut: uint64(h.BytesOut),
	}
	switch h.Outcome {
	case showdown.OK:
		res.Code = h.Status
	case showdown.HTTP4xx, showdown.HTTP5xx:
		res.Code = h.Status
		// vegeta writes the status line's text here.
		res.Error = fmt.Sprintf("%d %s", h.Status, http.StatusText(int(h.Status)))
	case showdown.Wrong:
		res.Code, res.Error = h.Status, h.Outcome.String()
	default:
		res.Error = h.Outcome.String()
	}
	return res
}
