package export

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"showdown"
)

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// last is the last value of each series in an exposition, with its time stamp.
func last(t *testing.T, text string) (values map[string]float64, stamps map[string]string) {
	t.Helper()
	values, stamps = map[string]float64{}, map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		f := strings.Fields(lines.Text())
		if len(f) != 3 {
			t.Fatalf("line %q", lines.Text())
		}
		v, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if v < values[f[0]] {
			t.Errorf("%s falls from %g to %g", f[0], values[f[0]], v)
		}
		if stamps[f[0]] != "" && f[2] <= stamps[f[0]] {
			t.Errorf("%s goes back from %s to %s", f[0], stamps[f[0]], f[2])
		}
		values[f[0]], stamps[f[0]] = v, f[2]
	}
	return values, stamps
}

func TestOpenMetrics(t *testing.T) {
	hits := hitsOf(4000) // 20 lab seconds, 20 AWS minutes
	dir, m := recorded(t, hits)
	var file bytes.Buffer
	exported(t, &file, dir, m, OpenMetrics)
	text := file.String()
	if !strings.HasSuffix(text, "\n# EOF\n") {
		t.Errorf("it ends %q", text[max(len(text)-40, 0):])
	}
	values, stamps := last(t, text)
	labels := `run_id="` + m.Run + `",stage="vertical",cell="base",endpoint="/"`
	want := map[string]float64{}
	for _, h := range hits {
		if h.Outcome == showdown.Dropped {
			continue
		}
		want[`showdown_requests_total{`+labels+`,outcome="`+h.Outcome.String()+`"}`]++
		class := "ok"
		if h.Failed() {
			class = "error"
		}
		hist := labels + `,outcome="` + class + `"`
		want[`showdown_request_duration_seconds_count{`+hist+`}`]++
		want[`showdown_request_duration_seconds_bucket{`+hist+`,le="+Inf"}`]++
		if h.Latency <= time.Millisecond {
			want[`showdown_request_duration_seconds_bucket{`+hist+`,le="0.001"}`]++
		}
		if h.Latency <= time.Second {
			want[`showdown_request_duration_seconds_bucket{`+hist+`,le="1.0"}`]++
		}
	}
	for series, n := range want {
		if values[series] != n {
			t.Errorf("%s is %g, want %g", series, values[series], n)
		}
		at, err := strconv.ParseFloat(stamps[series], 64)
		if end := float64(m.Zero.Unix()) + 1200; err != nil || at != end {
			t.Errorf("%s ends at %s, want %.3f: 20 AWS minutes after the zero", series, stamps[series], end)
		}
	}
	if _, ok := values[`showdown_requests_total{`+labels+`,outcome="dropped"}`]; ok {
		t.Error("requests that were never sent are there")
	}
}

// A run of any length keeps its number of points bounded, and a time that no run has is an
// error and no memory.
func TestOpenMetricsIsBounded(t *testing.T) {
	_, m := recorded(t, nil)
	src, err := newSource(m, showdown.BaseCell)
	if err != nil {
		t.Fatal(err)
	}
	s := newOpenMetrics(&bytes.Buffer{}, src).(*openMetrics)
	for i := range 30_000 {
		if err := s.add(&showdown.Hit{Seq: uint64(i), Intended: time.Duration(i) * 50 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.points) > omBuckets || s.width != 64*showdown.Second {
		t.Errorf("%d points of %s", len(s.points), s.width)
	}
	n := uint64(0)
	for _, p := range s.points {
		n += p.outcomes[showdown.OK]
	}
	if n != 30_000 {
		t.Errorf("%d requests", n)
	}
	if err := s.add(&showdown.Hit{Intended: 1 << 55}); err == nil || !strings.Contains(err.Error(), "points in time") {
		t.Errorf("error %v", err)
	}
}

// Prometheus takes it: promtool makes blocks of it and dumps our counts from them.
func TestBackFill(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed; make test installs it as root")
	}
	hits := hitsOf(4000)
	dir, m := recorded(t, hits)
	temp := t.TempDir()
	path, data := filepath.Join(temp, "run.om"), filepath.Join(temp, "data")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	exported(t, f, dir, m, OpenMetrics)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool, "tsdb", "create-blocks-from", "openmetrics", path, data).CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	// The dump asks for the log of a server that has run; an empty one does.
	if err := os.Mkdir(filepath.Join(data, "wal"), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(promtool, "tsdb", "dump", data).CombinedOutput()
	if err != nil {
		t.Fatalf("promtool: %v\n%.1000s", err, out)
	}
	total, samples := 0.0, 0
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, `__name__="showdown_requests_total"`) || !strings.Contains(line, `outcome="ok"`) {
			continue
		}
		f := strings.Fields(line[strings.LastIndexByte(line, '}')+1:])
		v, err := strconv.ParseFloat(f[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		samples++
		total = max(total, v)
	}
	want := 0.0
	for _, h := range hits {
		if h.Outcome == showdown.OK {
			want++
		}
	}
	if total != want || samples != 1201 {
		t.Errorf("Prometheus has %g good answers in %d samples, want %g in 1201", total, samples, want)
	}
}
