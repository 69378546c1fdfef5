package export

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"showdown"
)

// vegetaCommand builds the real vegeta command, of the version that the benchmarks use.
func vegetaCommand(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vegeta")
	build := exec.Command("go", "build", "-o", path, "github.com/tsenart/vegeta/v12")
	build.Dir = filepath.Join("..", "..", ".ci", "bench")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build vegeta: %v\n%s", err, out)
	}
	return path
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", filepath.Base(name), args, err, stderr.String())
	}
	return string(out)
}

// vegetaReport is what is read of "vegeta report -type=json".
type vegetaReport struct {
	Latencies struct {
		P50 float64 `json:"50th"`
		P90 float64 `json:"90th"`
		P95 float64 `json:"95th"`
		P99 float64 `json:"99th"`
		Max float64 `json:"max"`
	} `json:"latencies"`
	Requests    int            `json:"requests"`
	Success     float64        `json:"success"`
	StatusCodes map[string]int `json:"status_codes"`
	Errors      []string       `json:"errors"`
}

// lateTraffic is traffic with failures whose requests are now and then sent late and after
// their followers, as two workers send them.
func lateTraffic() []showdown.Hit {
	hits := hitsOf(4000)
	for i := range hits {
		if i%40 == 7 && hits[i].Outcome != showdown.Dropped {
			hits[i].Sent += 12 * time.Millisecond
		}
	}
	return hits
}

// The real vegeta reports and plots what we export with our own numbers, failures included.
// Its percentiles are over good answers and failures together, so the ones with failures are
// compared with exact ones over the same requests, and those without with the summary's way
// of counting. Its estimator is held to 2 % where latencies are dense.
func TestVegetaAgrees(t *testing.T) {
	vegeta := vegetaCommand(t)
	good := hitsOf(4000)
	good = slices.DeleteFunc(good, showdown.Hit.Failed)
	for name, hits := range map[string][]showdown.Hit{"failures": lateTraffic(), "good": good} {
		dir, m := recorded(t, hits)
		var (
			latencies []float64
			codes     = map[string]int{}
			ok        int
		)
		for _, h := range hits {
			if h.Outcome == showdown.Dropped {
				continue
			}
			latencies = append(latencies, float64(h.Latency))
			codes[strconv.Itoa(int(h.Status))]++
			if h.Outcome == showdown.OK {
				ok++
			}
		}
		slices.Sort(latencies)
		for _, f := range []Format{VegetaGob, VegetaJSON, VegetaCSV} {
			t.Run(name+"/"+string(f), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "results")
				file, err := os.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				exported(t, file, dir, m, f)
				if err := file.Close(); err != nil {
					t.Fatal(err)
				}
				var got vegetaReport
				if err := json.Unmarshal([]byte(run(t, vegeta, "report", "-type=json", path)), &got); err != nil {
					t.Fatal(err)
				}
				if got.Requests != len(latencies) {
					t.Errorf("vegeta counts %d requests, we %d", got.Requests, len(latencies))
				}
				if ratio := float64(ok) / float64(len(latencies)); math.Abs(got.Success-ratio) > 1e-12 {
					t.Errorf("vegeta's success is %g, ours %g", got.Success, ratio)
				}
				if len(got.StatusCodes) != len(codes) {
					t.Errorf("vegeta's status codes are %v, ours %v", got.StatusCodes, codes)
				}
				for code, n := range codes {
					if got.StatusCodes[code] != n {
						t.Errorf("vegeta counts %d of status %s, we %d", got.StatusCodes[code], code, n)
					}
				}
				for _, p := range []struct {
					at, got float64
				}{{50, got.Latencies.P50}, {90, got.Latencies.P90}, {95, got.Latencies.P95}, {99, got.Latencies.P99}} {
					want := latencies[int(math.Ceil(p.at/100*float64(len(latencies))))-1]
					if math.Abs(p.got/want-1) > 0.02 {
						t.Errorf("vegeta's p%g is %.0f ns, exactly %.0f", p.at, p.got, want)
					}
				}
				if most := latencies[len(latencies)-1]; got.Latencies.Max != most {
					t.Errorf("vegeta's longest is %g ns, ours %g", got.Latencies.Max, most)
				}
				errs := strings.Join(got.Errors, ",")
				for _, want := range []string{"refused", "response_timeout", "503 Service Unavailable"} {
					if strings.Contains(errs, want) != (name == "failures") {
						t.Errorf("vegeta's errors are %q", errs)
					}
				}

				text := run(t, vegeta, "report", path)
				if want := "[total, rate, throughput]         " + strconv.Itoa(len(latencies)) + ","; !strings.Contains(text, want) {
					t.Errorf("the text report has no %q:\n%s", want, text)
				}
				hist := run(t, vegeta, "report", "-type=hist[0,1ms,50ms]", path)
				below := 0
				for below < len(latencies) && latencies[below] < 1e6 {
					below++
				}
				if row := strings.Fields(strings.Split(hist, "\n")[1]); len(row) < 3 || row[2] != strconv.Itoa(below) {
					t.Errorf("%d requests took less than 1 ms:\n%s", below, hist)
				}

				page := run(t, vegeta, "plot", "-threshold", "100000", path)
				points, labels := plotted(t, page)
				if points != len(latencies) {
					t.Errorf("vegeta plots %d of %d requests", points, len(latencies))
				}
				want := []string{"Seconds", "vertical: ERROR", "vertical: OK"}
				if name == "good" {
					want = []string{"Seconds", "vertical: OK"}
				}
				if !slices.Equal(labels, want) {
					t.Errorf("vegeta plots the series %q, want %q", labels, want)
				}
			})
		}
	}
}

// plotted is how many points a plot of vegeta's has, and the names of its series.
func plotted(t *testing.T, page string) (points int, labels []string) {
	t.Helper()
	var data [][]*float64
	_, rest, ok := strings.Cut(page, "const rowData = ")
	if !ok {
		t.Fatal("no data in the plot")
	}
	text := strings.ReplaceAll(rest, "NaN", "null")
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&data); err != nil {
		t.Fatalf("the plot's data: %v: %.200s", err, rest)
	}
	_, rest, ok = strings.Cut(page, `"labels":`)
	if !ok {
		t.Fatal("no labels in the plot")
	}
	if err := json.NewDecoder(strings.NewReader(rest)).Decode(&labels); err != nil {
		t.Fatal(err)
	}
	return len(data), labels
}
