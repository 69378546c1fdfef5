package dashboards

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown/dashboards/promtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// composeOptions are those of the files under files/, which docker-compose.yml
// mounts.
func composeOptions() Options {
	return Options{Target: "showdown:8089", PrometheusURL: "http://prometheus:9090"}
}

func TestFilesAreThoseOfTheRepository(t *testing.T) {
	const golden = "files"
	if *update {
		if _, err := WriteFiles(golden, composeOptions()); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	written, err := WriteFiles(dir, composeOptions())
	if err != nil {
		t.Fatal(err)
	}
	if want := tree(t, golden); !cmp.Equal(tree(t, dir), want) {
		t.Errorf("files differ from %s (go test ./dashboards -update writes them):\n%s", golden, cmp.Diff(want, tree(t, dir)))
	}
	if len(written) != len(tree(t, dir)) {
		t.Errorf("reported %q", written)
	}
}

// tree is every file under dir with its content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWriteFilesOverwritesItsOwnOnly(t *testing.T) {
	dir := t.TempDir()
	if _, err := WriteFiles(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteFiles(dir, Options{Target: "127.0.0.1:9999"}); err != nil {
		t.Errorf("over its own files: %v", err)
	}
	config := filepath.Join(dir, "prometheus", "prometheus.yml")
	data, err := os.ReadFile(config)
	if err != nil || !bytes.Contains(data, []byte(`["127.0.0.1:9999"]`)) {
		t.Errorf("not overwritten: %v\n%s", err, data)
	}
	before := tree(t, dir)
	for _, foreign := range []struct{ path, content string }{
		{config, "global: {}\n"},
		{filepath.Join(dir, "grafana", "dashboards", "overview.json"), `{"uid":"mine"}`},
	} {
		own, err := os.ReadFile(foreign.path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(foreign.path, []byte(foreign.content), 0o600); err != nil {
			t.Fatal(err)
		}
		written, err := WriteFiles(dir, Options{})
		if err == nil || !strings.Contains(err.Error(), foreign.path) || len(written) != 0 {
			t.Errorf("%s of another hand: wrote %q, error %v", foreign.path, written, err)
		}
		if err := os.WriteFile(foreign.path, own, 0o600); err != nil {
			t.Fatal(err)
		}
		if after := tree(t, dir); !cmp.Equal(before, after) {
			t.Errorf("files changed all the same:\n%s", cmp.Diff(before, after))
		}
	}
}

func TestWriteFilesRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts Options
		want string
	}{
		{"no port", Options{Target: "localhost"}, `target "localhost": write host:port`},
		{"port 0", Options{Target: "localhost:0"}, "no port that can be scraped"},
		{"any address", Options{Target: "0.0.0.0:9091"}, "name the host"},
		{"no host", Options{Target: ":9091"}, "name the host"},
		{"injection", Options{Target: "a\"b:1"}, "is no host"},
		{"no URL", Options{PrometheusURL: "prometheus:9090"}, "write it like http://127.0.0.1:9090"},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		if _, err := WriteFiles(dir, tc.opts); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q in it", tc.name, err, tc.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the folder was made", tc.name)
		}
	}
	if _, err := WriteFiles(filepath.Join("files_test.go", "out"), Options{}); err == nil {
		t.Error("a file in the place of the folder: no error")
	}
}

func TestDashboardsAreStrict(t *testing.T) {
	const run = "20261123T101500-whatsthetime-vertical-3f2a"
	at := time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)
	all := slices.Concat(Dashboards(), RunDashboards(run, at, at.Add(time.Minute)), RunDashboards("run-1", at, time.Time{}))
	uids := map[string]bool{}
	for _, d := range all {
		if uids[d.UID] {
			t.Errorf("two dashboards have the uid %s", d.UID)
		}
		uids[d.UID] = true
		if err := d.Validate(); err != nil {
			t.Error(err)
		}
		data, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Dashboard
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&back); err != nil {
			t.Errorf("%s does not decode into its own types: %v", d.UID, err)
		}
		if again, err := back.JSON(); err != nil || !bytes.Equal(normal(t, again), normal(t, data)) {
			t.Errorf("%s changes when decoded and encoded: %v", d.UID, err)
		}
		var raw map[string]any
		if err := json.Unmarshal(data, &raw); err != nil {
			t.Fatal(err)
		}
		if id, ok := raw["id"]; !ok || id != nil {
			t.Errorf("%s: id is %v, want null", d.UID, id)
		}
		refresh := "1s"
		if raw["time"].(map[string]any)["to"] != "now" {
			refresh = "" // what is over does not change
		}
		if raw["refresh"] != refresh || raw["graphTooltip"] != 1.0 || raw["schemaVersion"] != 42.0 || d.Tags[0] != "showdown" {
			t.Errorf("%s: refresh %v, graphTooltip %v, schemaVersion %v, tags %v", d.UID, raw["refresh"], raw["graphTooltip"], raw["schemaVersion"], raw["tags"])
		}
	}
}

// normal is JSON with its keys sorted.
func normal(t *testing.T, data []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestValidateFindsWhatGrafanaSwallows(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(d *Dashboard)
		want  string
	}{
		{"id", func(d *Dashboard) { d.ID = new(int) }, "must be null"},
		{"long uid", func(d *Dashboard) { d.UID = strings.Repeat("x", 41) }, "41 characters"},
		{"version", func(d *Dashboard) { d.SchemaVersion = 36 }, "schemaVersion is 36"},
		{"annotations", func(d *Dashboard) { d.Annotations.List = nil }, "no annotations"},
		{"same id", func(d *Dashboard) { d.Panels[1].ID = 1 }, "is not its own"},
		{"type", func(d *Dashboard) { d.Panels[0].Type = "graph" }, `type "graph"`},
		{"unit", func(d *Dashboard) { d.Panels[0].FieldConfig.Defaults.Unit = "" }, "are all needed"},
		{"too wide", func(d *Dashboard) { d.Panels[0].GridPos.W = 25 }, "outside the grid"},
		{"overlap", func(d *Dashboard) { d.Panels[1].GridPos.X = 5 }, "overlaps"},
		{"no query", func(d *Dashboard) { d.Panels[0].Targets = nil }, "no query"},
		{"input", func(d *Dashboard) { d.Panels[0].Targets[0].Expr = "up{a=\"${DS_PROMETHEUS}\"}" }, "import dialogue"},
	} {
		d := Overview()
		tc.spoil(&d)
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q in it", tc.name, err, tc.want)
		}
	}
}

func TestRunUID(t *testing.T) {
	for run, want := range map[string]string{
		"run-1":                       "showdown-overview-run-1",
		"a/b c":                       "showdown-overview-a-b-c",
		"20261123T101500-single-3f2a": "showdown-overview-20261123T101500-s-3f2a",
		"20261123T101500-whatsthetime-vertical-3f2a": "showdown-overview-20261123T101500-w-3f2a",
	} {
		if got := runUID(OverviewUID, run); got != want || len(got) > maxUID {
			t.Errorf("%s: %s (%d), want %s", run, got, len(got), want)
		}
	}
}

// TestEveryMetricOfTheFilesIsExported keeps queries and exporter together: a metric
// that is misspelt in a panel gives an empty panel and no error anywhere.
func TestEveryMetricOfTheFilesIsExported(t *testing.T) {
	f := newFixture(t)
	f.StageCost("base", 1)
	families, err := f.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, family := range families {
		known = append(known, family.GetName(), family.GetName()+"_bucket", family.GetName()+"_sum", family.GetName()+"_count")
	}
	known = append(known, machineMetrics(t)...)
	names := regexp.MustCompile(`\bshowdown_[a-z0-9_]+`)
	seen := map[string]bool{}
	for path, text := range tree(t, "files") {
		for _, name := range names.FindAllString(text, -1) {
			seen[name] = true
			if !slices.Contains(known, name) {
				t.Errorf("%s asks for %s, which is not exported", path, name)
			}
		}
	}
	if len(seen) < 8 {
		t.Errorf("only %d metrics found in the files: %v", len(seen), seen)
	}
}

// promtool runs promtool and gives its output to the test when it fails.
func promtool(t *testing.T, stdin []byte, args ...string) {
	t.Helper()
	cmd := exec.Command(promtest.Program(t, "promtool"), args...)
	cmd.Stdin = bytes.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil || bytes.Contains(out, []byte("lint")) {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPromtoolAcceptsTheFiles(t *testing.T) {
	promtool(t, nil, "check", "config", "files/prometheus/prometheus.yml")
	promtool(t, nil, "check", "rules", "files/prometheus/rules.yml")
}

func TestPromtoolAcceptsTheMetrics(t *testing.T) {
	f := newFixture(t)
	f.StageCost("base", 1)
	families, err := f.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, family := range families {
		names = append(names, family.GetName())
	}
	promtool(t, []byte(withComments(t, f, names...)), "check", "metrics")
}

// TestPromtoolAcceptsEveryQuery hands the panels' expressions to Prometheus' own
// parser, as recording rules.
func TestPromtoolAcceptsEveryQuery(t *testing.T) {
	var queries []promtest.PanelQuery
	for _, d := range Dashboards() {
		queries = append(queries, queriesOf(t, d)...)
	}
	rules := strings.Builder{}
	rules.WriteString("groups:\n- name: panels\n  rules:\n")
	for i, q := range queries {
		expr, err := promtest.Substitute(q.Expr, panelValues("run-1", "10s"))
		if err != nil {
			t.Fatalf("%s: %v", q.Panel, err)
		}
		rules.WriteString("  - record: panel:" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + "\n    expr: " + quote(expr) + "\n")
	}
	path := filepath.Join(t.TempDir(), "panels.yml")
	if err := os.WriteFile(path, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, nil, "check", "rules", path)
	if len(queries) < 70 {
		t.Errorf("only %d queries found", len(queries))
	}
}

// queriesOf are the queries of a dashboard's panels and annotations.
func queriesOf(t *testing.T, d Dashboard) []promtest.PanelQuery {
	t.Helper()
	data, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	queries, err := promtest.PanelQueries(data)
	if err != nil {
		t.Fatal(err)
	}
	return queries
}

// panelValues is what Grafana puts in for the variables: the window of a rate is four
// scrapes.
func panelValues(run, window string) map[string]string {
	return map[string]string{
		"__rate_interval": "1s", "__range": window, "run": run, "stage": ".*", "cell": "base", "slo": "0.25",
		"endpoint": ".*", "node": ".*",
	}
}

func TestRulesFire(t *testing.T) {
	dir := t.TempDir()
	if _, err := WriteFiles(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	// Good for 10 s, then nothing but refusals; in run "known" chaos is on meanwhile.
	const series = `
rule_files: [rules.yml]
evaluation_interval: 1s
tests:
  - interval: 1s
    input_series:
      - series: 'showdown_requests_total{run_id="known",stage="s",cell="base",outcome="ok"}'
        values: '0+100x10 1000x40'
      - series: 'showdown_requests_total{run_id="known",stage="s",cell="base",outcome="refused"}'
        values: '0x10 0+100x20 2000x20'
      - series: 'showdown_requests_total{run_id="unknown",stage="s",cell="base",outcome="ok"}'
        values: '0+100x10 1000x20'
      - series: 'showdown_requests_total{run_id="unknown",stage="s",cell="base",outcome="refused"}'
        values: '0x10 0+100x20 2000x20'
      - series: 'showdown_chaos_active{run_id="known",stage="s",cell="base",letter="A",action="kill",target="web-1"}'
        values: '0x10 1x20'
      - series: 'showdown_node_state{run_id="known",stage="s",cell="base",node="web-1",source="truth"}'
        values: '1x10 3x20'
      # Late from 10 s on: the requests of 5 ms become requests of 50 ms.
      - series: 'showdown_send_delay_seconds_bucket{run_id="known",stage="s",cell="base",le="0.005"}'
        values: '0+100x10 1000x20'
      - series: 'showdown_send_delay_seconds_bucket{run_id="known",stage="s",cell="base",le="0.05"}'
        values: '0+100x30'
      - series: 'showdown_send_delay_seconds_bucket{run_id="known",stage="s",cell="base",le="+Inf"}'
        values: '0+100x30'
    promql_expr_test:
      - expr: showdown:availability:ratio_rate5s{run_id="known"}
        eval_time: 8s
        exp_samples: [{labels: 'showdown:availability:ratio_rate5s{run_id="known",stage="s",cell="base"}', value: 1}]
      - expr: showdown:availability:ratio_rate5s{run_id="known"}
        eval_time: 20s
        exp_samples: [{labels: 'showdown:availability:ratio_rate5s{run_id="known",stage="s",cell="base"}', value: 0}]
    alert_rule_test:
      - {eval_time: 8s, alertname: ShowdownOutageWithoutCause, exp_alerts: []}
      - eval_time: 20s
        alertname: ShowdownOutageWithoutCause
        exp_alerts:
          - exp_labels: {run_id: unknown, stage: s, cell: base, severity: warning}
            exp_annotations: {summary: 'Cell base of s fails requests and no chaos action is on.'}
      - {eval_time: 8s, alertname: ShowdownSiteDown, exp_alerts: []}
      - eval_time: 20s
        alertname: ShowdownSiteDown
        exp_alerts:
          - exp_labels: {run_id: known, stage: s, cell: base, severity: critical}
            exp_annotations: {summary: 'Cell base of s serves nobody: 0% of the requests get a good answer.'}
          - exp_labels: {run_id: unknown, stage: s, cell: base, severity: critical}
            exp_annotations: {summary: 'Cell base of s serves nobody: 0% of the requests get a good answer.'}
      - {eval_time: 8s, alertname: ShowdownGeneratorLate, exp_alerts: []}
      - eval_time: 20s
        alertname: ShowdownGeneratorLate
        exp_alerts:
          - exp_labels: {run_id: known, stage: s, cell: base, severity: warning}
            exp_annotations: {summary: 'Requests of cell base leave late: the numbers show the generator as well as the lab.'}
      # A run that is over offers nothing, and is not down.
      - {eval_time: 38s, alertname: ShowdownSiteDown, exp_alerts: []}
      - eval_time: 20s
        alertname: ShowdownNodeDown
        exp_alerts:
          - exp_labels: {run_id: known, stage: s, cell: base, node: web-1, severity: info}
            exp_annotations: {summary: 'Node web-1 of cell base is down.'}
`
	path := filepath.Join(dir, "prometheus", "rules_test.yml")
	if err := os.WriteFile(path, []byte(series), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, nil, "test", "rules", path)
}
