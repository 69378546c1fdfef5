package foreign

import (
	"encoding/json"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"showdown"
)

// The real vegeta attacks a server that fails now and then, and a port where nobody listens;
// what is imported of it counts as vegeta's own report does.
func TestRealVegeta(t *testing.T) {
	dir := t.TempDir()
	vegeta := filepath.Join(dir, "vegeta")
	build := exec.Command("go", "build", "-o", vegeta, "github.com/tsenart/vegeta/v12")
	build.Dir = filepath.Join("..", "..", ".ci", "bench")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build vegeta: %v\n%s", err, out)
	}
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) % 10 {
		case 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 7: // the connection ends
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				c.Close()
			}
		default:
			_, _ = w.Write([]byte("hello"))
		}
	}))
	defer server.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String() + "/"
	l.Close()

	attack := exec.Command(vegeta, "attack", "-rate=300", "-duration=1s")
	attack.Stdin = strings.NewReader("GET " + server.URL + "/\nPOST " + server.URL + "/\nGET " + nobody + "\n")
	data, err := attack.Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "attack.gob")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(vegeta, "report", "-type=json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Requests    int            `json:"requests"`
		Success     float64        `json:"success"`
		StatusCodes map[string]int `json:"status_codes"`
		Latencies   struct {
			Max int64 `json:"max"`
			P50 int64 `json:"50th"`
		} `json:"latencies"`
		BytesIn struct {
			Total uint64 `json:"total"`
		} `json:"bytes_in"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	for _, encoding := range []string{"gob", "json", "csv"} {
		encoded := data
		if encoding != "gob" {
			if encoded, err = exec.Command(vegeta, "encode", "-to", encoding, file).Output(); err != nil {
				t.Fatal(err)
			}
		}
		got, m, hits := imported(t, encoded, "")
		var count [11]int
		var most, received int64
		for _, h := range hits {
			count[h.Outcome]++
			most = max(most, int64(h.Latency))
			received += int64(h.BytesIn)
		}
		if len(hits) != report.Requests || got.Format != Format("vegeta-"+encoding) || most != report.Latencies.Max || uint64(received) != report.BytesIn.Total {
			t.Errorf("%s: %d requests of %d as %s, the longest %d of %d, %d bytes of %d", encoding, len(hits), report.Requests, got.Format,
				most, report.Latencies.Max, received, report.BytesIn.Total)
		}
		if ratio := float64(count[showdown.OK]) / float64(len(hits)); math.Abs(ratio-report.Success) > 1e-12 {
			t.Errorf("%s: success %g, vegeta's %g", encoding, ratio, report.Success)
		}
		if count[showdown.HTTP5xx] != report.StatusCodes["503"] || count[showdown.HTTP5xx] == 0 {
			t.Errorf("%s: %d 503s of %d", encoding, count[showdown.HTTP5xx], report.StatusCodes["503"])
		}
		// A POST whose connection ends is reset; a third of all, in turn, was for the port without a
		// server: of 300, or of fewer where a busy machine kept vegeta from sending them.
		if third := len(hits) / 3; count[showdown.Refused] < third || count[showdown.Refused] > third+1 || count[showdown.Reset] == 0 || count[showdown.Refused]+count[showdown.Reset] != report.StatusCodes["0"] {
			t.Errorf("%s: %v, and vegeta has %d without an answer", encoding, count, report.StatusCodes["0"])
		}
		if notes := strings.Join(m.Source.Notes, "\n"); strings.Contains(notes, "no kind that is known") {
			t.Errorf("%s: %s", encoding, notes)
		}
	}
}
