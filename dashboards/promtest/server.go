// Package promtest runs a real Prometheus for tests: with the configuration that
// showdown writes, on a port and a data folder of its own, gone when the test is
// over. It also takes the queries out of a dashboard, so that a test can ask the
// server what Grafana would.
package promtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Server is a running Prometheus.
type Server struct {
	// URL is where it answers, without a slash at the end.
	URL string

	client *http.Client
}

// Program is the path of a program of the Prometheus package ("prometheus",
// "promtool"). It skips the test, with a line that says so, when it is not installed.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: what it would have proven was not tested (Debian: apt-get install prometheus)", name)
	}
	return path
}

// Start runs Prometheus with a configuration file until the test is over, and
// returns when it is ready. It fails the test when that takes more than 30 seconds.
// More are further flags.
func Start(t testing.TB, config string, more ...string) *Server {
	t.Helper()
	return start(t, config, filepath.Join(t.TempDir(), "data"), append(more, "--storage.tsdb.retention.time=1h"))
}

// start runs Prometheus over a folder of data.
func start(t testing.TB, config, data string, more []string) *Server {
	t.Helper()
	binary := Program(t, "prometheus")
	config, err := filepath.Abs(config)
	if err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	out := &buffer{}
	cmd := exec.Command(binary, append([]string{
		"--config.file=" + config,
		"--web.listen-address=" + address,
		"--storage.tsdb.path=" + data,
		"--log.level=warn",
	}, more...)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatalf("start prometheus: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		// Interrupted rather than killed, so that it is gone from its folder before the
		// folder is; a second chance for one that does not listen.
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			_ = cmd.Process.Kill() // it has ended already, or cannot be asked
		}
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill() // the wait below tells
			<-ended
		}
		if t.Failed() {
			t.Logf("prometheus said:\n%s", out)
		}
	})
	s := &Server{URL: "http://" + address, client: &http.Client{Timeout: 10 * time.Second}}
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !s.ready() {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("prometheus ended before it was ready: %v\n%s", err, out)
		case <-deadline:
			t.Fatalf("prometheus is not ready after 30 s:\n%s", out)
		case <-tick.C:
		}
	}
	return s
}

func (s *Server) ready() bool {
	resp, err := s.client.Get(s.URL + "/-/ready")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}

// freeAddress is an address of this host that nobody listened on a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// buffer is a [bytes.Buffer] that a process writes while the test may read.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// Sample is a value at a moment.
type Sample struct {
	At    time.Time
	Value float64
}

// Series is a series of an answer: one sample for an instant query.
type Series struct {
	Labels  map[string]string
	Samples []Sample
}

// Query is the answer to an expression at one moment.
func (s *Server) Query(expr string, at time.Time) ([]Series, error) {
	return s.ask("/api/v1/query", url.Values{"query": {expr}, "time": {seconds(at)}})
}

// QueryRange is the answer to an expression from one moment to another, both
// included, in steps.
func (s *Server) QueryRange(expr string, from, to time.Time, step time.Duration) ([]Series, error) {
	return s.ask("/api/v1/query_range", url.Values{
		"query": {expr}, "start": {seconds(from)}, "end": {seconds(to)},
		"step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)},
	})
}

func seconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}

func (s *Server) ask(path string, form url.Values) ([]Series, error) {
	resp, err := s.client.PostForm(s.URL+path, form)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		Status, Error string
		Data          struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("query %s: %w", form.Get("query"), err)
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("query %s: %s", form.Get("query"), answer.Error)
	}
	if answer.Data.ResultType == "scalar" {
		var p point
		if err := json.Unmarshal(answer.Data.Result, &p); err != nil {
			return nil, err
		}
		return []Series{{Samples: []Sample{Sample(p)}}}, nil
	}
	var result []struct {
		Metric map[string]string
		Value  *point
		Values []point
	}
	if err := json.Unmarshal(answer.Data.Result, &result); err != nil {
		return nil, fmt.Errorf("query %s: %w", form.Get("query"), err)
	}
	var out []Series
	for _, r := range result {
		series := Series{Labels: r.Metric}
		if r.Value != nil {
			series.Samples = append(series.Samples, Sample(*r.Value))
		}
		for _, v := range r.Values {
			series.Samples = append(series.Samples, Sample(v))
		}
		out = append(out, series)
	}
	return out, nil
}

// point is a sample on the wire: [seconds, "value"].
type point Sample

// UnmarshalJSON decodes the pair.
func (p *point) UnmarshalJSON(data []byte) error {
	var (
		at    float64
		value string
	)
	if err := json.Unmarshal(data, &[]any{&at, &value}); err != nil {
		return err
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return err
	}
	p.At, p.Value = time.UnixMilli(int64(at*1000+.5)), v
	return nil
}
