package dashboards

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Options is what the files of [WriteFiles] say about where things are. The zero
// value fits a Prometheus and a Grafana that run beside showdown on one host.
type Options struct {
	// Target is the address, host:port, that Prometheus scrapes: what showdown's
	// --metrics was given. Empty is [DefaultTarget].
	Target string
	// PrometheusURL is where Grafana reaches Prometheus; empty is
	// http://127.0.0.1:9090.
	PrometheusURL string
	// DashboardPath is the folder in which Grafana sees the dashboards; empty is
	// /var/lib/grafana/dashboards.
	DashboardPath string
}

// DefaultTarget is the address that the files let Prometheus scrape.
const DefaultTarget = "127.0.0.1:9091"

// Paths of the files, under the folder they are written to.
const (
	dashboardsPath = "grafana/dashboards/"
	datasourcePath = "grafana/provisioning/datasources/prometheus.yml"
	providerPath   = "grafana/provisioning/dashboards/showdown.yml"
	prometheusPath = "prometheus/prometheus.yml"
	rulesPath      = "prometheus/rules.yml"
)

// mark is the first line of every YAML file that showdown writes, and the sign by
// which it knows them again.
const mark = "# Written by `showdown dashboards write`, which also overwrites it: change a copy."

// file is a file to be written.
type file struct {
	path string
	data []byte
}

// WriteFiles writes the files that show showdown in Prometheus and Grafana to dir,
// which is made when it is missing, and returns their paths, dir included. It
// overwrites what an earlier call wrote. When one of the files is there and another
// hand wrote it, it fails and writes none.
func WriteFiles(dir string, opts Options) ([]string, error) {
	files, err := render(opts)
	if err != nil {
		return nil, fmt.Errorf("write dashboards: %w", err)
	}
	var errs []error
	for _, f := range files {
		if err := checkOwn(filepath.Join(dir, filepath.FromSlash(f.path))); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("write dashboards: %w", err)
	}
	var written []string
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.path))
		if err := replace(path, f.data); err != nil {
			return written, fmt.Errorf("write dashboards: %w", err)
		}
		written = append(written, path)
	}
	return written, nil
}

// checkOwn fails when the file is there and showdown did not write it.
func checkOwn(path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if strings.HasPrefix(string(data), mark) {
		return nil
	}
	var d struct{ UID string }
	if strings.HasSuffix(path, ".json") && json.Unmarshal(data, &d) == nil && d.UID == "showdown-"+strings.TrimSuffix(filepath.Base(path), ".json") {
		return nil
	}
	return fmt.Errorf("%s is there and showdown did not write it: move it away or write to another folder", path)
}

// replace writes a file whole or not at all, so that a server that watches it never
// reads a part.
func replace(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".showdown-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // a no-op once it has been renamed
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// render is every file's content.
func render(opts Options) ([]file, error) {
	if opts.Target == "" {
		opts.Target = DefaultTarget
	}
	if opts.PrometheusURL == "" {
		opts.PrometheusURL = "http://127.0.0.1:9090"
	}
	if opts.DashboardPath == "" {
		opts.DashboardPath = "/var/lib/grafana/dashboards"
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	var files []file
	for _, d := range Dashboards() {
		if err := d.Validate(); err != nil {
			return nil, err
		}
		data, err := d.JSON()
		if err != nil {
			return nil, err
		}
		files = append(files, file{dashboardsPath + strings.TrimPrefix(d.UID, "showdown-") + ".json", data})
	}
	return append(files, []file{
		{datasourcePath, datasourceYAML(opts)},
		{providerPath, providerYAML(opts)},
		{prometheusPath, prometheusYAML(opts)},
		{rulesPath, rulesYAML()},
	}...), nil
}

func (o Options) check() error {
	host, port, err := net.SplitHostPort(o.Target)
	if err != nil {
		return fmt.Errorf("target %q: write host:port, as in %s", o.Target, DefaultTarget)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("target %q: %q is no port that can be scraped (1 to 65535)", o.Target, port)
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		return fmt.Errorf("target %q: %q can be listened on and not be scraped; name the host", o.Target, host)
	}
	if strings.ContainsAny(host, "/ \t\n\"\\") {
		return fmt.Errorf("target %q: %q is no host", o.Target, host)
	}
	u, err := url.Parse(o.PrometheusURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("prometheus URL %q: write it like http://127.0.0.1:9090", o.PrometheusURL)
	}
	return nil
}

// quote is s as a YAML string: YAML reads JSON's.
func quote(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		return strconv.Quote(s)
	}
	return string(data)
}

// literal is s as a YAML string in a provisioning file, where Grafana takes a dollar
// sign for the start of an environment variable and two for one.
func literal(s string) string { return quote(strings.ReplaceAll(s, "$", "$$")) }

// datasourceYAML provisions the data source. timeInterval is what Grafana takes the
// rate window from; with its default of 15 s the window would be a minute.
func datasourceYAML(o Options) []byte {
	return fmt.Appendf(nil, `%s
apiVersion: 1
datasources:
  - name: Prometheus
    uid: %s
    type: prometheus
    access: proxy
    url: %s
    isDefault: true
    editable: false
    jsonData:
      # The scrape interval: the window of a rate is four of them.
      timeInterval: %s
      httpMethod: POST
`, mark, DatasourceUID, literal(o.PrometheusURL), scrapeInterval)
}

// providerYAML lets Grafana read the dashboards from their folder.
func providerYAML(o Options) []byte {
	return fmt.Appendf(nil, `%s
apiVersion: 1
providers:
  - name: showdown
    folder: Showdown (provisioned)
    folderUid: showdown-provisioned
    type: file
    disableDeletion: true
    allowUiUpdates: false
    updateIntervalSeconds: 10
    options:
      path: %s
`, mark, literal(o.DashboardPath))
}

// prometheusYAML lets Prometheus scrape showdown.
func prometheusYAML(o Options) []byte {
	return fmt.Appendf(nil, `%s
global:
  # A minute of AWS is a second of a lab at speed 60: at one scrape a second, half of
  # an outage would fall between two of them.
  scrape_interval: %s
  scrape_timeout: %[2]s
  evaluation_interval: 1s
rule_files:
  - rules.yml
scrape_configs:
  - job_name: showdown
    static_configs:
      - targets: [%[3]s]
  # The lab's machines, which showdown asks for whoever scrapes it: they have addresses
  # that only its own host reaches.
  - job_name: showdown-machines
    scrape_interval: 1s
    scrape_timeout: 1s
    metrics_path: %[4]s
    static_configs:
      - targets: [%[3]s]
`, mark, scrapeInterval, quote(o.Target), MachinesPath)
}

// rulesYAML holds what is useful without a dashboard. The windows are 5 s: they must
// be a few scrapes wide, and an outage of a lab lasts seconds.
func rulesYAML() []byte {
	return []byte(mark + `
groups:
  - name: showdown
    interval: 1s
    rules:
      - record: showdown:availability:ratio_rate5s
        expr: |
          sum by (run_id, stage, cell) (rate(showdown_requests_total{outcome="ok"}[5s]))
            / (sum by (run_id, stage, cell) (rate(showdown_requests_total[5s])) > 0)
      - record: showdown:request_duration_seconds:p99_rate5s
        expr: |
          histogram_quantile(0.99, sum by (run_id, stage, cell, le) (rate(showdown_request_duration_seconds_bucket{outcome="ok"}[5s])))
      - record: showdown:send_delay_seconds:p99_rate5s
        expr: |
          histogram_quantile(0.99, sum by (run_id, stage, cell, le) (rate(showdown_send_delay_seconds_bucket[5s])))
      - alert: ShowdownSiteDown
        expr: showdown:availability:ratio_rate5s < 0.05
        for: 2s
        labels:
          severity: critical
        annotations:
          summary: 'Cell {{ $labels.cell }} of {{ $labels.stage }} serves nobody: {{ $value | humanizePercentage }} of the requests get a good answer.'
      - alert: ShowdownOutageWithoutCause
        expr: |
          showdown:availability:ratio_rate5s < 0.99
            unless on (run_id, stage, cell)
          max by (run_id, stage, cell) (max_over_time(showdown_chaos_active[10s])) > 0
        for: 1s
        labels:
          severity: warning
        annotations:
          summary: 'Cell {{ $labels.cell }} of {{ $labels.stage }} fails requests and no chaos action is on.'
      - alert: ShowdownNodeDown
        expr: max by (run_id, stage, cell, node) (showdown_node_state{source="truth"}) == 3
        for: 1s
        labels:
          severity: info
        annotations:
          summary: 'Node {{ $labels.node }} of cell {{ $labels.cell }} is down.'
      - alert: ShowdownGeneratorLate
        expr: showdown:send_delay_seconds:p99_rate5s > 0.02
        for: 2s
        labels:
          severity: warning
        annotations:
          summary: 'Requests of cell {{ $labels.cell }} leave late: the numbers show the generator as well as the lab.'
`)
}
