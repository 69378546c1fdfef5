package foreign

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
	"showdown/results"
)

var zero = time.Date(2026, 11, 23, 10, 15, 2, 5000, time.UTC)

// hitsOf is n requests with failures of every kind that vegeta's results can say, in order.
func hitsOf(n int) []showdown.Hit {
	rng := rand.New(rand.NewPCG(7, 8))
	hits := make([]showdown.Hit, n)
	for i := range hits {
		at := time.Duration(i)*time.Millisecond + time.Duration(rng.IntN(900_000))
		if i == 0 {
			at = 0
		}
		h := showdown.Hit{
			Seq: uint64(i), Intended: at, Sent: at, Latency: time.Duration(rng.IntN(3_000_000)), Status: 200,
			BytesIn: uint32(rng.IntN(100)), BytesOut: uint32(rng.IntN(100)),
		}
		if o := showdown.Outcome(i % 20); o > showdown.OK && o < showdown.Dropped {
			h.Outcome, h.Status = o, 0
			switch o {
			case showdown.HTTP5xx:
				h.Status = 503
			case showdown.HTTP4xx:
				h.Status = 429
			case showdown.Wrong:
				h.Status = 200
			}
		}
		hits[i] = h
	}
	return hits
}

// exported is hits as vegeta's results.
func exported(t testing.TB, hits []showdown.Hit, f results.VegetaFormat) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), results.HitsFile)
	if err := results.WriteHits(path, "run", "base", slices.Clone(hits)); err != nil {
		t.Fatal(err)
	}
	r, err := results.OpenHits(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := results.ExportVegeta(&b, r, results.VegetaExport{Format: f, Zero: zero, Attack: "a", Method: "GET", URL: "http://web/"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func newStore(t testing.TB) *results.Store {
	t.Helper()
	store, err := results.OpenStore(filepath.Join(t.TempDir(), "runs"))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// imported is what data becomes in a store, with the requests of the record.
func imported(t testing.TB, data []byte, f Format) (Imported, *results.Manifest, []showdown.Hit) {
	t.Helper()
	out, err := Import(t.Context(), bytes.NewReader(data), Config{Store: newStore(t), File: "/some/where/attack.bin", Format: f})
	if err != nil {
		t.Fatal(err)
	}
	m, err := results.ReadManifest(out.Run.Dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := results.OpenHits(filepath.Join(out.Run.Dir, results.HitsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var hits []showdown.Hit
	if err := r.EachInOrder(func(b []showdown.Hit) error { hits = append(hits, b...); return nil }); err != nil || !r.Complete() {
		t.Fatalf("the record: %v, complete %v", err, r.Complete())
	}
	if _, complete, err := results.ReadEvents(filepath.Join(out.Run.Dir, results.EventsFile)); err != nil || !complete {
		t.Errorf("the events: %v, complete %v", err, complete)
	}
	if out.Requests != uint64(len(hits)) {
		t.Errorf("%d requests were said and %d are there", out.Requests, len(hits))
	}
	return out, m, hits
}

func TestVegeta(t *testing.T) {
	want := hitsOf(3000)
	for _, f := range []results.VegetaFormat{results.VegetaGob, results.VegetaJSON, results.VegetaCSV} {
		data := exported(t, want, f)
		var zipped bytes.Buffer
		zw := gzip.NewWriter(&zipped)
		if _, err := zw.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := zw.Close(); err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{data, zipped.Bytes()} {
			out, m, got := imported(t, data, "")
			if out.Format != Format("vegeta-"+f) {
				t.Errorf("%s was taken for %s", f, out.Format)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s:\n%.2000s", f, diff)
			}
			if !m.Zero.Equal(zero) || m.Speed != 1 || m.Source == nil || m.Source.File != "attack.bin" {
				t.Errorf("the manifest %+v", m)
			}
			if !slices.Contains(m.Source.Unknown, "intended_ns") || len(m.Source.Notes) != 1 {
				t.Errorf("the source %+v", m.Source)
			}
		}
	}
}

// Errors as Go's client words them, which is what vegeta writes.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		code uint16
		text string
		want showdown.Outcome
	}{
		{200, "", showdown.OK},
		{302, "", showdown.OK},
		{404, "404 Not Found", showdown.HTTP4xx},
		{503, "503 Service Unavailable", showdown.HTTP5xx},
		{0, `Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused`, showdown.Refused},
		{0, `Get "http://10.0.0.1/": dial tcp 0.0.0.0:0->10.0.0.1:80: i/o timeout`, showdown.ConnectTimeout},
		{0, `Get "http://10.0.0.1/": dial tcp 10.0.0.1:80: connect: connection timed out`, showdown.ConnectTimeout},
		{0, `Get "http://10.0.0.1/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`, showdown.ResponseTimeout},
		{0, `Get "http://x/": dial tcp: lookup x on 127.0.0.53:53: no such host`, showdown.DNSFailure},
		{0, `Get "http://x/": dial tcp: lookup x: i/o timeout`, showdown.DNSFailure},
		{0, `Get "https://x/": tls: failed to verify certificate: x509: certificate signed by unknown authority`, showdown.TLSFailure},
		{0, `Get "https://x/": net/http: TLS handshake timeout`, showdown.TLSFailure},
		{0, `Get "http://x/": EOF`, showdown.Reset},
		{0, `unexpected EOF`, showdown.Reset},
		{0, `Get "http://x/": read tcp 127.0.0.1:4->127.0.0.1:80: read: connection reset by peer`, showdown.Reset},
		{0, "response_timeout", showdown.ResponseTimeout},
		{200, "wrong", showdown.Wrong},
	} {
		var k classifier
		if got := k.of(c.code, c.text); got != c.want || k.unplaced > 0 {
			t.Errorf("%d %q is %s, want %s; %d unknown", c.code, c.text, got, c.want, k.unplaced)
		}
	}
	var k classifier
	for _, text := range []string{"no route to host", "", "ok", "dropped"} {
		if got := k.of(0, text); got != showdown.Reset {
			t.Errorf("%q is %s", text, got)
		}
	}
	if notes := k.notes(); k.unplaced != 4 || len(notes) != 1 || !strings.Contains(notes[0], `4 failures`) || !strings.Contains(notes[0], `no route to host`) {
		t.Errorf("notes %q", notes)
	}
}

// k6Points is the points of a request, as k6 writes them.
func k6Points(end time.Time, tags string, blocked, sending, waiting, receiving float64) string {
	var b strings.Builder
	point := func(metric string, v float64) {
		fmt.Fprintf(&b, `{"metric":%q,"type":"Point","data":{"time":%q,"value":%g,"tags":{%s}}}`+"\n", metric, end.Format(time.RFC3339Nano), v, tags)
	}
	point("http_reqs", 1)
	point("http_req_duration", sending+waiting+receiving)
	point("http_req_blocked", blocked)
	point("http_req_connecting", blocked/2)
	point("http_req_tls_handshaking", 0)
	point("http_req_sending", sending)
	point("http_req_waiting", waiting)
	point("http_req_receiving", receiving)
	point("http_req_failed", 0)
	return b.String()
}

const k6Head = `{"type":"Metric","data":{"name":"http_reqs","type":"counter","contains":"default","thresholds":[],"submetrics":null},"metric":"http_reqs"}
{"metric":"vus","type":"Point","data":{"time":"2026-11-23T10:15:02Z","value":5,"tags":null}}
`

func TestK6(t *testing.T) {
	good := `"expected_response":"true","method":"GET","name":"http://web/","proto":"HTTP/1.1","scenario":"default","status":"200","url":"http://web/"`
	failed := func(code, text string) string {
		return `"error":"` + text + `","error_code":"` + code + `","expected_response":"false","method":"GET","name":"http://web/","scenario":"default","status":"0","url":"http://web/"`
	}
	at := func(ms int) time.Time { return zero.Add(time.Duration(ms) * time.Millisecond) }
	data := k6Head +
		k6Points(at(10), good, 1, 0.5, 8, 0.5) +
		k6Points(at(10), strings.Replace(good, "200", "503", 1), 0, 1, 3, 1) + // another one of the same moment
		k6Points(at(20), good, 0, 0.25, 14.5, 0.25) +
		k6Points(at(21), failed("1212", "dial: connection refused"), 0, 0, 0, 0) +
		k6Points(at(30), failed("1050", "request timeout"), 0, 1, 9, 0) +
		k6Points(at(31), failed("1050", "request timeout"), 0, 0, 0, 0) +
		k6Points(at(32), failed("1101", "lookup: no such host"), 0, 0, 0, 0) +
		k6Points(at(33), failed("1220", "read: connection reset by peer"), 0, 1, 1, 0) +
		k6Points(at(34), failed("1000", "something new"), 0, 1, 1, 0) +
		`{"metric":"dropped_iterations","type":"Point","data":{"time":"2026-11-23T10:15:03Z","value":7,"tags":{}}}` + "\n" +
		`{"metric":"checks","type":"Point","data":{"time":"2026-11-23T10:15:03Z","value":0,"tags":{"check":"body"}}}` + "\n" +
		`{"metric":"checks","type":"Point","data":{"time":"2026-11-23T10:15:03Z","value":1,"tags":{"check":"body"}}}` + "\n"
	out, m, got := imported(t, []byte(data), "")
	if out.Format != K6 {
		t.Errorf("taken for %s", out.Format)
	}
	ms := func(v float64) time.Duration { return time.Duration(v * 1e6) }
	hit := func(sent, latency float64, o showdown.Outcome, status uint16) showdown.Hit {
		return showdown.Hit{Intended: ms(sent), Sent: ms(sent), Latency: ms(latency), Outcome: o, Status: status}
	}
	want := []showdown.Hit{
		hit(0, 10, showdown.OK, 200),
		hit(5, 5, showdown.HTTP5xx, 503),
		hit(5, 15, showdown.OK, 200),
		hit(20, 10, showdown.ResponseTimeout, 0),
		hit(21, 0, showdown.Refused, 0),
		hit(31, 0, showdown.ConnectTimeout, 0),
		hit(31, 2, showdown.Reset, 0),
		hit(32, 0, showdown.DNSFailure, 0),
		hit(32, 2, showdown.Reset, 0),
	}
	for i := range want {
		want[i].Seq = uint64(i)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the requests:\n%s", diff)
	}
	if !m.Zero.Equal(zero) {
		t.Errorf("zero %v", m.Zero)
	}
	notes := strings.Join(m.Source.Notes, "\n")
	for _, note := range []string{"when a request was due", "http_req_blocked", "3 requests without a connection", "did not start 7 iterations", "1 checks", `1 failures are of no kind that is known here and count as reset; the first was "something new"`} {
		if !strings.Contains(notes, note) {
			t.Errorf("the notes say nothing of %q:\n%s", note, notes)
		}
	}
}

// Lines in another order of keys, with metadata, and with escapes mean the same.
func TestK6InOtherWords(t *testing.T) {
	tags := `"name":"a \"b\"","status":"200"`
	usual := k6Points(zero, tags, 1, 2, 3, 4) + k6Points(zero.Add(time.Second), tags, 1, 2, 3, 4)
	_, _, want := imported(t, []byte(k6Head+usual), "")
	if len(want) != 2 || want[0].Latency != 10*time.Millisecond {
		t.Fatalf("%+v", want)
	}
	for name, data := range map[string]string{
		"metadata":    strings.ReplaceAll(usual, `}}}`, `},"metadata":{"vu":"1"}}}`),
		"metric last": reordered(usual),
		"spaces":      strings.ReplaceAll(usual, `"data":{`, `"data": {`),
		"escapes":     strings.ReplaceAll(usual, `"status"`, `"st\u0061tus"`),
		"tags anyhow": strings.Replace(usual, tags, `"status":"200","name":"a \"b\""`, 3),
	} {
		if _, _, got := imported(t, []byte(k6Head+data), ""); !cmp.Equal(want, got) {
			t.Errorf("%s:\n%s", name, cmp.Diff(want, got))
		}
	}
}

// reordered is points with the metric's name at the end, as older versions of k6 write them.
func reordered(points string) string {
	var b strings.Builder
	for line := range strings.Lines(points) {
		head, rest, _ := strings.Cut(strings.TrimSpace(line), ",")
		b.WriteString("{" + strings.TrimSuffix(rest, "}") + "," + strings.TrimPrefix(head, "{") + "}\n")
	}
	return b.String()
}

const ohaTable = `request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status
0.0010,0.0001,0.0002,0.0005,0.0025,37,200
0.0020,0,0,0.0005,0.0015,22,503
0.5,0,0,0,1.25,37,200
`

func TestOha(t *testing.T) {
	before := time.Now()
	out, m, got := imported(t, []byte(ohaTable), "")
	if out.Format != Oha || m.Zero.Before(before.Add(-time.Second)) {
		t.Errorf("taken for %s, zero %v", out.Format, m.Zero)
	}
	us := time.Microsecond
	want := []showdown.Hit{
		{Seq: 0, Latency: 2500 * us, Status: 200, BytesIn: 37},
		{Seq: 1, Intended: 1000 * us, Sent: 1000 * us, Latency: 1500 * us, Status: 503, Outcome: showdown.HTTP5xx, BytesIn: 22},
		{Seq: 2, Intended: 499000 * us, Sent: 499000 * us, Latency: 1250000 * us, Status: 200, BytesIn: 37},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the requests:\n%s", diff)
	}
	if notes := strings.Join(m.Source.Notes, "\n"); !strings.Contains(notes, "refused, reset or too slow are missing") || !slices.Contains(m.Source.Unknown, "at") {
		t.Errorf("the source %+v", m.Source)
	}
}

func TestRefused(t *testing.T) {
	csvLine := "1795688102000005000,200,1000,0,37,,,a,0,GET,http://web/,\n"
	jsonLine := `{"attack":"a","seq":0,"code":200,"timestamp":"2026-11-23T10:15:02Z","latency":1000,"bytes_out":0,"bytes_in":1,"error":"","body":null,"method":"GET","url":"/","headers":null}` + "\n"
	gob := exported(t, hitsOf(20), results.VegetaGob)
	var broken bytes.Buffer
	zw := gzip.NewWriter(&broken)
	_, _ = zw.Write(bytes.Repeat([]byte(jsonLine), 2000))
	_ = zw.Close()
	for _, c := range []struct {
		name string
		data string
		f    Format
		want string
	}{
		{"empty", "", "", "it is empty"},
		{"blank", " \n\n", "", "it is empty"},
		{"text", "hello, world\n", "", "it is neither vegeta's results"},
		{"html", "<!doctype html>", "", "it is neither"},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00", "", "it is neither"},
		{"our own table", "seq,t_s,at\n1,2,3\n", "", "it is neither"},
		{"csv, truncated", csvLine + csvLine[:30], "", "line 2: 4 columns, and vegeta writes 12"},
		{"csv, no number", csvLine + strings.Replace(csvLine, "1000", "fast", 1), "", `line 2: column 3 is "fast" and no number`},
		{"csv, quote", csvLine + `1,200,1,1,1,"`, "", "line 2"},
		{"csv, status", strings.Replace(csvLine, ",200,", ",70000,", 1), "", "line 1: a status code of 70000"},
		{"csv, latency", csvLine + strings.Replace(csvLine, "1000", "-1", 1), "", "line 2: a latency of -1ns"},
		{"json, truncated", jsonLine + jsonLine[:60], "", "line 2: it ends in the middle of a request: the file is truncated"},
		{"json, broken", jsonLine + "{]\n" + jsonLine, "", "line 2: parse error"},
		{"json, year", strings.Replace(jsonLine, "2026", "9999", 1), "", "line 1: a request of the year 9999"},
		{"json, type", strings.Replace(jsonLine, "1000", `"x"`, 1), "", "line 1: parse error"},
		{"gob, truncated", string(gob[:len(gob)-10]), "", "it ends in the middle of a request: the file is truncated"},
		{"gob, damaged", string(gob[:400]) + strings.Repeat("\xff", 50), "", "request "},
		{"gob by force", "hello", VegetaGob, "request 1, before byte 5"},
		{"gzip, truncated in its first block", broken.String()[:400], "", "it ends in the middle of what gzip compressed"},
		{"gzip, truncated", broken.String()[:broken.Len()-20], "", "the file is truncated"},
		{"k6, truncated", k6Head + k6Points(zero, `"status":"200"`, 1, 1, 1, 1) + `{"metric":"http_reqs","type":"Po`, "", "line 12: it ends in the middle"},
		{"k6, foreign line", k6Head + `{"metric":"http_reqs","type":"Sample"}` + "\n", "", "line 3: neither a metric nor a point"},
		{"k6, negative", k6Head + k6Points(zero, `"status":"200"`, 1, -1, 1, 1), "", "line 8: http_req_sending of -1 ms"},
		{"k6, no time", k6Head + `{"metric":"http_reqs","type":"Point","data":{"value":1,"tags":{"status":"200"}}}` + "\n", "", "line 3: a request of the year 1"},
		{"k6, status", k6Head + k6Points(zero, `"status":"fine"`, 1, 1, 1, 1), "", `line 3: status "fine" is no number`},
		{"k6, nothing", k6Head, "", "there is no request in it"},
		{"k6, summary", `{"root_group":{"name":""},"metrics":{"http_reqs":{"count":3}}}`, "", "k6 run --out json=FILE writes the requests"},
		{"oha, json", "{\n  \"summary\": {\"successRate\": 1},\n  \"responseTimeHistogram\": {\"0.1\": 3}\n}", "", "oha --output-format csv writes the requests"},
		{"oha, json by force", `{"summary":{},"responseTimeHistogram":{}}`, Oha, "oha --output-format csv writes the requests"},
		{"oha, truncated", ohaTable + "0.6,0,0", "", "line 5: 3 columns, and the first line names 7"},
		{"oha, no number", ohaTable + "0.6,0,0,0,NaN,1,200\n", "", `line 5: column request-duration: "NaN" is no number of seconds`},
		{"oha, no column", "request-start,bytes,status\n", "", `there is no column "request-duration"`},
		{"oha, nothing", strings.SplitAfter(ohaTable, "\n")[0], "", "there is no request in it"},
		{"vegeta's report", `{"latencies":{"total":1},"success":1,"status_codes":{"200":1}}`, "", "import the results that vegeta attack wrote"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := newStore(t)
			_, err := Import(t.Context(), strings.NewReader(c.data), Config{Store: store, File: "x", Format: c.f})
			if err == nil || !strings.HasPrefix(err.Error(), "import x: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			empty(t, store)
		})
	}
}

// empty fails when anything is in the store.
func empty(t *testing.T, store *results.Store) {
	t.Helper()
	entries, err := os.ReadDir(store.Dir())
	if err != nil && !errors.Is(err, os.ErrNotExist) || len(entries) > 0 {
		t.Errorf("the store has %v, %v", entries, err)
	}
}

// A file that ends at any byte is an error, or the requests before it.
func TestTruncatedAnywhere(t *testing.T) {
	hits := hitsOf(6)
	for _, f := range []results.VegetaFormat{results.VegetaGob, results.VegetaJSON, results.VegetaCSV} {
		data := exported(t, hits, f)
		whole := 0
		for n := range data {
			d, _, err := open(bytes.NewReader(data[:n]), Format("vegeta-"+f))
			read := 0
			for err == nil {
				if _, err = d.next(); err == nil {
					read++
				}
			}
			if read > len(hits) {
				t.Fatalf("%s, %d bytes: %d requests", f, n, read)
			}
			if errors.Is(err, io.EOF) {
				whole++
			}
		}
		// At the end of each request nothing says that there were more.
		if whole > 2*len(hits) {
			t.Errorf("%s: %d of %d truncations go unnoticed", f, whole, len(data))
		}
	}
}

// Requests in any order come out in the order in which they were sent, those that do not fit
// into memory included, and no file stays behind.
func TestSorter(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	const n = 20_000
	for name, at := range map[string]func(i int) int64{
		"in order":   func(i int) int64 { return int64(i) * 1000 },
		"as it ends": func(i int) int64 { return int64(i)*1000 + rng.Int64N(400_000) },
		"backwards":  func(i int) int64 { return int64(n-i) * 1000 },
		"anyhow":     func(int) int64 { return rng.Int64N(1 << 40) },
		"at once":    func(int) int64 { return 5 },
	} {
		t.Run(name, func(t *testing.T) {
			beside := t.TempDir()
			s := newSorter(beside)
			s.size = 1500
			var want []int64
			for i := range n {
				r := request{at: at(i), hit: showdown.Hit{Latency: time.Duration(i)}}
				want = append(want, r.at)
				if err := s.add(r); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(want)
			seen := make([]bool, n)
			var zero int64
			i := 0
			err := s.each(t.Context(), func(z int64) error { zero = z; return nil }, func(h *showdown.Hit) error {
				if h.Seq != uint64(i) || int64(h.Sent)+zero != want[i] || h.Intended != h.Sent || seen[h.Latency] {
					t.Fatalf("request %d is %+v, want it at %d", i, *h, want[i]-zero)
				}
				seen[h.Latency] = true
				i++
				return nil
			})
			if err != nil || i != n || zero != want[0] {
				t.Errorf("%d of %d, zero %d, %v", i, n, zero, err)
			}
			if err := s.remove(); err != nil {
				t.Fatal(err)
			}
			if entries, err := os.ReadDir(beside); err != nil || len(entries) != 0 {
				t.Errorf("%v stays, %v", entries, err)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store := newStore(t)
	_, err := Import(ctx, bytes.NewReader(exported(t, hitsOf(50), results.VegetaGob)), Config{Store: store, File: "x"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	empty(t, store)
}

// FuzzImport reads anything in each format.
func FuzzImport(f *testing.F) {
	for _, format := range []results.VegetaFormat{results.VegetaGob, results.VegetaJSON, results.VegetaCSV} {
		f.Add(exported(f, hitsOf(5), format))
	}
	f.Add([]byte(ohaTable))
	f.Add([]byte(k6Head + k6Points(zero, `"status":"200","error_code":"1050"`, 1, 2, 3, 4)))
	f.Add([]byte("{}\n{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range append(Formats(), "") {
			d, _, err := open(bytes.NewReader(data), format)
			n := 0
			for err == nil {
				var r request
				if r, err = d.next(); err != nil {
					break
				}
				if r.hit.Latency < 0 || r.hit.Latency > maxLatency || r.hit.Outcome >= showdown.Dropped {
					t.Fatalf("%s: request %+v", format, r)
				}
				if n++; n > len(data) {
					t.Fatalf("%s: more requests than bytes", format)
				}
			}
			if d != nil {
				_ = d.about()
			}
		}
	})
}
