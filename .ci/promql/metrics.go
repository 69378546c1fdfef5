// Package promql checks the queries of showdown's dashboards and rules with the parser of
// the Prometheus that is newest: whatever they ask for must be exported. It is a test and
// has no program.
package promql

import (
	"fmt"
	"strings"
)

// scraped are the labels that Prometheus itself gives to what it scrapes.
func scraped() []string { return []string{"job", "instance"} }

// ReadMetrics reads an inventory: a line for each family, "name type label...", and adds
// the series that it is of, with more labels: a histogram is its classic buckets, their
// sum and count, and under its own name the native one.
func (m Metrics) ReadMetrics(text string, more ...string) error {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) < 2 {
			return fmt.Errorf("line %q: want a name, a type and labels", line)
		}
		own := labelsOf(f[2:]...).with(more...).with(scraped()...)
		m[f[0]] = own
		if f[1] == "histogram" {
			m[f[0]+"_bucket"], m[f[0]+"_sum"], m[f[0]+"_count"] = own.with("le"), own, own
		}
	}
	return nil
}

// Foreign adds what others export. It is the whole list of metrics that the dashboards
// may ask for and showdown does not have, with the labels that their exporters document.
func (m Metrics) Foreign() {
	machine := []string{"run_id", "stage", "cell", "node"}
	for name, labels := range map[string][]string{
		// Prometheus itself.
		"up": {},
		// The Go and process collectors of client_golang, of the harness and of its machines.
		"go_goroutines":                 machine,
		"process_cpu_seconds_total":     machine,
		"process_resident_memory_bytes": machine,
		// node_exporter, of hosts.
		"node_cpu_seconds_total": {"cpu", "mode"},
		// cAdvisor, of containers.
		"container_cpu_usage_seconds_total":  {"id", "image", "name", "cpu"},
		"container_memory_working_set_bytes": {"id", "image", "name"},
		// HAProxy's own exporter, from 2.4 on.
		"haproxy_server_status":                {"proxy", "server", "state"},
		"haproxy_backend_http_responses_total": {"proxy", "code"},
		"haproxy_backend_current_queue":        {"proxy"},
		"haproxy_server_check_failures_total":  {"proxy", "server"},
		// Envoy's admin interface.
		"envoy_cluster_upstream_rq_xx": {"envoy_cluster_name", "envoy_response_code_class"},
	} {
		m[name] = labelsOf(labels...).with(scraped()...)
	}
}
