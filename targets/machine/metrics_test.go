package machine_test

import (
	"bytes"
	"flag"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"showdown/targets/cloud"
)

var update = flag.Bool("update", false, "write the golden files anew")

// inventoryFile lists what machines and nodes have, for whoever asks in another module.
const inventoryFile = "testdata/metrics.txt"

func metricsOf(t *testing.T, c cloud.MachineConfig) map[string]*dto.MetricFamily {
	t.Helper()
	r, err := http.Get("http://" + net.JoinHostPort(c.Private, "8081") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// TestInventory keeps the list of metrics and labels that the dashboards' queries are
// checked by (make promql) equal to what a machine and a node really have, before
// anybody has asked them anything.
func TestInventory(t *testing.T) {
	b := newBalanced(newSite(t), 1, nil)
	machine, node := metricsOf(t, b.targets[0].config), metricsOf(t, b.config)
	var out strings.Builder
	out.WriteString("# What a machine and a load balancer's node have: name, type, labels. Written by go test ./targets/machine -run TestInventory -update.\n")
	for _, families := range []map[string]*dto.MetricFamily{machine, node} {
		for _, name := range slices.Sorted(maps.Keys(families)) {
			if !strings.HasPrefix(name, "showdown_") {
				continue // the collectors' of Go and the process
			}
			out.WriteString(name + " " + strings.ToLower(families[name].GetType().String()))
			for _, l := range families[name].Metric[0].Label {
				out.WriteString(" " + l.GetName())
			}
			out.WriteByte('\n')
		}
	}
	if *update {
		if err := os.WriteFile(inventoryFile, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(inventoryFile)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("%s differs (-update writes it):\n%s", inventoryFile, out.String())
	}
	// A rate needs a first sample: what a node may answer by itself is there at 0.
	zeros := 0
	for _, m := range node["showdown_balancer_own_answers_total"].GetMetric() {
		if m.Counter.GetValue() == 0 {
			zeros++
		}
	}
	if zeros != 12 {
		t.Errorf("%d answers of the node's own at 0, want 12", zeros)
	}
}

// TestPromtoolAcceptsBothPages lints what a machine and a node really answer.
func TestPromtoolAcceptsBothPages(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed: what it would have proven was not tested (Debian: apt-get install prometheus)")
	}
	b := newBalanced(newSite(t), 1, nil)
	if _, err := b.get("/"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []cloud.MachineConfig{b.targets[0].config, b.config} {
		r, err := http.Get("http://" + net.JoinHostPort(c.Private, "8081") + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(promtool, "check", "metrics")
		cmd.Stdin = bytes.NewReader(page)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: promtool: %v\n%s", c.Name, err, out)
		}
	}
}
