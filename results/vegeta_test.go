package results

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"showdown"
)

// vegeta's own decoder and metrics read what is exported, in each encoding, and come
// to our counts.
func TestExportVegeta(t *testing.T) {
	hits := traffic(rand.New(rand.NewPCG(4, 4)), 20000, 500)
	file := written(t, batches(hits, 500*time.Millisecond)...)
	var (
		sent, ok uint64
		in       uint64
		first    = hits[0].Sent
	)
	for _, h := range hits {
		if h.Outcome != showdown.Dropped {
			sent++
			in += uint64(h.BytesIn)
		}
		if h.Outcome == showdown.OK {
			ok++
		}
	}
	if sent == uint64(len(hits)) {
		t.Fatal("the traffic has no dropped request")
	}
	for _, format := range []VegetaFormat{"", VegetaGob, VegetaCSV, VegetaJSON} {
		r, err := NewHitReader("hits.bin", bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		n, err := ExportVegeta(&out, r, VegetaExport{Format: format, Zero: started, Attack: "base", Method: "GET", URL: "http://web/"})
		if err != nil || n != sent {
			t.Fatalf("%q: %d of %d exported, error %v", format, n, sent, err)
		}
		dec := vegeta.DecoderFor(&out)
		if dec == nil {
			t.Fatalf("%q: vegeta does not know the encoding", format)
		}
		var m vegeta.Metrics
		for seq := uint64(0); ; seq++ {
			var res vegeta.Result
			if err := dec.Decode(&res); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%q: %v", format, err)
			}
			if res.Seq != seq || res.Attack != "base" || res.Method != "GET" || res.URL != "http://web/" {
				t.Fatalf("%q: result %+v, want number %d", format, res, seq)
			}
			if seq == 0 && !res.Timestamp.Equal(started.Add(first)) {
				t.Errorf("%q: first sent at %v", format, res.Timestamp)
			}
			m.Add(&res)
		}
		m.Close()
		if m.Requests != sent || uint64(m.Success*float64(sent)+0.5) != ok || m.BytesIn.Total != in {
			t.Errorf("%q: vegeta counts %d requests, success %g, %d bytes; we count %d, %d good, %d",
				format, m.Requests, m.Success, m.BytesIn.Total, sent, ok, in)
		}
		if m.StatusCodes["200"] != int(ok) || m.StatusCodes["503"] == 0 || m.StatusCodes["0"] == 0 {
			t.Errorf("%q: status codes %v", format, m.StatusCodes)
		}
		if errs := strings.Join(m.Errors, ","); !strings.Contains(errs, "503 Service Unavailable") || !strings.Contains(errs, "refused") {
			t.Errorf("%q: errors %q", format, errs)
		}
	}
}

func TestExportVegetaErrors(t *testing.T) {
	file := written(t, []showdown.Hit{{Seq: 0}, {Seq: 1}})
	r, err := NewHitReader("hits.bin", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ExportVegeta(io.Discard, r, VegetaExport{Format: "xml"}); err == nil || !strings.Contains(err.Error(), "choose gob, csv or json") {
		t.Errorf("error %v", err)
	}
	if _, err := ExportVegeta(fullWriter{}, r, VegetaExport{}); err == nil || !strings.Contains(err.Error(), "export: no room") {
		t.Errorf("error %v", err)
	}
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errors.New("no room") }
