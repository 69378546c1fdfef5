package machine

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metricsHandler is the machine's own /metrics, on its private address at the port
// after the application's. It is the observer's channel: no fault but the loss of
// the process touches it.
func (m *machine) metricsHandler() http.Handler {
	registry := prometheus.NewRegistry()
	// The process beside the machine that it stands for: its own CPU, memory and goroutines.
	prometheus.WrapRegistererWith(m.metricLabels(), registry).MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if m.node == nil {
		registry.MustRegister(newCollector(m))
	} else {
		registry.MustRegister(newNodeCollector(m))
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// metricLabels are the labels that every metric of the machine has.
func (m *machine) metricLabels() prometheus.Labels {
	return prometheus.Labels{"run_id": m.config.Mark, "cell": m.config.Lab, "node": m.config.Name}
}

// mebibyte is the bytes of one.
const mebibyte = 1 << 20

// collector turns the machine's counters into metrics when they are asked for, so
// that a request pays for none of them.
type collector struct {
	m                                                               *machine
	requests, rejected, failed, queue, busy, balance, speed, memory *prometheus.Desc
}

func newCollector(m *machine) *collector {
	labels := m.metricLabels()
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("showdown_machine_"+name, help, nil, labels)
	}
	return &collector{
		m:        m,
		requests: desc("requests_total", "Requests that reached the application's server, health checks aside."),
		rejected: desc("rejected_requests_total", "Requests answered 503 because too many waited for the CPU."),
		failed:   desc("failed_requests_total", "Requests answered with an error by a fault."),
		queue:    desc("queued_requests", "Requests that wait for a vCPU."),
		busy:     desc("cpu_busy_seconds_total", "Virtual CPU time consumed, in vCPU seconds of lab time at full speed."),
		balance:  desc("credit_balance_credits", "CPU credit balance; 0 for types that are not burstable, negative while surplus credits are owed."),
		speed:    desc("cpu_speed_ratio", "Share of full speed at which each vCPU runs, by credits and steal."),
		memory:   desc("memory_used_bytes", "Memory in use, a leak included. It is counted and not taken."),
	}
}

func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.requests, c.rejected, c.failed, c.queue, c.busy, c.balance, c.speed, c.memory} {
		out <- d
	}
}

func (c *collector) Collect(out chan<- prometheus.Metric) {
	n := c.m.counters()
	counter := func(d *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge := func(d *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	counter(c.requests, float64(n.Requests))
	counter(c.rejected, float64(n.Rejected))
	counter(c.failed, float64(n.Errors))
	counter(c.busy, n.Busy)
	gauge(c.queue, float64(n.Queue))
	gauge(c.balance, n.Balance)
	gauge(c.speed, n.Speed)
	gauge(c.memory, n.MemoryMiB*mebibyte)
}
