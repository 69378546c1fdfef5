package dashboards

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown/dashboards/promtest"
)

// inventoryFile lists what the exporter has, for whoever asks in another module.
const inventoryFile = "testdata/metrics.txt"

// TestInventory keeps the list of metrics and labels that the queries are checked by
// (make promql) equal to what is really exported.
func TestInventory(t *testing.T) {
	f := newFixture(t)
	f.StageCost("base", 1)
	families, err := f.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# What /metrics has of its own, and " + machineUp + " of " + MachinesPath + ": name, type, labels. Written by go test ./dashboards -update.\n")
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "showdown_") {
			continue // the collectors' of Go and the process
		}
		var labels []string
		for _, l := range family.Metric[0].Label {
			labels = append(labels, l.GetName())
		}
		b.WriteString(family.GetName() + " " + strings.ToLower(family.GetType().String()) + " " + strings.Join(labels, " ") + "\n")
	}
	b.WriteString(machineUp + " gauge cell node run_id stage\n")
	if *update {
		if err := os.MkdirAll(filepath.Dir(inventoryFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(inventoryFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(inventoryFile)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("%s differs (go test ./dashboards -update writes it):\n%s", inventoryFile, got)
	}
}

// TestRunDashboardsAskTheSame lets what is proven of the provisioned dashboards' queries
// hold for those of a run.
func TestRunDashboardsAskTheSame(t *testing.T) {
	zero := time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)
	for _, end := range []time.Time{{}, zero.Add(time.Minute)} {
		for i, d := range RunDashboards("run-1", zero, end) {
			want, got := queriesOf(t, Dashboards()[i]), queriesOf(t, d)
			if !slices.EqualFunc(got, want, func(a, b promtest.PanelQuery) bool { return a == b }) {
				t.Errorf("%s asks something else than %s", d.UID, Dashboards()[i].UID)
			}
			if len(d.Templating.List) != len(Dashboards()[i].Templating.List) {
				t.Errorf("%s has other variables", d.UID)
			}
		}
	}
}

// TestRunDashboardIsKept writes what a run's dashboards have of their own, one panel of the
// overview and the annotations, for the check by Grafana's types.
func TestRunDashboardIsKept(t *testing.T) {
	zero := time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)
	d := RunDashboards("20261123T101500-single-3f2a", zero, zero.Add(time.Minute))[0]
	d.Panels = d.Panels[:1]
	got, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/run-overview.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (go test ./dashboards -update writes it):\n%s", golden, got)
	}
}
