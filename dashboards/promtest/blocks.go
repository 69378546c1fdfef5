package promtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BackFill makes blocks of an OpenMetrics file with promtool, and runs Prometheus over
// them until the test is over. It scrapes nothing.
func BackFill(t testing.TB, openMetrics string) *Server {
	t.Helper()
	promtool := Program(t, "promtool")
	dir := t.TempDir()
	data, config := filepath.Join(dir, "data"), filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", openMetrics, data).CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	// The times of a record may lie years back, or in the future.
	return start(t, config, data, []string{"--storage.tsdb.retention.time=100y"})
}
