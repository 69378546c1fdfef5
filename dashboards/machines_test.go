package dashboards

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"showdown"
)

// TestMachinesAreAskedAndNamed joins what two processes say of themselves, under the
// run's labels, and says which one did not answer.
func TestMachinesAreAskedAndNamed(t *testing.T) {
	answer := func(text string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	const page = `# HELP showdown_machine_queued_requests Requests that wait for a vCPU.
# TYPE showdown_machine_queued_requests gauge
showdown_machine_queued_requests{cell="base",node="?",run_id="mark"} %
`
	machines := []machine{
		{"run-1", "s", "base", "web-1", answer(strings.Replace(page, "%", "3", 1))},
		{"run-1", "s", "base", "web-2", answer(strings.Replace(page, "%", "0", 1))},
		{"run-1", "s", "base", "web-3", answer("not metrics\n")},
		{"run-1", "s", "base", "web-4", "127.0.0.1:1"},
	}
	families := gatherMachines(t.Context(), http.DefaultClient, machines)
	const want = `# HELP showdown_machine_queued_requests Requests that wait for a vCPU.
# TYPE showdown_machine_queued_requests gauge
showdown_machine_queued_requests{cell="base",node="web-1",run_id="run-1",stage="s"} 3
showdown_machine_queued_requests{cell="base",node="web-2",run_id="run-1",stage="s"} 0
# HELP showdown_machine_up 1 where the machine's process answered when it was asked for its metrics.
# TYPE showdown_machine_up gauge
showdown_machine_up{cell="base",node="web-1",run_id="run-1",stage="s"} 1
showdown_machine_up{cell="base",node="web-2",run_id="run-1",stage="s"} 1
showdown_machine_up{cell="base",node="web-3",run_id="run-1",stage="s"} 0
showdown_machine_up{cell="base",node="web-4",run_id="run-1",stage="s"} 0
`
	if err := testutil.GatherAndCompare(gathererFunc(func() (f []*dto.MetricFamily, err error) { return families, nil }), strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// roundTrip is a function as a [http.RoundTripper].
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestMachinesThatHangAreGivenUp all at once: a page about a broken lab must come
// while it is broken.
func TestMachinesThatHangAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Timeout: machineWait, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
		begin := time.Now()
		var machines []machine
		for range 20 {
			machines = append(machines, machine{node: "web", address: "hangs:1"})
		}
		families := gatherMachines(t.Context(), client, machines)
		if len(families) != 1 || len(families[0].Metric) != 20 {
			t.Fatalf("%d families, want 20 machines that are not up", len(families))
		}
		if took := time.Since(begin); took != machineWait {
			t.Errorf("20 hanging machines took %s, want %s", took, machineWait)
		}
		for _, m := range families[0].Metric {
			if m.Gauge.GetValue() != 0 {
				t.Error("a machine that hangs is up")
			}
		}
	})
}

func TestReachableMachinesFollowTheEvents(t *testing.T) {
	f := newFixture(t)
	names := func() string {
		var out []string
		for _, m := range f.reachable() {
			out = append(out, m.node+" "+m.address)
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	}
	f.at(-1, showdown.InstanceAddress, "web-1", map[string]any{"private": "127.16.0.4"})
	f.at(-1, showdown.InstanceAddress, "web-2", map[string]any{"private": "127.16.0.5"})
	f.at(-1, showdown.BalancerNode, "lb-1a", map[string]any{"balancer": "lb", "private": "127.16.0.6"})
	if got, want := names(), "lb-1a 127.16.0.6:8081, web-1 127.16.0.4:8081, web-2 127.16.0.5:8081"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	f.at(1, showdown.InstanceState, "web-1", map[string]any{"to": "terminated"})
	if got, want := names(), "lb-1a 127.16.0.6:8081, web-2 127.16.0.5:8081"; got != want {
		t.Errorf("with one terminated: %s, want %s", got, want)
	}
	f.at(2, showdown.LabDown, "", nil)
	if got := names(); got != "" {
		t.Errorf("after the lab: %s", got)
	}
}

// machineMetrics are the names of what a machine and a load balancer's node export, as
// the package that exports them writes them down.
func machineMetrics(t *testing.T) []string {
	t.Helper()
	out := []string{machineUp}
	name := regexp.MustCompile(`desc\("(\w+)"`)
	for file, prefix := range map[string]string{"metrics.go": "showdown_machine_", "node_metrics.go": "showdown_balancer_"} {
		source, err := os.ReadFile(filepath.Join("..", "targets", "machine", file))
		if err != nil {
			t.Fatal(err)
		}
		found := name.FindAllSubmatch(source, -1)
		if len(found) < 8 || !bytes.Contains(source, []byte(prefix)) {
			t.Fatalf("%s: %d metrics with %s", file, len(found), prefix)
		}
		for _, m := range found {
			out = append(out, prefix+string(m[1]))
		}
	}
	return out
}
