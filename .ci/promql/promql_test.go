package promql

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// exported is what showdown exports, as its own tests write it down from what its
// registries really hold, and what others do.
func exported(t *testing.T) Metrics {
	t.Helper()
	m := Metrics{}
	m.Foreign()
	for _, inventory := range []struct {
		path string
		more []string
	}{
		{"dashboards/testdata/metrics.txt", nil},
		// A machine knows the cell that it is of; the harness adds the run's labels.
		{"targets/machine/testdata/metrics.txt", []string{"run_id", "stage", "cell", "node"}},
	} {
		data, err := os.ReadFile(filepath.Join(root, inventory.path))
		if err != nil {
			t.Fatal(err)
		}
		before := len(m)
		if err := m.ReadMetrics(string(data), inventory.more...); err != nil {
			t.Fatalf("%s: %v", inventory.path, err)
		}
		if len(m)-before < 10 {
			t.Errorf("%s: only %d series", inventory.path, len(m)-before)
		}
	}
	return m
}

func TestEveryQueryAsksForWhatIsExported(t *testing.T) {
	m := exported(t)
	boards, err := filepath.Glob(filepath.Join(root, "dashboards/files/grafana/dashboards/*.json"))
	if err != nil || len(boards) != 4 {
		t.Fatalf("%d dashboards, %v, want 4", len(boards), err)
	}
	all := 0
	for _, path := range boards {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n, faults := m.CheckDashboard(data)
		for _, f := range faults {
			t.Error(f)
		}
		all += n
		t.Logf("%s: %d queries", filepath.Base(path), n)
	}
	if all < 90 {
		t.Errorf("only %d queries were found", all)
	}
	rules, err := os.ReadFile(filepath.Join(root, "dashboards/files/prometheus/rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	n, faults := m.CheckRules(rules)
	for _, f := range faults {
		t.Error("rules.yml: " + f)
	}
	if n < 7 {
		t.Errorf("only %d rules were found", n)
	}
}

func sample(t *testing.T) Metrics {
	t.Helper()
	m := Metrics{}
	if err := m.ReadMetrics("# name type labels\na_total counter run cell\nb_seconds histogram run\nc gauge run cell\n"); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCheck(t *testing.T) {
	m := sample(t)
	for _, tc := range []struct {
		expr   string
		labels string
		fault  string
	}{
		{`sum by (cell) (rate(a_total{run="x"}[1s]))`, "cell", ""},
		{`a_total`, "cell, instance, job, run", ""},
		{`histogram_quantile(.9, sum(rate(b_seconds[1s]))) or histogram_quantile(.9, sum by (le) (rate(b_seconds_bucket[1s])))`, "", ""},
		{`sum by (run) (a_total) / on (run) group_left () max by (run) (c)`, "run", ""},
		{`sum without (cell) (a_total)`, "instance, job, run", ""},
		{`topk(1, c)`, "cell, instance, job, run", ""},
		{`1 - max(c) or vector(0)`, "", ""},
		{`min_over_time((sum(a_total) and on () (max(c) > 0))[1m:1s])`, "", ""},
		{`a_total / ignoring (cell) sum without (cell) (a_total)`, "instance, job, run", ""},
		{`rate(a_total[1s]`, "", "unclosed left parenthesis"},
		{`d_total`, "", `nobody exports "d_total"`},
		{`b_seconds_total`, "", `nobody exports "b_seconds_total"`},
		{`sum(rate(d_total[1s])) / 2`, "", `nobody exports "d_total"`},
		{`sum(a_total{cel="x"})`, "", "a_total has no label cel"},
		{`sum by (node) (a_total)`, "node", "sum by node: what is aggregated has no such label"},
		{`sum by (run) (a_total) / sum(c)`, "run", "never finds a pair"},
		{`sum by (run) (a_total) and on (cell) c`, "run", "on cell: one side has no such label"},
		{`sum by (run) (a_total) or sum(c)`, "run", "or joins series"},
		{`histogram_quantile(.9, sum(rate(b_seconds_bucket[1s])))`, "", "needs the label le"},
	} {
		labels, faults := m.Check(tc.expr)
		if got := strings.Join(faults, "; "); (tc.fault == "") != (got == "") || !strings.Contains(got, tc.fault) {
			t.Errorf("%s: faults %q, want %q", tc.expr, got, tc.fault)
		}
		if labels != nil && labels.String() != tc.labels {
			t.Errorf("%s: labels %q, want %q", tc.expr, labels, tc.labels)
		}
	}
}

func TestCheckDashboard(t *testing.T) {
	const good = `{"uid":"d","panels":[{"title":"A","description":"d","type":"stat","repeat":"run","datasource":{"uid":"p"},
		"fieldConfig":{"defaults":{"unit":"s"}},
		"targets":[{"refId":"A","expr":"sum by (cell) (rate(a_total{run=\"$run\"}[$__range])) > $slo","legendFormat":"{{cell}}","datasource":{"uid":"p"}}]}],
		"annotations":{"list":[{"name":"n","expr":"c","target":{"expr":"c"},"titleFormat":"{{run}}","tagKeys":"run,cell"}]},
		"templating":{"list":[{"name":"run","type":"query","definition":"label_values(c{cell=\"x\"}, run)"},{"name":"slo","type":"custom","current":{"value":"0.25"}}]}}`
	if n, faults := sample(t).CheckDashboard([]byte(good)); n != 3 || len(faults) > 0 {
		t.Errorf("%d queries, %q", n, faults)
	}
	for _, tc := range []struct{ from, to, want string }{
		{`"description":"d"`, `"description":""`, "all needed"},
		{`"unit":"s"`, `"unit":""`, "all needed"},
		{`"type":"stat","repeat":"run","datasource":{"uid":"p"}`, `"type":"stat","datasource":{}`, "all needed"},
		{`"legendFormat":"{{cell}}","datasource":{"uid":"p"}`, `"legendFormat":"{{cell}}"`, "query A has no data source"},
		{`"repeat":"run"`, `"repeat":"stage"`, "which is no variable"},
		{`$run`, `$stage`, "$stage is no variable"},
		{`{{cell}}`, `{{node}}`, "asks for the label node"},
		{`"tagKeys":"run,cell"`, `"tagKeys":"run,node"`, "asks for the label node"},
		{`"expr":"c","target"`, `"expr":"a_total","target"`, "two queries"},
		{`, run)"`, `, node)"`, "asks for the label node"},
		{`label_values(c{`, `series(c{`, "is no label_values"},
		{`label_values(c{`, `label_values(d{`, `nobody exports "d"`},
		{`{"uid"`, `{uid`, "invalid character"},
	} {
		_, faults := sample(t).CheckDashboard([]byte(strings.Replace(good, tc.from, tc.to, 1)))
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, tc.want) }) {
			t.Errorf("with %s: %q, want %q", tc.to, faults, tc.want)
		}
	}
}

func TestCheckRules(t *testing.T) {
	const good = "groups:\n- rules:\n  - record: x:y\n    expr: sum by (run) (c)\n  - alert: A\n    expr: x:y{run=\"1\"} > 1\n" +
		"    annotations: {summary: 'of {{ $labels.run }}'}\n"
	if n, faults := sample(t).CheckRules([]byte(good)); n != 2 || len(faults) > 0 {
		t.Errorf("%d rules, %q", n, faults)
	}
	for _, tc := range []struct{ from, to, want string }{
		{"x:y\n", "x:z\n", `nobody exports "x:y"`},
		{"$labels.run", "$labels.cell", "asks for the label cell"},
		{"{run=", "{cell=", "no label cell"},
		{"groups:", "groups: []\nothers:", "no rules"},
		{"groups:", "groups: {", ""},
	} {
		_, faults := sample(t).CheckRules([]byte(strings.Replace(good, tc.from, tc.to, 1)))
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, tc.want) }) {
			t.Errorf("with %s: %q, want %q", tc.to, faults, tc.want)
		}
	}
}
