package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"showdown"
	"showdown/results"
)

var started = time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)

// hitsOf is n requests at 200 a second: an outage in the middle, 503s, a wrong answer now and
// then, and a few that were never sent.
func hitsOf(n int) []showdown.Hit {
	rng := rand.New(rand.NewPCG(3, 4))
	hits := make([]showdown.Hit, n)
	for i := range hits {
		at := time.Duration(i) * 5 * time.Millisecond
		h := showdown.Hit{
			Seq: uint64(i), Intended: at, Sent: at + time.Duration(rng.IntN(200_000)),
			Latency: time.Duration(4e5 * math.Exp(0.6*rng.NormFloat64())), Status: 200, Client: uint32(i % 10),
			Backend: [2]string{"web-1", "web-2"}[i%2], Address: "127.18.0.4", BytesIn: 37, Reused: i%50 != 0, DNSAge: 64 * time.Millisecond,
		}
		switch x := i * 100 / n; {
		case x >= 40 && x < 50:
			h.Outcome, h.Status, h.BytesIn, h.Latency = showdown.Refused, 0, 0, 90*time.Microsecond
		case x >= 50 && x < 52:
			h.Outcome, h.Status, h.Latency = showdown.ResponseTimeout, 0, 83*time.Millisecond
		case x >= 60 && x < 65:
			h.Outcome, h.Status, h.BytesIn = showdown.HTTP5xx, 503, 22
		case i%997 == 0:
			h = showdown.Hit{Seq: h.Seq, Intended: at, Sent: at, Client: h.Client, Outcome: showdown.Dropped}
		}
		hits[i] = h
	}
	return hits
}

// recorded is a run with those requests, played at speed 60.
func recorded(t testing.TB, hits []showdown.Hit) (dir string, m *results.Manifest) {
	t.Helper()
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m = &results.Manifest{
		Journey: "whatsthetime", Stage: "vertical", Speed: 60, Seed: 3, Started: started, Zero: started.Add(2 * time.Second),
		Spec: &showdown.Stage{
			Version: 1, Journey: "whatsthetime", Name: "vertical", Title: "A bigger machine",
			Cells: []showdown.Cell{{Name: showdown.BaseCell, Traffic: showdown.Traffic{
				Clients: 10, Method: "GET", Path: "/", Cohorts: []showdown.Cohort{{Name: "jvm", Share: 3}, {Name: "browser", Share: 7}},
				Phases: []showdown.Phase{{Name: "steady", Lab: showdown.LabDuration(time.Duration(len(hits)) * 5 * time.Millisecond), Rate: 200}},
			}}},
		},
	}
	rec, err := store.Create("whatsthetime-vertical", m)
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(slices.Clone(hits), 5000) {
		rec.Hits(showdown.BaseCell).Append(part)
	}
	rec.Event(showdown.Event{At: started, Kind: showdown.RunEnded, Source: "play"})
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	return rec.Dir(), m
}

func exported(t testing.TB, w io.Writer, dir string, m *results.Manifest, f Format) uint64 {
	t.Helper()
	r, err := results.OpenHits(filepath.Join(dir, results.HitsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, err := Write(w, r, m, showdown.BaseCell, f)
	if err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	return n
}

// The tables hold the same rows, which are the requests that were sent.
func TestTables(t *testing.T) {
	hits := hitsOf(4000)
	dir, m := recorded(t, hits)
	src, err := newSource(m, showdown.BaseCell)
	if err != nil {
		t.Fatal(err)
	}
	var want []Row
	for i := range hits {
		if hits[i].Outcome != showdown.Dropped {
			want = append(want, src.row(&hits[i]))
		}
	}
	if len(want) == len(hits) {
		t.Fatal("every request was sent")
	}
	first := want[0]
	if first.Seq != 1 || first.TS != 0.3 || first.Cohort != "jvm" || !first.At.After(m.Zero) || first.ResponseNS != first.SentNS-first.IntendedNS+first.LatencyNS {
		t.Errorf("first row %+v", first)
	}

	var file bytes.Buffer
	if n := exported(t, &file, dir, m, Parquet); n != uint64(len(want)) {
		t.Errorf("parquet: %d rows of %d", n, len(want))
	}
	pf, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := pf.Lookup("showdown.run"); !ok || v != m.Run {
		t.Errorf("parquet: run %q", v)
	}
	rows, err := parquet.Read[Row](bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil || len(rows) != len(want) {
		t.Fatalf("parquet: %d rows, %v", len(rows), err)
	}
	for i := range rows {
		w := want[i]
		w.At = w.At.Truncate(time.Microsecond)
		rows[i].At = rows[i].At.UTC()
		if diff := cmp.Diff(w, rows[i]); diff != "" {
			t.Fatalf("parquet, row %d:\n%s", i, diff)
		}
	}

	file.Reset()
	exported(t, &file, dir, m, NDJSON)
	dec := json.NewDecoder(&file)
	dec.DisallowUnknownFields()
	for i := 0; ; i++ {
		var r Row
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			if i != len(want) {
				t.Errorf("ndjson: %d rows of %d", i, len(want))
			}
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], r); diff != "" {
			t.Fatalf("ndjson, row %d:\n%s", i, diff)
		}
	}

	file.Reset()
	exported(t, &file, dir, m, CSV)
	lines, err := csv.NewReader(&file).ReadAll()
	if err != nil || len(lines) != len(want)+1 {
		t.Fatalf("csv: %d lines, %v", len(lines), err)
	}
	if !slices.Equal(lines[0], Columns()) {
		t.Errorf("csv: columns %q", lines[0])
	}
	line := []string{
		"1", "0.3", first.At.Format(time.RFC3339Nano), "5000000", itoa(first.SentNS), itoa(first.LatencyNS), itoa(first.ResponseNS),
		"ok", "200", "1", "jvm", "web-2", "127.18.0.4", "37", "0", "true", "64",
	}
	if diff := cmp.Diff(line, lines[1]); diff != "" {
		t.Errorf("csv:\n%s", diff)
	}
}

// The three tables name their columns alike.
func TestColumns(t *testing.T) {
	row := reflect.TypeFor[Row]()
	if row.NumField() != len(Columns()) {
		t.Fatalf("%d columns and %d fields", len(Columns()), row.NumField())
	}
	for i, name := range Columns() {
		f := row.Field(i)
		inParquet, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
		if f.Tag.Get("json") != name || inParquet != name {
			t.Errorf("column %s is %q in NDJSON and %q in Parquet", name, f.Tag.Get("json"), inParquet)
		}
	}
}

func itoa(v int64) string { b, _ := json.Marshal(v); return string(b) }

// HdrHistogram's own reader finds every request in the log, and our percentiles.
func TestHDR(t *testing.T) {
	hits := hitsOf(4000)
	dir, m := recorded(t, hits)
	var file bytes.Buffer
	exported(t, &file, dir, m, HDR)
	reader := hdrhistogram.NewHistogramLogReader(&file)
	all := map[string]*hdrhistogram.Histogram{}
	intervals := 0
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		intervals++
		if d := h.EndTimeMs() - h.StartTimeMs(); d != 1000 {
			t.Errorf("an interval of %d ms", d)
		}
		if all[h.Tag()] == nil {
			all[h.Tag()] = newHistogram()
		}
		if lost := all[h.Tag()].Merge(h); lost > 0 {
			t.Errorf("%d values lost", lost)
		}
	}
	var service []time.Duration
	failed := 0
	for _, h := range hits {
		switch {
		case h.Outcome == showdown.OK:
			service = append(service, h.Latency)
		case h.Outcome != showdown.Dropped:
			failed++
		}
	}
	slices.Sort(service)
	if got := all["service"].TotalCount(); got != int64(len(service)) || all["response"].TotalCount() != got {
		t.Errorf("%d service and %d response times of %d", got, all["response"].TotalCount(), len(service))
	}
	if got := all["failed"].TotalCount(); got != int64(failed) {
		t.Errorf("%d failures of %d", got, failed)
	}
	if intervals < 20 {
		t.Errorf("%d intervals", intervals)
	}
	exact := float64(service[(len(service)*99+99)/100-1])
	if got := float64(all["service"].ValueAtPercentile(99)); math.Abs(got/exact-1) > 0.002 {
		t.Errorf("p99 %g, exactly %g", got, exact)
	}

	file.Reset()
	exported(t, &file, dir, m, HDRPercentiles)
	if text := file.String(); !strings.Contains(text, "Percentile") || !strings.Contains(text, "#[Max") {
		t.Errorf("the percentile distribution:\n%s", text)
	}
}

// A disk that is full ends every format with its reason.
func TestFullDisk(t *testing.T) {
	dir, m := recorded(t, hitsOf(3000))
	for _, f := range Formats() {
		r, err := results.OpenHits(filepath.Join(dir, results.HitsFile))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Write(&small{room: 500}, r, m, showdown.BaseCell, f); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%s: error %v", f, err)
		}
		r.Close()
	}
}

// small is a disk with so much room.
type small struct{ room int }

func (s *small) Write(p []byte) (int, error) {
	if len(p) > s.room {
		n := s.room
		s.room = 0
		return n, errors.New("no space left on device")
	}
	s.room -= len(p)
	return len(p), nil
}

// A damaged block is left out, the others are exported, and the error says so.
func TestDamaged(t *testing.T) {
	dir, m := recorded(t, hitsOf(30_000))
	data := readFile(t, filepath.Join(dir, results.HitsFile))
	data[len(data)/2] ^= 0xff
	for _, f := range Formats() {
		r, err := results.NewHitReader("hits.bin", bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		n, err := Write(&out, r, m, showdown.BaseCell, f)
		if corrupt := new(results.CorruptError); !errors.As(err, &corrupt) || corrupt.Offset == 0 {
			t.Errorf("%s: error %v", f, err)
		}
		if n < 10_000 || n > 28_000 || out.Len() == 0 {
			t.Errorf("%s: %d requests in %d bytes", f, n, out.Len())
		}
		if f == Parquet {
			if rows, err := parquet.Read[Row](bytes.NewReader(out.Bytes()), int64(out.Len())); err != nil || len(rows) != int(n) {
				t.Errorf("%d rows, %v", len(rows), err)
			}
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range Formats() {
		if got, err := ParseFormat(string(f)); err != nil || got != f {
			t.Errorf("%q is %q, %v", f, got, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil || !strings.Contains(err.Error(), "choose vegeta-gob, ") {
		t.Errorf("error %v", err)
	}
}

// Twice the requests take no more memory.
func TestMemoryIsFlat(t *testing.T) {
	peak := func(n int, f Format) uint64 {
		dir, m := recorded(t, hitsOf(n))
		w := &watched{}
		exported(t, w, dir, m, f)
		return w.peak
	}
	for _, f := range Formats() {
		n := 30_000
		if f == Parquet {
			n = 9 * rowGroup / 8
		}
		if a, b := peak(n, f), peak(2*n, f); float64(b) > 1.3*float64(a)+2e6 {
			t.Errorf("%s: %.1f MB for %d requests and %.1f MB for twice as many", f, float64(a)/1e6, n, float64(b)/1e6)
		}
	}
}

// watched throws away what is written and looks at the heap now and then.
type watched struct {
	bytes, looked int
	peak          uint64
}

func (w *watched) Write(p []byte) (int, error) {
	if w.bytes += len(p); w.bytes-w.looked > 1<<19 || w.peak == 0 {
		w.looked = w.bytes
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // what lies in a pool outlives one
		runtime.ReadMemStats(&m)
		w.peak = max(w.peak, m.HeapAlloc)
	}
	return len(p), nil
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
